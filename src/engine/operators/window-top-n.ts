import { must } from '../../core/assert.ts'
import { type Batch, isRetraction } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { TopNStep } from '../../plan/physical/nodes.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter } from './change-writer.ts'
import { newPartition, type Partition, partitionCodec, Ranking } from './ranked-rows.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * The first rows of each partition of a window, once: when the watermark reaches the window's end. Windows by end,
 * then partitions by key, then rank. A row of a window that has closed is late: counted and left out. State:
 * namespace = end of the window.
 */
export class WindowTopN implements Operator {
  readonly #step: TopNStep
  readonly #endColumn: number
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #ranking: Ranking
  readonly #writer: ChangeWriter
  #context: OperatorContext | undefined
  #table: KeyedTable<Partition> | undefined
  #watermark: EventTimeMs = NO_WATERMARK

  constructor(step: TopNStep, endColumn: number, input: Schema) {
    this.#step = step
    this.#endColumn = endColumn
    this.#input = input
    this.#key = keyColumnsOf(step.partitionBy, input)
    this.#ranking = new Ranking(input, step.orderBy, step.limit)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    const codec = partitionCodec(this.#input, this.#ranking)
    this.#table = new KeyedTable(context.store('partitions'), this.#key, codec, context)
  }

  onBatch(_port: number, batch: Batch): void {
    for (let row = 0; row < batch.length; row++) {
      try {
        this.#apply(batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#watermark = watermark
    const table = this.#state
    this.#writer.to(out)
    while (table.namespaces.length > 0 && (table.namespaces[0] as number) <= watermark) {
      const end = table.namespaces[0] as number
      for (const { value } of table.entriesOf(table.namespace(end))) this.#emit(value, end)
      table.drop(end)
    }
    this.#writer.flush()
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<Partition> {
    return must(this.#table, 'operator is open')
  }

  #apply(batch: Batch, row: number): void {
    const end = batch.columns[this.#endColumn]?.[row]
    if (typeof end !== 'number') throw new EvaluationError('the end of the window is NULL')
    const context = must(this.#context, 'operator is open')
    if (end <= this.#watermark) {
      context.metrics.rowsLate++
      return
    }
    const table = this.#state
    const retraction = isRetraction(batch.kind(row))
    const window = table.namespace(end)
    const key = this.#key.keyAt(batch.columns, row)
    let entry = table.get(window, key, batch.columns, row)
    if (entry === undefined) {
      if (retraction) return
      entry = table.insert(window, key, this.#key.valuesAt(batch.columns, row), newPartition())
    }
    const values = batch.row(row)
    if (retraction) this.#ranking.remove(entry.value, values)
    else this.#ranking.insert(entry.value, values, batch.times[row] as number)
    if (!entry.dirty) table.touch(window, entry)
  }

  #emit({ rows }: Partition, end: EventTimeMs): void {
    for (let i = 0; i < Math.min(rows.length, this.#step.limit); i++) {
      const row = must(rows[i], 'rank is within the rows').row
      this.#writer.insert(this.#step.withRank ? [...row, i + 1] : row, end - 1)
    }
  }
}
