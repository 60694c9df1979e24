import type { ChangeKind } from '../../core/batch.ts'
import { isRetraction } from '../../core/batch.ts'
import { formatValue, writeJsonObject } from '../../core/format-value.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Encoder } from '../../engine/ports/format.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'

/**
 * Rows as JSON objects. Integers and decimals have all their digits, timestamps are ISO 8601 in UTC with milliseconds.
 * With a key the record has it too: one column as its text, several as a JSON object, so that equal keys meet in one
 * partition and a compacted topic keeps the last row of each.
 */
export class JsonEncoder implements Encoder {
  readonly #schema: Schema
  readonly #upsert: boolean
  readonly #encodeKey: (row: Row) => Uint8Array | null

  constructor(schema: Schema, upsert: boolean) {
    this.#schema = schema
    this.#upsert = upsert
    this.#encodeKey = keyEncoder(schema)
  }

  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord {
    const key = this.#encodeKey(row)
    // A tombstone, as compacted topics have it.
    if (this.#upsert && isRetraction(kind)) return { key, value: null, timestamp: timeMs }
    return { key, value: Buffer.from(writeJsonObject(this.#schema.fields, row)), timestamp: timeMs }
  }
}

/** The record key of a row: null where the schema has no key. */
export function keyEncoder(schema: Schema): (row: Row) => Uint8Array | null {
  const fields = schema.key.map((column) => schema.fields[column] as Schema['fields'][number])
  if (fields.length === 0) return () => null
  const [only] = fields
  if (fields.length === 1 && only !== undefined) {
    const column = schema.key[0] as number
    return (row) => (row[column] === null ? null : Buffer.from(formatValue(only.type, row[column] as Value)))
  }
  return (row) =>
    Buffer.from(
      writeJsonObject(
        fields,
        schema.key.map((column) => row[column] as Value),
      ),
    )
}
