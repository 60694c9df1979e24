import { type Batch, BatchBuilder } from '../../core/batch.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { LatePolicy } from '../../plan/physical/nodes.ts'
import type { OperatorContext } from '../operator.ts'

/**
 * Rows that came too late: counted, and sent to the side output where the query names one. A row that is late for
 * several windows is late once for each.
 *
 * A late row is the columns that the policy names, then
 * - `_late_by`: milliseconds between the row's event time and the watermark,
 * - `_watermark`, `_window_start` and `_window_end` (NULL where there are no windows), `_query`.
 */
export class LateRows {
  readonly #policy: LatePolicy
  readonly #context: OperatorContext
  readonly #builder: BatchBuilder
  readonly #rowsColumn: number | undefined

  /** `rowsColumn`: of partials, how many rows each stands for. */
  constructor(policy: LatePolicy, context: OperatorContext, rowsColumn?: number) {
    this.#policy = policy
    this.#context = context
    this.#rowsColumn = rowsColumn
    this.#builder = new BatchBuilder(policy.columns.length + 5, (batch) => context.late(batch))
  }

  add(batch: Batch, row: number, watermark: EventTimeMs, start: EventTimeMs | null, end: EventTimeMs | null): void {
    const rows = this.#rowsColumn === undefined ? 1 : (batch.columns[this.#rowsColumn]?.[row] as number)
    this.#context.metrics.rowsLate += rows
    if (this.#policy.into === undefined) return
    const time = batch.times[row] as number
    const values = this.#policy.columns.map((column) => batch.columns[column]?.[row] ?? null)
    this.#builder.push([...values, watermark - time, watermark, start, end, this.#context.query], time)
  }

  /** Hands over what was collected; to be called at the end of each batch. */
  flush(): void {
    this.#builder.flush()
  }
}
