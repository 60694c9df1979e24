// The engine in this process, for the commands that need no server.

import type { Runtime } from '../runtime/api.ts'
import type { Session } from './session.ts'

export interface LocalOptions {
  /** Undefined keeps everything in memory. */
  readonly dataDir: string | undefined
  /** Where `print` sinks write their lines. */
  readonly print?: ((line: string) => void) | undefined
}

export async function openRuntime(options: LocalOptions): Promise<Runtime> {
  const [{ WeirRuntime }, { formatRegistry }, { SystemClock }] = await Promise.all([
    import('../runtime/weir-runtime.ts'),
    import('../adapters/formats/registry.ts'),
    import('../adapters/system-clock.ts'),
  ])
  const clock = new SystemClock()
  const storage = await openStorage(options.dataDir)
  const { print } = options
  try {
    return await WeirRuntime.open({
      storage,
      formats: formatRegistry({ schemaRegistry: registryOfEnvironment() }),
      clock,
      ...(print === undefined ? {} : { print }),
    })
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** The variables that a server has for the same, without the settings of a server. */
function registryOfEnvironment() {
  const { WEIR_SCHEMA_REGISTRY_URL: url, WEIR_SCHEMA_REGISTRY_USER: user } = process.env
  const password = process.env['WEIR_SCHEMA_REGISTRY_PASSWORD']
  return url ? { url, user: user || undefined, password: password || undefined } : undefined
}

/** The native store is loaded only where it is used. */
async function openStorage(dataDir: string | undefined) {
  if (dataDir === undefined) return (await import('../adapters/memory/memory-storage.ts')).openMemoryStorage()
  return (await import('../adapters/embedded/data-directory.ts')).openDataDirectory(dataDir)
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
