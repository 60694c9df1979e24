import {
  type Batch,
  type ChangeKind,
  DELETE,
  INSERT,
  isRetraction,
  UPDATE_AFTER,
  UPDATE_BEFORE,
} from '../core/batch.ts'
import type { Compression } from '../core/compression.ts'
import { keyCodec } from '../core/key-codec.ts'
import { encodeLogWatermark } from '../core/log-watermark.ts'
import type { Schema } from '../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { SqlType } from '../core/type.ts'
import type { Row, Value } from '../core/value.ts'
import { KeyColumns, type MapKey } from './key-columns.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { ExternalStorage, RowChange } from './ports/external-store.ts'
import type { Encoder } from './ports/format.ts'
import type { OutputRecord } from './ports/log.ts'
import type { StateStore, TaskStorage, TopicPartition } from './ports/state.ts'

/**
 * The last operators of a plan: they stage what a query gives, and hand it over at the barrier, so that output, state
 * and positions become durable in one commit. Nothing is visible to a reader before.
 */
export const RESULT_TABLE = 'table'

/** A sink that holds output until the next barrier; the runner checkpoints before it holds too much. */
export interface StagingSink extends Operator {
  readonly stagedRows: number
}

/**
 * The query's own result log and, when its rows have a key, the table that pull queries read.
 *
 * A query that emits every change may change a row many times between two commits, and readers see only what is
 * committed: `coalesce` keeps the last state of each row, so that a commit tells each change once.
 */
export class ResultSink implements StagingSink {
  readonly #storage: TaskStorage
  readonly #topic: string
  /** Of the result log: that of the task. */
  readonly #partition: number
  readonly #schema: Schema
  readonly #encoder: Encoder
  readonly #keys: KeyColumns | undefined
  readonly #coalesce: boolean
  /** False for a log that nobody pulls from. */
  readonly #keepsTable: boolean
  /** Changes in the order in which they are told; undefined where a later one has taken back an earlier one. */
  #changes: (StagedChange | undefined)[] = []
  /** By key, the position of its last change. */
  #last = new Map<MapKey, number>()
  #table: StateStore | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  #loggedWatermark: EventTimeMs = NO_WATERMARK

  constructor(
    storage: TaskStorage,
    { topic, partition }: TopicPartition,
    schema: Schema,
    encoder: Encoder,
    coalesce: boolean,
    keepsTable = true,
  ) {
    this.#keepsTable = keepsTable
    this.#storage = storage
    this.#topic = topic
    this.#partition = partition
    this.#schema = schema
    this.#encoder = encoder
    this.#keys = schema.key.length === 0 ? undefined : new KeyColumns(schema.key, keyTypes(schema))
    this.#coalesce = coalesce
  }

