import { must } from '../../core/assert.ts'
import { BATCH_ROWS_MAX, Batch, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { WindowAssignStep } from '../../plan/physical/nodes.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { type Windower, windower } from '../window/windower.ts'
import { LateRows } from './late-rows.ts'
import { atTime } from './window-groups.ts'

/**
 * Each row once for each of its windows that has not ended for good, with window_start and window_end behind its
 * columns. The event time becomes window_end − 1, so that what comes out is never behind the watermark.
 */
export class WindowAssign implements Operator {
  readonly #windows: Windower
  readonly #latenessMs: number
  readonly #step: WindowAssignStep
  #late: LateRows | undefined
  #context: OperatorContext | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  // The rows of one batch to be: position in the input, end of the window, change.
  #positions: number[] = []
  #ends: number[] = []
  #kinds: number[] = []

  readonly #clock: EvalContext | undefined

  constructor(step: WindowAssignStep, evalContext: EvalContext) {
    this.#step = step
    this.#clock = step.time === 'processing' ? evalContext : undefined
    this.#windows = windower(step.window)
    this.#latenessMs = step.latePolicy.allowedLatenessMs
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#late = new LateRows(this.#step.latePolicy, context)
    this.#watermark = context.restoredWatermark
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    this.#assignAll(this.#clock === undefined ? batch : atTime(batch, this.#clock.nowMs), out)
    must(this.#late, 'operator is open').flush()
  }

  #assignAll(batch: Batch, out: Output): void {
    for (let row = 0; row < batch.length; row++) {
      const time = batch.times[row] as number
      if (Number.isNaN(time)) {
        this.#context?.deadLetter('the event time is NULL', batch.row(row))
      } else if (batch.kind(row) === UPDATE_BEFORE && batch.kinds?.[row + 1] === UPDATE_AFTER) {
        row++
        this.#assignPair(batch, row - 1, out)
      } else this.#assign(batch, row, batch.kind(row), out)
    }
    this.#emit(batch, out)
  }

  onWatermark(watermark: EventTimeMs): void {
    if (this.#clock === undefined) this.#watermark = watermark
  }

  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    if (this.#clock !== undefined) return watermark === END_OF_TIME ? END_OF_TIME : this.#clock.nowMs
    return Math.floor(watermark) - this.#latenessMs
  }

  /** The clock alone moves the watermark of windows of processing time: the pipeline asks for it after this. */
  onTime(): void {}

  /** An update stays one as long as both rows are in the same windows. */
  #assignPair(batch: Batch, before: number, out: Output): void {
    const after = before + 1
    const windows = this.#windows
    const firstEnd = windows.firstEnd(batch.times[before] as number)
    const lastEnd = windows.lastEnd(batch.times[before] as number)
    const time = batch.times[after] as number
    if (windows.firstEnd(time) !== firstEnd || windows.lastEnd(time) !== lastEnd) {
      this.#assign(batch, before, DELETE, out)
      this.#assign(batch, after, INSERT, out)
      return
    }
    for (let end = firstEnd; end <= lastEnd; end += windows.stepMs) {
      if (this.#isLate(batch, before, end)) continue
      if (this.#positions.length + 2 > BATCH_ROWS_MAX) this.#emit(batch, out)
      this.#push(before, end, UPDATE_BEFORE)
      this.#push(after, end, UPDATE_AFTER)
    }
  }

  #assign(batch: Batch, row: number, kind: number, out: Output): void {
    const time = batch.times[row] as number
    const lastEnd = this.#windows.lastEnd(time)
    for (let end = this.#windows.firstEnd(time); end <= lastEnd; end += this.#windows.stepMs) {
      if (this.#isLate(batch, row, end)) continue
      if (this.#positions.length + 1 > BATCH_ROWS_MAX) this.#emit(batch, out)
      this.#push(row, end, kind)
    }
  }

  #isLate(batch: Batch, row: number, end: EventTimeMs): boolean {
    if (end + this.#latenessMs > this.#watermark) return false
    this.#late?.add(batch, row, this.#watermark, this.#windows.start(end), end)
    return true
  }

  #push(position: number, end: EventTimeMs, kind: number): void {
    this.#positions.push(position)
    this.#ends.push(end)
    this.#kinds.push(kind)
  }

  #emit(batch: Batch, out: Output): void {
    const count = this.#positions.length
    if (count === 0) return
    const ends = this.#ends
    const starts = ends.map((end) => this.#windows.start(end))
    const times = Float64Array.from(ends, (end) => end - 1)
    const columns = batch.select(this.#positions).columns
    const kinds = batch.kinds === undefined ? undefined : Uint8Array.from(this.#kinds)
    this.#positions = []
    this.#ends = []
    this.#kinds = []
    out.emit(new Batch(count, [...columns, starts, ends], times, kinds))
  }
}
