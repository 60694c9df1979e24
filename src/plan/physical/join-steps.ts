// The steps that join two inputs: see nodes.ts for what holds of all steps.

import type { Field } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import type { Expression } from './expression.ts'
import type { ConnectorSpec, LatePolicy, StepBase } from './nodes.ts'

/** `left`, `right` and `full` give rows of that side without a match too; `semi` and `anti` give rows of the left. */
export type JoinType = 'inner' | 'left' | 'right' | 'full' | 'semi' | 'anti'

/** Inputs: left, right. Emits the columns of the left, then those of the right; a side that is missing is NULL. */
interface JoinBase extends StepBase {
  /** Columns that are equal, pair by pair; NULL is equal to nothing. */
  readonly leftKeys: readonly number[]
  readonly rightKeys: readonly number[]
  /** Over the columns of both, those of the left first; has to be TRUE as well. */
  readonly condition: Expression | undefined
}

/**
 * Two streams: rows match whose event times lie in an interval. A row without a match comes out when the watermark says
 * that none is to come. A row's event time is that of the left, of a RIGHT join that of the right, of a FULL join that
 * of whichever is there.
 */
export interface IntervalJoinStep extends JoinBase {
  readonly kind: 'interval-join'
  readonly type: 'inner' | 'left' | 'right' | 'full'
  /** The right row's event time less the left row's is between these, both included. */
  readonly lowerMs: DurationMs
  readonly upperMs: DurationMs
  readonly latePolicy: LatePolicy
}

/**
 * A stream with a table. `latest`: the row that is there when the stream's row comes, of a table of which at most one
 * has the key; the stream is not read before the table is loaded. `latest-rows`: all of them, where several may have
 * it. `as-of`: the row that was there at the event time of the stream's row, which waits for the table's watermark.
 */
export interface TemporalJoinStep extends JoinBase {
  readonly kind: 'temporal-join'
  readonly type: 'inner' | 'left' | 'semi' | 'anti'
  readonly row: 'latest' | 'latest-rows' | 'as-of'
  /** How long a row waits for a table whose watermark stands still, by the clock. Only of `as-of`. */
  readonly waitMs: DurationMs | undefined
  readonly latePolicy: LatePolicy
}

/** Two tables, each of which may change; what is kept are the rows of both. */
export interface TableJoinStep extends JoinBase {
  readonly kind: 'table-join'
  readonly type: JoinType
  /** Emit -U before +U. False where everything downstream identifies rows by key. */
  readonly retractions: boolean
  /** Each row once, when both inputs have ended: pull queries. */
  readonly final: boolean
  readonly ttlMs: DurationMs | undefined
}

/**
 * A stream with rows that a store outside is asked for. Input: the stream. Emits its columns, then those of the table;
 * rows keep their order.
 */
export interface LookupJoinStep extends StepBase {
  readonly kind: 'lookup-join'
  readonly type: 'inner' | 'left'
  /** Of the stream, in the order of `keys`; NULL finds nothing. */
  readonly leftKeys: readonly number[]
  /** Over the columns of both, those of the stream first; has to be TRUE as well. */
  readonly condition: Expression | undefined
  /** Name of the table in the catalog. */
  readonly relation: string
  readonly connector: ConnectorSpec
  /** What is asked for. */
  readonly columns: readonly Field[]
  /** Positions among `columns`: what a row is found by. */
  readonly keys: readonly number[]
}

export type JoinStep = IntervalJoinStep | TemporalJoinStep | TableJoinStep
