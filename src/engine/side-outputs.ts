import { type Batch, INSERT } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { BIGINT, BYTES, INT, STRING, TIMESTAMP } from '../core/type.ts'
import type { FormatSpec, ScanStep } from '../plan/physical/nodes.ts'
import { deadLetterOfRecord, deadLetterOfRow } from './dead-letter.ts'
import type { Encoder, FormatRegistry } from './ports/format.ts'
import type { OutputRecord } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import type { RejectedRecord } from './source.ts'

/**
 * What leaves a query beside its results: rows that came too late and records or rows that could not be used. Both are
 * streams of the catalog, committed together with the results, so that nothing vanishes and nothing is told twice.
 */
export interface SideStreams {
  /** Undefined when it does not exist: the rows are then only counted. */
  stream(name: string): SideStream | undefined
  /** The dead-letter stream for rows that fail inside the query. */
  readonly failedRows: string | undefined
}

export interface SideStream {
  readonly topic: string
  readonly schema: Schema
  /** Dead letters as they came, for whoever reads the topic; undefined is rows of the schema. */
  readonly encoding?: 'dead-letter' | undefined
  /** Of the topic, where it is someone else's; a topic of ours has one. */
  readonly partitions?: number | undefined
}

export const ROWS_FORMAT: FormatSpec = { envelope: 'plain', encoding: 'rows', options: {} }

/**
 * Columns of every dead-letter stream. `value` holds the record's bytes; for a row that failed in a query, its
 * JSON.
 */
export const DEAD_LETTER_SCHEMA: Schema = {
  fields: [
    { name: 'reason', type: STRING, nullable: false },
    { name: 'source', type: STRING, nullable: false },
    { name: 'query', type: STRING, nullable: false },
    { name: 'record_partition', type: INT, nullable: true },
    { name: 'record_offset', type: BIGINT, nullable: true },
    { name: 'record_time', type: TIMESTAMP, nullable: true },
    { name: 'value', type: BYTES, nullable: true },
  ],
  key: [],
  timeColumn: undefined,
  mode: 'append',
}

interface SideOutput extends SideStream {
  readonly encoder: Encoder
  /** By partition. */
  readonly staged: Map<number, OutputRecord[]>
}

export class SideOutputs {
  readonly #query: string
  readonly #storage: TaskStorage
  readonly #formats: FormatRegistry
  readonly #streams: SideStreams
  readonly #outputs = new Map<string, SideOutput | undefined>()

  constructor(query: string, storage: TaskStorage, formats: FormatRegistry, streams: SideStreams) {
    this.#query = query
    this.#storage = storage
    this.#formats = formats
    this.#streams = streams
  }

  late(stream: string, batch: Batch): void {
    const output = this.#output(stream)
    if (output === undefined) return
    for (let i = 0; i < batch.length; i++) {
      stage(output, 0, output.encoder.encode(batch.row(i), INSERT, batch.times[i] as number))
    }
  }

  deadRecord(stream: string, { relation, connector }: ScanStep, record: RejectedRecord): void {
    const output = this.#output(stream)
    if (output === undefined) return
    const { reason, partition, offset, timestamp, value } = record
    if (output.encoding === 'dead-letter') {
      const topic = connector.kind === 'kafka' ? (record.topic ?? connector.options['topic'] ?? relation) : undefined
      stage(output, partition, deadLetterOfRecord(record, this.#query, relation, topic))
      return
    }
    const time = Number.isFinite(timestamp) ? timestamp : 0
    const row = [reason, relation, this.#query, partition, offset, time, value]
    stage(output, 0, output.encoder.encode(row, INSERT, time))
  }

  deadRow(operator: string, reason: string, row: readonly unknown[], nowMs: number): void {
    const output = this.#streams.failedRows === undefined ? undefined : this.#output(this.#streams.failedRows)
    if (output === undefined) return
    const value = new TextEncoder().encode(JSON.stringify(row, exactIntegers))
    const record =
      output.encoding === 'dead-letter'
        ? deadLetterOfRow(value, this.#query, operator, reason, nowMs)
        : output.encoder.encode([reason, operator, this.#query, null, null, nowMs, value], INSERT, nowMs)
    stage(output, 0, record)
  }

  onBarrier(): void {
    for (const output of this.#outputs.values()) {
      if (output === undefined) continue
      for (const [partition, records] of output.staged) this.#storage.append(output.topic, partition, records)
      output.staged.clear()
    }
  }

  #output(name: string): SideOutput | undefined {
    if (this.#outputs.has(name)) return this.#outputs.get(name)
    const stream = this.#streams.stream(name)
    const output = stream && {
      ...stream,
      encoder: this.#formats.encoder(ROWS_FORMAT, stream.schema),
      staged: new Map<number, OutputRecord[]>(),
    }
    this.#outputs.set(name, output)
    return output
  }
}

/** What came from one partition stays in its order. */
function stage({ staged, partitions = 1 }: SideOutput, from: number, record: OutputRecord): void {
  const partition = from % partitions
  const records = staged.get(partition)
  if (records === undefined) staged.set(partition, [record])
  else records.push(record)
}

function exactIntegers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
