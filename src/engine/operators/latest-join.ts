import { must } from '../../core/assert.ts'
import { type Batch, isRetraction, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { TemporalJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { FoundRows } from '../join/found-rows.ts'
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
  readonly #found: FoundRows
  #context: OperatorContext | undefined
  #table: KeyedTable<Row> | undefined

  constructor(step: TemporalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#right = right
    this.#leftKey = keyColumnsOf(step.leftKeys, left)
    this.#rightKey = keyColumnsOf(step.rightKeys, right)
    this.#found = new FoundRows(step, right.fields.length, clock)
  }

  /** The table is as it is: only the stream's time counts. */
  readonly timedPorts = [STREAM]

  holdsBack(port: number, ports: readonly WatermarkPort[]): boolean {
    return port === STREAM && (ports[TABLE] as WatermarkPort).watermark === NO_WATERMARK
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#found.open(context)
    const codec = rowCodec(this.#right.fields.map((field) => field.type))
    this.#table = new KeyedTable<Row>(context.store('table'), this.#rightKey, codec, context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    if (port === STREAM) this.#found.emit(batch, this.#find(batch), out)
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
