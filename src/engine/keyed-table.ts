import type { Column } from '../core/batch.ts'
import type { Row } from '../core/value.ts'
import { type ChangesCodec, EntryJournal, JOURNAL } from './entry-journal.ts'
import type { KeyColumns, MapKey } from './key-columns.ts'
import { afterNamespace, decodeNamespace, encodeNamespace, NAMESPACE_BYTES } from './namespace-codec.ts'
import type { OperatorContext, OperatorMetrics } from './operator.ts'
import type { StateStore } from './ports/state.ts'

/**
 * Keyed state of an operator: objects in memory, written back to a store at the barrier.
 *
 * Entries live in namespaces (a window's end; 0 where there are none). Hot entries are plain objects that operators
 * change in place; `flush` writes those that changed, in the order of their bytes, so that a key that is updated a
 * million times between two barriers is encoded once, and a window that opens and closes between them never reaches
 * the store. After the commit clean entries beyond the memory budget are evicted, those not used lately first, and
 * read back when asked for.
 *
 * A store is asked about a key only when it may know more than memory (`spilled`): new windows never ask.
 */
export interface EntryCodec<V> {
  encode(value: V): Uint8Array
  decode(bytes: Uint8Array): V
  /** Of values that may have many rows, of which few change. */
  readonly changes?: ChangesCodec<V>
}

export interface Entry<V> {
  readonly key: MapKey
  /** The key columns' values. */
  readonly values: Row
  value: V
  /** Differs from the store. */
  dirty: boolean
  /** The store has this key. */
  stored: boolean
  /** Changed or loaded since the clock hand came by. */
  recent: boolean
  /** False once deleted. */
  live: boolean
}

export class Namespace<V> {
  readonly id: number
  readonly entries = new Map<MapKey, Entry<V>>()
  /** The store may hold entries that are not in memory. */
  spilled: boolean
  /** The store may hold entries. */
  stored: boolean
  dirty: Entry<V>[] = []
  /** Keys that the store still has and memory says are gone. */
  readonly deleted = new Map<MapKey, Row>()
  hand: MapIterator<Entry<V>> | undefined
  #prefix: Uint8Array | undefined

  constructor(id: number, stored: boolean) {
    this.id = id
    this.spilled = stored
    this.stored = stored
  }

  /** What its keys begin with in the store. */
  get prefix(): Uint8Array {
    this.#prefix ??= encodeNamespace(this.id)
    return this.#prefix
  }
}

/** Holds the number of entries in the store; one byte, so it sorts before every namespace. */
const COUNT_KEY = Uint8Array.of(0)

export class KeyedTable<V> {
  readonly #store: StateStore
  readonly #key: KeyColumns
  readonly #codec: EntryCodec<V>
  readonly #journal: EntryJournal<V> | undefined
  readonly #metrics: OperatorMetrics
  readonly #entriesMax: number
  readonly #namespaces = new Map<number, Namespace<V>>()
  /** Ascending. */
  #ids: number[] = []
  /** Namespaces that were dropped but are still in the store. */
  readonly #dropped = new Set<number>()
  #inMemory = 0
  /** Entries noted as dirty since the last flush, those dropped since then included. */
  #dirty = 0
  #storedCount: number
  #writtenCount: number

