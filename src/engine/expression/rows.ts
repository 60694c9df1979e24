import { BATCH_ROWS_MAX, type Batch, type Column } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { EvalContext, Predicate, Projection } from './compile.ts'

/**
 * Evaluation that keeps the good rows of a batch when others cannot be computed. The whole batch is tried first, which
 * costs nothing while all is well; after an error each row is evaluated on its own.
 */

/** A row that could not be computed, and why: for the dead letter. */
export interface RowFailure {
  /** Position in the batch. */
  readonly row: number
  readonly reason: string
}

export interface ProjectedRows {
  /** Results of the rows in `kept`, in that order. */
  readonly columns: readonly Column[]
  /** Positions of the rows that were computed. */
  readonly kept: readonly number[]
  /** Undefined when all were. */
  readonly failed: readonly RowFailure[] | undefined
}

export function projectRows(projection: Projection, batch: Batch, context: EvalContext): ProjectedRows {
  const columns = attempt(() => projection(batch, context))
  if (!(columns instanceof EvaluationError)) return { columns, kept: positions(batch.length), failed: undefined }
  const failed: RowFailure[] = []
  const kept: number[] = []
  for (let row = 0; row < batch.length; row++) {
    const result = attempt(() => projection(batch.slice(row, row + 1), context))
    if (result instanceof EvaluationError) failed.push({ row, reason: result.reason })
    else kept.push(row)
  }
  const good = batch.select(kept)
  return { columns: projection(good, context), kept, failed }
}

export interface SelectedRows {
  /** How many positions of `selection` are filled. */
  readonly count: number
  readonly failed: readonly RowFailure[] | undefined
}

/** Like the predicate itself, but a row that cannot be computed is not selected and is reported. */
export function selectRows(
  predicate: Predicate,
  batch: Batch,
  context: EvalContext,
  selection: Int32Array,
): SelectedRows {
  const count = attempt(() => predicate(batch, context, selection))
  if (!(count instanceof EvaluationError)) return { count, failed: undefined }
  const failed: RowFailure[] = []
  const one = new Int32Array(1)
  let selected = 0
  for (let row = 0; row < batch.length; row++) {
    const result = attempt(() => predicate(batch.slice(row, row + 1), context, one))
    if (result instanceof EvaluationError) failed.push({ row, reason: result.reason })
    else if (result === 1) selection[selected++] = row
  }
  return { count: selected, failed }
}

function attempt<T>(run: () => T): T | EvaluationError {
  try {
    return run()
  } catch (error) {
    if (error instanceof EvaluationError) return error
    throw error
  }
}

/** 0, 1, 2 … for the usual batch; shared, since almost every batch keeps all of its rows. */
const POSITIONS: readonly number[] = Array.from({ length: BATCH_ROWS_MAX }, (_, i) => i)

function positions(count: number): readonly number[] {
  return count === BATCH_ROWS_MAX ? POSITIONS : Array.from({ length: count }, (_, i) => i)
}
