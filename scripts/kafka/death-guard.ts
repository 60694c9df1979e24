// What has to be cleaned up when this process is killed and can't do it itself: a shell that waits at a pipe. The
// kernel closes the pipe with the process, however it died, and the shell runs the last command that it was given.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

export class DeathGuard {
  readonly #shell: ChildProcess

  constructor() {
    // Detached, so that a Ctrl-C in the terminal does not end the guard together with what it guards.
    this.#shell = spawn('/bin/sh', ['-c', 'while read -r line; do last=$line; done; eval "$last"'], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    })
    this.#shell.unref()
    // It is a safety net: without a shell, or after it was killed, there is none, and nothing else changes.
    this.#shell.on('error', () => {})
    this.#shell.stdin?.on('error', () => {})
  }

  /** The command to run when this process dies; replaces the one before. */
  set(command: string): void {
    this.#shell.stdin?.write(`${command}\n`)
  }

  /** Nothing is left to clean up. */
  async release(): Promise<void> {
    if (this.#shell.exitCode !== null || this.#shell.pid === undefined) return
    this.#shell.ref()
    this.#shell.stdin?.end(':\n')
    await once(this.#shell, 'exit')
  }
}

/** A word for the shell, whatever is in it. */
export function shellWord(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
