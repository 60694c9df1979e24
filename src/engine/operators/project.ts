import { Batch, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { ProjectStep } from '../../plan/physical/nodes.ts'
import { compileProjection, type EvalContext, type Projection } from '../expression/compile.ts'
import { projectRows } from '../expression/rows.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'

/**
 * Computes columns. Plain columns are shared with the input, not copied. A row that cannot be computed goes to the
 * dead letter; where it was one half of an update, the other half is an insert or a delete.
 */
export class Project implements Operator {
  readonly #projection: Projection
  readonly #evalContext: EvalContext
  #context: OperatorContext | undefined

  constructor(step: ProjectStep, input: Schema, evalContext: EvalContext) {
    this.#projection = compileProjection(step.expressions, input.fields.length)
    this.#evalContext = evalContext
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    const { columns, kept, failed } = projectRows(this.#projection, batch, this.#evalContext)
    if (failed === undefined) {
      out.emit(batch.withColumns(columns))
      return
    }
    for (const { row, reason } of failed) this.#context?.deadLetter(reason, batch.row(row))
    const rows = batch.select(kept)
    out.emit(new Batch(rows.length, columns, rows.times, batch.kinds && keptKinds(batch.kinds, kept)))
  }
}

function keptKinds(kinds: Uint8Array, kept: readonly number[]): Uint8Array {
  return Uint8Array.from(kept, (row, i) => {
    if (kinds[row] === UPDATE_BEFORE && kept[i + 1] !== row + 1) return DELETE
    if (kinds[row] === UPDATE_AFTER && kinds[row - 1] === UPDATE_BEFORE && kept[i - 1] !== row - 1) return INSERT
    return kinds[row] as number
  })
}
