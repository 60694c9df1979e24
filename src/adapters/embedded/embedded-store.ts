import type { Transaction } from 'lmdb'
import { latin1 } from '../../core/bytes.ts'
import { compareBytes } from '../../core/compare.ts'
import { AppError } from '../../core/errors.ts'
import type { StateStore } from '../../engine/ports/state.ts'
import { mergeStaged, type StagedEntry, stagedRange } from '../merge-staged.ts'
import type { Table, WriteGroup } from './commit-queue.ts'
import { KEY_BYTES_MAX, prefixKey } from './keys.ts'

const PREFIX_BYTES = 8
/** What LMDB leaves for an operator's key behind task and store number. */
export const STATE_KEY_BYTES_MAX = KEY_BYTES_MAX - PREFIX_BYTES
/** Staged bytes are copied into arenas: one buffer for LMDB to pin instead of one per entry. */
const ARENA_BYTES = 64 * 1024
/** Entries read in one go by a scan; no cursor stays open while the caller works, as it would pin old pages. */
const SCAN_PAGE = 512

/** The committed entries of one store: a range of the state table. Read as of `transaction`, or as of now. */
export class StoreRange {
  readonly #table: Table
  readonly #prefix: Uint8Array
  readonly #end: Uint8Array
  readonly #options: { readonly transaction?: Transaction }
  /** For look-ups, so that a get allocates no key. */
  readonly #lookup = new Uint8Array(KEY_BYTES_MAX)

  constructor(table: Table, task: number, store: number, transaction?: Transaction) {
    this.#table = table
    this.#prefix = prefixKey(task, store)
    this.#end = prefixKey(task, store + 1)
    this.#options = transaction === undefined ? {} : { transaction }
    this.#lookup.set(this.#prefix)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    if (key.length > STATE_KEY_BYTES_MAX) return undefined
    this.#lookup.set(key, PREFIX_BYTES)
    return this.#table.get(this.#lookup.subarray(0, PREFIX_BYTES + key.length), this.#options)
  }

  *scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    const end = to === undefined ? this.#end : withPrefix(this.#prefix, to)
    let start = withPrefix(this.#prefix, from)
    for (;;) {
      const page = [...this.#table.getRange({ start, end, limit: SCAN_PAGE, ...this.#options })]
      for (const { key, value } of page) yield [key.subarray(PREFIX_BYTES), value]
      const last = page.at(-1)
      if (last === undefined || page.length < SCAN_PAGE) return
      // The next key in byte order is this one with a zero byte behind it.
      start = new Uint8Array(last.key.length + 1)
      start.set(last.key)
    }
  }
}

/**
 * One table of one operator. Puts and deletes are staged until the commit, as two lists: operators write back sorted
 * keys, each of them once, and read nothing before the commit, so that is all that most commits need. An index by key
 * (its bytes as a latin-1 string, whose order is theirs) is made only when something is read before the commit.
 */
export class EmbeddedStore implements StateStore {
  readonly #table: Table
  readonly #check: () => void
  readonly #prefix: Uint8Array
  readonly #committed: StoreRange
  /** With the prefix, as LMDB wants them. */
  #keys: Uint8Array[] = []
  /** Undefined for a delete. */
  #values: (Uint8Array | undefined)[] = []
  /** Keys ascend, so each is there once. */
  #ordered = true
  /** Position of the last write of each key, of the first `#indexed` writes. */
  #index = new Map<string, number>()
  #indexed = 0
  #stagedBytes = 0
  #arena = new Uint8Array(0)
  #arenaUsed = 0

  constructor(table: Table, task: number, store: number, check: () => void) {
    this.#table = table
    this.#check = check
    this.#prefix = prefixKey(task, store)
    this.#committed = new StoreRange(table, task, store)
  }

  get(key: Uint8Array): Uint8Array | undefined {
    this.#check()
    if (this.#keys.length > 0) {
      const position = this.#stagedIndex().get(latin1(key))
      if (position !== undefined) {
        const value = this.#values[position]
        // A copy: a caller may keep and change what it gets.
        return value && new Uint8Array(value)
      }
    }
    return this.#committed.get(key)
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#check()
    this.#stage(key, this.#copy(undefined, value))
  }

