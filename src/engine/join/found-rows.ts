import type { Batch, Column } from '../../core/batch.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import { compilePredicate, type EvalContext, type Predicate } from '../expression/compile.ts'
import { selectRows } from '../expression/rows.ts'
import type { OperatorContext, Output } from '../operator.ts'

/** Rows of a stream, each with the one row that was found for it, or none. */
export class FoundRows {
  readonly #type: 'inner' | 'left' | 'semi' | 'anti'
  readonly #width: number
  readonly #condition: Predicate | undefined
  readonly #clock: EvalContext
  #selection = new Int32Array(0)
  #context: OperatorContext | undefined

  /** `width`: columns of what is found. */
  constructor(
    { type, condition }: { type: 'inner' | 'left' | 'semi' | 'anti'; condition: Expression | undefined },
    width: number,
    clock: EvalContext,
  ) {
    this.#type = type
    this.#width = width
    this.#condition = condition && compilePredicate(condition)
    this.#clock = clock
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  /** By column: those of the stream's rows are handed on as they are where every row has found its match. */
  emit(batch: Batch, found: (Row | undefined)[], out: Output): void {
    if (this.#condition !== undefined) this.#keepMatching(this.#condition, batch, found)
    const kept = this.#type === 'left' ? batch.length : this.#select(found, this.#type !== 'anti')
    if (kept === 0) return
    const all = kept === batch.length
    const rows = all ? batch : batch.select(this.#selection, kept)
    if (this.#type === 'semi' || this.#type === 'anti') {
      out.emit(rows)
      return
    }
    const matches = all ? found : Array.from({ length: kept }, (_, i) => found[this.#selection[i] as number])
    out.emit(rows.withColumns([...rows.columns, ...this.#columnsOf(matches)]))
  }

  /** Takes out what the condition is not TRUE for. */
  #keepMatching(condition: Predicate, batch: Batch, found: (Row | undefined)[]): void {
    const count = this.#select(found, true)
    if (count === 0) return
    const candidates = this.#selection.slice(0, count)
    const rows = batch.select(candidates)
    const joined = rows.withColumns([
      ...rows.columns,
      ...this.#columnsOf(Array.from(candidates, (position) => found[position])),
    ])
    const passing = new Int32Array(count)
    const { count: passed, failed } = selectRows(condition, joined, this.#clock, passing)
    for (const { row, reason } of failed ?? []) this.#context?.deadLetter(reason, joined.row(row))
    const matches = found.slice()
    for (const position of candidates) found[position] = undefined
    for (let i = 0; i < passed; i++) {
      const position = candidates[passing[i] as number] as number
      found[position] = matches[position]
    }
  }

  /** Positions with a match, or without. */
  #select(found: readonly (Row | undefined)[], matched: boolean): number {
    if (this.#selection.length < found.length) this.#selection = new Int32Array(found.length)
    let count = 0
    for (let row = 0; row < found.length; row++) {
      if ((found[row] !== undefined) === matched) this.#selection[count++] = row
    }
    return count
  }

  #columnsOf(rows: readonly (Row | undefined)[]): Column[] {
    return Array.from({ length: this.#width }, (_, column) => {
      const values: Value[] = new Array(rows.length)
      for (let i = 0; i < rows.length; i++) values[i] = rows[i]?.[column] ?? null
      return values
    })
  }
}
