import type { Field, Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { SchemaText, SchemaType } from '../schema-registry/schema-registry.ts'
import type { RecordReader, WantedColumn } from './record-reader.ts'

/** What a language of schemas does for the formats. */
export interface WritableLanguage {
  readonly type: SchemaType
  /** The columns of a record, or of the record at a path inside it. @throws InvalidSchema, Incompatible */
  columns(schema: SchemaText, place: SchemaPlace): readonly Field[]
  /** A schema for rows that were not read from one. @throws Incompatible */
  schemaOf(schema: Schema, name: string): SchemaText
  /** What writes rows with a schema, behind whatever names it. @throws InvalidSchema, Incompatible */
  writer(schema: SchemaText, rows: Schema, framing: Framing): RecordWriter
}

/** A language without whose schemas records can't be read: Avro, Protobuf. */
export interface SchemaLanguage extends WritableLanguage {
  /**
   * A reader for the records of one schema; `expected` is the reader's own, where it has one.
   *
   * @throws InvalidSchema, Incompatible
   */
  reader(
    writer: SchemaText,
    expected: SchemaText | undefined,
    columns: readonly WantedColumn[],
    framing: Framing,
  ): RecordReader
}

export interface SchemaPlace {
  readonly path: readonly string[]
  readonly message: string | undefined
}

export interface Framing {
  /** With a registry: the id of the schema stands before the bytes, and of Protobuf also which message it is. */
  readonly framed: boolean
  /** The message of a Protobuf schema with several; the first by itself. */
  readonly message: string | undefined
}

/** A row to bytes; throws EvaluationError where a value has no equal in the schema. */
export interface RecordWriter {
  write(row: Row): Uint8Array
}
