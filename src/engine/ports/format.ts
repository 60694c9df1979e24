import type { ChangeKind } from '../../core/batch.ts'
import type { LogWatermark } from '../../core/log-watermark.ts'
import type { Field, Schema } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { FormatSpec, SourceField } from '../../plan/physical/nodes.ts'
import type { OutputRecord, RecordChunk } from './log.ts'

/** A record that could not be decoded. A value, not an exception: it goes to the dead-letter stream, counted. */
export interface BadRecord {
  /** Index within the chunk. */
  readonly index: number
  /** One sentence: what and where in the record. */
  readonly reason: string
}

export interface DecodedRows {
  readonly length: number
  /** One a field, of `length` values each; owned by the caller from now on. */
  readonly columns: Value[][]
  /** For each row the index of its record within the chunk. */
  readonly records: Int32Array
  /** Undefined while all rows are inserts. */
  readonly kinds: Uint8Array | undefined
  readonly bad: readonly BadRecord[]
  /** Records that are no rows and mean nothing for the stream, such as a heartbeat of a connector. */
  readonly skipped?: number
  /**
   * Watermarks that travel in the log between the rows (only in the `rows` encoding): each holds from before the row
   * at index `row`, which is `length` when it comes after the last one.
   */
  readonly watermarks?: readonly (LogWatermark & { readonly row: number })[]
  /** Event times that travel with the rows (only in the `rows` encoding), ms; NaN where a row has none. */
  readonly times?: Float64Array
}

/**
 * Bytes to rows, for the fields that the query uses. `decode` is synchronous and never throws for what a record holds.
 *
 * A format whose schemas are elsewhere fetches them before: `open` what it needs in any case, `prepare` what a chunk
 * names for the first time. Both reject with an AppError; one of the domain `external` passes, and the query comes back
 * to the same chunk. Nothing is decoded while something is missing.
 */
export interface Decoder {
  decode(chunk: RecordChunk): DecodedRows
  open?(): Promise<void>
  /** Undefined when `decode` can take the chunk now. */
  prepare?(chunk: RecordChunk): Promise<void> | undefined
}

/** A row to bytes; synchronous once `open`, where there is one, has resolved. */
export interface Encoder {
  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord
  open?(): Promise<void>
}

/** What a schema that is kept elsewhere says about a stream that was declared without columns. */
export interface InferredColumns {
  readonly columns: readonly Field[]
  /** Options of the format that name this very schema, so that a later version of it changes no stored stream. */
  readonly options: Readonly<Record<string, string>>
}

export interface FormatRegistry {
  decoder(format: FormatSpec, fields: readonly SourceField[]): Decoder
  encoder(format: FormatSpec, schema: Schema): Encoder
  /** @throws AppError NOT_SUPPORTED for a format without a schema, NOT_FOUND where the schema is not there yet. */
  inferColumns(format: FormatSpec): Promise<InferredColumns>
}
