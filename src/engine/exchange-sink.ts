import { must } from '../core/assert.ts'
import { type Batch, type ChangeKind, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../core/batch.ts'
import { encodeLogWatermark } from '../core/log-watermark.ts'
import { partitionOf } from '../core/murmur2.ts'
import { type RowCodec, rowCodec } from '../core/row-codec.ts'
import { encodePack } from '../core/row-pack.ts'
import type { Schema } from '../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { KeyColumns, MapKey } from './key-columns.ts'
import type { OperatorContext } from './operator.ts'
import { keyColumnsOf } from './operators/window-groups.ts'
import type { OutputRecord } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import type { StagingSink } from './sinks.ts'

/**
 * The writing end of an exchange: each row to the partition of its key, and what this task says of its time (the
 * watermark, and whether it is idle) to every partition, at its place between the rows. So who reads a partition knows
 * how far each writer has come, and decides about late rows as if the rows had never left the process.
 *
 * What is said is written before the next row of a partition, or at the barrier: of two watermarks with no row of the
 * partition between them only the second is. A task that has been restarted says all of it again before its first row,
 * since who reads may believe that it is idle.
 *
 * Rows of a partition go into packs, many in one record; the two halves of an update into the same one, or each into a
 * record of its own, so that who has read only the first can begin with it again. Records have no timestamp: they get the log's own time, so that a replay of old events is not deleted by age before
 * it is read. The event time is in the row.
 */
export interface ExchangeSinkOptions {
  readonly storage: TaskStorage
  readonly topic: string
  readonly partitions: number
  /** Number of this task among the writers. */
  readonly channel: number
  readonly schema: Schema
  /** Columns by whose values rows meet; without any, all meet in partition 0. */
  readonly keys: readonly number[]
}

/** Keys whose partition is remembered: a few MB. Where fewer of them come again than are new, it does not pay. */
export const KEYS_REMEMBERED_MAX = 65_536
/** Entries of one pack; whoever reads takes so many fewer records at once. */
export const PACK_ENTRIES_MAX = 128
/** Bytes of one pack; what is larger has a record of its own. */
export const PACK_BYTES_MAX = 16 * 1024
const NO_PREFIX = new Uint8Array(0)
/** The log's own. */
const NO_TIMESTAMP = Number.NaN

export class ExchangeSink implements StagingSink {
  readonly #options: ExchangeSinkOptions
  readonly #keys: KeyColumns | undefined
  readonly #codec: RowCodec
  readonly #staged: OutputRecord[][]
  /** Undefined once it has been found not to pay. */
  #partitionOf: Map<MapKey, number> | undefined = new Map()
  /** How often a key was found among those that are remembered now. */
  #found = 0
  #watermark: EventTimeMs = NO_WATERMARK
  #idle = false
  /** By partition what the next record will hold. */
  readonly #packs: { entries: Uint8Array[]; bytes: number }[]
  /** What is to be said now, and by partition what was said last: the same bytes where there is nothing new. */
  #word: Uint8Array | undefined
  readonly #said: (Uint8Array | undefined)[]
  #rows = 0

  constructor(options: ExchangeSinkOptions) {
    this.#options = options
    const { keys, schema, partitions } = options
    this.#codec = rowCodec(schema.fields.map((field) => field.type))
    this.#keys = keys.length === 0 ? undefined : keyColumnsOf(keys, schema)
    this.#staged = Array.from({ length: partitions }, () => [])
    this.#packs = Array.from({ length: partitions }, () => ({ entries: [], bytes: 0 }))
    this.#said = new Array<Uint8Array | undefined>(partitions).fill(undefined)
  }

  open(context: OperatorContext): void {
    this.#watermark = context.restoredWatermark
    this.#tell()
  }

  get stagedRows(): number {
    return this.#rows
  }

  onBatch(_port: number, batch: Batch): void {
    const { kinds, length } = batch
    for (let row = 0; row < length; row++) {
      const partition = this.#partition(batch, row)
      const isPair = kinds !== undefined && kinds[row] === UPDATE_BEFORE && kinds[row + 1] === UPDATE_AFTER
      if (isPair) {
        const next = this.#partition(batch, ++row)
        if (next === partition) {
          this.#stage(partition, [this.#entry(batch, row - 1, UPDATE_BEFORE), this.#entry(batch, row, UPDATE_AFTER)])
        } else {
          // An update that moves a row to another key is two changes: nobody sees both halves.
          this.#stage(partition, [this.#entry(batch, row - 1, DELETE)])
          this.#stage(next, [this.#entry(batch, row, INSERT)])
        }
      } else this.#stage(partition, [this.#entry(batch, row, batch.kind(row))])
    }
    this.#rows += length
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#watermark = watermark
    this.#tell()
  }

  onIdle(idle: boolean): void {
    this.#idle = idle
    this.#tell()
  }

  onBarrier(): void {
    const { storage, topic } = this.#options
    for (const [partition, staged] of this.#staged.entries()) {
      this.#say(partition)
      this.#close(partition)
      if (staged.length === 0) continue
      storage.append(topic, partition, staged)
      this.#staged[partition] = []
    }
    this.#rows = 0
  }

  #tell(): void {
    const { channel } = this.#options
    this.#word = encodeLogWatermark({ watermark: this.#watermark, channel, idle: this.#idle })
  }

  #say(partition: number): void {
    const word = this.#word
    if (word === undefined || this.#said[partition] === word) return
    this.#said[partition] = word
    this.#add(partition, [word])
  }

  #entry(batch: Batch, row: number, kind: ChangeKind): Uint8Array {
    return this.#codec.encodeChangeAt(batch.columns, row, kind, batch.times[row] as number)
  }

  #stage(partition: number, entries: readonly Uint8Array[]): void {
    if (this.#said[partition] !== this.#word) this.#say(partition)
    this.#add(partition, entries)
  }

  /** Entries that stay together, behind what the partition holds. */
  #add(partition: number, entries: readonly Uint8Array[]): void {
    const pack = must(this.#packs[partition], 'each partition has its pack')
    let bytes = 0
    for (const entry of entries) bytes += entry.length
    if (pack.bytes + bytes > PACK_BYTES_MAX || pack.entries.length + entries.length > PACK_ENTRIES_MAX) {
      this.#close(partition)
    }
    if (bytes > PACK_BYTES_MAX) {
      for (const entry of entries) this.#write(partition, entry)
      return
    }
    for (const entry of entries) pack.entries.push(entry)
    pack.bytes += bytes
  }

  #close(partition: number): void {
    const pack = must(this.#packs[partition], 'each partition has its pack')
    const [first] = pack.entries
    if (first === undefined) return
    this.#write(partition, pack.entries.length === 1 ? first : encodePack(pack.entries))
    pack.entries = []
    pack.bytes = 0
  }

  #write(partition: number, value: Uint8Array): void {
    this.#staged[partition]?.push({ key: null, value, timestamp: NO_TIMESTAMP })
  }

  #partition(batch: Batch, row: number): number {
    const keys = this.#keys
    if (keys === undefined) return 0
    const remembered = this.#partitionOf
    if (remembered === undefined) return this.#hashed(keys, batch, row)
    const key = keys.keyAt(batch.columns, row)
    const known = remembered.get(key)
    if (known !== undefined) {
      this.#found++
      return known
    }
    const partition = this.#hashed(keys, batch, row)
    if (remembered.size >= KEYS_REMEMBERED_MAX) {
      if (this.#found < KEYS_REMEMBERED_MAX) this.#partitionOf = undefined
      remembered.clear()
      this.#found = 0
    }
    remembered.set(key, partition)
    return partition
  }

  #hashed(keys: KeyColumns, batch: Batch, row: number): number {
    return partitionOf(keys.encode(NO_PREFIX, keys.valuesAt(batch.columns, row)), this.#options.partitions)
  }
}
