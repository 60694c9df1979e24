import { type CastingContext, type Options, parse } from 'csv-parse/sync'
import type { ChangeKind } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { formatValue } from '../../core/format-value.ts'
import { parseValue } from '../../core/parse-value.ts'
import type { Schema } from '../../core/schema.ts'
import { typeName } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'
import type { DecodedRows, Decoder, Encoder } from '../../engine/ports/format.ts'
import type { OutputRecord, RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import { keyEncoder } from './json-encoder.ts'
import { fieldName, RowCollector } from './record-columns.ts'

/**
 * CSV (RFC 4180), one record a row. Options:
 *
 * - `delimiter`: one character, by default a comma.
 * - `null`: the text that is NULL where it is not quoted; by default the empty text. A quoted one is a text.
 * - `header`: `true` where the first line of a file names the columns. The file reader then gives that line as the key
 *   of each record, so that it is known after a restart in the middle of the file as well.
 * - `columns`: JSON array of the names of all columns in their order, for a reader that uses only some of them and has
 *   no header. Without it the fields are all columns.
 */
export interface CsvOptions {
  readonly delimiter: string
  readonly nullText: string
  readonly header: boolean
  readonly columns: readonly string[] | undefined
}

export function csvOptions(options: Readonly<Record<string, string>>): CsvOptions {
  return {
    delimiter: options['delimiter'] ?? ',',
    nullText: options['null'] ?? '',
    header: options['header'] === 'true',
    columns: options['columns'] === undefined ? undefined : (JSON.parse(options['columns']) as string[]),
  }
}

export class CsvDecoder implements Decoder {
  readonly #rows: RowCollector
  readonly #fields: readonly SourceField[]
  readonly #options: CsvOptions
  readonly #parseOptions: Options
  #headerText = ''
  #positions: readonly number[]

  constructor(fields: readonly SourceField[], options: CsvOptions) {
    this.#rows = new RowCollector(fields)
    this.#fields = fields
    this.#options = options
    this.#parseOptions = {
      delimiter: options.delimiter,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: false,
      cast: (text: string, context: CastingContext) => (!context.quoting && text === options.nullText ? null : text),
    }
    const names = options.columns ?? fields.filter((field) => field.from === 'value').map(columnName)
    this.#positions = fields.map((field) => (field.from === 'value' ? names.indexOf(columnName(field)) : -1))
  }

  decode(chunk: RecordChunk): DecodedRows {
    const data = Buffer.from(chunk.data.buffer, chunk.data.byteOffset, chunk.data.byteLength)
    this.#rows.begin(chunk.count)
    for (let i = 0; i < chunk.count; i++) {
      this.#rows.clearRow()
      const reason = this.#fill(chunk, data, i)
      if (reason === undefined) this.#rows.addRow(chunk, i)
      else this.#rows.reject(i, reason)
    }
    return this.#rows.end()
  }

  #fill(chunk: RecordChunk, data: Buffer, index: number): string | undefined {
    const start = chunk.valueStart[index] as number
    if (start < 0) return 'the record has no value (a tombstone)'
    if (this.#options.header) this.#useHeader(chunk, data, index)
    const parsed = this.#parse(data.toString('utf8', start, chunk.valueEnd[index]))
    if (typeof parsed === 'string') return parsed
    for (let c = 0; c < this.#fields.length; c++) {
      const field = this.#fields[c] as SourceField
      if (field.from !== 'value') continue
      const position = this.#positions[c] as number
      const text = position < 0 ? null : (parsed[position] ?? null)
      if (text === null) continue
      try {
        this.#rows.row[c] = parseValue(field.type, text)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        const shown = text.length > SHOWN_CHARACTERS ? `${text.slice(0, SHOWN_CHARACTERS)}…` : text
        return `field "${fieldName(field)}": expected ${typeName(field.type)}, found "${shown}" in column ${position + 1}`
      }
    }
    return undefined
  }

  /** The cells of one record, or why it has none. */
  #parse(text: string): readonly (string | null)[] | string {
    let rows: (string | null)[][]
    try {
      rows = parse(text, this.#parseOptions) as unknown as (string | null)[][]
    } catch (error) {
      return `malformed CSV: ${(error as Error).message}`
    }
    if (rows.length > 1) return `malformed CSV: the record has ${rows.length} lines`
    return rows[0] ?? [null]
  }

  #useHeader(chunk: RecordChunk, data: Buffer, index: number): void {
    const start = chunk.keyStart?.[index] ?? -1
    if (start < 0) return
    const header = data.toString('utf8', start, chunk.keyEnd?.[index])
    if (header === this.#headerText) return
    this.#headerText = header
    const names = this.#parse(header)
    if (typeof names === 'string') return
    this.#positions = this.#fields.map((field) => (field.from === 'value' ? names.indexOf(columnName(field)) : -1))
  }
}

const SHOWN_CHARACTERS = 40

function columnName(field: SourceField): string {
  return field.path[0] ?? field.name
}

export class CsvEncoder implements Encoder {
  readonly #schema: Schema
  readonly #options: CsvOptions
  readonly #special: RegExp
  readonly #encodeKey: (row: Row) => Uint8Array | null

  constructor(schema: Schema, options: CsvOptions) {
    this.#schema = schema
    this.#options = options
    this.#special = new RegExp(`["\\r\\n${options.delimiter.replace(/[\\\]^-]/g, '\\$&')}]|^\\uFEFF`)
    this.#encodeKey = keyEncoder(schema)
  }

  encode(row: Row, _kind: ChangeKind, timeMs: number): OutputRecord {
    const cells = this.#schema.fields.map((field, i) => {
      const value = row[i] as Value
      return value === null ? this.#options.nullText : this.#cell(formatValue(field.type, value))
    })
    return { key: this.#encodeKey(row), value: Buffer.from(cells.join(this.#options.delimiter)), timestamp: timeMs }
  }

  #cell(text: string): string {
    const quoted = text === this.#options.nullText || this.#special.test(text)
    return quoted ? `"${text.replaceAll('"', '""')}"` : text
  }
}
