import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const PRELOAD = fileURLToPath(new URL('./skewed-date.mjs', import.meta.url))

/** The wall clock of a process of Node and its threads, put forward or back while it runs. */
export class SkewedClock {
  readonly #file: string

  constructor(file: string) {
    this.#file = file
    this.skew(0)
  }

  /** From the clock of the machine, ms. */
  skew(ms: number): void {
    writeFileSync(this.#file, String(ms))
  }

  spawn(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
    const env = { ...process.env, ...options.env, SKEW_FILE: this.#file }
    return spawn(command, ['--import', PRELOAD, ...args], { ...options, env })
  }
}