  delete(key: Uint8Array): void {
    this.#check()
    this.#stage(key, undefined)
  }

  scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]> {
    this.#check()
    const committed = this.#committed.scan(from, to)
    const staged = this.#keys.length === 0 ? [] : stagedRange(this.#stagedEntries(), from, to)
    return staged.length === 0 ? committed : mergeStaged(committed, staged)
  }

  get stagedBytes(): number {
    return this.#stagedBytes
  }

  /** Adds what is staged to the transaction in key order, which is what LMDB writes fastest; returns how many. */
  writeTo(group: WriteGroup): number {
    if (this.#ordered) {
      for (let i = 0; i < this.#keys.length; i++) this.#write(group, i)
      return this.#keys.length
    }
    const order = Array.from(this.#keys, (_, position) => position)
    // Stable, and nearly linear for runs of sorted keys: of equal keys the last one written comes last.
    order.sort((a, b) => compareBytes(this.#keys[a] as Uint8Array, this.#keys[b] as Uint8Array))
    let written = 0
    for (let i = 0; i < order.length; i++) {
      const position = order[i] as number
      const next = order[i + 1]
      if (
        next !== undefined &&
        compareBytes(this.#keys[position] as Uint8Array, this.#keys[next] as Uint8Array) === 0
      ) {
        continue
      }
      this.#write(group, position)
      written++
    }
    return written
  }

  clearStaged(): void {
    this.#keys = []
    this.#values = []
    this.#ordered = true
    if (this.#indexed > 0) this.#index = new Map()
    this.#indexed = 0
    this.#stagedBytes = 0
    this.#arena = new Uint8Array(0)
    this.#arenaUsed = 0
  }

  #write(group: WriteGroup, position: number): void {
    const key = this.#keys[position] as Uint8Array
    const value = this.#values[position]
    if (value === undefined) group.remove(this.#table, key)
    else group.put(this.#table, key, value)
  }

  #stage(key: Uint8Array, value: Uint8Array | undefined): void {
    if (key.length > STATE_KEY_BYTES_MAX) throw keyTooLong(key.length)
    const staged = this.#copy(this.#prefix, key)
    const last = this.#keys.at(-1)
    if (last !== undefined && this.#ordered) this.#ordered = compareBytes(last, staged) < 0
    this.#keys.push(staged)
    this.#values.push(value)
    this.#stagedBytes += staged.length + (value?.length ?? 0)
  }

  #stagedIndex(): Map<string, number> {
    for (; this.#indexed < this.#keys.length; this.#indexed++) {
      this.#index.set(latin1((this.#keys[this.#indexed] as Uint8Array).subarray(PREFIX_BYTES)), this.#indexed)
    }
    return this.#index
  }

  #copy(prefix: Uint8Array | undefined, bytes: Uint8Array): Uint8Array {
    const length = (prefix?.length ?? 0) + bytes.length
    if (this.#arenaUsed + length > this.#arena.length) {
      this.#arena = new Uint8Array(Math.max(ARENA_BYTES, length))
      this.#arenaUsed = 0
    }
    const copy = this.#arena.subarray(this.#arenaUsed, this.#arenaUsed + length)
    this.#arenaUsed += length
    if (prefix !== undefined) copy.set(prefix)
    copy.set(bytes, prefix?.length ?? 0)
    return copy
  }

  *#stagedEntries(): Iterable<StagedEntry> {
    for (const [key, position] of this.#stagedIndex()) yield [key, this.#values[position]]
  }
}

function withPrefix(prefix: Uint8Array, key: Uint8Array): Uint8Array {
  const whole = new Uint8Array(prefix.length + key.length)
  whole.set(prefix)
  whole.set(key, prefix.length)
  return whole
}

function keyTooLong(bytes: number): AppError {
  return new AppError('RESOURCE_EXHAUSTED', `a key of ${bytes} bytes is too long for the state store`, {
    hint: `Keys have at most ${STATE_KEY_BYTES_MAX} bytes: group by a shorter value, such as SUBSTRING or a hash of it.`,
  })
}
