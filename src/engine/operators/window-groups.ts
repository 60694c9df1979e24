import { Batch } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import { partialColumns } from '../../plan/physical/local-aggregation.ts'
import type { WindowAggregateStep } from '../../plan/physical/nodes.ts'
import { type Accumulators, type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import { mergePartials } from '../aggregate/merge-partials.ts'
import type { EvalContext } from '../expression/compile.ts'
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

/** What a step's input is to its windows: rows at their event time, at the time of the clock, or partials. */
export interface WindowInput {
  readonly aggregates: AggregateSet
  /** Where partials say how many rows they stand for. */
  readonly rowsColumn: number | undefined
  timed(batch: Batch): Batch
}

export function windowInput(step: WindowAggregateStep, input: Schema, clock: EvalContext): WindowInput {
  const aggregates = compileAggregates(step.aggregates, { retractable: isRetractable(input) })
  if (step.input === 'partials') {
    const { slice, partial, rows } = partialColumns(step.keys.length, true)
    return {
      aggregates: mergePartials(aggregates, partial),
      rowsColumn: rows,
      // All times of a slice are in the same windows.
      timed: ({ length, columns }) =>
        new Batch(length, columns, Float64Array.from(columns[slice as number] as number[])),
    }
  }
  const timed = step.time === 'event' ? (batch: Batch) => batch : (batch: Batch) => atTime(batch, clock.nowMs)
  return { aggregates, rowsColumn: undefined, timed }
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