  constructor(store: StateStore, key: KeyColumns, codec: EntryCodec<V>, context: OperatorContext) {
    this.#store = store
    this.#key = key
    this.#codec = codec
    this.#journal = codec.changes && new EntryJournal(store, codec.changes)
    this.#metrics = context.metrics
    this.#entriesMax = context.memory.entriesMax
    const count = store.get(COUNT_KEY)
    this.#storedCount = count === undefined ? 0 : decodeNamespace(count)
    this.#writtenCount = this.#storedCount
    this.#metrics.stateEntries += this.#storedCount
    this.#ids = storedNamespaces(store)
    for (const id of this.#ids) this.#namespaces.set(id, new Namespace(id, true))
  }

  /** Entries held as objects. */
  get inMemory(): number {
    return this.#inMemory
  }

  /** Live namespaces, ascending. */
  get namespaces(): readonly number[] {
    return this.#ids
  }

  find(id: number): Namespace<V> | undefined {
    return this.#namespaces.get(id)
  }

  namespace(id: number): Namespace<V> {
    const found = this.#namespaces.get(id)
    if (found !== undefined) return found
    const created = new Namespace<V>(id, false)
    this.#namespaces.set(id, created)
    insertSorted(this.#ids, id)
    return created
  }

  /** The entry of the key in one row of a batch. */
  get(namespace: Namespace<V>, key: MapKey, columns: readonly Column[], row: number): Entry<V> | undefined {
    const entry = namespace.entries.get(key)
    if (entry !== undefined || !namespace.spilled) return entry
    return this.#load(namespace, key, this.#key.valuesAt(columns, row))
  }

  getByValues(namespace: Namespace<V>, values: Row): Entry<V> | undefined {
    const key = this.#key.keyOf(values)
    const entry = namespace.entries.get(key)
    if (entry !== undefined || !namespace.spilled) return entry
    return this.#load(namespace, key, values)
  }

  /** Adds a key that `get` did not find. Throws EvaluationError, and has changed nothing, when the key is too long. */
  insert(namespace: Namespace<V>, key: MapKey, values: Row, value: V): Entry<V> {
    this.#key.checkLength(values)
    const stored = namespace.deleted.size > 0 && namespace.deleted.delete(key)
    const entry: Entry<V> = { key, values, value, dirty: true, stored, recent: true, live: true }
    namespace.entries.set(key, entry)
    namespace.dirty.push(entry)
    this.#dirty++
    this.#metrics.stateDirty++
    this.#inMemory++
    this.#metrics.stateEntries++
    return entry
  }

  /** To be called before or after a change of an entry that is not dirty. */
  touch(namespace: Namespace<V>, entry: Entry<V>): void {
    entry.dirty = true
    entry.recent = true
    namespace.dirty.push(entry)
    this.#dirty++
    this.#metrics.stateDirty++
  }

  delete(namespace: Namespace<V>, entry: Entry<V>): void {
    entry.live = false
    namespace.entries.delete(entry.key)
    if (entry.stored) {
      namespace.deleted.set(entry.key, entry.values)
      this.#journal?.clear(this.#key.encode(namespace.prefix, entry.values), entry.value)
    }
    this.#inMemory--
    this.#metrics.stateEntries--
  }

  /**
   * All entries of a namespace in the order of their keys. Those that are only in the store pass by without being kept
   * in memory; nothing may be inserted meanwhile.
   */
  entriesOf(namespace: Namespace<V>): Iterable<Entry<V>> {
    const sorted = this.#key.sort([...namespace.entries.values()])
    return namespace.spilled ? this.#merged(namespace, sorted) : sorted
  }

  /** The same in any order, which is cheaper. */
  unorderedEntriesOf(namespace: Namespace<V>): Iterable<Entry<V>> {
    return namespace.spilled
      ? this.#merged(namespace, [...namespace.entries.values()], false)
      : namespace.entries.values()
  }

  drop(id: number): void {
    const namespace = this.#namespaces.get(id)
    if (namespace === undefined) return
    this.#namespaces.delete(id)
    this.#ids.splice(lowerBound(this.#ids, id), 1)
    this.#inMemory -= namespace.entries.size
    // Entries of the store leave the count when the flush has deleted them.
    for (const entry of namespace.entries.values()) if (!entry.stored) this.#metrics.stateEntries--
    this.#metrics.stateEntries += namespace.deleted.size
    if (namespace.stored) this.#dropped.add(id)
  }

  /**
   * Writes what changed. In the order of the keys, and with all reads first: that is what stores write fastest.
   */
  flush(): void {
    this.#metrics.stateDirty -= this.#dirty
    this.#dirty = 0
    const dropped = new Map([...this.#dropped].map((id) => [id, this.#storedKeys(id)]))
    this.#dropped.clear()
    for (const keys of dropped.values()) {
      this.#storedCount -= keys.length
      this.#metrics.stateEntries -= keys.length
    }
    for (const namespace of this.#namespaces.values()) this.#storedCount += storedChange(namespace)
    if (this.#storedCount !== this.#writtenCount) this.#store.put(COUNT_KEY, encodeNamespace(this.#storedCount))
    this.#writtenCount = this.#storedCount
    for (const id of mergeIds(this.#ids, [...dropped.keys()])) {
      // A namespace that was dropped may have come back since.
      for (const key of dropped.get(id) ?? []) this.#store.delete(key)
      if (dropped.has(id)) this.#journal?.clearAll(encodeNamespace(id))
      const namespace = this.#namespaces.get(id)
      if (namespace === undefined) continue
      this.#flushNamespace(namespace)
      if (namespace.entries.size === 0 && !namespace.spilled) this.#namespaces.delete(id)
    }
    if (this.#ids.length !== this.#namespaces.size) this.#ids = this.#ids.filter((id) => this.#namespaces.has(id))
  }

  /** Evicts clean entries beyond the budget. Only right after a commit: all that was flushed is in the store. */
  evict(): void {
    let excess = this.#inMemory - this.#entriesMax
    // Two rounds at most: the first takes the mark `recent` off what it spares.
    for (let round = 0; round < 2 && excess > 0; round++) {
      for (const id of this.#ids) {
        if (excess <= 0) return
        excess -= this.#evictFrom(this.#namespaces.get(id) as Namespace<V>, excess)
      }
    }
  }

  #load(namespace: Namespace<V>, key: MapKey, values: Row): Entry<V> | undefined {
    if (namespace.deleted.has(key)) return undefined
    const keyBytes = this.#key.encode(namespace.prefix, values)
    const bytes = this.#store.get(keyBytes)
    if (bytes === undefined) return undefined
    const entry = this.#storedEntry(key, values, keyBytes, bytes)
    namespace.entries.set(key, entry)
    this.#inMemory++
    return entry
  }

  #storedEntry(key: MapKey, values: Row, keyBytes: Uint8Array, bytes: Uint8Array): Entry<V> {
    this.#metrics.stateLoads++
    const value = this.#codec.decode(bytes)
    this.#journal?.replay(keyBytes, bytes.length, value)
    return { key, values, value, dirty: false, stored: true, recent: true, live: true }
  }

  *#merged(namespace: Namespace<V>, sorted: readonly Entry<V>[], ordered = true): Iterable<Entry<V>> {
    const { prefix } = namespace
    let next = 0
    for (const [keyBytes, bytes] of this.#store.scan(prefix, afterNamespace(prefix))) {
      const values = this.#key.decode(keyBytes.subarray(NAMESPACE_BYTES))
      const key = this.#key.keyOf(values)
      if (namespace.entries.has(key) || namespace.deleted.has(key)) continue
      while (ordered && next < sorted.length && this.#key.compare((sorted[next] as Entry<V>).values, values) < 0) {
        yield sorted[next++] as Entry<V>
      }
      yield this.#storedEntry(key, values, keyBytes, bytes)
    }
    while (next < sorted.length) yield sorted[next++] as Entry<V>
  }

  #flushNamespace(namespace: Namespace<V>): void {
    const { deleted, prefix } = namespace
    const entries = this.#key.sort(namespace.dirty.filter(isLive))
    const gone = [...deleted.values()].sort(this.#key.compare)
    namespace.dirty = []
    deleted.clear()
    let next = 0
    for (const entry of entries) {
      while (next < gone.length && this.#key.compare(gone[next] as Row, entry.values) < 0) {
        this.#store.delete(this.#key.encode(prefix, gone[next++] as Row))
      }
      this.#write(this.#key.encode(prefix, entry.values), entry.value)
      entry.stored = true
      entry.dirty = false
      namespace.stored = true
    }
    while (next < gone.length) this.#store.delete(this.#key.encode(prefix, gone[next++] as Row))
  }

  #write(key: Uint8Array, value: V): void {
    if (this.#journal?.append(key, value) === true) return
    const bytes = this.#codec.encode(value)
    this.#store.put(key, bytes)
    this.#journal?.begin(key, value, bytes.length)
  }

  #storedKeys(id: number): Uint8Array[] {
    const prefix = encodeNamespace(id)
    return Array.from(this.#store.scan(prefix, afterNamespace(prefix)), ([key]) => key)
  }

  /** Goes on where it stopped the last time; returns how many it evicted. */
  #evictFrom(namespace: Namespace<V>, countMax: number): number {
    let evicted = 0
    for (let visits = namespace.entries.size; visits > 0 && evicted < countMax; visits--) {
      namespace.hand ??= namespace.entries.values()
      const step = namespace.hand.next()
      if (step.done === true) {
        namespace.hand = undefined
        visits++
        if (namespace.entries.size === 0) break
        continue
      }
      const entry = step.value
      if (entry.recent) {
        entry.recent = false
        continue
      }
      if (entry.dirty) continue
      namespace.entries.delete(entry.key)
      entry.live = false
      namespace.spilled = true
      evicted++
    }
    this.#inMemory -= evicted
    return evicted
  }
}

/** By how much the entries in the store change when the namespace is flushed. */
function storedChange<V>(namespace: Namespace<V>): number {
  let change = -namespace.deleted.size
  for (const entry of namespace.dirty) if (entry.live && !entry.stored) change++
  return change
}

/** Both lists as one, ascending, each id once. */
function mergeIds(live: readonly number[], dropped: readonly number[]): readonly number[] {
  if (dropped.length === 0) return live
  return [...new Set([...live, ...dropped])].sort((a, b) => a - b)
}

function isLive(entry: { readonly live: boolean }): boolean {
  return entry.live
}

/** Finds each namespace by a seek past the one before, so that opening does not read the keys. */
function storedNamespaces(store: StateStore): number[] {
  const ids: number[] = []
  let from = Uint8Array.of(0, 0)
  for (;;) {
    const id = firstNamespace(store, from)
    if (id === undefined) return ids
    ids.push(id)
    from = afterNamespace(encodeNamespace(id)) as Uint8Array<ArrayBuffer>
  }
}

function firstNamespace(store: StateStore, from: Uint8Array): number | undefined {
  for (const [key] of store.scan(from, JOURNAL)) return decodeNamespace(key)
  return undefined
}

/** Windows open near the end: the search starts there. */
function insertSorted(ids: number[], id: number): void {
  if (ids.length === 0 || (ids[ids.length - 1] as number) < id) ids.push(id)
  else ids.splice(lowerBound(ids, id), 0, id)
}

/** Index of the first id that is not below `id`. */
export function lowerBound(ids: readonly number[], id: number): number {
  let low = 0
  let high = ids.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((ids[middle] as number) < id) low = middle + 1
    else high = middle
  }
  return low
}
