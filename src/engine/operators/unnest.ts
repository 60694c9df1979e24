import { BATCH_ROWS_MAX, Batch, DELETE, INSERT, isRetraction } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { Value } from '../../core/value.ts'
import type { UnnestStep } from '../../plan/physical/nodes.ts'
import { compileProjection, type EvalContext, type Projection } from '../expression/compile.ts'
import { projectRows } from '../expression/rows.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'

/**
 * Each row once for each element of an array, or entry of a map. Of an update the elements of the old row are deleted
 * and those of the new one inserted: the two may have different numbers of them.
 */
export class Unnest implements Operator {
  readonly #projection: Projection
  readonly #evalContext: EvalContext
  readonly #ordinality: boolean
  readonly #outer: boolean
  /** Columns of an element; 1 is the element itself, unless it is a struct of one field. */
  readonly #width: number
  readonly #isScalar: boolean
  #context: OperatorContext | undefined
  // The rows of one batch to be: position in the input, and the columns behind those of the input.
  #positions: number[] = []
  #columns: Value[][] = []

  constructor({ expression, ordinality, outer, schema }: UnnestStep, input: Schema, evalContext: EvalContext) {
    this.#projection = compileProjection([expression], input.fields.length)
    this.#evalContext = evalContext
    this.#ordinality = ordinality
    this.#outer = outer
    this.#width = schema.fields.length - input.fields.length - (ordinality ? 1 : 0)
    const { type } = expression
    this.#isScalar = type.kind === 'array' && type.element.kind !== 'struct'
    this.#begin()
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    const { columns, kept, failed } = projectRows(this.#projection, batch, this.#evalContext)
    for (const { row, reason } of failed ?? []) this.#context?.deadLetter(reason, batch.row(row))
    const rows = failed === undefined ? batch : batch.select(kept)
    const lists = columns[0] as readonly (readonly Value[] | null)[]
    for (let row = 0; row < rows.length; row++) {
      const elements = lists[row] ?? NOTHING
      if (elements.length === 0 && this.#outer) this.#push(row, null, null, rows, out)
      for (let i = 0; i < elements.length; i++) this.#push(row, elements[i] as Value, i + 1, rows, out)
    }
    this.#emit(rows, out)
  }

  #push(row: number, element: Value, place: number | null, rows: Batch, out: Output): void {
    if (this.#positions.length === BATCH_ROWS_MAX) this.#emit(rows, out)
    this.#positions.push(row)
    if (this.#isScalar) (this.#columns[0] as Value[]).push(element)
    else {
      const fields = element as readonly Value[] | null
      for (let i = 0; i < this.#width; i++)
        (this.#columns[i] as Value[]).push(fields === null ? null : (fields[i] ?? null))
    }
    if (this.#ordinality) (this.#columns[this.#width] as Value[]).push(place)
  }

  #emit(rows: Batch, out: Output): void {
    const count = this.#positions.length
    if (count === 0) return
    const selected = rows.select(this.#positions)
    const kinds = selected.kinds && Uint8Array.from(selected.kinds, (kind) => (isRetraction(kind) ? DELETE : INSERT))
    const columns = [...selected.columns, ...this.#columns]
    this.#begin()
    out.emit(new Batch(count, columns, selected.times, kinds))
  }

  #begin(): void {
    this.#positions = []
    this.#columns = Array.from({ length: this.#width + (this.#ordinality ? 1 : 0) }, () => [])
  }
}

const NOTHING: readonly Value[] = []
