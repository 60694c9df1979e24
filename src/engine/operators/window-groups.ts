import { Batch } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import type { WindowAggregateStep } from '../../plan/physical/nodes.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import { KeyColumns } from '../key-columns.ts'
import type { OperatorContext } from '../operator.ts'

/** The key columns of a step over an input. */
export function keyColumnsOf(keys: readonly number[], input: Schema): KeyColumns {
  return new KeyColumns(keys, typesOf(keys, input))
}

export function typesOf(columns: readonly number[], input: Schema): SqlType[] {
  return columns.map((column) => (input.fields[column] as Schema['fields'][number]).type)
}

/** True when rows of the input may be taken away again. */
export function isRetractable(input: Schema): boolean {
  return input.mode !== 'append'
}

/** The rows as if they had happened now: how windows of processing time see their input. */
export function atTime(batch: Batch, nowMs: number): Batch {
  return new Batch(batch.length, batch.columns, new Float64Array(batch.length).fill(nowMs), batch.kinds)
}

/** The result row of a group in a window; undefined, and told to the dead letter, where an aggregate overflows. */
export function windowRow(
  values: Row,
  start: EventTimeMs,
  end: EventTimeMs,
  accumulators: Accumulators,
  aggregates: AggregateSet,
  context: OperatorContext,
): Row | undefined {
  try {
    return [...values, start, end, ...aggregates.results(accumulators)]
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error
    context.deadLetter(error.reason, [...values, start, end])
    return undefined
  }
}

/** True when no result of a window is ever revised. */
export function emitsOnce({ emit, latePolicy }: WindowAggregateStep): boolean {
  return emit.mode === 'final' || (emit.mode === 'on-window-close' && latePolicy.allowedLatenessMs === 0)
}
