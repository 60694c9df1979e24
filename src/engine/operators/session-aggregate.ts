import { must } from '../../core/assert.ts'
import { type Batch, isRetraction, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { SessionAggregateStep } from '../../plan/physical/nodes.ts'
import { type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import { type Entry, KeyedTable, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { SessionWindows } from '../window/session.ts'
import { ChangeWriter } from './change-writer.ts'
import { Every } from './every.ts'
import { LateRows } from './late-rows.ts'
import { newSession, type Session, type Sessions, sessionsCodec } from './session-state.ts'
import { SessionTimers } from './session-timers.ts'
import { atTime, isRetractable, keyColumnsOf } from './window-groups.ts'

/** Timer buckets within one gap: what is near enough to be kept in a heap is a fraction of the live sessions. */
const BUCKETS_PER_GAP = 8

/**
 * GROUP BY over session windows: they grow with their rows, and two become one when a row closes the gap between them.
 *
 * Closing, lateness and emit modes are those of a window-aggregate. A row is late when the session it would be in has
 * ended for good. What a growing or merged session showed before is taken back under its old bounds (-D), since the
 * bounds are part of the result's key; a session that grows after it closed, and so is open again, takes its row back
 * and shows the new one when it closes again. A retraction takes a row out of its session but does not shrink it.
 */
export class SessionAggregate implements Operator {
  readonly #step: SessionAggregateStep
  readonly #clock: EvalContext
  readonly #windows: SessionWindows
  readonly #key: KeyColumns
  readonly #aggregates: AggregateSet
  readonly #retractable: boolean
  readonly #latenessMs: number
  readonly #writer: ChangeWriter
  readonly #every: Every
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<Sessions> | undefined
  #keyTimers: KeyTimers | undefined
  #timers: SessionTimers | undefined
  /** Of event time; the clock for windows of processing time. */
  #watermark: EventTimeMs = NO_WATERMARK
  #changed: { readonly entry: Entry<Sessions>; readonly session: Session }[] = []

  constructor(step: SessionAggregateStep, input: Schema, evalContext: EvalContext) {
    this.#step = step
    this.#clock = evalContext
    this.#windows = new SessionWindows(step.gapMs, step.maxMs)
    this.#key = keyColumnsOf(step.keys, input)
    this.#retractable = isRetractable(input)
    this.#aggregates = compileAggregates(step.aggregates, { retractable: this.#retractable })
    this.#latenessMs = step.latePolicy.allowedLatenessMs
    this.#writer = new ChangeWriter(step.schema.fields.length, step.retractions)
    this.#every = new Every(step.emit.everyMs)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#late = new LateRows(this.#step.latePolicy, context)
    this.#table = new KeyedTable(context.store('sessions'), this.#key, sessionsCodec(this.#aggregates), context)
    const bucketMs = Math.max(1, Math.floor(this.#step.gapMs / BUCKETS_PER_GAP))
    this.#keyTimers = new KeyTimers(context.store('timers'), this.#key, bucketMs, context)
    this.#timers = new SessionTimers(this.#keyTimers)
    if (this.#step.time === 'event') this.#watermark = context.restoredWatermark
  }

  onBatch(_port: number, input: Batch, out: Output): void {
    const batch = this.#step.time === 'event' ? input : atTime(input, this.#clock.nowMs)
    this.#writer.to(out)
    const namespace = this.#state.namespace(0)
    for (let row = 0; row < batch.length; row++) {
      try {
        this.#apply(namespace, batch, row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
      if (this.#changed.length > 0 && this.#revisesAt(batch, row)) this.#emitChanges()
    }
    this.#late?.flush()
    if (this.#changed.length > 0 && this.#every.isDue(this.#clock.nowMs)) this.#emitChanges()
    this.#writer.flush()
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
    if (this.#changed.length === 0 || !this.#every.isDue(nowMs)) return
    this.#writer.to(out)
    this.#emitChanges()
    this.#writer.flush()
  }

  nextTimeMs(): number | undefined {
    const changesMs = this.#every.nextTimeMs
    const endMs = this.#step.time === 'processing' ? this.#timers?.nextTime : undefined
    return changesMs === undefined || endMs === undefined ? (changesMs ?? endMs) : Math.min(changesMs, endMs)
  }

  onBarrier(_epoch: number, out: Output): void {
    this.#writer.to(out)
    this.#emitChanges()
    this.#writer.flush()
    this.#state.flush()
    this.#keyTimers?.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#keyTimers?.evict()
  }

  get #state(): KeyedTable<Sessions> {
    return must(this.#table, 'operator is open')
  }

  #apply(namespace: Namespace<Sessions>, batch: Batch, row: number): void {
    const { columns } = batch
    const exactTime = batch.times[row] as number
    if (Number.isNaN(exactTime)) throw new EvaluationError('the event time is NULL')
    // Bounds are whole milliseconds, like those of all windows.
    const time = Math.floor(exactTime)
    const key = this.#key.keyAt(columns, row)
    const entry = namespace.entries.get(key) ?? this.#state.get(namespace, key, columns, row)
    const index = entry === undefined ? -1 : this.#windows.find(entry.value.list, time)
    if (batch.kinds !== undefined && isRetraction(batch.kinds[row] as number)) {
      if (entry !== undefined && index >= 0) this.#retract(namespace, entry, index, batch, row)
    } else if (entry !== undefined && index >= 0) this.#extend(namespace, entry, index, time, batch, row)
    else if (entry !== undefined) this.#insert(namespace, entry, -1 - index, time, batch, row)
    else {
      const span = this.#windows.open(time)
      if (this.#isLate(span.end, span.start, batch, row)) return
      const session = newSession(span, this.#aggregates.create())
      this.#aggregates.add(session.accumulators, columns, row, exactTime)
      session.rows = 1
      const values = this.#key.valuesAt(columns, row)
      const created = this.#state.insert(namespace, key, values, { list: [session], timer: undefined })
      this.#remind(created, session)
      this.#noteChange(created, session)
    }
  }

  /** The row is within a session, which may grow and reach the next. */
  #extend(
    ns: Namespace<Sessions>,
    entry: Entry<Sessions>,
    index: number,
    time: number,
    batch: Batch,
    row: number,
  ): void {
    const session = entry.value.list[index] as Session
    this.#keepShown(entry, session)
    this.#aggregates.add(session.accumulators, batch.columns, row, batch.times[row] as number)
    session.rows++
    this.#windows.extend(session, time)
    this.#absorb(entry, index)
    // One that had closed and is open again is due earlier than it was.
    this.#remind(entry, session)
    if (!entry.dirty) this.#state.touch(ns, entry)
    this.#noteChange(entry, session)
  }

  /** The row is in no session: it begins one, which may reach the next. */
  #insert(
    ns: Namespace<Sessions>,
    entry: Entry<Sessions>,
    index: number,
    time: number,
    batch: Batch,
    row: number,
  ): void {
    const { list } = entry.value
    const session = newSession(this.#windows.open(time), this.#aggregates.create())
    const joins = this.#windows.absorbs(session, list[index])
    if (!joins && this.#isLate(session.end, session.start, batch, row)) return
    this.#aggregates.add(session.accumulators, batch.columns, row, batch.times[row] as number)
    session.rows = 1
    list.splice(index, 0, session)
    this.#absorb(entry, index)
    this.#remind(entry, session)
    if (!entry.dirty) this.#state.touch(ns, entry)
    this.#noteChange(entry, session)
  }

  #absorb(entry: Entry<Sessions>, index: number): void {
    const { list } = entry.value
    const session = list[index] as Session
    while (this.#windows.absorbs(session, list[index + 1])) {
      const next = list[index + 1] as Session
      this.#keepShown(entry, next)
      this.#aggregates.merge(session.accumulators, next.accumulators)
      session.rows += next.rows
      session.shown.push(...next.shown)
      next.gone = true
      this.#windows.join(session, next)
      list.splice(index + 1, 1)
    }
  }

  #retract(ns: Namespace<Sessions>, entry: Entry<Sessions>, index: number, batch: Batch, row: number): void {
    const { list } = entry.value
    const session = list[index] as Session
    this.#keepShown(entry, session)
    this.#aggregates.retract(session.accumulators, batch.columns, row, batch.times[row] as number)
    session.rows--
    // It stays as an empty session, which shows nothing and ends like any other: the row may come back at once.
    if (!entry.dirty) this.#state.touch(ns, entry)
    this.#noteChange(entry, session)
  }

  #isLate(end: EventTimeMs, start: EventTimeMs, batch: Batch, row: number): boolean {
    if (end + this.#latenessMs > this.#watermark) return false
    this.#late?.add(batch, row, this.#watermark, start, end)
    return true
  }

  // ---- what downstream sees --------------------------------------------------------------------------------------

  /** True when changes of a session with this end go out as they happen. */
  #isShown(end: EventTimeMs): boolean {
    const { mode } = this.#step.emit
    return mode === 'changes' || (mode === 'on-window-close' && end <= this.#watermark)
  }

  /** Before the first change since it was emitted: downstream has the session as it is now. */
  #keepShown(entry: Entry<Sessions>, session: Session): void {
    if (session.changed || !this.#isShown(session.end)) return
    const row = this.#resultRow(entry, session)
    if (row !== undefined) session.shown.push(row)
    // Noted now: it may be neither shown nor known any more when the row has been applied.
    session.changed = true
    this.#changed.push({ entry, session })
  }

  #noteChange(entry: Entry<Sessions>, session: Session): void {
    if (session.changed || (session.shown.length === 0 && !this.#isShown(session.end))) return
    session.changed = true
    this.#changed.push({ entry, session })
  }

  /** A revision for each late row, not for each batch; an update's two rows make one. */
  #revisesAt({ kinds }: Batch, row: number): boolean {
    if (this.#step.emit.mode !== 'on-window-close' || this.#step.emit.everyMs !== undefined) return false
    return kinds === undefined || kinds[row] !== UPDATE_BEFORE || kinds[row + 1] !== UPDATE_AFTER
  }

  #emitChanges(): void {
    if (this.#changed.length === 0) return
    for (const { entry, session } of this.#changed) {
      session.changed = false
      if (!session.gone) this.#emitChange(entry, session)
    }
    this.#changed = []
    this.#every.emitted(this.#clock.nowMs)
  }

  #emitChange(entry: Entry<Sessions>, session: Session): void {
    const after = this.#isShown(session.end) ? this.#resultRow(entry, session) : undefined
    const startColumn = entry.values.length
    let before: Row | undefined
    for (const row of session.shown) {
      const end = row[startColumn + 1] as number
      if (after !== undefined && row[startColumn] === session.start && end === session.end) before = row
      else this.#writer.delete(row, end - 1)
    }
    session.shown = []
    this.#writer.change(before, after, session.end - 1)
  }

  #resultRow(entry: Entry<Sessions>, session: Session): Row | undefined {
    if (this.#retractable && session.rows <= 0) return undefined
    const bounds = [...entry.values, session.start, session.end]
    try {
      return [...bounds, ...this.#aggregates.results(session.accumulators)]
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, bounds)
      return undefined
    }
  }

  // ---- time ------------------------------------------------------------------------------------------------------

  /** When a session is to be looked at next. */
  #dueMs({ end }: Session): EventTimeMs {
    return this.#step.emit.mode === 'on-window-close' && end > this.#watermark ? end : end + this.#latenessMs
  }

  /** Reminds of a session unless the key is looked at before it is due anyway. */
  #remind(entry: Entry<Sessions>, session: Session): void {
    const due = this.#dueMs(session)
    const { timer } = entry.value
    if (timer !== undefined && timer <= due) return
    entry.value.timer = due
    this.#timers?.add(due, entry.values)
  }

  /** For a reminder of a bucket that has come: when the key is due by now. Its sessions have mostly grown since. */
  #dueOf(values: Row, bucketTime: EventTimeMs): EventTimeMs | undefined {
    const namespace = this.#state.namespace(0)
    const entry = this.#state.getByValues(namespace, values)
    if (entry === undefined) return undefined
    const { timer, list } = entry.value
    if (timer === undefined || this.#timers?.bucketOf(timer) !== bucketTime) return undefined
    let due = END_OF_TIME
    for (const session of list) due = Math.min(due, this.#dueMs(session))
    if (due === timer) return due
    entry.value.timer = due
    if (!entry.dirty) this.#state.touch(namespace, entry)
    return due
  }

  #advance(watermark: EventTimeMs, out: Output): void {
    const before = this.#watermark
    const timers = must(this.#timers, 'operator is open')
    this.#writer.to(out)
    // What waits must not come after its session has gone, nor show one that closes only now.
    if ((timers.nextTime ?? END_OF_TIME) <= watermark) this.#emitChanges()
    // With the watermark of before: what closes now is due at its end, what has closed when it ends for good.
    timers.bringNear(watermark, (values, bucketTime) => this.#dueOf(values, bucketTime))
    this.#watermark = watermark
    if ((timers.nextTime ?? END_OF_TIME) > watermark) return
    const namespace = this.#state.namespace(0)
    const closing: { readonly values: Row; readonly end: EventTimeMs; readonly row: Row }[] = []
    for (;;) {
      const reminder = timers.pop(watermark)
      if (reminder === undefined) break
      const entry = this.#state.getByValues(namespace, reminder.values)
      // Reminded before its time, or for a session that is part of another by now.
      if (entry?.value.timer !== reminder.time) continue
      this.#closeSessions(entry, before, watermark, closing)
      const { list } = entry.value
      entry.value.timer = undefined
      if (list.length === 0) {
        this.#state.delete(namespace, entry)
        continue
      }
      if (!entry.dirty) this.#state.touch(namespace, entry)
      for (const session of list) this.#remind(entry, session)
    }
    closing.sort((a, b) => a.end - b.end || this.#key.compare(a.values, b.values))
    for (const { row, end } of closing) this.#writer.insert(row, end - 1)
    this.#writer.flush()
  }

  /** Collects the rows of a key's sessions that close or end between two watermarks; drops those that have ended. */
  #closeSessions(
    entry: Entry<Sessions>,
    before: EventTimeMs,
    watermark: EventTimeMs,
    closing: { readonly values: Row; readonly end: EventTimeMs; readonly row: Row }[],
  ): void {
    const { mode } = this.#step.emit
    const { list } = entry.value
    for (const session of list) {
      const { end } = session
      const isOver = end + this.#latenessMs <= watermark
      const emits = mode === 'final' ? isOver : mode === 'on-window-close' && end > before && end <= watermark
      const row = emits ? this.#resultRow(entry, session) : undefined
      if (row !== undefined) closing.push({ values: entry.values, end, row })
    }
    entry.value.list = list.filter(({ end }) => end + this.#latenessMs > watermark)
  }
}
