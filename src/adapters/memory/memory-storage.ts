import { Listeners } from '../../core/listeners.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import { checkCatalogKey } from '../catalog-rules.ts'
import { MutualExclusion } from '../mutual-exclusion.ts'
import type { CatalogChange, CatalogStore, Storage } from '../storage.ts'
import { SystemClock } from '../system-clock.ts'
import { MemoryLog } from './memory-log.ts'
import { MemoryState } from './memory-state.ts'

/** Topics, state and catalog that live as long as the process: tests, and queries over files. */
export function openMemoryStorage(options: { readonly clock?: Clock } = {}): Storage {
  const clock = options.clock ?? new SystemClock()
  const listeners = new Listeners<void>()
  const committed = () => listeners.call()
  const log = new MemoryLog(() => clock.nowMs(), committed)
  return {
    log,
    state: new MemoryState(log),
    catalog: new MemoryCatalog(committed),
    onCommit: (listener) => listeners.add(listener),
    close: async () => {},
  }
}

class MemoryCatalog implements CatalogStore {
  readonly #entries = new Map<string, string>()
  readonly #committed: () => void
  readonly #listeners = new Listeners<readonly CatalogChange[]>()
  readonly #exclusion = new MutualExclusion()

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
    for (const { key } of changes) checkCatalogKey(key)
    for (const { key, text } of changes) {
      if (text === undefined) this.#entries.delete(key)
      else this.#entries.set(key, text)
    }
    this.#listeners.call(changes)
    this.#committed()
  }

  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  exclusively<T>(run: () => Promise<T>): Promise<T> {
    return this.#exclusion.run(run)
  }
}
