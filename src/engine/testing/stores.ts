import { latin1 } from '../../core/bytes.ts'
import type { StateStore } from '../ports/state.ts'

/**
 * Ordered stores in memory for the specs of operators, with the two things that happen to real ones: a commit, and a
 * crash that forgets what came after it.
 */
export class TestStores {
  readonly #stores = new Map<string, TestStore>()

  store(operatorId: string, table: string): TestStore {
    const name = `${operatorId}/${table}`
    const found = this.#stores.get(name)
    if (found !== undefined) return found
    const created = new TestStore()
    this.#stores.set(name, created)
    return created
  }

  commit(): void {
    for (const store of this.#stores.values()) store.commit()
  }

  crash(): void {
    for (const store of this.#stores.values()) store.crash()
  }

  get entries(): number {
    return this.#sum((store) => store.entries)
  }

  /** Of all that was ever put. */
  get bytesPut(): number {
    return this.#sum((store) => store.bytesPut)
  }

  #sum(count: (store: TestStore) => number): number {
    return [...this.#stores.values()].reduce((sum, store) => sum + count(store), 0)
  }
}

export class TestStore implements StateStore {
  #committed = new Map<string, Uint8Array>()
  #entries = new Map<string, Uint8Array>()
  /** Keys that were put or deleted, in that order, as latin-1. */
  readonly written: string[] = []
  puts = 0
  bytesPut = 0
  gets = 0

  get entries(): number {
    return this.#entries.size
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.gets++
    return this.#entries.get(latin1(key))?.slice()
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.puts++
    this.bytesPut += key.length + value.length
    this.written.push(latin1(key))
    this.#entries.set(latin1(key), value.slice())
  }

  delete(key: Uint8Array): void {
    this.written.push(latin1(key))
    this.#entries.delete(latin1(key))
  }

  *scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    const first = latin1(from)
    const end = to && latin1(to)
    const keys = [...this.#entries.keys()].filter((key) => key >= first && (end === undefined || key < end)).sort()
    for (const key of keys) {
      const value = this.#entries.get(key)
      if (value !== undefined) yield [Buffer.from(key, 'latin1'), value.slice()]
    }
  }

  commit(): void {
    this.#committed = new Map(this.#entries)
  }

  crash(): void {
    this.#entries = new Map(this.#committed)
  }
}
