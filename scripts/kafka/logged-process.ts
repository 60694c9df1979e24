// A process whose output goes to a file, and which is ready when a line there says so. A file and not a pipe: what
// reads a pipe may be busy or gone, and the process would then wait for it or die of it.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, statSync } from 'node:fs'

const POLL_MS = 25
const TAIL_LINES = 30

export class LoggedProcess {
  readonly #child: ChildProcess
  readonly #logPath: string
  /** Where this process began to write: the file also has what its predecessors wrote. */
  readonly #logFrom: number
  #failure: string | undefined
  /** Settles when the process has ended, whatever the reason; also when it could not be started. */
  readonly exited: Promise<void>

  private constructor(child: ChildProcess, logPath: string, logFrom: number) {
    this.#child = child
    this.#logPath = logPath
    this.#logFrom = logFrom
    this.exited = once(child, 'exit').then(
      ([code, signal]) => void (this.#failure ??= signal === null ? `ended with code ${code}` : `died of ${signal}`),
      (error: Error) => void (this.#failure ??= error.message),
    )
  }

  /**
   * Starts it in a session of its own: Ctrl-C in a terminal reaches who started it, which then ends it in order, and
   * not the process itself.
   */
  static spawn(command: string, args: readonly string[], logPath: string): LoggedProcess {
    const log = openSync(logPath, 'a')
    const logFrom = statSync(logPath).size
    const child = spawn(command, args, { stdio: ['ignore', log, log], detached: true })
    closeSync(log)
    return new LoggedProcess(child, logPath, logFrom)
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  get running(): boolean {
    return this.#failure === undefined && this.#child.exitCode === null && this.#child.signalCode === null
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** @throws Error with the end of the log when the process ends first, or takes longer than this. */
  async ready(line: string, timeoutMs: number): Promise<void> {
    const deadline = performance.now() + timeoutMs
    while (!this.#log().includes(line)) {
      if (!this.running) await this.exited
      const failure = this.#failure ?? (performance.now() > deadline ? `not ready after ${timeoutMs} ms` : undefined)
      if (failure !== undefined) throw new Error(`${failure}; the end of its log:\n${this.tail()}`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }

  tail(): string {
    return this.#log().trimEnd().split('\n').slice(-TAIL_LINES).join('\n')
  }

  #log(): string {
    return readFileSync(this.#logPath).subarray(this.#logFrom).toString()
  }
}
