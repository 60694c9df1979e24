import type { AggregateCall, LatePolicy, StepBase } from './nodes.ts'

/**
 * Which rows around a row count: those up to it or only the last `preceding`, and with `following` so many behind it
 * or, where that is negative, not the last ones before it. Of rows it is their number, of a range milliseconds; a range
 * has the rows of its ends' times in it.
 */
export interface OverFrame {
  readonly unit: 'rows' | 'range'
  readonly preceding: number | undefined
  readonly following?: number | undefined
}

/** LAG and LEAD: a column of the row that is so many behind, or with a negative number before, in the order of time. */
export interface OverNeighbour {
  readonly argument: number
  readonly offset: number
  /** The column whose value stands in where there is no such row; without one it is NULL. */
  readonly otherwise?: number | undefined
}

/**
 * Each row, once all of its frame has come and the watermark has passed it, with aggregates of the frame and values of
 * neighbours behind the columns of the input. Where a row waits for rows behind it, however long those take, the rows
 * that come out have no event time.
 */
export interface OverStep extends StepBase {
  readonly kind: 'over'
  readonly keys: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  readonly frame: OverFrame
  readonly neighbours?: readonly OverNeighbour[] | undefined
  /** Undefined: late rows are counted. No lateness is allowed. */
  readonly latePolicy?: LatePolicy | undefined
}

/** How many rows behind a row have to come before it comes out. */
export function rowsAhead({ frame, neighbours = [] }: Pick<OverStep, 'frame' | 'neighbours'>): number {
  const following = frame.unit === 'rows' ? (frame.following ?? 0) : 0
  return Math.max(0, following, ...neighbours.map((one) => one.offset))
}

/** How many rows before a row are asked for by LAG. */
export function rowsBehind({ neighbours = [] }: Pick<OverStep, 'neighbours'>): number {
  return Math.max(0, ...neighbours.map((one) => -one.offset))
}
