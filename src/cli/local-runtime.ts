// The engine in this process, for the commands that need no server.

import type { Runtime } from '../runtime/api.ts'
import type { Session } from './session.ts'

export interface LocalOptions {
  /** Undefined keeps everything in memory. */
  readonly dataDir: string | undefined
}

export async function openRuntime(options: LocalOptions): Promise<Runtime> {
  const { WeirRuntime } = await import('../runtime/weir-runtime.ts')
  return WeirRuntime.open({ dataDirectory: options.dataDir })
}

/** A session on an engine of this process; closing it closes the engine. */
export class LocalSession implements Session {
  readonly #runtime: Runtime
  readonly #settings = new Map<string, string>()

  constructor(runtime: Runtime) {
    this.#runtime = runtime
  }

  execute(sql: string, options: Parameters<Session['execute']>[1] = {}): ReturnType<Session['execute']> {
    const { signal } = options
    return this.#runtime.execute(sql, { session: this.#settings, ...(signal === undefined ? {} : { signal }) })
  }

  async list(...[kind]: Parameters<Session['list']>): ReturnType<Session['list']> {
    return this.#runtime.list(kind)
  }

  async describe(name: string): ReturnType<Session['describe']> {
    return this.#runtime.describe(name)
  }

  close(): Promise<void> {
    return this.#runtime.close()
  }
}