  open(context: OperatorContext): void {
    this.#loggedWatermark = context.restoredWatermark
    if (this.#keys !== undefined && this.#keepsTable) this.#table = context.store(RESULT_TABLE)
  }

  get stagedRows(): number {
    return this.#changes.length
  }

  onBatch(_port: number, batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      const kind = batch.kind(i)
      const change = { row: batch.row(i), kind, time: batch.times[i] as number }
      if (this.#keys === undefined) {
        this.#changes.push(change)
        continue
      }
      const key = this.#keys.keyAt(batch.columns, i)
      // The +U that follows says all there is to say about this row.
      if (this.#coalesce && kind === UPDATE_BEFORE && this.#isReplaced(batch, i, key)) continue
      this.#stageKeyed(key, change)
    }
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#watermark = watermark
  }

  onBarrier(): void {
    const records: OutputRecord[] = []
    const lastAt = new Set(this.#last.values())
    for (const [position, change] of this.#changes.entries()) {
      if (change === undefined) continue
      const { row, kind, time } = change
      const record = this.#encoder.encode(row, kind, time)
      records.push(record)
      if (this.#keys === undefined || this.#table === undefined || !lastAt.has(position)) continue
      const key = this.#keys.encode(
        NO_PREFIX,
        this.#schema.key.map((column) => row[column] as Value),
      )
      if (isRetraction(kind) || record.value === null) this.#table.delete(key)
      else this.#table.put(key, record.value)
    }
    this.#changes = []
    this.#last = new Map()
    if (this.#watermark > this.#loggedWatermark) {
      this.#loggedWatermark = this.#watermark
      records.push(watermarkRecord(this.#watermark))
    }
    if (records.length > 0) this.#storage.append(this.#topic, this.#partition, records)
  }

  #isReplaced(batch: Batch, row: number, key: MapKey): boolean {
    const next = row + 1
    return next < batch.length && batch.kind(next) === UPDATE_AFTER && this.#keys?.keyAt(batch.columns, next) === key
  }

  #stageKeyed(key: MapKey, change: StagedChange): void {
    const position = this.#last.get(key)
    const before = position === undefined ? undefined : this.#changes[position]
    if (!this.#coalesce || before === undefined || position === undefined) {
      this.#last.set(key, this.#changes.length)
      this.#changes.push(change)
      return
    }
    // The row as it was at the last commit: there, unless the first change since then brought it into being.
    const wasThere = before.kind !== INSERT
    const isThere = !isRetraction(change.kind)
    if (!wasThere && !isThere) {
      this.#changes[position] = undefined
      this.#last.delete(key)
      return
    }
    this.#changes[position] = { ...change, kind: !wasThere ? INSERT : isThere ? UPDATE_AFTER : DELETE }
  }
}

interface StagedChange {
  readonly row: Row
  readonly kind: ChangeKind
  readonly time: EventTimeMs
}

const NO_PREFIX = new Uint8Array(0)

function keyTypes(schema: Schema): readonly SqlType[] {
  return schema.key.map((column) => (schema.fields[column] as Schema['fields'][number]).type)
}

/** The key of a result table: the schema's key columns, order-preserving, so that a key prefix is a range. */
export function tableKeyEncoder(schema: Schema): (row: readonly Value[]) => Uint8Array {
  const codec = keyCodec(keyTypes(schema))
  return (row) => codec.encode(schema.key.map((column) => row[column] as Value))
}

/** A watermark between the rows of a result log. */
export function watermarkRecord(watermark: EventTimeMs): OutputRecord {
  const value = encodeLogWatermark({ watermark, channel: undefined, idle: false })
  return { key: null, value, timestamp: Number.isFinite(watermark) ? watermark : 0 }
}

/** A topic of the log: rows encoded as the sink's FORMAT says, keyed rows to the partition of their key. */
export class TopicSink implements StagingSink {
  readonly #storage: TaskStorage
  readonly #topic: string
  readonly #encoder: Encoder
  readonly #partitionOf: (key: Uint8Array | null) => number
  readonly #compression: Compression | undefined
  readonly #staged = new Map<number, OutputRecord[]>()

  constructor(
    storage: TaskStorage,
    topic: string,
    encoder: Encoder,
    partitionOf: (key: Uint8Array | null) => number,
    compression?: Compression,
  ) {
    this.#storage = storage
    this.#topic = topic
    this.#encoder = encoder
    this.#partitionOf = partitionOf
    this.#compression = compression
  }

  get stagedRows(): number {
    let rows = 0
    for (const records of this.#staged.values()) rows += records.length
    return rows
  }

  open(): void {}

  onBatch(_port: number, batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      const record = this.#encoder.encode(batch.row(i), batch.kind(i), batch.times[i] as number)
      const partition = this.#partitionOf(record.key)
      const staged = this.#staged.get(partition)
      if (staged === undefined) this.#staged.set(partition, [record])
      else staged.push(record)
    }
  }

  onBarrier(): void {
    for (const [partition, records] of this.#staged) {
      this.#storage.append(this.#topic, partition, records, this.#compression)
    }
    this.#staged.clear()
  }
}

/** Of STAGED_MAX: what one row is of a transaction that is full. */
const ROW_WEIGHT = 10

/** A store outside: the last change of each key since the last commit, or every row where rows have no key. */
export class ExternalSink implements StagingSink {
  readonly #storage: ExternalStorage
  readonly #keys: KeyColumns | undefined
  #staged: RowChange[] = []
  readonly #last = new Map<MapKey, RowChange>()

  constructor(storage: ExternalStorage, schema: Schema) {
    this.#storage = storage
    this.#keys = schema.key.length === 0 ? undefined : new KeyColumns(schema.key, keyTypes(schema))
  }

  /** A row in a transaction of a store weighs more than one that is appended to a log: 10,000 are one transaction. */
  get stagedRows(): number {
    return ROW_WEIGHT * (this.#staged.length + this.#last.size)
  }

  open(): void {}

  onBatch(_port: number, batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      const change = { row: batch.row(i), deleted: isRetraction(batch.kind(i)) }
      if (this.#keys === undefined) this.#staged.push(change)
      else this.#last.set(this.#keys.keyAt(batch.columns, i), change)
    }
  }

  onBarrier(): void {
    this.#storage.write(this.#keys === undefined ? this.#staged : [...this.#last.values()])
    this.#staged = []
    this.#last.clear()
  }
}

/** Rows handed on as they come, to a reader in this process or to a device: no log, no commit. */
export class BatchSink implements Operator {
  readonly #onBatch: (batch: Batch) => void
  readonly #onWatermark: (watermark: EventTimeMs) => void

  constructor(onBatch: (batch: Batch) => void, onWatermark: (watermark: EventTimeMs) => void = () => {}) {
    this.#onBatch = onBatch
    this.#onWatermark = onWatermark
  }

  open(): void {}

  onBatch(_port: number, batch: Batch): void {
    this.#onBatch(batch)
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#onWatermark(watermark)
  }
}
