// A Redis of its own, as a process of this machine, that can be killed and started again with or without what it held.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { DeathGuard, shellWord } from '../kafka/death-guard.ts'
import { freePorts } from '../kafka/free-ports.ts'
import { LoggedProcess } from '../kafka/logged-process.ts'

const START_TIMEOUT_MS = 10_000

/** Why there can't be one here; `null` where there can. */
export function redisMissing(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  if (folders.some((folder) => existsSync(join(folder, 'redis-server')))) return null
  return 'Redis is not there (redis-server); on Debian: apt install redis-server'
}

export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly #directory: string
  readonly #flags: readonly string[]
  readonly #guard = new DeathGuard()
  #process: LoggedProcess | undefined

  private constructor(port: number, directory: string, flags: readonly string[]) {
    this.port = port
    this.#directory = directory
    this.#flags = flags
  }

  /** Each write is on disk before it is answered, unless other flags are given. */
  static async start(
    flags: readonly string[] = ['--appendonly', 'yes', '--appendfsync', 'always'],
  ): Promise<RedisServer> {
    const [port = 0] = await freePorts(1)
    const server = new RedisServer(port, mkdtempSync(join(tmpdir(), 'weir-redis-')), flags)
    await server.restart()
    return server
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL')
    await this.#process?.exited
  }

  /** It no longer answers, and its connections stay. */
  freeze(): void {
    this.#process?.signal('SIGSTOP')
  }

  thaw(): void {
    this.#process?.signal('SIGCONT')
  }

  async restart(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#directory, '--save', '']
    this.#process = LoggedProcess.spawn('redis-server', [...place, ...this.#flags], join(this.#directory, 'log'))
    this.#guard.set(`kill -9 ${this.#process.pid}; rm -rf ${shellWord(this.#directory)}`)
    await this.#process.ready('Ready to accept connections', START_TIMEOUT_MS)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill()
    rmSync(this.#directory, { recursive: true, force: true })
    await this.#guard.release()
  }
}
