import { DELETE, UPDATE_AFTER } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Value } from '../../core/value.ts'
import type { BadRecord, DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { JsonDecoder } from './json-decoder.ts'
import { bytesValue } from './record-columns.ts'

/**
 * FORMAT UPSERT: a record is the new row of its key (+U), a record without a value deletes the row (-D).
 *
 * A deletion has only the record's key. A JSON object there gives the columns of its names; any other key is the text
 * of the one NOT NULL column, as JsonEncoder writes the key of a table with one key column. All else is NULL.
 */
export class UpsertDecoder implements Decoder {
  readonly #values: JsonDecoder
  readonly #keys: JsonDecoder
  /** The columns as they are read from a key, where only what is in the key can be there. */
  readonly #keyFields: readonly SourceField[]
  readonly #keyColumn: number

  constructor(fields: readonly SourceField[]) {
    this.#values = new JsonDecoder(fields)
    this.#keyFields = fields.map((field) => ({ ...field, nullable: field.from === 'value' }))
    this.#keys = new JsonDecoder(this.#keyFields)
    const required = fields.flatMap((field, i) => (field.from === 'value' && !field.nullable ? [i] : []))
    this.#keyColumn = required.length === 1 ? (required[0] as number) : -1
  }

  decode(chunk: RecordChunk): DecodedRows {
    const deleted: number[] = []
    for (let i = 0; i < chunk.count; i++) if ((chunk.valueStart[i] as number) < 0) deleted.push(i)
    const rows = this.#values.decode(chunk)
    if (deleted.length === 0) return { ...rows, kinds: new Uint8Array(rows.length).fill(UPDATE_AFTER) }
    return this.#merge(rows, this.#deletions(chunk, deleted), new Set(deleted))
  }

  /** Rows of deletions by record, or why there is none. */
  #deletions(chunk: RecordChunk, deleted: readonly number[]): Map<number, Value[] | string> {
    const found = new Map<number, Value[] | string>()
    for (const record of deleted) found.set(record, this.#deletion(chunk, record))
    return found
  }

  #deletion(chunk: RecordChunk, record: number): Value[] | string {
    const start = chunk.keyStart?.[record] ?? -1
    const end = chunk.keyEnd?.[record] ?? -1
    if (start < 0) return 'a deletion has no key'
    if (chunk.data[start] === 0x7b) {
      const rows = this.#keys.decode(keyAsValue(chunk, record, start, end))
      if (rows.length === 1) return rows.columns.map((column) => column[0] as Value)
      return `the key of a deletion: ${rows.bad[0]?.reason ?? 'it gives no row'}`
    }
    const field = this.#keyFields[this.#keyColumn]
    if (field === undefined) return 'the key of a deletion is no JSON object, and the table has not one NOT NULL column'
    try {
      const row: Value[] = this.#keyFields.map(() => null)
      row[this.#keyColumn] = bytesValue(field, chunk.data.subarray(start, end))
      return row
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      return `the key of a deletion: ${error.reason}`
    }
  }

  /** Rows and deletions in the order of the records. */
  #merge(rows: DecodedRows, deletions: Map<number, Value[] | string>, deleted: ReadonlySet<number>): DecodedRows {
    const columns: Value[][] = rows.columns.map(() => [])
    const records: number[] = []
    const kinds: number[] = []
    const bad: BadRecord[] = rows.bad.filter((one) => !deleted.has(one.index))
    const add = (record: number, kind: number, cell: (column: number) => Value) => {
      for (let c = 0; c < columns.length; c++) (columns[c] as Value[]).push(cell(c))
      records.push(record)
      kinds.push(kind)
    }
    let next = 0
    const addRowsBefore = (record: number) => {
      for (; next < rows.length && (rows.records[next] as number) < record; next++) {
        const row = next
        add(rows.records[row] as number, UPDATE_AFTER, (c) => rows.columns[c]?.[row] as Value)
      }
    }
    for (const [record, deletion] of deletions) {
      addRowsBefore(record)
      if (typeof deletion === 'string') bad.push({ index: record, reason: deletion })
      else add(record, DELETE, (c) => deletion[c] as Value)
    }
    addRowsBefore(Number.POSITIVE_INFINITY)
    return { length: records.length, columns, records: Int32Array.from(records), kinds: Uint8Array.from(kinds), bad }
  }
}

/** A chunk of one record, whose key is its value. */
function keyAsValue(chunk: RecordChunk, record: number, start: number, end: number): RecordChunk {
  return {
    ...chunk,
    count: 1,
    valueStart: Int32Array.of(start),
    valueEnd: Int32Array.of(end),
    keyStart: Int32Array.of(start),
    keyEnd: Int32Array.of(end),
    timestamps: chunk.timestamps.slice(record, record + 1),
    offsets: chunk.offsets.slice(record, record + 1),
  }
}
