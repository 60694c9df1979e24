import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { LatePolicy } from '../../plan/physical/nodes.ts'
import { type OverNeighbour, type OverStep, rowsAhead, rowsBehind } from '../../plan/physical/over-step.ts'
import { type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import type { TimedRow } from '../join/timed-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import { type Entry, KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { LateRows } from './late-rows.ts'
import { cutRows, type Frame, frameCodec, insertRow, newFrame } from './over-frame.ts'
import { forRowsInTime, horizonOf } from './rows-in-time.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * OVER: each row with aggregates of the rows of its key around it, and with values of its neighbours, in the order of
 * event time, and of arrival among those of one time. A row waits until the watermark says that none before it, and
 * none of its frame, is to come, and until the rows that follow it are there, where it needs any; at the end of the
 * input it makes do with what there is. One that comes behind the watermark is late: counted, and part of no frame.
 *
 * State: by key the rows that are still in a frame or are neighbours, those that wait behind them, and the aggregates
 * of the frame of the last row that came out. A timer for each millisecond in which a row waits; of a range, for when
 * the last one has left every frame; and of rows that wait for others, for the end of the input.
 */
export class OverAggregate implements Operator {
  readonly #step: OverStep
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #aggregates: AggregateSet
  readonly #builder: BatchBuilder
  readonly #rowsAhead: number
  readonly #rowsBehind: number
  /** How long after its time a row is complete. */
  readonly #msAhead: number
  #out: Output | undefined
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<Frame> | undefined
  #timers: KeyTimers | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  /** One row as columns, for the aggregates. */
  readonly #columns: Value[][]

  constructor(step: OverStep, input: Schema) {
    this.#step = step
    this.#input = input
    this.#key = keyColumnsOf(step.keys, input)
    this.#aggregates = compileAggregates(step.aggregates, { retractable: step.frame.preceding !== undefined })
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
    this.#columns = input.fields.map(() => [null])
    this.#rowsAhead = rowsAhead(step)
    this.#rowsBehind = rowsBehind(step)
    this.#msAhead = step.frame.unit === 'range' ? Math.max(0, step.frame.following ?? 0) : 0
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    this.#late = new LateRows(this.#step.latePolicy ?? NO_LATE_ROWS, context)
    const codec = frameCodec(this.#input, this.#aggregates, this.#step.frame)
    this.#table = new KeyedTable(context.store('frames'), this.#key, codec, context)
    this.#timers = new KeyTimers(context.store('timers'), this.#key, 1, context)
  }

  onBatch(_port: number, batch: Batch): void {
    forRowsInTime(batch, this.#watermark, this.#late, this.#context, (row, time) => this.#add(batch, row, time))
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#out = out
    this.#watermark = watermark
    const horizon = horizonOf(watermark)
    const due: DueRow[] = []
    for (const values of this.#dueKeys(horizon)) this.#advance(values, horizon, due)
    const timeless = this.#rowsAhead > 0
    for (const { row, time } of due.sort(byCompletion)) this.#builder.push(row, timeless ? NO_TIME : time)
    this.#builder.flush()
  }

  /** A row waits for the end of its millisecond, and for that of its frame. */
  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    return horizonOf(watermark) - this.#msAhead
  }

  onBarrier(): void {
    this.#state.flush()
    this.#alarms.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#alarms.evict()
  }

  get #state(): KeyedTable<Frame> {
    return must(this.#table, 'operator is open')
  }

  get #alarms(): KeyTimers {
    return must(this.#timers, 'operator is open')
  }

  #add(batch: Batch, row: number, time: EventTimeMs): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const values = this.#key.valuesAt(batch.columns, row)
    const key = this.#key.keyAt(batch.columns, row)
    const entry = table.get(namespace, key, batch.columns, row)
    const rows = entry?.value.rows ?? []
    if (rows.length >= OVER_ROWS_MAX) {
      throw new EvaluationError(`OVER holds its maximum of ${OVER_ROWS_MAX} rows for one key`)
    }
    const timed: TimedRow = { row: batch.row(row), time, matched: false }
    if (entry === undefined) {
      const frame = newFrame(this.#aggregates.create())
      insertRow(frame, timed)
      table.insert(namespace, key, values, frame)
      this.#alarms.add(time + this.#msAhead, values)
      if (this.#rowsAhead > 0) this.#alarms.add(LAST_MS, values)
      return
    }
    const before = insertRow(entry.value, timed)
    // That of one that has come out is over.
    if (before === undefined || Math.floor(before.time) !== Math.floor(time))
      this.#alarms.add(time + this.#msAhead, values)
    if (!entry.dirty) table.touch(namespace, entry)
  }

  /** In the order of the keys, each once. */
  #dueKeys(horizon: EventTimeMs): readonly Row[] {
    const timers = this.#alarms
    const keys = new Map<unknown, Row>()
    // A millisecond is over when the watermark has reached the next one.
    for (const bucket of timers.take(horizon - 1)) {
      for (const values of timers.keysOf(bucket)) keys.set(this.#key.keyOf(values), values)
      timers.release(bucket)
    }
    return [...keys.values()].sort(this.#key.compare)
  }

  /** The rows of one key that are complete come out, and what no row to come needs goes. */
  #advance(values: Row, horizon: EventTimeMs, due: DueRow[]): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const entry = table.getByValues(namespace, values)
    if (entry === undefined) return
    const frame = entry.value
    while (this.#isComplete(frame, horizon)) this.#next(frame, horizon, due)
    this.#cut(frame)
    this.#forget(entry, values, horizon)
    if (entry.live && !entry.dirty) table.touch(namespace, entry)
  }

  /** Of the next row that waits: whether all that it needs has come. */
  #isComplete(frame: Frame, horizon: EventTimeMs): boolean {
    if (frame.done === frame.rows.length) return false
    return horizon === END_OF_TIME || this.#completeAt(frame) < horizon
  }

  #completeAt({ rows, done }: Frame): EventTimeMs {
    const { time } = rows[done] as TimedRow
    return Math.max(time + this.#msAhead, rows[done + this.#rowsAhead]?.time ?? END_OF_TIME)
  }

  #next(frame: Frame, horizon: EventTimeMs, due: DueRow[]): void {
    const { row, time } = frame.rows[frame.done] as TimedRow
    this.#leaveFrame(frame, time)
    this.#enterFrame(frame, time, horizon)
    // Of a range that ends before the row, some may come in too late to stay.
    this.#leaveFrame(frame, time)
    // The row itself could not be added, or one that it waits for.
    if (frame.rows[frame.done]?.row !== row || !this.#isComplete(frame, horizon)) return
    try {
      const neighbours = this.#step.neighbours ?? []
      const values = neighbours.map((one) => neighbourOf(one, frame, row))
      const result = [...row, ...this.#aggregates.results(frame.accumulators), ...values]
      due.push({ row: result, time, completeAt: this.#completeAt(frame) })
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, row)
    }
    frame.done++
  }

  /** Takes away what is too far before the row that comes next. */
  #leaveFrame(frame: Frame, time: EventTimeMs): void {
    const { unit, preceding } = this.#step.frame
    if (preceding === undefined) return
    const { rows, done, accumulators } = frame
    const isOut = (at: number) =>
      unit === 'rows' ? done - at > preceding : (rows[at] as TimedRow).time < time - preceding
    while (frame.from < frame.to && isOut(frame.from)) {
      const { row, time: then } = rows[frame.from++] as TimedRow
      this.#aggregates.retract(accumulators, this.#asColumns(row), 0, then)
    }
  }

  /** Adds what the frame of the next row has more than that of the one before it; what can't be added is no row. */
  #enterFrame(frame: Frame, time: EventTimeMs, horizon: EventTimeMs): void {
    const { unit, following = 0 } = this.#step.frame
    const { rows } = frame
    for (let next = rows[frame.to]; next !== undefined && next.time < horizon; next = rows[frame.to]) {
      if (unit === 'rows' ? frame.to > frame.done + following : next.time > time + following) return
      try {
        this.#aggregates.add(frame.accumulators, this.#asColumns(next.row), 0, next.time)
        frame.to++
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, next.row)
        rows.splice(frame.to, 1)
        frame.changes.forget()
        if (frame.to === frame.done) return
        if (frame.to < frame.done) frame.done--
      }
    }
  }

  /** Rows go that are in no frame and nobody's neighbours. Without a bound none ever leaves its frame: it is not kept for that. */
  #cut(frame: Frame): void {
    const ofFrame = this.#step.frame.preceding === undefined ? Math.min(frame.done, frame.to) : frame.from
    const gone = Math.max(0, Math.min(ofFrame, frame.done - this.#rowsBehind))
    cutRows(frame, gone)
  }

  /** Of a range nothing is left when no row to come can have the last one in its frame. */
  #forget(entry: Entry<Frame>, values: Row, horizon: EventTimeMs): void {
    const { unit, preceding } = this.#step.frame
    const { rows, done } = entry.value
    if (unit === 'rows' || preceding === undefined || this.#rowsBehind > 0 || done < rows.length) return
    const last = rows.at(-1)
    const endMs = last === undefined ? NO_WATERMARK : last.time + preceding
    if (endMs < horizon) this.#state.delete(this.#state.namespace(0), entry)
    else this.#alarms.add(endMs + 1, values)
  }

  #asColumns(row: Row): readonly Value[][] {
    for (let i = 0; i < this.#columns.length; i++) (this.#columns[i] as Value[])[0] = row[i] as Value
    return this.#columns
  }
}

/** They are in memory together. */
export const OVER_ROWS_MAX = 100_000

const NO_LATE_ROWS: LatePolicy = { allowedLatenessMs: 0, into: undefined, columns: [] }
const NO_TIME = Number.NaN
/** The bucket of what is due when the input ends: after every time, and a number that a timer can have. */
const LAST_MS = Number.MAX_SAFE_INTEGER

interface DueRow {
  readonly row: Row
  readonly time: EventTimeMs
  readonly completeAt: EventTimeMs
}

/** The same order whatever the watermarks were in between; of one time by key, then by arrival. */
function byCompletion(a: DueRow, b: DueRow): number {
  return a.completeAt === b.completeAt ? a.time - b.time : a.completeAt - b.completeAt
}

/** Of the row that comes out next. */
function neighbourOf({ argument, offset, otherwise }: OverNeighbour, { rows, done }: Frame, row: Row): Value {
  const neighbour = rows[done + offset]
  if (neighbour !== undefined) return neighbour.row[argument] as Value
  return otherwise === undefined ? null : (row[otherwise] as Value)
}
