import { must } from '../../core/assert.ts'
import { type ChangeKind, isRetraction } from '../../core/batch.ts'
import { AppError } from '../../core/errors.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { Encoder } from '../../engine/ports/format.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import type { SchemaText } from '../schema-registry/schema-registry.ts'
import { keyEncoder } from './json-encoder.ts'
import { HEADER_BYTES, MAGIC, type SchemaSource } from './schema-decoder.ts'
import { schemaFault } from './schema-faults.ts'
import type { RecordWriter, WritableLanguage } from './schema-language.ts'

/**
 * Rows in a format with schemas. With a registry the schema is registered when the sink opens, so that a subject which
 * does not take it refuses the query and not its records: the schema that the statement names by id or text, else one
 * that is made from the columns.
 */
export class SchemaEncoder implements Encoder {
  readonly #language: WritableLanguage
  readonly #source: SchemaSource
  readonly #schema: Schema
  readonly #upsert: boolean
  readonly #encodeKey: (row: Row) => Uint8Array | null
  #writer: RecordWriter | undefined
  #header = new Uint8Array(0)

  constructor(language: WritableLanguage, source: SchemaSource, schema: Schema, upsert: boolean) {
    this.#language = language
    this.#source = source
    this.#schema = schema
    this.#upsert = upsert
    this.#encodeKey = keyEncoder(schema)
    if (source.registry === undefined) this.#writer = this.#writerOf('the schema', must(source.text, 'a schema'))
  }

  async open(): Promise<void> {
    const { registry, schemaId, subject } = this.#source
    if (registry === undefined) return
    if (schemaId !== undefined) {
      this.#use(schemaId, await registry.required(schemaId))
      return
    }
    if (subject === undefined) {
      throw new AppError(
        'INVALID_ARGUMENT',
        'the format needs the option "subject": there is no topic that it could be named after',
      )
    }
    const text =
      this.#source.text ?? schemaFault('the rows', () => this.#language.schemaOf(this.#schema, recordName(subject)))
    // What does not fit is said before anything is registered.
    this.#writer = this.#writerOf('the schema', text)
    this.#use(await registry.register(subject, text), text)
  }

  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord {
    const key = this.#encodeKey(row)
    // A tombstone, as compacted topics have it.
    if (this.#upsert && isRetraction(kind)) return { key, value: null, timestamp: timeMs }
    try {
      const bytes = must(this.#writer, 'the encoder is open').write(row)
      if (this.#header.length === 0) return { key, value: bytes, timestamp: timeMs }
      const value = new Uint8Array(HEADER_BYTES + bytes.length)
      value.set(this.#header)
      value.set(bytes, HEADER_BYTES)
      return { key, value, timestamp: timeMs }
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      throw new AppError('FAILED_PRECONDITION', `a row can't be written as ${this.#language.type}: ${error.reason}`, {
        hint: 'Cast or filter it in the query, or write with another schema.',
      })
    }
  }

  #use(id: number, schema: SchemaText): void {
    this.#writer = this.#writerOf(`schema ${id}`, schema)
    this.#header = new Uint8Array(HEADER_BYTES)
    this.#header[0] = MAGIC
    new DataView(this.#header.buffer).setUint32(1, id)
  }

  #writerOf(what: string, schema: SchemaText): RecordWriter {
    const { registry, message } = this.#source
    const framing = { framed: registry !== undefined, message }
    return schemaFault(what, () => this.#language.writer(schema, this.#schema, framing))
  }
}

/** A name for the record of a subject: all languages take letters, digits and _. */
function recordName(subject: string): string {
  const name = subject.replace(/-value$/, '').replace(/[^A-Za-z0-9_]/g, '_')
  return /^[A-Za-z_]/.test(name) ? name : `_${name}`
}
