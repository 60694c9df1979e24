import { DELETE, UPDATE_AFTER } from '../../../core/batch.ts'
import { JSON_TYPE, type SqlType, STRING } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import type { BadRecord, DecodedRows, Decoder } from '../../../engine/ports/format.ts'
import type { RecordChunk } from '../../../engine/ports/log.ts'
import type { SourceField } from '../../../plan/physical/nodes.ts'
import type { KeyDecoder } from '../key-decoder.ts'

/**
 * FORMAT DEBEZIUM: records tell what happened to a row of a database. A created, read or updated row is the new row of
 * its key (+U), a deleted one is taken away by its key (-D).
 *
 * Only the key is ever taken from `before`: with PostgreSQL's default replica identity it is null on an update, and has
 * nothing but the key on a delete. The row that goes is the one that the table holds itself. A change of the key comes
 * as a delete and a create.
 */
export class DebeziumDecoder implements Decoder {
  readonly #fields: readonly SourceField[]
  readonly #keys: KeyDecoder
  readonly #inner: Decoder
  /** For each field, where it is among the inner columns: of the new row, and of the old one where it is of the key. */
  readonly #after: readonly number[]
  readonly #before: readonly number[]
  readonly #required: readonly number[]

  /** `valueDecoder` reads columns by their paths from the root of the envelope. */
  constructor(
    fields: readonly SourceField[],
    key: readonly string[],
    valueDecoder: (fields: readonly SourceField[]) => Decoder,
    keys: KeyDecoder,
  ) {
    const inner: SourceField[] = [...ENVELOPE]
    const add = (field: SourceField) => inner.push(field) - 1
    const isKey = (field: SourceField) => field.from === 'value' && key.includes(field.name)
    this.#fields = fields
    this.#keys = keys
    this.#after = fields.map((field) => add(innerField(field, 'after')))
    this.#before = fields.map((field) => (isKey(field) ? add(innerField(field, 'before')) : -1))
    this.#required = fields.flatMap((field, i) => (field.nullable && !isKey(field) ? [] : [i]))
    this.#inner = valueDecoder(inner)
  }

  async open(): Promise<void> {
    await this.#inner.open?.()
  }

  prepare(chunk: RecordChunk): Promise<void> | undefined {
    const values = this.#inner.prepare?.(chunk)
    const keys = this.#keys.prepare(
      chunk,
      Array.from({ length: chunk.count }, (_, i) => i),
    )
    return values === undefined || keys === undefined ? (values ?? keys) : Promise.all([values, keys]).then(() => {})
  }

  decode(chunk: RecordChunk): DecodedRows {
    const rows = this.#inner.decode(chunk)
    // A tombstone follows each delete, for compaction; it says nothing new.
    const bad: BadRecord[] = rows.bad.filter(({ index }) => (chunk.valueStart[index] as number) >= 0)
    let skipped = rows.bad.length - bad.length
    const columns: Value[][] = this.#fields.map(() => [])
    const records: number[] = []
    const kinds: number[] = []
    for (let i = 0; i < rows.length; i++) {
      const record = rows.records[i] as number
      const made = this.#row(chunk, record, rows.columns, i)
      if (made === undefined) skipped++
      else if (typeof made === 'string') bad.push({ index: record, reason: made })
      else {
        for (let c = 0; c < columns.length; c++) (columns[c] as Value[]).push(made.row[c] as Value)
        records.push(record)
        kinds.push(made.kind)
      }
    }
    return {
      length: records.length,
      columns,
      records: Int32Array.from(records),
      kinds: Uint8Array.from(kinds),
      bad,
      skipped,
    }
  }

  /** What the record does to the table; undefined for nothing, a text for why that can't be said. */
  #row(
    chunk: RecordChunk,
    record: number,
    inner: readonly (readonly Value[])[],
    at: number,
  ): { readonly row: readonly Value[]; readonly kind: number } | string | undefined {
    const cell = (column: number) => inner[column]?.[at] as Value
    const op = cell(OP)
    switch (op) {
      case 'c':
      case 'r':
      case 'u':
        return this.#newRow(cell)
      case 'd':
        return this.#oldRow(chunk, record, cell)
      case 'm':
        return undefined
      case 't':
        return 'the table was truncated at its source: its rows can not be taken away one by one'
      case null:
        // Heartbeats, and the beginnings and ends of transactions.
        return !this.#hasRow(cell) && (cell(TIME) !== null || cell(STATUS) !== null)
          ? undefined
          : 'the record is no envelope of Debezium: it has no "op"'
      default:
        return `the record has an unknown "op": ${JSON.stringify(op)}`
    }
  }

  #newRow(cell: (column: number) => Value): { readonly row: readonly Value[]; readonly kind: number } | string {
    if (!this.#hasRow(cell)) return 'the record has no row in "after"'
    const row = this.#after.map(cell)
    for (const column of this.#required) {
      if (row[column] === null) {
        return `field "${this.#fields[column]?.name}": is missing or null, but declared NOT NULL`
      }
    }
    return { row, kind: UPDATE_AFTER }
  }

  /** A row of a database has a key, so that one without any value is none. */
  #hasRow(cell: (column: number) => Value): boolean {
    return this.#fields.some((field, i) => field.from === 'value' && cell(this.#after[i] as number) !== null)
  }

  #oldRow(
    chunk: RecordChunk,
    record: number,
    cell: (column: number) => Value,
  ): { readonly row: readonly Value[]; readonly kind: number } | string {
    const isWhole = this.#before.every((column) => column < 0 || cell(column) !== null)
    const key = isWhole ? undefined : this.#keys.row(chunk, record)
    if (typeof key === 'string') return key
    const row = this.#fields.map((field, i) => {
      const before = this.#before[i] as number
      if (before >= 0) return key === undefined ? cell(before) : (key[i] as Value)
      return field.from === 'value' ? null : cell(this.#after[i] as number)
    })
    return { row, kind: DELETE }
  }
}

const OP = 0
const TIME = 1
const STATUS = 2

/** What every envelope is asked for; a transaction's record has a status instead of a row. */
const ENVELOPE: readonly SourceField[] = [
  envelopeField('op', STRING),
  envelopeField('ts_ms', JSON_TYPE),
  envelopeField('status', STRING),
]

function envelopeField(name: string, type: SqlType): SourceField {
  return { name, type, nullable: true, from: 'value', path: [name] }
}

function innerField(field: SourceField, side: 'after' | 'before'): SourceField {
  if (field.from === 'value') return { ...field, nullable: true, path: [side, ...field.path] }
  return field.from === 'envelope' ? { ...field, nullable: true, from: 'value' } : field
}
