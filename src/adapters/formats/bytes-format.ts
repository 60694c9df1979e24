import type { ChangeKind } from '../../core/batch.ts'
import { AppError } from '../../core/errors.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { formatValue } from '../../core/format-value.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { DecodedRows, Decoder, Encoder } from '../../engine/ports/format.ts'
import type { OutputRecord, RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { keyEncoder } from './json-encoder.ts'
import { bytesValue, fieldName, RowCollector } from './record-columns.ts'

/** The record's value as it is: one column, of BYTES or of any type that its text can be cast to. */
export class BytesDecoder implements Decoder {
  readonly #rows: RowCollector
  readonly #values: readonly (readonly [number, SourceField])[]

  constructor(fields: readonly SourceField[]) {
    this.#rows = new RowCollector(fields)
    this.#values = fields.flatMap((field, i) => (field.from === 'value' ? [[i, field] as const] : []))
  }

  decode(chunk: RecordChunk): DecodedRows {
    this.#rows.begin(chunk.count)
    for (let i = 0; i < chunk.count; i++) {
      this.#rows.clearRow()
      const reason = this.#fill(chunk, i)
      if (reason === undefined) this.#rows.addRow(chunk, i)
      else this.#rows.reject(i, reason)
    }
    return this.#rows.end()
  }

  #fill(chunk: RecordChunk, index: number): string | undefined {
    const start = chunk.valueStart[index] as number
    if (start < 0) return undefined
    for (const [column, field] of this.#values) {
      try {
        this.#rows.row[column] = bytesValue(field, chunk.data.subarray(start, chunk.valueEnd[index]))
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        return `field "${fieldName(field)}": ${error.reason}`
      }
    }
    return undefined
  }
}

export class BytesEncoder implements Encoder {
  readonly #schema: Schema
  readonly #column: number
  readonly #encodeKey: (row: Row) => Uint8Array | null

  constructor(schema: Schema) {
    const columns = schema.fields.flatMap((_, i) => (schema.key.includes(i) && schema.fields.length > 1 ? [] : [i]))
    if (columns.length !== 1) {
      throw new AppError('INVALID_ARGUMENT', `ENCODE BYTES takes one column beside the key, not ${columns.length}`, {
        hint: 'Select one column, or use ENCODE JSON.',
      })
    }
    this.#schema = schema
    this.#column = columns[0] as number
    this.#encodeKey = keyEncoder(schema)
  }

  encode(row: Row, _kind: ChangeKind, timeMs: number): OutputRecord {
    const value = row[this.#column] as Value
    const field = this.#schema.fields[this.#column] as Schema['fields'][number]
    const bytes =
      value === null ? null : value instanceof Uint8Array ? value : Buffer.from(formatValue(field.type, value))
    return { key: this.#encodeKey(row), value: bytes, timestamp: timeMs }
  }
}
