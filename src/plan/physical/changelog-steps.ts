// Between rows that change and rows that say how others change: see nodes.ts for what holds of all steps.

import type { StepBase } from './nodes.ts'

/** How a row of a changelog says what it is, as in Flink. */
export const CHANGE_NAMES = ['INSERT', 'UPDATE_BEFORE', 'UPDATE_AFTER', 'DELETE'] as const

/**
 * Changes in, rows that are only ever added out: which change it is, the columns of the input, and where its rows have
 * event time (`timed`) that of the change, which is the row's own from then on.
 */
export interface ToChangelogStep extends StepBase {
  readonly kind: 'to-changelog'
  readonly timed: boolean
}

/**
 * The way back: each row is what its column `op` says, an insert or the new row of an update, or a delete. That column
 * is left out. Rows of one key (`keys`, of the result) come in their order.
 */
export interface FromChangelogStep extends StepBase {
  readonly kind: 'from-changelog'
  readonly op: number
  readonly keys: readonly number[]
}
