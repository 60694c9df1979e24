// The server as its users run it: compiled, in a process of its own, ended by signals.

import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** Inside node_modules, so that imports resolve, and by process, so that test files don't share it. */
const output = join(root, 'node_modules/.cache', `weir-e2e-${process.pid}`)

/** Compiles the program; call once a test file. Type errors are the business of `npm run typecheck`. */
export function buildServer(): void {
  mkdirSync(output, { recursive: true })
  writeFileSync(join(output, 'package.json'), '{"type":"module"}')
  const tsc = join(root, 'node_modules/.bin/tsc')
  try {
    execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', output, '--incremental', 'false'], { cwd: root })
  } catch (error) {
    const { stdout } = error as { stdout?: Buffer }
    if (!/error TS/.test(String(stdout))) throw error
  }
}

/** A file of the compiled program, by its place in `src/`. */
export function builtFile(path: string): string {
  return join(output, 'src', path)
}

export function removeBuild(): void {
  rmSync(output, { recursive: true, force: true })
}

export async function freeAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `127.0.0.1:${address.port}`
}

export function temporaryDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'weir-e2e-'))
}

export class ServerProcess {
  readonly address: string
  readonly #child: ChildProcess
  readonly #exited: Promise<number | null>
  stderr = ''

  private constructor(child: ChildProcess, address: string) {
    this.#child = child
    this.address = address
    child.stderr?.on('data', (chunk: Buffer) => (this.stderr += String(chunk)))
    this.#exited = once(child, 'close').then(([code]) => code as number | null)
  }

  /** Starts a process, here or where `start` does; it may not be ready yet. */
  static spawn(
    address: string,
    dataDirectory: string,
    flags: readonly string[] = [],
    start: (command: string, args: readonly string[], options: SpawnOptions) => ChildProcess = spawn,
  ): ServerProcess {
    const main = builtFile('main.js')
    const own = ['--listen', address, '--data-directory', dataDirectory, '--log-level', 'warn']
    const child = start(process.execPath, [main, ...own, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
    return new ServerProcess(child, address)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Exit code; null when a signal killed it. */
  exitCode(): Promise<number | null> {
    return this.#exited
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }
}
