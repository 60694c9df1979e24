import type { Transaction } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import type { StateStore } from '../../engine/ports/state.ts'
import { latin1, mergeStaged, type StagedEntry, stagedRange } from '../merge-staged.ts'
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

interface Entry {
  /** With the prefix, as LMDB wants it. */
  readonly key: Uint8Array
  /** Undefined for a delete. */
  readonly value: Uint8Array | undefined
}

/**
 * One table of one operator. Puts and deletes are staged until the commit, by the key's
 * bytes as a latin-1 string, whose order is the order of the bytes.
 */
export class EmbeddedStore implements StateStore {
  readonly #table: Table
  readonly #check: () => void
  readonly #prefix: Uint8Array
  readonly #committed: StoreRange
  #staged = new Map<string, Entry>()
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
    if (this.#staged.size > 0) {
      const entry = this.#staged.get(latin1(key))
      // A copy: a caller may keep and change what it gets.
      if (entry !== undefined) return entry.value && new Uint8Array(entry.value)
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
    const staged = this.#staged.size === 0 ? [] : stagedRange(this.#stagedEntries(), from, to)
    return staged.length === 0 ? committed : mergeStaged(committed, staged)
  }

  get stagedBytes(): number {
    return this.#stagedBytes
  }

  /** Adds what is staged to the transaction in key order, which is what LMDB writes fastest; returns how many. */
  writeTo(group: WriteGroup): number {
    if (this.#staged.size === 0) return 0
    const texts = [...this.#staged.keys()].sort()
    for (const text of texts) {
      const { key, value } = this.#staged.get(text) as Entry
      if (value === undefined) group.remove(this.#table, key)
      else group.put(this.#table, key, value)
    }
    return texts.length
  }

  clearStaged(): void {
    if (this.#staged.size > 0) this.#staged = new Map()
    this.#stagedBytes = 0
    this.#arena = new Uint8Array(0)
    this.#arenaUsed = 0
  }

  #stage(key: Uint8Array, value: Uint8Array | undefined): void {
    if (key.length > STATE_KEY_BYTES_MAX) throw keyTooLong(key.length)
    const text = latin1(key)
    this.#staged.set(text, { key: this.#staged.get(text)?.key ?? this.#copy(this.#prefix, key), value })
    this.#stagedBytes += PREFIX_BYTES + key.length + (value?.length ?? 0)
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
    for (const [key, { value }] of this.#staged) yield [key, value]
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
