import { EvaluationError } from '../../../core/evaluation-error.ts'
import { LruCache } from '../../../core/lru-cache.ts'
import { JSON_TYPE } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import type { BadRecord, DecodedRows, Decoder } from '../../../engine/ports/format.ts'
import type { RecordChunk } from '../../../engine/ports/log.ts'
import type { SourceField } from '../../../plan/physical/nodes.ts'
import { JsonDecoder } from '../json-decoder.ts'
import { JsonScanner, MALFORMED } from '../json-scanner.ts'
import { fieldName } from '../record-columns.ts'
import { connectFields } from './connect-schema.ts'
import { type ConvertText, convertBySchema, convertWithoutSchema, type DebeziumOptions } from './connect-types.ts'

/**
 * Envelopes of Debezium in JSON, alone or, as Kafka Connect's converter writes them by itself, as `{"schema": …,
 * "payload": …}`. The schema is the same in one record after the other; it is understood once and known again by its
 * bytes. Fields are found by their paths from the root of the envelope.
 */

/** Schemas known at a time: one for each version of a table. */
const SHAPES_MAX = 100

/** How to read the records of one schema, or those without. */
interface Shape {
  readonly decoder: JsonDecoder
  /** For columns whose JSON is not the value itself. */
  readonly converts: readonly (ConvertText | undefined)[]
  readonly schema: Uint8Array | undefined
}

/** Where in a record its envelope and schema are; a schema of no length is none. */
interface Place {
  readonly start: number
  readonly end: number
  readonly schemaStart: number
  readonly schemaEnd: number
}

export class DebeziumJson implements Decoder {
  readonly #fields: readonly SourceField[]
  readonly #scanner = new JsonScanner()
  readonly #plain: Shape
  readonly #shapes = new LruCache<string, Shape>(SHAPES_MAX)
  #last: Shape

  constructor(fields: readonly SourceField[], options: DebeziumOptions) {
    this.#fields = fields
    this.#plain = this.#shape(undefined, (field) => convertWithoutSchema(options, field.type))
    this.#last = this.#plain
  }

  decode(chunk: RecordChunk): DecodedRows {
    const { data, count } = chunk
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const valueStart = chunk.valueStart.slice()
    const valueEnd = chunk.valueEnd.slice()
    const output = new Output(this.#fields)
    let runStart = 0
    let runShape: Shape | undefined
    const run = (end: number) => {
      if (runShape === undefined || end === runStart) return
      this.#decodeRun({ ...chunk, valueStart, valueEnd }, runStart, end, runShape, output)
    }
    for (let i = 0; i < count; i++) {
      const start = valueStart[i] as number
      let shape = this.#plain
      if (start >= 0) {
        const place = this.#place(bytes, start, valueEnd[i] as number)
        valueStart[i] = place.start
        valueEnd[i] = place.end
        if (place.schemaEnd > place.schemaStart)
          shape = this.#shapeOf(bytes.subarray(place.schemaStart, place.schemaEnd))
      }
      if (shape !== runShape) {
        run(i)
        runStart = i
        runShape = shape
      }
    }
    run(count)
    return output.rows()
  }

  /** Records with one shape that follow each other. */
  #decodeRun(chunk: RecordChunk, from: number, to: number, shape: Shape, output: Output): void {
    const rows = shape.decoder.decode(slice(chunk, from, to))
    const row: Value[] = rows.columns.map(() => null)
    for (const { index, reason } of rows.bad) output.bad.push({ index: index + from, reason })
    for (let i = 0; i < rows.length; i++) {
      const record = (rows.records[i] as number) + from
      let column = 0
      try {
        for (; column < row.length; column++) {
          const value = rows.columns[column]?.[i] as Value
          const convert = shape.converts[column]
          row[column] = convert === undefined || value === null ? value : convert(value as string)
        }
        output.add(row, record)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        const name = fieldName(this.#fields[column] as SourceField)
        output.bad.push({ index: record, reason: `field "${name}": ${error.reason}` })
      }
    }
  }

  /** The envelope within `{"schema": …, "payload": …}`; the record itself where it is none of that, or not even JSON. */
  #place(bytes: Buffer, start: number, end: number): Place {
    const whole = { start, end, schemaStart: 0, schemaEnd: 0 }
    const scanner = this.#scanner
    scanner.data = bytes
    scanner.position = start
    scanner.end = end
    try {
      if (scanner.peek() !== OBJECT_OPEN) return whole
      scanner.position++
      let place = whole
      for (let first = true; ; first = false) {
        if (scanner.peek() !== QUOTE) return whole
        scanner.scanString()
        const name = scanner.stringText()
        // An envelope without a schema has other names first, and is not read twice.
        if (first && name !== 'schema' && name !== 'payload') return whole
        scanner.expect(COLON)
        scanner.peek()
        const valueStart = scanner.position
        scanner.skipValue(1)
        if (name === 'schema') place = { ...place, schemaStart: valueStart, schemaEnd: scanner.position }
        if (name === 'payload') place = { ...place, start: valueStart, end: scanner.position }
        const next = scanner.peek()
        scanner.position++
        if (next === OBJECT_CLOSE) return place.start === start ? whole : place
        if (next !== COMMA) return whole
        scanner.peek()
      }
    } catch (error) {
      if (error === MALFORMED) return whole
      throw error
    }
  }

