import { type Batch, INSERT } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { BIGINT, BYTES, INT, STRING, TIMESTAMP } from '../core/type.ts'
import type { FormatSpec } from '../plan/physical/nodes.ts'
import type { Encoder, FormatRegistry } from './ports/format.ts'
import type { OutputRecord } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import type { RejectedRecord } from './source.ts'

/**
 * What leaves a query beside its results: rows that came too late and records or rows that could not be used. Both are
 * streams of the catalog, committed together with the results, so that nothing vanishes and nothing is told twice.
 */
export interface SideStreams {
  /** Topic and columns of a stream; undefined when it does not exist (the rows are then only counted). */
  stream(name: string): { readonly topic: string; readonly schema: Schema } | undefined
  /** The dead-letter stream for rows that fail inside the query. */
  readonly failedRows: string | undefined
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

interface SideOutput {
  readonly topic: string
  readonly encoder: Encoder
  staged: OutputRecord[]
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
      output.staged.push(output.encoder.encode(batch.row(i), INSERT, batch.times[i] as number))
    }
  }

  deadRecord(stream: string, relation: string, record: RejectedRecord): void {
    const output = this.#output(stream)
    if (output === undefined) return
    const { reason, partition, offset, timestamp, value } = record
    const time = Number.isFinite(timestamp) ? timestamp : 0
    const row = [reason, relation, this.#query, partition, offset, time, value]
    output.staged.push(output.encoder.encode(row, INSERT, time))
  }

  deadRow(operator: string, reason: string, row: readonly unknown[], nowMs: number): void {
    const output = this.#streams.failedRows === undefined ? undefined : this.#output(this.#streams.failedRows)
    if (output === undefined) return
    const value = new TextEncoder().encode(JSON.stringify(row, exactIntegers))
    output.staged.push(output.encoder.encode([reason, operator, this.#query, null, null, nowMs, value], INSERT, nowMs))
  }

  onBarrier(): void {
    for (const output of this.#outputs.values()) {
      if (output === undefined || output.staged.length === 0) continue
      this.#storage.append(output.topic, 0, output.staged)
      output.staged = []
    }
  }

  #output(name: string): SideOutput | undefined {
    if (this.#outputs.has(name)) return this.#outputs.get(name)
    const stream = this.#streams.stream(name)
    const output = stream && {
      topic: stream.topic,
      encoder: this.#formats.encoder(ROWS_FORMAT, stream.schema),
      staged: [],
    }
    this.#outputs.set(name, output)
    return output
  }
}

function exactIntegers(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value
}
