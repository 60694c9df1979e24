import type { Batch } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { ProjectStep } from '../../plan/physical/nodes.ts'
import { compileProjection, type EvalContext, type Projection } from '../expression/compile.ts'
import { projectRows } from '../expression/rows.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'

/** Computes columns. Plain columns are shared with the input, not copied. */
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
    const computed = projectRows(this.#projection, batch, this.#evalContext)
    if (computed.failed === undefined) {
      out.emit(batch.withColumns(computed.columns))
      return
    }
    for (const { row, reason } of computed.failed) this.#context?.deadLetter(reason, batch.row(row))
    out.emit(batch.select(computed.kept).withColumns(computed.columns))
  }
}
