import { EvaluationError } from '../../core/evaluation-error.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'

/**
 * The contract of every aggregate function: `A` is what it keeps of one group.
 *
 * - `check` throws EvaluationError for a row that cannot be taken in (overflow, limit) and changes nothing; after it
 *   `add` does not fail. So a row is counted by all aggregates of a query or, when one refuses it, by none.
 * - `retract` takes away a row that was added before. One that was not is ignored where that can be seen: it may have
 *   been refused when it came.
 * - `merge` does not fail. `finish` does where merged sums overflow; it changes nothing.
 * - `toState` and `fromState` are exact: what goes on after a restart is what would have gone on without it. State is
 *   stored for ever: its types never change.
 */
export interface Aggregate<A> {
  /** True: rows whose first argument is NULL never come here. */
  readonly ignoresNulls: boolean
  readonly stateTypes: readonly SqlType[]
  create(): A
  check?(accumulator: A, value: Value, second: Value): void
  /** `second` is NULL for a function of one argument; `timeMs` is NaN for rows without event time. */
  add(accumulator: A, value: Value, second: Value, timeMs: number): void
  retract(accumulator: A, value: Value, second: Value, timeMs: number): void
  /** Adds what `from` holds; `from` stays as it is. */
  merge(into: A, from: A): void
  finish(accumulator: A): Value
  toState(accumulator: A): Row
  fromState(state: Row): A
}

/** What a function is made for. */
export interface AggregateBinding {
  readonly types: readonly SqlType[]
  readonly type: SqlType
  /** Values of the constant arguments, such as the fraction of a percentile. */
  readonly constants: readonly Value[]
  /** True when rows may be taken away: then some functions have to keep every value. */
  readonly retractable: boolean
}

/**
 * Values that a function which keeps them (percentile, DISTINCT, array_agg, MIN of a changing input …) holds for one
 * group. State of a group is loaded and written as a whole, so it has to stay small.
 */
export const GROUP_ENTRIES_MAX = 100_000

export function checkEntries(count: number): void {
  if (count >= GROUP_ENTRIES_MAX) {
    throw new EvaluationError(`aggregate holds its maximum of ${GROUP_ENTRIES_MAX} values for one group`)
  }
}
