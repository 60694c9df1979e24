import { unreachable } from '../../core/assert.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { parseValue } from '../../core/parse-value.ts'
import type { Value } from '../../core/value.ts'
import type { BadRecord, DecodedRows } from '../../engine/ports/format.ts'
import type { RecordChunk, RecordHeader } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'

/**
 * What all decoders share: columns of one chunk are built row by row; a row is whole or it is not there. Columns that
 * are not in the value (key, timestamp, offset …) are filled here, whatever the encoding.
 */
export class RowCollector {
  readonly #fields: readonly SourceField[]
  readonly #outside: readonly number[]
  readonly #required: readonly number[]
  /** The row being built, NULL where nothing was found. */
  readonly row: Value[]
  #columns: Value[][] = []
  #records: Int32Array = new Int32Array(0)
  #length = 0
  #bad: BadRecord[] = []

  constructor(fields: readonly SourceField[]) {
    this.#fields = fields
    this.row = fields.map(() => null)
    this.#required = fields.flatMap((field, i) => (field.nullable ? [] : [i]))
    this.#outside = fields.flatMap((field, i) => (field.from === 'value' ? [] : [i]))
  }

  begin(count: number): void {
    this.#columns = this.#fields.map(() => [])
    this.#records = new Int32Array(count)
    this.#length = 0
    this.#bad = []
  }

  clearRow(): void {
    const { row } = this
    for (let i = 0; i < row.length; i++) row[i] = null
  }

  /** Adds the row; or rejects the record where a value is missing that must be there. */
  addRow(chunk: RecordChunk, index: number): void {
    const { row } = this
    for (const column of this.#outside) {
      const field = this.#fields[column] as SourceField
      try {
        row[column] = outsideValue(field, chunk, index)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.reject(index, `the record's ${field.from}: ${error.reason}`)
        return
      }
    }
    for (const column of this.#required) {
      if (row[column] !== null) continue
      const name = fieldName(this.#fields[column] as SourceField)
      this.reject(index, `field "${name}": is missing or null, but declared NOT NULL`)
      return
    }
    const columns = this.#columns
    for (let i = 0; i < columns.length; i++) (columns[i] as Value[]).push(row[i] as Value)
    this.#records[this.#length++] = index
  }

  reject(index: number, reason: string): void {
    this.#bad.push({ index, reason })
  }

  end(kinds?: Uint8Array): DecodedRows {
    const length = this.#length
    return {
      length,
      columns: this.#columns,
      records: length === this.#records.length ? this.#records : this.#records.slice(0, length),
      kinds,
      bad: this.#bad,
    }
  }
}

export function fieldName(field: SourceField): string {
  return field.from === 'value' ? field.path.join('.') : field.name
}

function outsideValue(field: SourceField, chunk: RecordChunk, index: number): Value {
  switch (field.from) {
    case 'timestamp':
      return finiteOrNull(chunk.timestamps[index])
    case 'offset':
      return finiteOrNull(chunk.offsets[index])
    case 'partition':
      return chunk.origin?.partition ?? chunk.partition
    case 'topic':
      return chunk.origin?.topic ?? null
    case 'headers':
      return headersValue(field, chunk.headers?.(index) ?? [])
    case 'key': {
      const start = chunk.keyStart?.[index] ?? -1
      if (start < 0) return null
      return bytesValue(field, chunk.data.subarray(start, chunk.keyEnd?.[index]))
    }
    case 'value':
    case 'envelope':
      return null
    default:
      return unreachable(field.from)
  }
}

/** A map: of several headers of one name the last one counts. */
function headersValue({ type }: SourceField, headers: readonly RecordHeader[]): Value {
  const asText = type.kind === 'map' && type.value.kind === 'string'
  const entries = new Map<string, Value>()
  for (const [name, bytes] of headers) {
    const key = name === null ? '' : utf8(name, 'a name')
    entries.delete(key)
    entries.set(key, bytes && (asText ? utf8(bytes, JSON.stringify(key)) : new Uint8Array(bytes)))
  }
  return [...entries]
}

function finiteOrNull(value: number | undefined): Value {
  return value === undefined || !Number.isFinite(value) ? null : value
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Bytes as a value: as they are, or by their text. */
export function bytesValue(field: SourceField, bytes: Uint8Array): Value {
  if (field.type.kind === 'bytes') return new Uint8Array(bytes)
  return parseValue(field.type, utf8(bytes, 'it'))
}

function utf8(bytes: Uint8Array, what: string): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    throw new EvaluationError(`${what} is not valid UTF-8`)
  }
}
