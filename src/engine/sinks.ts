import { type Batch, isRetraction } from '../core/batch.ts'
import { keyCodec } from '../core/key-codec.ts'
import type { Schema } from '../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { Value } from '../core/value.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { Encoder } from './ports/format.ts'
import type { OutputRecord } from './ports/log.ts'
import type { StateStore, TaskStorage } from './ports/state.ts'

/**
 * The last operators of a plan: they stage what a query gives, and hand it over at the barrier, so that output, state
 * and positions become durable in one commit. Nothing is visible to a reader before.
 */
export const RESULT_TABLE = 'table'

/** The query's own result log and, when its rows have a key, the table that pull queries read. */
export class ResultSink implements Operator {
  readonly #storage: TaskStorage
  readonly #topic: string
  readonly #schema: Schema
  readonly #encoder: Encoder
  #staged: OutputRecord[] = []
  #stagedRows = new Map<string, StagedRow>()
  #table: StateStore | undefined
  #encodeKey: ((row: readonly Value[]) => Uint8Array) | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  #loggedWatermark: EventTimeMs = NO_WATERMARK

  constructor(storage: TaskStorage, topic: string, schema: Schema, encoder: Encoder) {
    this.#storage = storage
    this.#topic = topic
    this.#schema = schema
    this.#encoder = encoder
  }

  open(context: OperatorContext): void {
    this.#loggedWatermark = context.restoredWatermark
    if (this.#schema.key.length === 0) return
    this.#table = context.store(RESULT_TABLE)
    this.#encodeKey = tableKeyEncoder(this.#schema)
  }

  get staged(): number {
    return this.#staged.length
  }

  onBatch(_port: number, batch: Batch): void {
    for (let i = 0; i < batch.length; i++) {
      const row = batch.row(i)
      const kind = batch.kind(i)
      const record = this.#encoder.encode(row, kind, batch.times[i] as number)
      this.#staged.push(record)
      if (this.#encodeKey === undefined) continue
      const key = this.#encodeKey(row)
      this.#stagedRows.set(latin1(key), { key, value: isRetraction(kind) ? undefined : record.value })
    }
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#watermark = watermark
  }

  onBarrier(): void {
    if (this.#table !== undefined) {
      for (const { key, value } of this.#stagedRows.values()) {
        if (value === undefined || value === null) this.#table.delete(key)
        else this.#table.put(key, value)
      }
      this.#stagedRows = new Map()
    }
    if (this.#watermark > this.#loggedWatermark) {
      this.#loggedWatermark = this.#watermark
      this.#staged.push(watermarkRecord(this.#watermark))
    }
    if (this.#staged.length === 0) return
    this.#storage.append(this.#topic, 0, this.#staged)
    this.#staged = []
  }
}

interface StagedRow {
  readonly key: Uint8Array
  /** Undefined: the row is gone. */
  readonly value: Uint8Array | null | undefined
}

/** Bytes as a Map key. */
function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}

/** The key of a result table: the schema's key columns, order-preserving, so that a key prefix is a range. */
export function tableKeyEncoder(schema: Schema): (row: readonly Value[]) => Uint8Array {
  const codec = keyCodec(schema.key.map((column) => (schema.fields[column] as Schema['fields'][number]).type))
  return (row) => codec.encode(schema.key.map((column) => row[column] as Value))
}

/** First byte of a watermark in a result log, where a row has its change kind. */
export const WATERMARK_TAG = 0xf0

/** A watermark between the rows of a result log: whoever reads the log learns what is complete. */
export function watermarkRecord(watermark: EventTimeMs): OutputRecord {
  const value = new Uint8Array(9)
  value[0] = WATERMARK_TAG
  new DataView(value.buffer).setFloat64(1, watermark)
  return { key: null, value, timestamp: Number.isFinite(watermark) ? watermark : 0 }
}

/** A topic of the log: rows encoded as the sink's FORMAT says, keyed rows to the partition of their key. */
export class TopicSink implements Operator {
  readonly #storage: TaskStorage
  readonly #topic: string
  readonly #encoder: Encoder
  readonly #partitionOf: (key: Uint8Array | null) => number
  readonly #staged = new Map<number, OutputRecord[]>()

  constructor(
    storage: TaskStorage,
    topic: string,
    encoder: Encoder,
    partitionOf: (key: Uint8Array | null) => number,
  ) {
    this.#storage = storage
    this.#topic = topic
    this.#encoder = encoder
    this.#partitionOf = partitionOf
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
    for (const [partition, records] of this.#staged) this.#storage.append(this.#topic, partition, records)
    this.#staged.clear()
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
