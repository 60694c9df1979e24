import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder, type Column } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { LocalAggregateStep } from '../../plan/physical/nodes.ts'
import { type Accumulators, type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { alignDown } from '../window/align.ts'
import { type Windower, windower } from '../window/windower.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * The first half of an aggregate whose rows meet behind an exchange: adds rows up, so that one row a group crosses it.
 *
 * What it holds goes on at each barrier, so it has no state; before the watermark passes an end of a window that it
 * holds rows of, or the end of the lateness that is allowed there; and before it is told that its input is idle. In
 * between the place of a row among the watermarks of this task decides nothing: a window that the row belongs to is
 * open or over at all of them alike. So the aggregate behind the exchange takes in, and leaves out as late, the same
 * rows as if they had come one by one.
 *
 * Partials come out slices by their start, then in the order of the first row of each group.
 */
export class LocalAggregate implements Operator {
  readonly #step: LocalAggregateStep
  readonly #windows: Windower | undefined
  readonly #key: KeyColumns
  readonly #aggregates: AggregateSet
  readonly #builder: BatchBuilder
  /** By start; the only one without a window starts at 0. */
  readonly #slices = new Map<EventTimeMs, Slice>()
  #groups = 0
  /** The first watermark at which a slice that is held goes on. */
  #flushAt: EventTimeMs = END_OF_TIME
  #watermark: EventTimeMs = NO_WATERMARK
  #context: OperatorContext | undefined
  #out: Output | undefined
  #row = 0

  constructor(step: LocalAggregateStep, input: Schema) {
    this.#step = step
    this.#windows = step.window && windower(step.window)
    this.#key = keyColumnsOf(step.keys, input)
    this.#aggregates = compileAggregates(step.aggregates, { retractable: false })
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    this.#out = out
    this.#row = 0
    while (this.#row < batch.length) {
      try {
        this.#addRows(batch, this.#row)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        must(this.#context, 'operator is open').deadLetter(error.reason, batch.row(this.#row))
        this.#row++
      }
    }
    this.#builder.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#watermark = watermark
    if (watermark >= this.#flushAt) this.#flush(watermark, out)
  }

  /** While it is idle others go on without it: rows from before must not be behind what they have reached by then. */
  onIdle(idle: boolean, out: Output): void {
    if (idle) this.#flush(END_OF_TIME, out)
  }

  onBarrier(_epoch: number, out: Output): void {
    this.#flush(END_OF_TIME, out)
  }

  /** The hot loop: one comparison and one Map lookup a row while time stays in a slice. */
  #addRows(batch: Batch, start: number): void {
    const { columns, times, length } = batch
    const { single } = this.#key
    const keyColumn = single === undefined ? undefined : (columns[single] as Column)
    const aggregates = this.#aggregates
    const windowed = this.#windows !== undefined
    let slice: Slice | undefined
    for (let row = start; row < length; row++) {
      this.#row = row
      const time = times[row] as number
      if (slice === undefined || (windowed && !(time >= slice.start && time < slice.end))) slice = this.#enter(time)
      const key = keyColumn === undefined ? this.#key.keyAt(columns, row) : (keyColumn[row] as MapKey)
      const group = slice.groups.get(key)
      if (group === undefined) {
        this.#addGroup(slice, key, batch, row)
        if (slice.alone || this.#groups >= LOCAL_GROUPS_MAX) {
          this.#flushSlices(slice.alone ? slice : undefined)
          slice = undefined
        }
        continue
      }
      aggregates.add(group.accumulators, columns, row, time)
      group.rows++
      if (!(time <= group.time)) group.time = time
    }
    this.#row = length
  }

  #addGroup(slice: Slice, key: MapKey, batch: Batch, row: number): void {
    const values = this.#key.valuesAt(batch.columns, row)
    this.#key.checkLength(values)
    const accumulators = this.#aggregates.create()
    const time = batch.times[row] as number
    this.#aggregates.add(accumulators, batch.columns, row, time)
    slice.groups.set(key, { values, accumulators, rows: 1, time })
    this.#groups++
  }

  #enter(time: EventTimeMs): Slice {
    const windows = this.#windows
    if (windows !== undefined && Number.isNaN(time)) throw new EvaluationError('the event time is NULL')
    const start = windows === undefined ? 0 : alignDown(time, windows.sliceMs, windows.offsetMs)
    const known = this.#slices.get(start)
    if (known !== undefined) return known
    const slice = windows === undefined ? newSlice(start, END_OF_TIME) : this.#newSlice(windows, start)
    this.#slices.set(start, slice)
    if (slice.flushAt < this.#flushAt) this.#flushAt = slice.flushAt
    return slice
  }

  #newSlice(windows: Windower, start: EventTimeMs): Slice {
    const slice = newSlice(start, start + windows.sliceMs)
    const lastEnd = windows.lastEnd(start)
    for (let end = windows.firstEnd(start); end <= lastEnd; end += windows.stepMs) {
      if (end <= this.#watermark && this.#step.lateAlone) slice.alone = true
      for (const bound of [end, end + this.#step.allowedLatenessMs]) {
        if (bound > this.#watermark && bound < slice.flushAt) slice.flushAt = bound
      }
    }
    return slice
  }

  #flush(watermark: EventTimeMs, out: Output): void {
    if (this.#slices.size === 0) return
    this.#out = out
    const due = [...this.#slices.values()].filter(({ flushAt }) => flushAt <= watermark)
    for (const slice of due.sort((a, b) => a.start - b.start)) this.#emit(slice)
    this.#builder.flush()
    this.#flushAt = END_OF_TIME
    for (const { flushAt } of this.#slices.values()) if (flushAt < this.#flushAt) this.#flushAt = flushAt
  }

  /** That one, or all of them. */
  #flushSlices(one: Slice | undefined): void {
    if (one === undefined) this.#flush(END_OF_TIME, must(this.#out, 'a batch is being taken in'))
    else this.#emit(one)
  }

  #emit(slice: Slice): void {
    this.#slices.delete(slice.start)
    this.#groups -= slice.groups.size
    const head = this.#windows === undefined ? [] : [slice.start]
    for (const { values, accumulators, rows, time } of slice.groups.values()) {
      const row: Row = [...values, ...head, this.#aggregates.encode(accumulators), rows]
      this.#builder.push(row, time)
    }
  }
}

/** Groups that are held at most: some tens of MB. Beyond it all go on, and the next rows begin new ones. */
export const LOCAL_GROUPS_MAX = 65_536

interface Slice {
  readonly start: EventTimeMs
  readonly end: EventTimeMs
  /** Goes on before the watermark is this. */
  flushAt: EventTimeMs
  /** A window of it has closed, and each row that comes now is a revision. */
  alone: boolean
  readonly groups: Map<MapKey, PartialGroup>
}

interface PartialGroup {
  readonly values: Row
  readonly accumulators: Accumulators
  rows: number
  /** Latest event time. */
  time: EventTimeMs
}

function newSlice(start: EventTimeMs, end: EventTimeMs): Slice {
  return { start, end, flushAt: END_OF_TIME, alone: false, groups: new Map() }
}
