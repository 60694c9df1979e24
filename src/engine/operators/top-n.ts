import { must } from '../../core/assert.ts'
import { type Batch, isRetraction } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { TopNStep } from '../../plan/physical/nodes.ts'
import type { EvalContext } from '../expression/compile.ts'
import { KeyColumns, type MapKey } from '../key-columns.ts'
import { type Entry, KeyedTable, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter } from './change-writer.ts'
import { newPartition, type Partition, partitionCodec, type RankedRow, Ranking } from './ranked-rows.ts'
import { StateTtl } from './state-ttl.ts'
import { keyColumnsOf, typesOf } from './window-groups.ts'
import { WindowTopN } from './window-top-n.ts'

/**
 * The first rows of each partition, as they change.
 *
 * After each batch what downstream saw of a partition is compared with what it is now. With the rank as a column the
 * rows are told apart by it: rank 2 is updated to another row. Without it by the key of the rows: one leaves, another
 * comes, and only a row that changed while it stayed is an update.
 */
export class TopN implements Operator {
  readonly #step: TopNStep
  readonly #input: Schema
  readonly #clock: EvalContext
  readonly #key: KeyColumns
  readonly #rowKey: KeyColumns
  readonly #ranking: Ranking
  readonly #writer: ChangeWriter
  #context: OperatorContext | undefined
  #table: KeyedTable<Partition> | undefined
  #ttl: StateTtl<Partition> | undefined
  #changed: Entry<Partition>[] = []

  constructor(step: TopNStep, input: Schema, evalContext: EvalContext) {
    this.#step = step
    this.#input = input
    this.#clock = evalContext
    this.#key = keyColumnsOf(step.partitionBy, input)
    const all = input.fields.map((_, i) => i)
    const rowKey = step.schema.key.length > 0 && !step.withRank ? step.schema.key : all
    this.#rowKey = new KeyColumns(rowKey, typesOf(rowKey, input))
    this.#ranking = new Ranking(input, step.orderBy, step.limit)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
  }

  open(context: OperatorContext): void {
    this.#context = context
    const codec = partitionCodec(this.#input, this.#ranking)
    this.#table = new KeyedTable(context.store('partitions'), this.#key, codec, context)
    if (this.#step.ttlMs === undefined) return
    this.#ttl = new StateTtl(this.#step.ttlMs, this.#table, this.#key, context, this.#input, this.#clock)
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    const namespace = this.#state.namespace(0)
    for (let row = 0; row < batch.length; row++) {
      try {
        this.#apply(namespace, batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
    this.#writer.to(out)
    const changes = this.#changed.map((entry) => this.#changeOf(namespace, entry))
    this.#changed = []
    // What leaves goes first, in all partitions: a row that moves to another one must not be taken away after it came.
    for (const { left } of changes) for (const { row, time } of left) this.#writer.delete(row, time)
    for (const { pairs } of changes) {
      for (const { before, after, time } of pairs) this.#writer.change(before, after, time)
    }
    this.#writer.flush()
  }

  onWatermark(watermark: EventTimeMs): void {
    if (watermark !== END_OF_TIME) this.#ttl?.onWatermark(watermark)
  }

  onTime(nowMs: number): void {
    this.#ttl?.onTime(nowMs)
  }

  nextTimeMs(): number | undefined {
    return this.#ttl?.nextTimeMs
  }

  onBarrier(): void {
    this.#state.flush()
    this.#ttl?.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#ttl?.evict()
  }

  get #state(): KeyedTable<Partition> {
    return must(this.#table, 'operator is open')
  }

  #apply(namespace: Namespace<Partition>, batch: Batch, row: number): void {
    const table = this.#state
    const retraction = isRetraction(batch.kind(row))
    const key = this.#key.keyAt(batch.columns, row)
    const time = batch.times[row] as number
    let entry = table.get(namespace, key, batch.columns, row)
    if (entry !== undefined && entry.value.shown === undefined && this.#ttl?.isExpired(entry.value) === true) {
      table.delete(namespace, entry)
      entry = undefined
    }
    if (entry === undefined) {
      if (retraction) return
      entry = this.#newPartition(namespace, key, batch, row)
    }
    const partition = entry.value
    this.#ttl?.touch(partition, time)
    if (!entry.dirty && this.#ttl !== undefined) table.touch(namespace, entry)
    const shown = partition.shown ?? partition.rows.slice(0, this.#step.limit)
    const values = batch.row(row)
    const changed = retraction ? this.#ranking.remove(partition, values) : this.#ranking.insert(partition, values, time)
    if (!changed) return
    if (!entry.dirty) table.touch(namespace, entry)
    if (partition.shown !== undefined) return
    partition.shown = shown
    this.#changed.push(entry)
  }

  #newPartition(namespace: Namespace<Partition>, key: MapKey, batch: Batch, row: number): Entry<Partition> {
    const partition = newPartition()
    this.#ttl?.touch(partition, batch.times[row] as number)
    const entry = this.#state.insert(namespace, key, this.#key.valuesAt(batch.columns, row), partition)
    this.#ttl?.watch(entry)
    return entry
  }

  #changeOf(namespace: Namespace<Partition>, entry: Entry<Partition>): PartitionChange {
    const before = must(entry.value.shown, 'a changed partition knows what was shown')
    const after = entry.value.rows.slice(0, this.#step.limit)
    entry.value.shown = undefined
    if (entry.value.rows.length === 0) this.#state.delete(namespace, entry)
    return this.#step.withRank ? changeByRank(before, after) : this.#changeByKey(before, after)
  }

  #changeByKey(before: readonly RankedRow[], after: readonly RankedRow[]): PartitionChange {
    const left = new Set(before)
    const came = after.filter((ranked) => !left.delete(ranked))
    const leftByKey = new Map([...left].map((ranked) => [this.#rowKey.keyOf(this.#keyValues(ranked)), ranked]))
    const pairs = came.map(({ row, time }) => {
      const key = this.#rowKey.keyOf(this.#rowKey.positions.map((position) => row[position] ?? null))
      const replaced = leftByKey.get(key)
      if (replaced !== undefined) {
        leftByKey.delete(key)
        left.delete(replaced)
      }
      return { before: replaced?.row, after: row, time }
    })
    return { left: [...left], pairs }
  }

  #keyValues({ row }: RankedRow): Row {
    return this.#rowKey.positions.map((position) => row[position] ?? null)
  }
}

/** What downstream has to hear of one partition: rows that are gone, then rows that came or changed. */
interface PartitionChange {
  readonly left: readonly RankedRow[]
  readonly pairs: readonly { readonly before: Row | undefined; readonly after: Row; readonly time: EventTimeMs }[]
}

function changeByRank(before: readonly RankedRow[], after: readonly RankedRow[]): PartitionChange {
  const left = before.slice(after.length).map(({ row, time }, i) => ({ row: [...row, after.length + i + 1], time }))
  const pairs = after.map(({ row, time }, i) => {
    const replaced = before[i]
    return { before: replaced && [...replaced.row, i + 1], after: [...row, i + 1], time }
  })
  return { left, pairs }
}

export function createTopN(step: TopNStep, input: Schema, evalContext: EvalContext): Operator {
  return step.windowEndColumn === undefined
    ? new TopN(step, input, evalContext)
    : new WindowTopN(step, step.windowEndColumn, input)
}
