// One line on standard error that says how far the work is; nothing where that is no terminal.

import { durationText } from './output/print-results.ts'
import { paint, type Terminal } from './terminal.ts'

const REPAINT_MS = 200
const CLEAR_LINE = '\r\u001b[K'

export class Progress implements Disposable {
  readonly #terminal: Terminal
  readonly #startedAt = performance.now()
  #timer: NodeJS.Timeout | undefined
  #shown = false

  /** `what` is asked for the text at each repaint. */
  constructor(terminal: Terminal, what: () => string) {
    this.#terminal = terminal
    if (!terminal.showsProgress) return
    this.#timer = setInterval(() => {
      const line = `${what()} (${durationText(performance.now() - this.#startedAt)})`
      terminal.err.write(`${CLEAR_LINE}${paint(line, 'dim', terminal.colour.err)}`)
      this.#shown = true
    }, REPAINT_MS)
  }

  /** Stops and leaves no trace; calling it again does nothing. */
  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    if (this.#shown) this.#terminal.err.write(CLEAR_LINE)
    this.#shown = false
  }
}
