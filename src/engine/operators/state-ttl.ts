import type { Schema } from '../../core/schema.ts'
import { type DurationMs, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import type { Entry, KeyedTable } from '../keyed-table.ts'
import type { OperatorContext } from '../operator.ts'

/** Buckets of timers within one TTL: an entry is swept at most a sixteenth of its TTL after it expired. */
const BUCKETS_PER_TTL = 16

/** An entry's value that knows when it was used last: event time, or the clock where rows have none. */
export interface Touched {
  touchedMs: number
}

/**
 * Forgets entries that were not touched for longer than a time.
 *
 * Time is event time where the input has it, so that a replay forgets what the first run forgot; the clock where it
 * has none. An entry counts as forgotten as soon as its time is over: the timers only sweep.
 */
export class StateTtl<V extends Touched> {
  readonly #ttlMs: DurationMs
  readonly #table: KeyedTable<V>
  readonly #timers: KeyTimers
  readonly #clock: EvalContext | undefined
  readonly #bucketMs: number
  #watermark: EventTimeMs

  constructor(
    ttlMs: DurationMs,
    table: KeyedTable<V>,
    key: KeyColumns,
    context: OperatorContext,
    input: Schema,
    clock: EvalContext,
  ) {
    this.#ttlMs = ttlMs
    this.#table = table
    this.#clock = input.timeColumn === undefined ? clock : undefined
    this.#bucketMs = Math.max(1, Math.floor(ttlMs / BUCKETS_PER_TTL))
    this.#timers = new KeyTimers(context.store('expiry'), key, this.#bucketMs, context)
    this.#watermark = context.restoredWatermark
  }

  isExpired(value: V): boolean {
    return value.touchedMs + this.#ttlMs < this.#now
  }

  /** To be called for each row of an entry, new ones first of all. */
  touch(value: V, time: EventTimeMs): void {
    const touchedMs = this.#clock === undefined ? time : this.#clock.nowMs
    // A row without event time in a stream that has it: as old as the watermark.
    if (Number.isNaN(touchedMs)) value.touchedMs = Math.max(value.touchedMs, this.#watermark)
    else if (touchedMs > value.touchedMs) value.touchedMs = touchedMs
  }

  /** Reminds of a new entry, after its first `touch`. */
  watch(entry: Entry<V>): void {
    const { touchedMs } = entry.value
    if (Number.isFinite(touchedMs)) this.#timers.add(this.#sweepTime(touchedMs), entry.values)
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#watermark = watermark
    if (this.#clock === undefined) this.#sweep(watermark)
  }

  onTime(nowMs: number): void {
    if (this.#clock !== undefined) this.#sweep(nowMs)
  }

  get nextTimeMs(): number | undefined {
    return this.#clock === undefined ? undefined : this.#timers.nextTime
  }

  flush(): void {
    this.#timers.flush()
  }

  evict(): void {
    this.#timers.evict()
  }

  get #now(): number {
    return this.#clock === undefined ? this.#watermark : this.#clock.nowMs
  }

  /** A bucket is swept when time reaches its start; one later than the entry's own, so that all in it are over. */
  #sweepTime(touchedMs: number): number {
    return touchedMs + this.#ttlMs + this.#bucketMs + 1
  }

  #sweep(now: number): void {
    if (now === NO_WATERMARK) return
    for (const bucket of this.#timers.take(now)) {
      for (const values of this.#timers.keysOf(bucket)) {
        const namespace = this.#table.namespace(0)
        const entry = this.#table.getByValues(namespace, values)
        if (entry === undefined) continue
        if (this.isExpired(entry.value)) this.#table.delete(namespace, entry)
        else this.#timers.add(this.#sweepTime(entry.value.touchedMs), values)
      }
      this.#timers.release(bucket)
    }
  }
}
