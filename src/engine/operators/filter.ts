import { Batch, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { FilterStep } from '../../plan/physical/nodes.ts'
import { compilePredicate, type EvalContext, type Predicate } from '../expression/compile.ts'
import { selectRows } from '../expression/rows.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'

/**
 * Keeps the rows whose predicate is TRUE.
 *
 * Of an update -U/+U both rows may pass, none, or one: a row that leaves the result is then a delete, one that enters
 * it an insert. A +U without its -U (an upsert) that fails becomes a delete of its key: whether an earlier row of the
 * key had passed is not known here, and whoever reads upserts bears a delete of a key that is not there. Where the
 * predicate depends on the key alone, no row of that key has ever passed, and there is nothing to delete.
 */
export class Filter implements Operator {
  readonly #predicate: Predicate
  readonly #evalContext: EvalContext
  readonly #byKey: boolean
  #context: OperatorContext | undefined
  #selection = new Int32Array(0)

  constructor(step: FilterStep, evalContext: EvalContext) {
    this.#predicate = compilePredicate(step.predicate)
    this.#evalContext = evalContext
    this.#byKey = step.byKey ?? false
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    if (this.#selection.length < batch.length) this.#selection = new Int32Array(batch.length)
    const count = this.#select(batch)
    if (batch.kinds !== undefined) this.#emitChanges(batch, batch.kinds, count, out)
    else if (count === batch.length) out.emit(batch)
    else if (count > 0) out.emit(batch.select(this.#selection, count))
  }

  #select(batch: Batch): number {
    const { count, failed } = selectRows(this.#predicate, batch, this.#evalContext, this.#selection)
    if (failed !== undefined) {
      for (const { row, reason } of failed) this.#context?.deadLetter(reason, batch.row(row))
    }
    return count
  }

  #emitChanges(batch: Batch, kinds: Uint8Array, count: number, out: Output): void {
    const passed = new Uint8Array(batch.length)
    for (let i = 0; i < count; i++) passed[this.#selection[i] as number] = 1
    const positions: number[] = []
    const outKinds: number[] = []
    const keep = (position: number, kind: number): void => {
      positions.push(position)
      outKinds.push(kind)
    }
    for (let i = 0; i < batch.length; i++) {
      const kind = kinds[i] as number
      if (kind === UPDATE_BEFORE && kinds[i + 1] === UPDATE_AFTER) {
        const before = passed[i] === 1
        const after = passed[i + 1] === 1
        if (before) keep(i, after ? UPDATE_BEFORE : DELETE)
        if (after) keep(i + 1, before ? UPDATE_AFTER : INSERT)
        i++
      } else if (passed[i] === 1) keep(i, kind)
      else if (kind === UPDATE_AFTER && !this.#byKey) keep(i, DELETE)
    }
    if (positions.length === 0) return
    const rows = batch.select(positions)
    out.emit(new Batch(rows.length, rows.columns, rows.times, Uint8Array.from(outKinds)))
  }
}
