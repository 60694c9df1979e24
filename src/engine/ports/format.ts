import type { ChangeKind } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
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
  /**
   * Watermarks that travel in the log between the rows (only in the `rows` encoding): each holds from before the row
   * at index `row`, which is `length` when it comes after the last one.
   */
  readonly watermarks?: readonly { readonly row: number; readonly watermark: number }[]
}

/** Bytes to rows, for the fields that the query uses. Synchronous, never throws for what a record holds. */
export interface Decoder {
  decode(chunk: RecordChunk): DecodedRows
}

/** A row to bytes. */
export interface Encoder {
  encode(row: Row, kind: ChangeKind, timeMs: number): OutputRecord
}

export interface FormatRegistry {
  decoder(format: FormatSpec, fields: readonly SourceField[]): Decoder
  encoder(format: FormatSpec, schema: Schema): Encoder
}
