import { Listeners } from '../../core/listeners.ts'
import { checkCatalogKey } from '../catalog-rules.ts'
import { MutualExclusion } from '../mutual-exclusion.ts'
import type { CatalogChange, CatalogStore } from '../storage.ts'
import type { CommitQueue } from './commit-queue.ts'
import { afterPrefix, decodeText, encodeText, textKey } from './keys.ts'
import { META_CATALOG, type Tables } from './tables.ts'

/** The catalog in the table `meta`, under a prefix of its own. */
export class EmbeddedCatalog implements CatalogStore {
  readonly #tables: Tables
  readonly #queue: CommitQueue
  readonly #listeners = new Listeners<readonly CatalogChange[]>()
  readonly #exclusion = new MutualExclusion()

  constructor(tables: Tables, queue: CommitQueue) {
    this.#tables = tables
    this.#queue = queue
  }

  get(key: string): string | undefined {
    const bytes = this.#tables.meta.get(catalogKey(key))
    return bytes && decodeText(bytes)
  }

  list(prefix: string): readonly (readonly [string, string])[] {
    const start = textKey(META_CATALOG, prefix)
    const skip = META_CATALOG.length
    const entries: [string, string][] = []
    for (const { key, value } of this.#tables.meta.getRange({ start, end: afterPrefix(start) })) {
      entries.push([decodeText(key.subarray(skip)), decodeText(value)])
    }
    return entries
  }

  put(key: string, text: string): Promise<void> {
    return this.write([{ key, text }])
  }

  delete(key: string): Promise<void> {
    return this.write([{ key, text: undefined }])
  }

  async write(changes: readonly CatalogChange[]): Promise<void> {
    const encoded = changes.map(({ key, text }) => ({
      key: catalogKey(key),
      value: text === undefined ? undefined : encodeText(text),
    }))
    const bytes = encoded.reduce((sum, { key, value }) => sum + key.length + (value?.length ?? 0), 0)
    await this.#queue.submit(bytes, (group) => {
      for (const { key, value } of encoded) {
        if (value === undefined) group.remove(this.#tables.meta, key)
        else group.put(this.#tables.meta, key, value)
      }
    })
    this.#listeners.call(changes)
  }

  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void {
    return this.#listeners.add(listener)
  }

  exclusively<T>(run: () => Promise<T>): Promise<T> {
    return this.#exclusion.run(run)
  }
}

function catalogKey(key: string): Uint8Array {
  checkCatalogKey(key)
  return textKey(META_CATALOG, key)
}
