import { latin1 } from '../../core/bytes.ts'
import type { StateStore } from '../../engine/ports/state.ts'
import { latin1Bytes, mergeStaged, type StagedEntry, stagedRange } from '../merge-staged.ts'

/**
 * Committed entries of one table: a Map by the key's bytes as latin-1 text, and the keys in order, which are kept from
 * the first scan on. A commit changes them in place, unless a snapshot holds them: then it goes on with a copy.
 */
export class MemoryEntries {
  readonly #entries: Map<string, Uint8Array>
  #keys: string[] | undefined
  #bytes: number
  shared = false

  constructor(entries = new Map<string, Uint8Array>(), keys?: string[], bytes = 0) {
    this.#entries = entries
    this.#keys = keys
    this.#bytes = bytes
  }

  get bytes(): number {
    return this.#bytes
  }

  get(key: string): Uint8Array | undefined {
    const value = this.#entries.get(key)
    return value && new Uint8Array(value)
  }

  *scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#keys ??= [...this.#entries.keys()].sort()
    const keys = this.#keys
    const last = to && latin1(to)
    for (let i = lowerBound(keys, latin1(from)); i < keys.length; i++) {
      const key = keys[i] as string
      if (last !== undefined && key >= last) return
      yield [latin1Bytes(key), new Uint8Array(this.#entries.get(key) as Uint8Array)]
    }
  }

  /** With the staged entries; this object itself unless a snapshot holds it. */
  with(staged: ReadonlyMap<string, Uint8Array | undefined>): MemoryEntries {
    if (this.shared) return new MemoryEntries(new Map(this.#entries), this.#keys?.slice(), this.#bytes).with(staged)
    const added: string[] = []
    let removed = 0
    for (const [key, value] of staged) {
      const before = this.#entries.get(key)
      if (before !== undefined) this.#bytes -= key.length + before.length
      else if (value !== undefined) added.push(key)
      if (value === undefined) {
        if (this.#entries.delete(key)) removed++
      } else {
        this.#entries.set(key, value)
        this.#bytes += key.length + value.length
      }
    }
    if (this.#keys !== undefined && added.length + removed > 0) this.#keys = this.#mergedKeys(this.#keys, added.sort())
    return this
  }

  #mergedKeys(keys: readonly string[], added: readonly string[]): string[] {
    const merged: string[] = []
    let next = 0
    for (const key of keys) {
      while (next < added.length && (added[next] as string) < key) merged.push(added[next++] as string)
      if (this.#entries.has(key)) merged.push(key)
    }
    while (next < added.length) merged.push(added[next++] as string)
    return merged
  }
}

function lowerBound(keys: readonly string[], first: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((keys[middle] as string) < first) low = middle + 1
    else high = middle
  }
  return low
}

/** A table of an operator: what is committed, and what is staged over it. */
export class MemoryStore implements StateStore {
  readonly #committed: () => MemoryEntries | undefined
  readonly #check: () => void
  /** Undefined: deleted. */
  #staged = new Map<string, Uint8Array | undefined>()

  constructor(committed: () => MemoryEntries | undefined, check: () => void) {
    this.#committed = committed
    this.#check = check
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#check()
    const text = latin1(key)
    if (!this.#staged.has(text)) return this.#committed()?.get(text)
    const value = this.#staged.get(text)
    return value && new Uint8Array(value)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#check()
    this.#staged.set(latin1(key), new Uint8Array(value))
  }

  delete(key: Uint8Array): void {
    this.#check()
    this.#staged.set(latin1(key), undefined)
  }

  scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#check()
    const committed = this.#committed()?.scan(from, to) ?? []
    const staged: StagedEntry[] = this.#staged.size === 0 ? [] : stagedRange(this.#staged, from, to)
    return staged.length === 0 ? committed : mergeStaged(committed, staged)
  }

  /** What becomes the committed entries; undefined when nothing has changed. */
  merge(): MemoryEntries | undefined {
    if (this.#staged.size === 0) return undefined
    const merged = (this.#committed() ?? new MemoryEntries()).with(this.#staged)
    this.#staged = new Map()
    return merged
  }
}
