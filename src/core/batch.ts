import { assert } from './assert.ts'
import type { Row, Value } from './value.ts'

/** What a row does to the result, as in Flink's and ksqlDB's changelogs: +I, -U, +U, -D. */
export const INSERT = 0
export const UPDATE_BEFORE = 1
export const UPDATE_AFTER = 2
export const DELETE = 3
export type ChangeKind = typeof INSERT | typeof UPDATE_BEFORE | typeof UPDATE_AFTER | typeof DELETE

export const CHANGE_KIND_NAMES = ['+I', '-U', '+U', '-D'] as const

/** True for the kinds that take a row away (-U, -D). */
export function isRetraction(kind: number): boolean {
  return kind === UPDATE_BEFORE || kind === DELETE
}

/**
 * One column of a batch: plain values, by row. Several batches may share a column, so none is written to after
 * building.
 */
export type Column = readonly Value[]

/** Rows that cross a boundary in one batch at most; bounds memory and the time between two looks at the clock. */
export const BATCH_ROWS_MAX = 1024

/**
 * Rows by column. A projection of plain columns shares them instead of copying; an expression runs as one loop.
 *
 * `times` holds each row's event time in milliseconds; rows without one have NaN there.
 * `kinds` is undefined while every row is an insert, which is the common case.
 */
export class Batch {
  readonly length: number
  readonly columns: readonly Column[]
  readonly times: Float64Array
  readonly kinds: Uint8Array | undefined

  constructor(length: number, columns: readonly Column[], times: Float64Array, kinds?: Uint8Array | undefined) {
    assert(times.length >= length, 'a batch has a time for each row')
    this.length = length
    this.columns = columns
    this.times = times
    this.kinds = kinds
  }

  kind(row: number): ChangeKind {
    return this.kinds === undefined ? INSERT : (this.kinds[row] as ChangeKind)
  }

  row(index: number): Row {
    return this.columns.map((column) => column[index] as Value)
  }

  /** The rows at the given positions, in that order. */
  select(positions: readonly number[] | Int32Array, count: number = positions.length): Batch {
    const columns = this.columns.map((column) => {
      const out: Value[] = new Array(count)
      for (let i = 0; i < count; i++) out[i] = column[positions[i] as number] as Value
      return out
    })
    const times = new Float64Array(count)
    for (let i = 0; i < count; i++) times[i] = this.times[positions[i] as number] as number
    let kinds: Uint8Array | undefined
    if (this.kinds !== undefined) {
      kinds = new Uint8Array(count)
      for (let i = 0; i < count; i++) kinds[i] = this.kinds[positions[i] as number] as number
    }
    return new Batch(count, columns, times, kinds)
  }

  slice(start: number, end: number): Batch {
    if (start === 0 && end === this.length) return this
    return new Batch(
      end - start,
      this.columns.map((column) => column.slice(start, end)),
      this.times.subarray(start, end),
      this.kinds?.subarray(start, end),
    )
  }

  withColumns(columns: readonly Column[]): Batch {
    return new Batch(this.length, columns, this.times, this.kinds)
  }

  static ofRows(rows: readonly Row[], times: readonly number[], kinds?: readonly ChangeKind[]): Batch {
    const width = rows[0]?.length ?? 0
    const columns = Array.from({ length: width }, (_, c) => rows.map((row) => row[c] as Value))
    return new Batch(rows.length, columns, Float64Array.from(times), kinds && Uint8Array.from(kinds))
  }
}

/** Collects rows into batches of at most BATCH_ROWS_MAX; the only place where an operator allocates output. */
export class BatchBuilder {
  readonly #width: number
  readonly #sink: (batch: Batch) => void
  #columns: Value[][]
  #times: number[] = []
  #kinds: number[] | undefined

  constructor(width: number, sink: (batch: Batch) => void) {
    this.#width = width
    this.#sink = sink
    this.#columns = Array.from({ length: width }, () => [])
  }

  get length(): number {
    return this.#times.length
  }

  push(row: Row, time: number, kind: ChangeKind = INSERT): void {
    const count = this.#times.length
    for (let c = 0; c < this.#width; c++) (this.#columns[c] as Value[]).push(row[c] as Value)
    this.#times.push(time)
    if (this.#kinds !== undefined) this.#kinds.push(kind)
    else if (kind !== INSERT) {
      this.#kinds = new Array(count).fill(INSERT)
      this.#kinds.push(kind)
    }
    if (count + 1 >= BATCH_ROWS_MAX) this.flush()
  }

  /** Hands over what was collected; an empty builder hands over nothing. */
  flush(): void {
    if (this.#times.length === 0) return
    const batch = new Batch(
      this.#times.length,
      this.#columns,
      Float64Array.from(this.#times),
      this.#kinds === undefined ? undefined : Uint8Array.from(this.#kinds),
    )
    this.#columns = Array.from({ length: this.#width }, () => [])
    this.#times = []
    this.#kinds = undefined
    this.#sink(batch)
  }
}
