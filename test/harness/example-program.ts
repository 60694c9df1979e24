// A program of an example as its reader starts it: a process of its own, ended by signals.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export class ExampleProgram {
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  output = ''

  private constructor(child: ChildProcess) {
    this.#child = child
    this.#closed = once(child, 'close')
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.output += String(chunk)))
    }
  }

  /** `file` by its place in `examples/`. */
  static start(file: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): ExampleProgram {
    const child = spawn(process.execPath, [join(ROOT, 'examples', file), ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return new ExampleProgram(child)
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.running) this.#child.kill(signal)
    await this.#closed
    return this.#child.exitCode
  }
}
