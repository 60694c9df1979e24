import { must } from '../../core/assert.ts'
import { type Batch, isRetraction, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { NormalizeStep } from '../../plan/physical/nodes.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyedTable, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter } from './change-writer.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * Upserts in, a changelog with old rows out: keeps the last row of each key. A -D needs its key only. A row that did
 * not change and a delete of a key that is not there give nothing, so a log that is replayed or compacted gives the
 * same changes as the first time.
 */
export class Normalize implements Operator {
  readonly #step: NormalizeStep
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #writer: ChangeWriter
  #context: OperatorContext | undefined
  #table: KeyedTable<Row> | undefined

  constructor(step: NormalizeStep, input: Schema) {
    this.#step = step
    this.#input = input
    this.#key = keyColumnsOf(step.keys, input)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.schema.mode === 'retract')
  }

  open(context: OperatorContext): void {
    this.#context = context
    const codec = rowCodec(this.#input.fields.map((field) => field.type))
    this.#table = new KeyedTable<Row>(context.store('rows'), this.#key, codec, context)
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    const namespace = this.#state.namespace(0)
    this.#writer.to(out)
    for (let row = 0; row < batch.length; row++) {
      try {
        this.#apply(namespace, batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
    this.#writer.flush()
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<Row> {
    return must(this.#table, `step "${this.#step.id}" is open`)
  }

  #apply(namespace: Namespace<Row>, batch: Batch, row: number): void {
    const table = this.#state
    const kind = batch.kind(row)
    const time = batch.times[row] as number
    const key = this.#key.keyAt(batch.columns, row)
    // What an update takes back is known here. Only one that moves to another key takes a row away.
    if (kind === UPDATE_BEFORE && row + 1 < batch.length && this.#key.keyAt(batch.columns, row + 1) === key) return
    const entry = table.get(namespace, key, batch.columns, row)
    if (isRetraction(kind)) {
      if (entry === undefined) return
      this.#writer.delete(entry.value, time)
      table.delete(namespace, entry)
      return
    }
    const values = batch.row(row)
    if (entry === undefined) {
      table.insert(namespace, key, this.#key.valuesAt(batch.columns, row), values)
      this.#writer.insert(values, time)
      return
    }
    this.#writer.update(entry.value, values, time)
    entry.value = values
    if (!entry.dirty) table.touch(namespace, entry)
  }
}
