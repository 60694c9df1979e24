import { must } from '../../core/assert.ts'
import { type Batch, type Column, isRetraction, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { TemporalJoinStep } from '../../plan/physical/join-steps.ts'
import { compilePredicate, type EvalContext, type Predicate } from '../expression/compile.ts'
import { selectRows } from '../expression/rows.ts'
import { hasNullKey } from '../join/join-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import type { WatermarkPort } from '../pipeline.ts'
import { keyColumnsOf } from './window-groups.ts'

const STREAM = 0
const TABLE = 1

/**
 * A stream with the row that a table has now. The stream is held back until the table has been read up to where it
 * ended when the query began: a lookup in half a table would find nothing where there is something.
 */
export class LatestJoin implements Operator {
  readonly #step: TemporalJoinStep
  readonly #right: Schema
  readonly #leftKey: KeyColumns
  readonly #rightKey: KeyColumns
  readonly #condition: Predicate | undefined
  readonly #clock: EvalContext
  #selection = new Int32Array(0)
  #context: OperatorContext | undefined
  #table: KeyedTable<Row> | undefined

  constructor(step: TemporalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#right = right
    this.#leftKey = keyColumnsOf(step.leftKeys, left)
    this.#rightKey = keyColumnsOf(step.rightKeys, right)
    this.#condition = step.condition && compilePredicate(step.condition)
    this.#clock = clock
  }

  /** The table is as it is: only the stream's time counts. */
  readonly timedPorts = [STREAM]

  holdsBack(port: number, ports: readonly WatermarkPort[]): boolean {
    return port === STREAM && (ports[TABLE] as WatermarkPort).watermark === NO_WATERMARK
  }

  open(context: OperatorContext): void {
    this.#context = context
    const codec = rowCodec(this.#right.fields.map((field) => field.type))
    this.#table = new KeyedTable<Row>(context.store('table'), this.#rightKey, codec, context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    if (port === STREAM) this.#lookUp(batch, out)
    else for (let row = 0; row < batch.length; row++) this.#change(batch, row)
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<Row> {
    return must(this.#table, 'operator is open')
  }

  /** By column: those of the stream's rows are handed on as they are where every row has found its match. */
  #lookUp(batch: Batch, out: Output): void {
    const found = this.#find(batch)
    if (this.#condition !== undefined) this.#keepMatching(this.#condition, batch, found)
    const { type } = this.#step
    const kept = type === 'left' ? batch.length : this.#select(found, type !== 'anti')
    if (kept === 0) return
    const all = kept === batch.length
    const rows = all ? batch : batch.select(this.#selection, kept)
    if (type === 'semi' || type === 'anti') {
      out.emit(rows)
      return
    }
    const matches = all ? found : Array.from({ length: kept }, (_, i) => found[this.#selection[i] as number])
    out.emit(rows.withColumns([...rows.columns, ...this.#columnsOf(matches)]))
  }

  /** The table's row of each row of the stream. */
  #find(batch: Batch): (Row | undefined)[] {
    const { columns, length } = batch
    const table = this.#state
    const namespace = table.namespace(0)
    const { leftKeys } = this.#step
    const found = new Array<Row | undefined>(length)
    for (let row = 0; row < length; row++) {
      if (hasNullKey(leftKeys, columns, row)) continue
      const key = this.#leftKey.keyAt(columns, row)
      let entry = namespace.entries.get(key)
      if (entry === undefined && namespace.spilled) {
        entry = table.getByValues(namespace, this.#leftKey.valuesAt(columns, row))
      }
      if (entry !== undefined) found[row] = entry.value
    }
    return found
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
    return this.#right.fields.map((_, column) => {
      const values: Value[] = new Array(rows.length)
      for (let i = 0; i < rows.length; i++) values[i] = rows[i]?.[column] ?? null
      return values
    })
  }

  #change(batch: Batch, row: number): void {
    const { columns } = batch
    const kind = batch.kind(row)
    const table = this.#state
    const namespace = table.namespace(0)
    const key = this.#rightKey.keyAt(columns, row)
    if (kind === UPDATE_BEFORE && row + 1 < batch.length && this.#rightKey.keyAt(columns, row + 1) === key) return
    const entry = table.get(namespace, key, columns, row)
    if (isRetraction(kind)) {
      if (entry !== undefined) table.delete(namespace, entry)
      return
    }
    const values = batch.row(row)
    if (entry !== undefined) {
      entry.value = values
      if (!entry.dirty) table.touch(namespace, entry)
      return
    }
    try {
      table.insert(namespace, key, this.#rightKey.valuesAt(columns, row), values)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, values)
    }
  }
}
