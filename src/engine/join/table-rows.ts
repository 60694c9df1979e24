import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import { EntryChanges } from '../entry-journal.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import type { EntryCodec } from '../keyed-table.ts'
import { keyColumnsOf } from '../operators/window-groups.ts'

/** A row of a table that is joined. */
export interface TableRow {
  row: Row
  /** How often it is there: more than once only in an input without a key. */
  count: number
  /** Rows of the other side that it matches. */
  matches: number
}

/** The rows of one side that have the same join key, each under what identifies it. */
export interface TableRows {
  readonly rows: Map<MapKey, TableRow>
  touchedMs: number
  /** Rows that changed, as they were or are: what has become of each is in `rows`. */
  readonly changes: EntryChanges<Row>
}

/** Rows of one side with the same join key: they are in memory together. */
export const ROWS_PER_KEY_MAX = 100_000

/** What tells the rows of an input apart: its key, else all that is in them. */
export class Identity {
  readonly columns: KeyColumns

  constructor(input: Schema) {
    this.columns = keyColumnsOf(input.key.length > 0 ? input.key : [...input.fields.keys()], input)
  }

  of(row: Row): MapKey {
    return this.columns.keyOf(this.columns.positions.map((position) => row[position] ?? null))
  }
}

export function newTableRows(): TableRows {
  return { rows: new Map(), touchedMs: NO_WATERMARK, changes: new EntryChanges() }
}

/** Throws EvaluationError at the limit. */
export function checkRoom({ rows }: TableRows): void {
  if (rows.size >= ROWS_PER_KEY_MAX) {
    throw new EvaluationError(`a key of the join has its maximum of ${ROWS_PER_KEY_MAX} rows`)
  }
}

/**
 * Bytes: last touch as a double, then for each row its count, its matches, its length and itself; of changes the same,
 * with a count of 0 for a row that went. Stored for ever: never change a form.
 */
export function tableRowsCodec(input: Schema, identity: Identity): EntryCodec<TableRows> {
  const codec = rowCodec(input.fields.map((field) => field.type))
  const writer = new ByteWriter()
  const encode = (rows: Iterable<TableRow>, touchedMs: number): Uint8Array => {
    writer.length = 0
    writer.doubleLittleEndian(touchedMs)
    for (const { row, count, matches } of rows) {
      const bytes = codec.encode(row)
      writer.varint(count)
      writer.varint(matches)
      writer.varint(bytes.length)
      writer.raw(bytes)
    }
    return writer.take()
  }
  const apply = (value: TableRows, bytes: Uint8Array): TableRows => {
    const reader = new ByteReader(bytes)
    value.touchedMs = reader.doubleLittleEndian('the last touch of a key')
    while (reader.remaining > 0) {
      const count = reader.varint('how often a row is there')
      const matches = reader.varint('the matches of a row')
      const row = codec.decode(reader.raw(reader.varint('the length of a row'), 'a row'))
      if (count > 0) value.rows.set(identity.of(row), { row, count, matches })
      else value.rows.delete(identity.of(row))
    }
    return value
  }
  return {
    encode: ({ rows, touchedMs }) => encode(rows.values(), touchedMs),
    decode: (bytes) => apply(newTableRows(), bytes),
    changes: {
      of: ({ changes }) => changes,
      encode: ({ rows, changes, touchedMs }) => {
        const changed = new Map((changes.noted ?? []).map((row) => [identity.of(row), row]))
        return encode(
          [...changed].map(([id, row]) => rows.get(id) ?? { row, count: 0, matches: 0 }),
          touchedMs,
        )
      },
      apply,
    },
  }
}
