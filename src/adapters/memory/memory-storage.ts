import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import { CATALOG_KEY_BYTES_MAX, type CatalogChange, type CatalogStore, type Storage } from '../storage.ts'
import { SystemClock } from '../system-clock.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryState } from './memory-state.ts'

/** Topics, state and catalog that live as long as the process: tests, and queries over files. */
export function openMemoryStorage(options: { readonly clock?: Clock } = {}): Storage {
  const clock = options.clock ?? new SystemClock()
  const listeners = new Set<() => void>()
  const committed = () => {
    for (const listener of listeners) listener()
  }
  const log = new MemoryLog(() => clock.nowMs(), committed)
  return {
    log,
    state: new MemoryState(log),
    catalog: new MemoryCatalog(committed),
    onCommit: (listener) => {
      const call = () => listener()
      listeners.add(call)
      return () => listeners.delete(call)
    },
    close: async () => {},
  }
}

class MemoryCatalog implements CatalogStore {
  readonly #entries = new Map<string, string>()
  readonly #committed: () => void

  constructor(committed: () => void) {
    this.#committed = committed
  }

  get(key: string): string | undefined {
    return this.#entries.get(key)
  }

  list(prefix: string): readonly (readonly [string, string])[] {
    return [...this.#entries]
      .filter(([key]) => key.startsWith(prefix))
      .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  }

  put(key: string, text: string): Promise<void> {
    return this.write([{ key, text }])
  }

  delete(key: string): Promise<void> {
    return this.write([{ key, text: undefined }])
  }

  async write(changes: readonly CatalogChange[]): Promise<void> {
    for (const { key } of changes) {
      const bytes = Buffer.byteLength(key)
      if (bytes >= 1 && bytes <= CATALOG_KEY_BYTES_MAX) continue
      throw new AppError('INVALID_ARGUMENT', `a catalog key of ${bytes} bytes is not valid`, {
        hint: `Use a name of 1 to ${CATALOG_KEY_BYTES_MAX} bytes.`,
      })
    }
    for (const { key, text } of changes) {
      if (text === undefined) this.#entries.delete(key)
      else this.#entries.set(key, text)
    }
    this.#committed()
  }
}
