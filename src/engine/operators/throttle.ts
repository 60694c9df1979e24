import {
  BATCH_ROWS_MAX,
  type Batch,
  BatchBuilder,
  DELETE,
  INSERT,
  isRetraction,
  UPDATE_AFTER,
  UPDATE_BEFORE,
} from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { ThrottleStep } from '../../plan/physical/nodes.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import type { Operator, OperatorContext, OperatorMetrics, Output } from '../operator.ts'
import { sameRow } from './change-writer.ts'
import { Every } from './every.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * EVERY over a changelog: holds changes back and tells, once in so much processing time, what became of each key. A
 * change that comes when the last round is old enough goes at once; a row that went back to what it was is not told.
 *
 * Nothing is kept over a checkpoint: the barrier lets go what waits, so that the positions of an epoch never run ahead
 * of its output. While rows wait, so does the watermark, which must not overtake them.
 */
export class Throttle implements Operator {
  readonly #clock: EvalContext
  readonly #key: KeyColumns
  readonly #every: Every
  readonly #retract: boolean
  readonly #builder: BatchBuilder
  /** In the order of their first change. */
  readonly #pending = new Map<MapKey, PendingChange>()
  #watermark: EventTimeMs = NO_WATERMARK
  #metrics: OperatorMetrics | undefined
  #out: Output | undefined

  constructor(step: ThrottleStep, input: Schema, evalContext: EvalContext) {
    this.#clock = evalContext
    this.#key = keyColumnsOf(step.keys, input)
    this.#every = new Every(step.everyMs)
    this.#retract = input.mode === 'retract'
    this.#builder = new BatchBuilder(input.fields.length, (batch) => this.#out?.emit(batch))
  }

  open(context: OperatorContext): void {
    this.#metrics = context.metrics
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    for (let row = 0; row < batch.length; row++) this.#add(batch, row)
    if (this.#pending.size > 0 && this.#every.isDue(this.#clock.nowMs)) this.#release(out, this.#clock.nowMs)
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    if (watermark === END_OF_TIME) this.#release(out, this.#clock.nowMs)
  }

  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    if (this.#pending.size === 0) this.#watermark = watermark
    return this.#watermark
  }

  onTime(nowMs: number, out: Output): void {
    if (this.#pending.size > 0 && this.#every.isDue(nowMs)) this.#release(out, nowMs)
  }

  nextTimeMs(): number | undefined {
    return this.#every.nextTimeMs
  }

  onBarrier(_epoch: number, out: Output): void {
    this.#release(out, this.#clock.nowMs)
  }

  #add(batch: Batch, index: number): void {
    const kind = batch.kind(index)
    const key = this.#key.keyAt(batch.columns, index)
    const row = batch.row(index)
    const time = batch.times[index] as number
    const change = this.#pending.get(key)
    if (change === undefined) {
      this.#pending.set(key, { first: kind, before: isRetraction(kind) ? row : undefined, last: kind, row, time })
      if (this.#metrics !== undefined) this.#metrics.stateEntries++
      return
    }
    change.last = kind
    change.row = row
    if (!(time <= change.time)) change.time = time
  }

  #release(out: Output, nowMs: number): void {
    if (this.#pending.size === 0) return
    this.#out = out
    for (const change of this.#pending.values()) {
      if (this.#retract) this.#tellChange(change)
      else this.#tellUpsert(change)
    }
    if (this.#metrics !== undefined) this.#metrics.stateEntries -= this.#pending.size
    this.#pending.clear()
    this.#every.emitted(nowMs)
    this.#builder.flush()
  }

  #tellChange({ before, last, row, time }: PendingChange): void {
    const after = isRetraction(last) ? undefined : row
    if (before === undefined) {
      if (after !== undefined) this.#builder.push(after, time, INSERT)
    } else if (after === undefined) this.#builder.push(before, time, DELETE)
    else if (!sameRow(before, after)) {
      if (this.#builder.length === BATCH_ROWS_MAX - 1) this.#builder.flush()
      this.#builder.push(before, time, UPDATE_BEFORE)
      this.#builder.push(after, time, UPDATE_AFTER)
    }
  }

  /** Upserts do not say whether the key was there before, so a delete is told even when its insert was not. */
  #tellUpsert({ first, last, row, time }: PendingChange): void {
    if (isRetraction(last)) this.#builder.push(row, time, DELETE)
    else this.#builder.push(row, time, first === INSERT ? INSERT : UPDATE_AFTER)
  }
}

/** What has happened to a key since it was last told. */
interface PendingChange {
  readonly first: number
  /** The row as it was last told; undefined where there was none, or upserts do not say. */
  readonly before: Row | undefined
  last: number
  row: Row
  time: EventTimeMs
}
