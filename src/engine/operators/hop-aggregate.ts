import { must } from '../../core/assert.ts'
import type { Batch, Column } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { WindowAggregateStep } from '../../plan/physical/nodes.ts'
import type { Accumulators, AggregateSet } from '../aggregate/aggregate-set.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns, Keyed, MapKey } from '../key-columns.ts'
import { KeyedTable, lowerBound, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { alignDown } from '../window/align.ts'
import { type Windower, windower } from '../window/windower.ts'
import { ChangeWriter } from './change-writer.ts'
import { LateRows } from './late-rows.ts'
import { keyColumnsOf, type WindowInput, windowInput, windowRow } from './window-groups.ts'

/**
 * GROUP BY over overlapping windows of inserts, each of whose rows comes out once.
 *
 * A row is added to one slice of time, not to each of its windows; a window that closes merges its slices. With
 * windows of 5 minutes that slide by 1 minute that is one update a row where there would be five, and a fifth of the
 * state. Everything else is as in WindowAggregate: a row that is late for some of its windows still counts in the
 * others, because the windows that it is late for have merged the slice before. State: namespace = end of the slice.
 */
export class HopAggregate implements Operator {
  readonly #step: WindowAggregateStep
  readonly #windows: Windower
  readonly #key: KeyColumns
  readonly #input: WindowInput
  readonly #aggregates: AggregateSet
  readonly #latenessMs: number
  readonly #writer: ChangeWriter
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<Accumulators> | undefined
  /** Of event time; the clock for windows of processing time. */
  #watermark: EventTimeMs = NO_WATERMARK
  #row = 0
  /** Ends of the windows of the current slice that are over. */
  readonly #over: EventTimeMs[] = []

  constructor(step: WindowAggregateStep, input: Schema, evalContext: EvalContext) {
    this.#step = step
    this.#windows = windower(step.window)
    this.#key = keyColumnsOf(step.keys, input)
    this.#input = windowInput(step, input, evalContext)
    this.#aggregates = this.#input.aggregates
    this.#latenessMs = step.latePolicy.allowedLatenessMs
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#late = new LateRows(this.#step.latePolicy, context, this.#input.rowsColumn)
    this.#table = new KeyedTable(context.store('slices'), this.#key, this.#aggregates, context)
    if (this.#step.time === 'event') this.#watermark = context.restoredWatermark
  }

  onBatch(_port: number, input: Batch): void {
    const batch = this.#input.timed(input)
    this.#row = 0
    while (this.#row < batch.length) {
      try {
        this.#addRows(batch, this.#row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(this.#row))
        this.#row++
      }
    }
    this.#late?.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    if (this.#step.time === 'event' || watermark === END_OF_TIME) this.#advance(watermark, out)
  }

  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    if (this.#step.time === 'processing') return watermark === END_OF_TIME ? watermark : this.#watermark
    return Math.floor(watermark) - this.#latenessMs
  }

  onTime(nowMs: number, out: Output): void {
    if (this.#step.time === 'processing' && nowMs > this.#watermark) this.#advance(nowMs, out)
  }

  nextTimeMs(): number | undefined {
    return this.#step.time === 'processing' ? this.#nextClose(this.#watermark) : undefined
  }

  onBarrier(): void {
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<Accumulators> {
    return must(this.#table, 'operator is open')
  }

  #addRows(batch: Batch, start: number): void {
    const { columns, times, length } = batch
    const { single } = this.#key
    const keyColumn = single === undefined ? undefined : (columns[single] as Column)
    const table = this.#state
    const aggregates = this.#aggregates
    let slice: Namespace<Accumulators> | undefined
    let from = Number.NaN
    let to = Number.NaN
    for (let row = start; row < length; row++) {
      this.#row = row
      const time = times[row] as number
      if (!(time >= from && time < to)) {
        if (Number.isNaN(time)) throw new EvaluationError('the event time is NULL')
        from = alignDown(time, this.#windows.sliceMs, this.#windows.offsetMs)
        to = from + this.#windows.sliceMs
        slice = this.#enterSlice(time, to)
      }
      if (this.#over.length > 0) this.#addLate(batch, row)
      if (slice === undefined) continue
      const key = keyColumn === undefined ? this.#key.keyAt(columns, row) : (keyColumn[row] as MapKey)
      const entry = slice.entries.get(key) ?? table.get(slice, key, columns, row)
      if (entry === undefined) {
        const accumulators = aggregates.create()
        aggregates.add(accumulators, columns, row, time)
        table.insert(slice, key, this.#key.valuesAt(columns, row), accumulators)
      } else {
        aggregates.add(entry.value, columns, row, time)
        if (!entry.dirty) table.touch(slice, entry)
      }
    }
    this.#row = length
  }

  /** The slice, or undefined when all of its windows are over. */
  #enterSlice(time: EventTimeMs, sliceEnd: EventTimeMs): Namespace<Accumulators> | undefined {
    this.#over.length = 0
    const lastEnd = this.#windows.lastEnd(time)
    let end = this.#windows.firstEnd(time)
    for (; end <= lastEnd && end + this.#latenessMs <= this.#watermark; end += this.#windows.stepMs)
      this.#over.push(end)
    return end > lastEnd ? undefined : this.#state.namespace(sliceEnd)
  }

  #addLate(batch: Batch, row: number): void {
    for (const end of this.#over) this.#late?.add(batch, row, this.#watermark, this.#windows.start(end), end)
  }

  /** When the next window is emitted, if its time is after `watermark`. */
  #nextClose(watermark: EventTimeMs): EventTimeMs | undefined {
    const slice = this.#state.namespaces[0]
    if (slice === undefined) return undefined
    const firstEnd = this.#windows.firstEnd(slice - this.#windows.sliceMs)
    if (watermark === NO_WATERMARK) return firstEnd + this.#latenessMs
    return Math.max(firstEnd, this.#windows.firstEnd(watermark - this.#latenessMs)) + this.#latenessMs
  }

  #advance(watermark: EventTimeMs, out: Output): void {
    const before = this.#watermark
    this.#watermark = watermark
    if ((this.#nextClose(before) ?? END_OF_TIME) > watermark || this.#state.namespaces.length === 0) return
    this.#writer.to(out)
    this.#emitWindows(before - this.#latenessMs, watermark - this.#latenessMs)
    this.#writer.flush()
  }

  /** Emits the windows that end after `from` and up to `to`, and drops the slices that no other window needs. */
  #emitWindows(from: EventTimeMs, to: EventTimeMs): void {
    const { sliceMs, stepMs } = this.#windows
    const table = this.#state
    let emitted = from
    for (const sliceEnd of [...table.namespaces]) {
      const time = sliceEnd - sliceMs
      const lastEnd = this.#windows.lastEnd(time)
      for (let end = this.#windows.firstEnd(time); end <= lastEnd && end <= to; end += stepMs) {
        if (end <= emitted) continue
        this.#emitWindow(end)
        emitted = end
      }
      if (lastEnd <= to) table.drop(sliceEnd)
    }
  }

  #emitWindow(end: EventTimeMs): void {
    const start = this.#windows.start(end)
    const context = must(this.#context, 'operator is open')
    for (const { values, accumulators } of this.#mergeSlices(start, end)) {
      const row = windowRow(values, start, end, accumulators, this.#aggregates, context)
      if (row !== undefined) this.#writer.insert(row, end - 1)
    }
  }

  /** The groups of a window in the order of their keys. */
  #mergeSlices(start: EventTimeMs, end: EventTimeMs): readonly Merged[] {
    const table = this.#state
    const ids = table.namespaces
    const groups = new Map<MapKey, Merged>()
    for (let i = lowerBound(ids, start + 1); i < ids.length && (ids[i] as number) <= end; i++) {
      for (const { key, values, value } of table.unorderedEntriesOf(table.namespace(ids[i] as number))) {
        const group = groups.get(key)
        if (group === undefined) {
          groups.set(key, { key, values, accumulators: value, isCopy: false })
          continue
        }
        if (!group.isCopy) {
          // The slice's own accumulators are still to be merged into other windows.
          const copy = this.#aggregates.create()
          this.#aggregates.merge(copy, group.accumulators)
          group.accumulators = copy
          group.isCopy = true
        }
        this.#aggregates.merge(group.accumulators, value)
      }
    }
    return this.#key.sort([...groups.values()])
  }
}

interface Merged extends Keyed {
  accumulators: Accumulators
  isCopy: boolean
}
