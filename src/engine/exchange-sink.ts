import type { Batch } from '../core/batch.ts'
import { encodeLogWatermark } from '../core/log-watermark.ts'
import { partitionOf } from '../core/murmur2.ts'
import type { Schema } from '../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { SqlType } from '../core/type.ts'
import { KeyColumns, type MapKey } from './key-columns.ts'
import type { OperatorContext } from './operator.ts'
import type { Encoder } from './ports/format.ts'
import type { OutputRecord } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import type { StagingSink } from './sinks.ts'

/**
 * The writing end of an exchange: each row to the partition of its key, and the watermark of this task to every
 * partition, at its place between the rows. So who reads a partition knows how far each writer has come, and decides
 * about late rows as if the rows had never left the process.
 */
export interface ExchangeSinkOptions {
  readonly storage: TaskStorage
  readonly topic: string
  readonly partitions: number
  /** Number of this task among the writers. */
  readonly channel: number
  readonly schema: Schema
  readonly keys: readonly number[]
  readonly encoder: Encoder
}

/** Keys whose partition is remembered: a few MB. */
const KEYS_REMEMBERED = 65_536
const NO_PREFIX = new Uint8Array(0)

export class ExchangeSink implements StagingSink {
  readonly #options: ExchangeSinkOptions
  readonly #keys: KeyColumns | undefined
  readonly #staged: OutputRecord[][]
  /** By partition: the last staged record is a watermark, which a later one replaces. */
  readonly #endsInWatermark: boolean[]
  readonly #partitionOf = new Map<MapKey, number>()
  #watermark: EventTimeMs = NO_WATERMARK
  #idle = false
  #rows = 0

  constructor(options: ExchangeSinkOptions) {
    this.#options = options
    const { keys, schema, partitions } = options
    this.#keys = keys.length === 0 ? undefined : new KeyColumns(keys, keyTypes(schema, keys))
    this.#staged = Array.from({ length: partitions }, () => [])
    this.#endsInWatermark = new Array<boolean>(partitions).fill(false)
  }

  open(context: OperatorContext): void {
    this.#watermark = context.restoredWatermark
  }

  get stagedRows(): number {
    return this.#rows
  }

  onBatch(_port: number, batch: Batch): void {
    const { encoder } = this.#options
    for (let i = 0; i < batch.length; i++) {
      const partition = this.#partition(batch, i)
      const staged = this.#staged[partition] as OutputRecord[]
      staged.push(encoder.encode(batch.row(i), batch.kind(i), batch.times[i] as number))
      this.#endsInWatermark[partition] = false
    }
    this.#rows += batch.length
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
      if (staged.length === 0) continue
      storage.append(topic, partition, staged)
      this.#staged[partition] = []
      this.#endsInWatermark[partition] = false
    }
    this.#rows = 0
  }

  #tell(): void {
    const { channel } = this.#options
    const value = encodeLogWatermark({ watermark: this.#watermark, channel, idle: this.#idle })
    const timestamp = Number.isFinite(this.#watermark) ? this.#watermark : 0
    const record = { key: null, value, timestamp }
    for (const [partition, staged] of this.#staged.entries()) {
      if (this.#endsInWatermark[partition]) staged[staged.length - 1] = record
      else staged.push(record)
      this.#endsInWatermark[partition] = true
    }
  }

  #partition(batch: Batch, row: number): number {
    const keys = this.#keys
    if (keys === undefined) return 0
    const key = keys.keyAt(batch.columns, row)
    const known = this.#partitionOf.get(key)
    if (known !== undefined) return known
    const partition = partitionOf(keys.encode(NO_PREFIX, keys.valuesAt(batch.columns, row)), this.#options.partitions)
    if (this.#partitionOf.size >= KEYS_REMEMBERED) this.#partitionOf.clear()
    this.#partitionOf.set(key, partition)
    return partition
  }
}

function keyTypes(schema: Schema, keys: readonly number[]): readonly SqlType[] {
  return keys.map((column) => (schema.fields[column] as Schema['fields'][number]).type)
}
