import { afterNamespace } from './namespace-codec.ts'
import type { StateStore } from './ports/state.ts'

/**
 * Entries with many rows: a change of one row is written behind the entry, which is written as a whole again when its
 * changes have become half as long. So a row that changes costs what it is long, and a few rows more, however many
 * rows its key has; and reading an entry costs at most half as much again.
 *
 * Changes are in the store of the entries, behind all of them: JOURNAL, the entry's key, and their number in two bytes.
 * Stored for ever: never change a form.
 */
export interface ChangesCodec<V> {
  of(value: V): EntryChanges<unknown>
  /** All that was noted, in that order. */
  encode(value: V): Uint8Array
  /** Does it again to the value as it was. */
  apply(value: V, bytes: Uint8Array): void
}

/** After all namespaces: the last of them, infinity, begins with FF F0. */
export const JOURNAL = Uint8Array.of(0xff, 0xff)
/** A shorter entry is written as a whole: a second place in the store costs more. */
const WHOLE_BYTES_MIN = 4_096
/** Of one entry. Each is a look into the store when the entry is read. */
const CHANGES_STORED_MAX = 256
/** With more between two commits the whole is written; where there are no commits they must not pile up. */
const CHANGES_NOTED_MAX = 10_000

/** What changed in an entry since it was written; a part of its value that is not stored with it. */
export class EntryChanges<C> {
  /** Undefined where the whole is written next. */
  #noted: C[] | undefined
  #wholeBytes = 0
  #stored = 0
  #storedBytes = 0

  /** To be called with each change of the value. */
  note(change: C): void {
    if (this.#noted === undefined) return
    if (this.#noted.length < CHANGES_NOTED_MAX) this.#noted.push(change)
    else this.#noted = undefined
  }

  /** Of a change that can't be told alone. */
  forget(): void {
    this.#noted = undefined
  }

  get noted(): readonly C[] | undefined {
    return this.#noted
  }

  /** How many are in the store. */
  get stored(): number {
    return this.#stored
  }

  /** True where there is room for so many bytes more behind the entry. */
  hasRoom(bytes: number): boolean {
    return this.#stored < CHANGES_STORED_MAX && 2 * (this.#storedBytes + bytes) <= this.#wholeBytes
  }

  /** The whole is in the store. */
  begin(wholeBytes: number): void {
    this.#wholeBytes = wholeBytes
    this.#stored = 0
    this.#storedBytes = 0
    this.#noted = wholeBytes < WHOLE_BYTES_MIN ? undefined : []
  }

  /** What was noted, or what was read, is in the store behind it. */
  added(bytes: number): void {
    this.#stored++
    this.#storedBytes += bytes
    this.#noted = []
  }
}

export class EntryJournal<V> {
  readonly #store: StateStore
  readonly #codec: ChangesCodec<V>

  constructor(store: StateStore, codec: ChangesCodec<V>) {
    this.#store = store
    this.#codec = codec
  }

  /** Brings an entry that was read up to date. */
  replay(key: Uint8Array, wholeBytes: number, value: V): void {
    const changes = this.#codec.of(value)
    changes.begin(wholeBytes)
    if (changes.noted === undefined) return
    for (;;) {
      const bytes = this.#store.get(changeKey(key, changes.stored))
      if (bytes === undefined) return
      this.#codec.apply(value, bytes)
      changes.added(bytes.length)
    }
  }

  /** False where the entry has to be written as a whole. */
  append(key: Uint8Array, value: V): boolean {
    const changes = this.#codec.of(value)
    if (changes.noted === undefined || !changes.hasRoom(0)) return false
    const bytes = this.#codec.encode(value)
    if (!changes.hasRoom(bytes.length)) return false
    this.#store.put(changeKey(key, changes.stored), bytes)
    changes.added(bytes.length)
    return true
  }

  /** The entry has been written as a whole. */
  begin(key: Uint8Array, value: V, wholeBytes: number): void {
    this.clear(key, value)
    this.#codec.of(value).begin(wholeBytes)
  }

  /** Of an entry that goes, or was written anew. */
  clear(key: Uint8Array, value: V): void {
    const { stored } = this.#codec.of(value)
    for (let number = 0; number < stored; number++) this.#store.delete(changeKey(key, number))
  }

  /** Of all entries of a namespace. */
  clearAll(prefix: Uint8Array): void {
    const from = Buffer.concat([JOURNAL, prefix])
    for (const key of Array.from(this.#store.scan(from, afterNamespace(from)), ([one]) => one)) this.#store.delete(key)
  }
}

function changeKey(key: Uint8Array, number: number): Uint8Array {
  return Buffer.concat([JOURNAL, key, Uint8Array.of(number >> 8, number & 0xff)])
}
