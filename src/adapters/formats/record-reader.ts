import type { SqlType } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'

/** A column that is wanted from the records of one schema, and its place in the row. */
export interface WantedColumn {
  readonly index: number
  readonly path: readonly string[]
  readonly type: SqlType
}

/** Reads the records that were written with one schema. */
export interface RecordReader {
  /**
   * Fills the wanted columns of the row, which is all NULL before.
   *
   * @throws EvaluationError where the bytes are no record of the schema, or a value does not fit its column.
   */
  read(data: Buffer, start: number, end: number, row: Value[]): void
}
