import { must } from '../../core/assert.ts'
import { type Batch, isRetraction } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import { partialColumns } from '../../plan/physical/local-aggregation.ts'
import type { GroupAggregateStep } from '../../plan/physical/nodes.ts'
import { type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import { mergePartials } from '../aggregate/merge-partials.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import { type Entry, KeyedTable, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter } from './change-writer.ts'
import { Every } from './every.ts'
import { type GroupState, groupCodec, newGroup } from './group-state.ts'
import { StateTtl } from './state-ttl.ts'
import { isRetractable, keyColumnsOf } from './window-groups.ts'

/**
 * GROUP BY without windows, and DISTINCT, which is the case without aggregates.
 *
 * Emits, after each batch, one change for each group that it changed; with EVERY held back for that long. A group
 * whose last row was taken away is deleted. In a bounded query (`final`) each group comes out once, at the end of
 * time, in the order of the keys.
 *
 * A row's event time is the latest of the input rows behind the change; NaN for `final`, where it means nothing. With
 * a TTL a group that was not touched for that long
 * is forgotten in silence, as in Flink: its row stays, and a later row of the key begins a new group.
 */
export class GroupAggregate implements Operator {
  readonly #step: GroupAggregateStep
  readonly #clock: EvalContext
  readonly #key: KeyColumns
  readonly #aggregates: AggregateSet
  readonly #input: Schema
  readonly #retractable: boolean
  readonly #writer: ChangeWriter
  readonly #every: Every
  #context: OperatorContext | undefined
  #table: KeyedTable<GroupState> | undefined
  #ttl: StateTtl<GroupState> | undefined
  #row = 0
  #changed: Entry<GroupState>[] = []

  constructor(step: GroupAggregateStep, input: Schema, evalContext: EvalContext) {
    this.#step = step
    this.#input = input
    this.#clock = evalContext
    this.#key = keyColumnsOf(step.keys, input)
    this.#retractable = isRetractable(input)
    const aggregates = compileAggregates(step.aggregates, { retractable: this.#retractable })
    const { partial } = partialColumns(step.keys.length, false)
    this.#aggregates = step.input === 'partials' ? mergePartials(aggregates, partial) : aggregates
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
    this.#every = new Every(step.emit.everyMs)
  }

  open(context: OperatorContext): void {
    this.#context = context
    const codec = groupCodec(this.#aggregates, { rows: this.#retractable, touched: this.#step.ttlMs !== undefined })
    this.#table = new KeyedTable(context.store('groups'), this.#key, codec, context)
    if (this.#step.ttlMs !== undefined) {
      this.#ttl = new StateTtl(this.#step.ttlMs, this.#table, this.#key, context, this.#input, this.#clock)
    }
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    this.#writer.to(out)
    const namespace = this.#state.namespace(0)
    this.#row = 0
    while (this.#row < batch.length) {
      try {
        this.#addRows(batch, this.#row, namespace)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(this.#row))
        this.#row++
      }
    }
    if (this.#changed.length > 0 && this.#every.isDue(this.#clock.nowMs)) this.#emitChanges()
    this.#writer.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#writer.to(out)
    if (watermark === END_OF_TIME) {
      this.#emitChanges()
      if (this.#step.emit.mode === 'final') this.#emitAll()
    }
    this.#writer.flush()
    if (watermark !== END_OF_TIME) this.#ttl?.onWatermark(watermark)
  }

  onTime(nowMs: number, out: Output): void {
    if (this.#changed.length > 0 && this.#every.isDue(nowMs)) {
      this.#writer.to(out)
      this.#emitChanges()
      this.#writer.flush()
    }
    this.#ttl?.onTime(nowMs)
  }

  nextTimeMs(): number | undefined {
    const expiryMs = this.#ttl?.nextTimeMs
    const changesMs = this.#every.nextTimeMs
    if (expiryMs === undefined || changesMs === undefined) return expiryMs ?? changesMs
    return Math.min(expiryMs, changesMs)
  }

  onBarrier(_epoch: number, out: Output): void {
    this.#writer.to(out)
    this.#emitChanges()
    this.#writer.flush()
    this.#state.flush()
    this.#ttl?.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#ttl?.evict()
  }

  get #state(): KeyedTable<GroupState> {
    return must(this.#table, 'operator is open')
  }

  #addRows(batch: Batch, start: number, namespace: Namespace<GroupState>): void {
    const { columns, times, kinds, length } = batch
    const { single } = this.#key
    const keyColumn = single === undefined ? undefined : columns[single]
    const table = this.#state
    for (let row = start; row < length; row++) {
      this.#row = row
      const retraction = kinds !== undefined && isRetraction(kinds[row] as number)
      const key = keyColumn === undefined ? this.#key.keyAt(columns, row) : (keyColumn[row] as MapKey)
      const time = times[row] as number
      let entry = namespace.entries.get(key) ?? table.get(namespace, key, columns, row)
      if (entry !== undefined && this.#ttl?.isExpired(entry.value) === true) {
        this.#forget(namespace, entry)
        entry = undefined
      }
      if (entry === undefined) {
        // The row that this takes away was refused, or its group forgotten.
        if (!retraction) this.#newGroup(namespace, key, batch, row)
        continue
      }
      const group = entry.value
      if (!group.changed) this.#keepBefore(entry)
      if (retraction) this.#aggregates.retract(group.accumulators, columns, row, time)
      else this.#aggregates.add(group.accumulators, columns, row, time)
      if (this.#retractable) group.rows += retraction ? -1 : 1
      if (!(time <= group.time)) group.time = time
      this.#ttl?.touch(group, time)
      if (!entry.dirty) table.touch(namespace, entry)
      if (!group.changed) this.#noteChange(entry)
    }
    this.#row = length
  }

  #newGroup(namespace: Namespace<GroupState>, key: MapKey, batch: Batch, row: number): void {
    const group = newGroup(this.#aggregates.create())
    const time = batch.times[row] as number
    this.#aggregates.add(group.accumulators, batch.columns, row, time)
    group.rows = 1
    group.time = time
    this.#ttl?.touch(group, time)
    const entry = this.#state.insert(namespace, key, this.#key.valuesAt(batch.columns, row), group)
    this.#ttl?.watch(entry)
    this.#noteChange(entry)
  }

  #forget(namespace: Namespace<GroupState>, entry: Entry<GroupState>): void {
    // A change of it that waits is told first, as if there were no TTL.
    if (entry.value.changed) this.#emitChanges()
    if (entry.live) this.#state.delete(namespace, entry)
  }

  /** Downstream has seen the group as it is now. Only needed where it is told what it replaces, or may lose it. */
  #keepBefore(entry: Entry<GroupState>): void {
    if (this.#step.emit.mode === 'changes') entry.value.before = this.#resultRow(entry)
  }

  #noteChange(entry: Entry<GroupState>): void {
    if (this.#step.emit.mode !== 'changes') return
    entry.value.changed = true
    this.#changed.push(entry)
  }

  #emitChanges(): void {
    const entries = this.#changed
    this.#changed = []
    const namespace = this.#state.namespace(0)
    for (const entry of entries) {
      const group = entry.value
      const gone = this.#retractable && group.rows <= 0
      this.#writer.change(group.before, gone ? undefined : this.#resultRow(entry), group.time)
      group.before = undefined
      group.time = Number.NaN
      group.changed = false
      if (gone) this.#state.delete(namespace, entry)
    }
    if (entries.length > 0) this.#every.emitted(this.#clock.nowMs)
  }

  #emitAll(): void {
    const namespace = this.#state.namespace(0)
    let empty = true
    for (const entry of this.#state.entriesOf(namespace)) {
      if (this.#retractable && entry.value.rows <= 0) continue
      empty = false
      const row = this.#resultRow(entry)
      if (row !== undefined) this.#writer.insert(row, Number.NaN)
    }
    // COUNT(*) of nothing is a row with 0.
    if (empty && this.#step.keys.length === 0) {
      this.#writer.insert(this.#aggregates.results(this.#aggregates.create()), Number.NaN)
    }
    this.#state.drop(0)
  }

  #resultRow(entry: Entry<GroupState>): Row | undefined {
    try {
      return [...entry.values, ...this.#aggregates.results(entry.value.accumulators)]
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, entry.values)
      return undefined
    }
  }
}