  #shapeOf(schema: Buffer): Shape {
    if (this.#last.schema !== undefined && schema.equals(this.#last.schema)) return this.#last
    const key = schema.toString('latin1')
    let shape = this.#shapes.get(key)
    if (shape === undefined) {
      const described = connectFields(schema)
      shape =
        described === undefined
          ? this.#plain
          : this.#shape(new Uint8Array(schema), ({ path, type }) => {
              const field = described(path)
              return field && convertBySchema(field, type)
            })
      this.#shapes.set(key, shape)
    }
    this.#last = shape
    return shape
  }

  #shape(schema: Uint8Array | undefined, convertOf: (field: SourceField) => ConvertText | undefined): Shape {
    const converts = this.#fields.map((field) => (isOfRow(field) ? convertOf(field) : undefined))
    const read = this.#fields.map((field, i) => (converts[i] === undefined ? field : { ...field, type: JSON_TYPE }))
    return { decoder: new JsonDecoder(read), converts, schema }
  }
}

const OBJECT_OPEN = 0x7b
const OBJECT_CLOSE = 0x7d
const QUOTE = 0x22
const COLON = 0x3a
const COMMA = 0x2c

function isOfRow({ from, path }: SourceField): boolean {
  return from === 'value' && path.length > 1 && (path[0] === 'after' || path[0] === 'before')
}

function slice(chunk: RecordChunk, from: number, to: number): RecordChunk {
  if (from === 0 && to === chunk.count) return chunk
  return {
    ...chunk,
    count: to - from,
    valueStart: chunk.valueStart.subarray(from, to),
    valueEnd: chunk.valueEnd.subarray(from, to),
    keyStart: chunk.keyStart?.subarray(from, to),
    keyEnd: chunk.keyEnd?.subarray(from, to),
    timestamps: chunk.timestamps.subarray(from, to),
    offsets: chunk.offsets.subarray(from, to),
    headers: chunk.headers && ((index) => chunk.headers?.(index + from) ?? []),
  }
}

class Output {
  readonly bad: BadRecord[] = []
  readonly #columns: Value[][]
  readonly #records: number[] = []

  constructor(fields: readonly SourceField[]) {
    this.#columns = fields.map(() => [])
  }

  add(row: readonly Value[], record: number): void {
    for (let i = 0; i < row.length; i++) (this.#columns[i] as Value[]).push(row[i] as Value)
    this.#records.push(record)
  }

  rows(): DecodedRows {
    const records = Int32Array.from(this.#records)
    return { length: records.length, columns: this.#columns, records, kinds: undefined, bad: this.bad }
  }
}
