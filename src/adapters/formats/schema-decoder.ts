import { AppError } from '../../core/errors.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { LruCache } from '../../core/lru-cache.ts'
import type { DecodedRows, Decoder } from '../../engine/ports/format.ts'
import type { RecordChunk } from '../../engine/ports/log.ts'
import type { SourceField } from '../../plan/physical/nodes.ts'
import type { RegisteredSchema, SchemaRegistry, SchemaText } from '../schema-registry/schema-registry.ts'
import { RowCollector } from './record-columns.ts'
import type { RecordReader, WantedColumn } from './record-reader.ts'
import { schemaFault } from './schema-faults.ts'
import type { Framing, SchemaLanguage } from './schema-language.ts'

/**
 * Records of a format with schemas. With a registry each record names the one that it was written with (Confluent's
 * wire format: a 0 byte and the id in four bytes); a reader is made for each, when it is seen for the first time.
 * Without a registry all records have the one schema that the statement gives.
 */
export interface SchemaSource {
  readonly registry: SchemaRegistry | undefined
  /** The reader's schema by its id, with a registry. */
  readonly schemaId: number | undefined
  /** The reader's schema as text; without a registry also the writer's. */
  readonly text: SchemaText | undefined
  /** Where the values of the topic are registered. */
  readonly subject: string | undefined
  readonly message: string | undefined
}

/** As the other formats: a larger record is rejected unread. */
export const RECORD_BYTES_MAX = 16 * 1024 * 1024
export const MAGIC = 0
export const HEADER_BYTES = 5

/** More than a chunk has records, so that what `prepare` has made is there when `decode` needs it. */
const READERS_MAX = 8_192
/** Schemas asked for at the same time. */
const ASKED_MAX = 16
/** With more unknown ids than this in a chunk it is no lagging registry, but no record of a registry. */
const RETRIED_MAX = 8

/** How to read the records of a schema, or why they can't be read. */
type Readable = RecordReader | string

export class SchemaDecoder implements Decoder {
  readonly #language: SchemaLanguage
  readonly #source: SchemaSource
  readonly #rows: RowCollector
  readonly #columns: readonly WantedColumn[]
  readonly #readers = new LruCache<number, Readable>(READERS_MAX)
  readonly #framing: Framing
  #expected: SchemaText | undefined
  #only: RecordReader | undefined

  constructor(language: SchemaLanguage, source: SchemaSource, fields: readonly SourceField[]) {
    this.#language = language
    this.#source = source
    this.#rows = new RowCollector(fields)
    this.#columns = fields.flatMap(({ from, path, type }, index) => (from === 'value' ? [{ index, path, type }] : []))
    this.#expected = source.text
    const { registry, text, message } = source
    this.#framing = { framed: registry !== undefined, message }
    if (registry === undefined && text !== undefined) {
      this.#only = schemaFault('the schema', () => language.reader(text, undefined, this.#columns, this.#framing))
    }
  }

  async open(): Promise<void> {
    const { registry, schemaId } = this.#source
    if (registry === undefined || schemaId === undefined || this.#expected !== undefined) return
    this.#expected = await registry.required(schemaId)
  }

  prepare(chunk: RecordChunk): Promise<void> | undefined {
    const { registry } = this.#source
    if (registry === undefined) return undefined
    let unknown: Set<number> | undefined
    let last = -1
    for (let i = 0; i < chunk.count; i++) {
      const id = schemaId(chunk, i)
      if (id === last || id < 0) continue
      last = id
      if (this.#readers.get(id) !== undefined || registry.isMissing(id)) continue
      unknown ??= new Set()
      unknown.add(id)
    }
    return unknown === undefined ? undefined : this.#fetch(registry, [...unknown])
  }

  decode(chunk: RecordChunk): DecodedRows {
    const { data } = chunk
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    const rows = this.#rows
    rows.begin(chunk.count)
    let reader: Readable | undefined
    let readerId = -1
    for (let i = 0; i < chunk.count; i++) {
      const start = chunk.valueStart[i] as number
      const end = chunk.valueEnd[i] as number
      if (start < 0) {
        rows.reject(i, 'the record has no value (a tombstone)')
        continue
      }
      if (end - start > RECORD_BYTES_MAX) {
        rows.reject(i, `the record has ${end - start} bytes, more than ${RECORD_BYTES_MAX}`)
        continue
      }
      if (this.#only !== undefined) {
        this.#read(this.#only, chunk, i, bytes, start, end)
        continue
      }
      const id = schemaId(chunk, i)
      if (id < 0) {
        rows.reject(i, notFramed(bytes, start, end))
        continue
      }
      if (id !== readerId) {
        reader = this.#readers.get(id) ?? `the schema registry has no schema ${id}`
        readerId = id
      }
      if (typeof reader === 'object') this.#read(reader, chunk, i, bytes, start + HEADER_BYTES, end)
      else rows.reject(i, reader ?? '')
    }
    return rows.end()
  }

  #read(reader: RecordReader, chunk: RecordChunk, index: number, bytes: Buffer, start: number, end: number): void {
    const rows = this.#rows
    rows.clearRow()
    try {
      reader.read(bytes, start, end, rows.row)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      rows.reject(index, error.reason)
      return
    }
    rows.addRow(chunk, index)
  }

  async #fetch(registry: SchemaRegistry, ids: readonly number[]): Promise<void> {
    const patient = ids.length <= RETRIED_MAX
    for (let i = 0; i < ids.length; i += ASKED_MAX) {
      const some = ids.slice(i, i + ASKED_MAX)
      const schemas = await Promise.all(some.map((id) => registry.schema(id, patient)))
      for (const schema of schemas) if (schema !== undefined) this.#readers.set(schema.id, this.#readable(schema))
    }
  }

  #readable(schema: RegisteredSchema): Readable {
    if (schema.type !== this.#language.type) {
      return `schema ${schema.id} of the registry is ${schema.type}, not ${this.#language.type}`
    }
    try {
      return schemaFault(`schema ${schema.id}`, () =>
        this.#language.reader(schema, this.#expected, this.#columns, this.#framing),
      )
    } catch (error) {
      if (error instanceof AppError) return error.message
      throw error
    }
  }
}

/** The id that a record names; -1 where it names none. */
function schemaId({ data, valueStart, valueEnd }: RecordChunk, index: number): number {
  const start = valueStart[index] as number
  if (start < 0 || (valueEnd[index] as number) - start < HEADER_BYTES || data[start] !== MAGIC) return -1
  const high = (data[start + 1] as number) * 0x1000000
  return high + ((data[start + 2] as number) << 16) + ((data[start + 3] as number) << 8) + (data[start + 4] as number)
}

function notFramed(bytes: Buffer, start: number, end: number): string {
  if (end - start < HEADER_BYTES) return `expected a schema id, found ${end - start} bytes`
  return `expected a schema id behind a byte 0x00, found 0x${bytes.toString('hex', start, start + 1)}`
}
