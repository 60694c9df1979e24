import { must } from '../../core/assert.ts'
import { type Batch, type Column, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { WindowAggregateStep } from '../../plan/physical/nodes.ts'
import type { AggregateSet } from '../aggregate/aggregate-set.ts'
import { showsArrival } from '../aggregate/registry.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import { type Entry, KeyedTable, lowerBound, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { alignDown } from '../window/align.ts'
import { type Windower, windower } from '../window/windower.ts'
import { ChangeWriter } from './change-writer.ts'
import { Every } from './every.ts'
import { type GroupState, groupCodec, newGroup } from './group-state.ts'
import { HopAggregate } from './hop-aggregate.ts'
import { LateRows } from './late-rows.ts'
import { emitsOnce, isRetractable, keyColumnsOf, type WindowInput, windowInput, windowRow } from './window-groups.ts'

/**
 * GROUP BY over tumbling, hopping or cumulating windows.
 *
 * A window [start, end) closes when the watermark reaches `end`, and ends for good at `end` + allowed lateness: until
 * then rows still count, after it they are late, and its state is gone. Lateness is judged for each window of a row.
 * Emit modes:
 * - changes: after each batch, one change for each group that it changed; with EVERY held back for that long;
 * - on-window-close: one row when the window closes, then one revision for each late row that is still allowed;
 * - final: one row when the window ends for good.
 *
 * Rows come out windows by end, then keys in their order, whatever the order of arrival, the size of batches or a
 * restart in between. State: namespace = end of the window.
 *
 * Cumulating windows whose rows come out once do not add a row to each of its windows (up to size / step of them) but
 * to the first that is open. When that closes, its groups move on into the next window with the same start.
 * Functions that show the order of arrival keep a group a window: groups that are merged have lost that order.
 */
export class WindowAggregate implements Operator {
  readonly #step: WindowAggregateStep
  readonly #clock: EvalContext
  readonly #windows: Windower
  readonly #key: KeyColumns
  readonly #input: WindowInput
  readonly #aggregates: AggregateSet
  readonly #retractable: boolean
  readonly #carries: boolean
  readonly #latenessMs: number
  readonly #writer: ChangeWriter
  readonly #every: Every
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<GroupState> | undefined
  /** Of event time; the clock for windows of processing time. */
  #watermark: EventTimeMs = NO_WATERMARK
  /** Row that is being added: where to go on after one that an aggregate refused. */
  #row = 0
  /** Windows of the current slice of time: those that take rows, and the ends of those that are over. */
  readonly #open: Namespace<GroupState>[] = []
  readonly #over: EventTimeMs[] = []
  /** Changed since they were emitted last, with their windows. */
  #changed: Entry<GroupState>[] = []
  #changedIn: Namespace<GroupState>[] = []

  constructor(step: WindowAggregateStep, input: Schema, evalContext: EvalContext) {
    this.#step = step
    this.#clock = evalContext
    this.#windows = windower(step.window)
    this.#key = keyColumnsOf(step.keys, input)
    this.#retractable = isRetractable(input)
    this.#input = windowInput(step, input, evalContext)
    this.#aggregates = this.#input.aggregates
    this.#latenessMs = step.latePolicy.allowedLatenessMs
    this.#carries = step.window.kind === 'cumulate' && emitsOnce(step) && !step.aggregates.some(showsArrival)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
    this.#every = new Every(step.emit.everyMs)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#late = new LateRows(this.#step.latePolicy, context, this.#input.rowsColumn)
    const codec = groupCodec(this.#aggregates, { rows: this.#retractable, touched: false })
    this.#table = new KeyedTable(context.store('groups'), this.#key, codec, context)
    if (this.#step.time === 'event') this.#watermark = context.restoredWatermark
  }

  onBatch(_port: number, input: Batch, out: Output): void {
    const batch = this.#input.timed(input)
    this.#writer.to(out)
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
    if (this.#changed.length > 0 && this.#every.isDue(this.#clock.nowMs)) this.#emitChanges(END_OF_TIME)
    this.#writer.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    if (this.#step.time === 'event' || watermark === END_OF_TIME) this.#advance(watermark, out)
  }

  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    if (this.#step.time === 'processing') return watermark === END_OF_TIME ? watermark : this.#watermark
    // Ends are whole milliseconds, so a window that is open at a fraction of one ends after all of it.
    return Math.floor(watermark) - this.#latenessMs
  }

  onTime(nowMs: number, out: Output): void {
    if (this.#step.time === 'processing' && nowMs > this.#watermark) this.#advance(nowMs, out)
    if (this.#changed.length === 0 || !this.#every.isDue(nowMs)) return
    this.#writer.to(out)
    this.#emitChanges(END_OF_TIME)
    this.#writer.flush()
  }

  nextTimeMs(): number | undefined {
    const changesMs = this.#every.nextTimeMs
    const end = this.#step.time === 'processing' ? this.#state.namespaces[0] : undefined
    if (end === undefined) return changesMs
    const overMs = end + this.#latenessMs
    return changesMs === undefined ? overMs : Math.min(changesMs, overMs)
  }

  onBarrier(_epoch: number, out: Output): void {
    this.#writer.to(out)
    this.#emitChanges(END_OF_TIME)
    this.#writer.flush()
    this.#state.flush()
  }

  onCommitted(): void {
    this.#state.evict()
  }

  get #state(): KeyedTable<GroupState> {
    return must(this.#table, 'operator is open')
  }

  /** The hot loop: one comparison and one Map lookup a row while time stays in a slice. */
  #addRows(batch: Batch, start: number): void {
    const { columns, times, kinds, length } = batch
    const { single } = this.#key
    const keyColumn = single === undefined ? undefined : (columns[single] as Column)
    const table = this.#state
    const aggregates = this.#aggregates
    const watermark = this.#watermark
    const byChange = this.#step.emit.mode === 'changes' || this.#retractable
    let from = Number.NaN
    let to = Number.NaN
    for (let row = start; row < length; row++) {
      this.#row = row
      const time = times[row] as number
      if (!(time >= from && time < to)) {
        if (Number.isNaN(time)) throw new EvaluationError('the event time is NULL')
        from = alignDown(time, this.#windows.sliceMs, this.#windows.offsetMs)
        to = from + this.#windows.sliceMs
        this.#enterSlice(time)
      }
      if (this.#over.length > 0) this.#addLate(batch, row)
      const key = keyColumn === undefined ? this.#key.keyAt(columns, row) : (keyColumn[row] as MapKey)
      for (let i = 0; i < this.#open.length; i++) {
        const window = this.#open[i] as Namespace<GroupState>
        if (byChange || window.id <= watermark) {
          this.#changeGroup(window, key, batch, row, kinds !== undefined && isRetraction(kinds[row] as number))
          if (this.#changed.length > 0) this.#emitRevision(kinds, row)
          continue
        }
        const entry = window.entries.get(key) ?? table.get(window, key, columns, row)
        if (entry === undefined) {
          const group = newGroup(aggregates.create())
          aggregates.add(group.accumulators, columns, row, time)
          table.insert(window, key, this.#key.valuesAt(columns, row), group)
        } else {
          aggregates.add(entry.value.accumulators, columns, row, time)
          if (!entry.dirty) table.touch(window, entry)
        }
      }
    }
    this.#row = length
  }

  #enterSlice(time: EventTimeMs): void {
    this.#open.length = 0
    this.#over.length = 0
    const lastEnd = this.#windows.lastEnd(time)
    for (let end = this.#windows.firstEnd(time); end <= lastEnd; end += this.#windows.stepMs) {
      if (end + this.#latenessMs <= this.#watermark) this.#over.push(end)
      else {
        this.#open.push(this.#state.namespace(end))
        if (this.#carries) return
      }
    }
  }

  #addLate(batch: Batch, row: number): void {
    for (const end of this.#over) this.#late?.add(batch, row, this.#watermark, this.#windows.start(end), end)
  }

  /** The way of rows whose effect is seen at once, or that may take a group away. */
  #changeGroup(window: Namespace<GroupState>, key: MapKey, batch: Batch, row: number, retraction: boolean): void {
    const table = this.#state
    const { columns } = batch
    const time = batch.times[row] as number
    let entry = table.get(window, key, columns, row)
    if (entry === undefined) {
      // The row that this takes away was refused or late when it came.
      if (retraction) return
      const group = newGroup(this.#aggregates.create())
      this.#aggregates.add(group.accumulators, columns, row, time)
      group.rows = 1
      entry = table.insert(window, key, this.#key.valuesAt(columns, row), group)
      this.#noteChange(window, entry)
    } else {
      this.#keepBefore(window, entry)
      const group = entry.value
      if (retraction) this.#aggregates.retract(group.accumulators, columns, row, time)
      else this.#aggregates.add(group.accumulators, columns, row, time)
      group.rows += retraction ? -1 : 1
      if (!entry.dirty) table.touch(window, entry)
      this.#noteChange(window, entry)
      if (!group.changed && this.#isGone(group)) table.delete(window, entry)
    }
  }

  /** A revision for each late row, not for each batch: batches have no meaning to whoever reads the results. */
  #emitRevision(kinds: Uint8Array | undefined, row: number): void {
    if (this.#step.emit.mode !== 'on-window-close' || this.#step.emit.everyMs !== undefined) return
    const isPair = kinds !== undefined && kinds[row] === UPDATE_BEFORE && kinds[row + 1] === UPDATE_AFTER
    if (!isPair) this.#emitChanges(END_OF_TIME)
  }

  #isGone(group: GroupState): boolean {
    return this.#retractable && group.rows <= 0
  }

  /** Downstream has seen the group as it is now, unless changes of it already wait. */
  #keepBefore(window: Namespace<GroupState>, entry: Entry<GroupState>): void {
    if (entry.value.changed || !this.#isShown(window)) return
    entry.value.before = this.#resultRow(window, entry)
  }

  #noteChange(window: Namespace<GroupState>, entry: Entry<GroupState>): void {
    if (entry.value.changed || !this.#isShown(window)) return
    entry.value.changed = true
    this.#changed.push(entry)
    this.#changedIn.push(window)
  }

  /** True when changes of the window's groups go out as they happen. */
  #isShown(window: Namespace<GroupState>): boolean {
    const { mode } = this.#step.emit
    return mode === 'changes' || (mode === 'on-window-close' && window.id <= this.#watermark)
  }

  /** Emits the changes that wait, of windows up to `lastEnd`. */
  #emitChanges(lastEnd: EventTimeMs): void {
    if (this.#changed.length === 0) return
    const entries = this.#changed
    const windows = this.#changedIn
    this.#changed = []
    this.#changedIn = []
    for (let i = 0; i < entries.length; i++) {
      const entry = entries[i] as Entry<GroupState>
      const window = windows[i] as Namespace<GroupState>
      if (window.id > lastEnd) {
        this.#changed.push(entry)
        this.#changedIn.push(window)
        continue
      }
      const group = entry.value
      const gone = this.#isGone(group)
      const after = gone ? undefined : this.#resultRow(window, entry)
      this.#writer.change(group.before, after, window.id - 1)
      group.before = undefined
      group.changed = false
      if (gone) this.#state.delete(window, entry)
    }
    if (this.#changed.length === 0) this.#every.emitted(this.#clock.nowMs)
  }

  #resultRow(window: Namespace<GroupState>, entry: Entry<GroupState>): Row | undefined {
    const context = must(this.#context, 'operator is open')
    const start = this.#windows.start(window.id)
    return windowRow(entry.values, start, window.id, entry.value.accumulators, this.#aggregates, context)
  }

  #advance(watermark: EventTimeMs, out: Output): void {
    const before = this.#watermark
    this.#watermark = watermark
    const ends = this.#state.namespaces
    if (ends.length === 0 || (ends[0] as number) > watermark) return
    this.#writer.to(out)
    if (this.#changed.length > 0) this.#emitChanges(watermark)
    this.#close(before, watermark)
    this.#writer.flush()
  }

  #close(before: EventTimeMs, watermark: EventTimeMs): void {
    const table = this.#state
    const { mode } = this.#step.emit
    // Carried groups open windows while this loop runs, always after the one that closes.
    let from = mode === 'on-window-close' ? before : NO_WATERMARK
    for (;;) {
      const index = from === NO_WATERMARK ? 0 : lowerBound(table.namespaces, Math.floor(from) + 1)
      const end = table.namespaces[index]
      if (end === undefined || end > watermark) break
      const over = end + this.#latenessMs <= watermark
      if (mode === 'final' && !over) break
      if (mode !== 'changes') this.#emitWindow(table.namespace(end))
      if (over && this.#carries) this.#carry(table.namespace(end))
      from = end
    }
    while (table.namespaces.length > 0 && (table.namespaces[0] as number) + this.#latenessMs <= watermark) {
      table.drop(table.namespaces[0] as number)
    }
  }

  #emitWindow(window: Namespace<GroupState>): void {
    for (const entry of this.#state.entriesOf(window)) {
      if (this.#isGone(entry.value)) continue
      const row = this.#resultRow(window, entry)
      if (row !== undefined) this.#writer.insert(row, window.id - 1)
    }
  }

  #carry(window: Namespace<GroupState>): void {
    const nextEnd = window.id + this.#windows.stepMs
    if (this.#windows.start(nextEnd) !== this.#windows.start(window.id)) return
    const table = this.#state
    const next = table.namespace(nextEnd)
    for (const { key, values, value } of table.entriesOf(window)) {
      const entry = table.getByValues(next, values)
      if (entry === undefined) {
        table.insert(next, key, values, value)
        continue
      }
      // Into the older of the two, so that rows keep their order of arrival.
      this.#aggregates.merge(value.accumulators, entry.value.accumulators)
      entry.value.accumulators = value.accumulators
      entry.value.rows += value.rows
      if (!entry.dirty) table.touch(next, entry)
    }
  }
}

/** Hopping windows whose rows come out once have an operator that shares work between windows. */
export function createWindowAggregate(step: WindowAggregateStep, input: Schema, evalContext: EvalContext): Operator {
  const { window } = step
  const overlaps = window.kind === 'hop' && window.slideMs < window.sizeMs
  const sliced = overlaps && emitsOnce(step) && !isRetractable(input) && !step.aggregates.some(showsArrival)
  if (sliced) return new HopAggregate(step, input, evalContext)
  return new WindowAggregate(step, input, evalContext)
}
