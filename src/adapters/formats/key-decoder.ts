import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Value } from '../../core/value.ts'
import type { Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { bytesValue } from './record-columns.ts'
import { MAGIC } from './schema-decoder.ts'

/** What reads keys, for the fields given. */
export interface KeyDecoders {
  readonly json: (fields: readonly SourceField[]) => Decoder
  /** Keys that name a schema of a registry. */
  readonly schema: ((fields: readonly SourceField[]) => Decoder) | undefined
}

/**
 * Rows from the keys of records, for deletions, which have nothing else: the key columns are there, all others NULL.
 * How a key is written shows in its first byte: a JSON object gives the columns of its names, a key that names a schema
 * is read with that, and anything else is the text of the one key column, as JsonEncoder writes it.
 */
export class KeyDecoder {
  readonly #fields: readonly SourceField[]
  /** Positions of the key columns. */
  readonly #key: readonly number[]
  readonly #isKnown: boolean
  readonly #json: Decoder
  readonly #schema: Decoder | undefined

  /** `key` are the names of the key's columns; undefined in plans of earlier releases, where NOT NULL ones stand in. */
  constructor(fields: readonly SourceField[], key: readonly string[] | undefined, decoders: KeyDecoders) {
    // What can't be in a key is NULL, whatever was declared.
    this.#fields = fields.map((field) => ({ ...field, nullable: field.from === 'value' }))
    this.#key = fields.flatMap((field, i) =>
      field.from === 'value' && (key === undefined ? !field.nullable : key.includes(field.name)) ? [i] : [],
    )
    this.#isKnown = key !== undefined
    this.#json = decoders.json(this.#fields)
    this.#schema = decoders.schema?.(this.#key.map((index) => this.#fields[index] as SourceField))
  }

  /** What is to be awaited before the keys of these records can be read. */
  prepare(chunk: RecordChunk, records: readonly number[]): Promise<void> | undefined {
    if (this.#schema?.prepare === undefined || records.length === 0) return undefined
    return this.#schema.prepare(keysAsValues(chunk, records))
  }

  /** The row of a record's key, or why there is none. */
  row(chunk: RecordChunk, record: number): Value[] | string {
    const start = chunk.keyStart?.[record] ?? -1
    const end = chunk.keyEnd?.[record] ?? -1
    if (start < 0) return 'a deletion has no key'
    const first = chunk.data[start]
    if (first === MAGIC && this.#schema !== undefined) return this.#bySchema(this.#schema, chunk, record)
    if (first === JSON_OBJECT) {
      const rows = this.#json.decode(keysAsValues(chunk, [record]))
      if (rows.length === 1) return this.#whole(rows.columns.map((column) => column[0] as Value))
      return `the key of a deletion: ${rows.bad[0]?.reason ?? 'it gives no row'}`
    }
    const [column, ...more] = this.#key
    const field = column === undefined ? undefined : this.#fields[column]
    if (column === undefined || field === undefined || more.length > 0) {
      return 'the key of a deletion is no JSON object, and the table has not one key column'
    }
    try {
      const row: Value[] = this.#fields.map(() => null)
      row[column] = bytesValue(field, chunk.data.subarray(start, end))
      return row
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      return `the key of a deletion: ${error.reason}`
    }
  }

  #bySchema(decoder: Decoder, chunk: RecordChunk, record: number): Value[] | string {
    const rows = decoder.decode(keysAsValues(chunk, [record]))
    if (rows.length !== 1) return `the key of a deletion: ${rows.bad[0]?.reason ?? 'it gives no row'}`
    const row: Value[] = this.#fields.map(() => null)
    this.#key.forEach((index, i) => {
      row[index] = rows.columns[i]?.[0] as Value
    })
    return this.#whole(row)
  }

  #whole(row: Value[]): Value[] | string {
    const missing = this.#isKnown ? this.#key.find((index) => row[index] === null) : undefined
    return missing === undefined ? row : `the key of a deletion: it has no "${this.#fields[missing]?.name}"`
  }
}

const JSON_OBJECT = 0x7b

/** Some records of a chunk, with their keys in the place of their values. */
function keysAsValues(chunk: RecordChunk, records: readonly number[]): RecordChunk {
  const pick = (positions: Int32Array | undefined) => Int32Array.from(records, (i) => positions?.[i] ?? -1)
  const keyStart = pick(chunk.keyStart)
  const keyEnd = pick(chunk.keyEnd)
  return {
    ...chunk,
    count: records.length,
    valueStart: keyStart,
    valueEnd: keyEnd,
    keyStart,
    keyEnd,
    timestamps: Float64Array.from(records, (i) => chunk.timestamps[i] as number),
    offsets: Float64Array.from(records, (i) => chunk.offsets[i] as number),
  }
}
