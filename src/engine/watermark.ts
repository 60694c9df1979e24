import { assert } from '../core/assert.ts'
import { type DurationMs, END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { WatermarkCheckpoint } from './ports/state.ts'

/**
 * The watermark of one source: the minimum over its partitions.
 *
 * A periodic watermark is measured on event time, not on the clock: a partition emits when its candidate has risen by
 * the interval. So a replay gives the same watermarks at the same rows whatever the speed of the machine (ADR 0003).
 * The clock matters only when a partition is quiet: what is still pending is emitted after the interval, and after the
 * idle timeout the partition no longer holds the others back. When all partitions are idle, the watermark goes on at
 * the pace of the clock, so that the last windows close although traffic has stopped.
 */
export interface WatermarkOptions {
  /** 0 emits on every event that raises it. */
  readonly intervalMs: DurationMs
  readonly idleTimeoutMs: DurationMs | undefined
  /**
   * False leaves the watermark where it is while all is idle: for a task that sees one part of a source, and hands its
   * rows to tasks that see what the others are doing. They go on by the clock, when all parts are idle.
   */
  readonly goesOnWhenIdle?: boolean
}

export class PartitionWatermark {
  /** Highest watermark that this partition has given to the source. */
  emitted: EventTimeMs = NO_WATERMARK
  /** Highest watermark that its rows imply. */
  pending: EventTimeMs = NO_WATERMARK
  idle = false
  ended = false
  lastArrivalMs: number

  constructor(nowMs: number) {
    this.lastArrivalMs = nowMs
  }
}

export class SourceWatermark {
  readonly #options: WatermarkOptions
  readonly #partitions = new Map<number, PartitionWatermark>()
  #current: EventTimeMs = NO_WATERMARK

  constructor(options: WatermarkOptions, partitions: readonly number[], nowMs: number) {
    this.#options = options
    for (const partition of partitions) this.#partitions.set(partition, new PartitionWatermark(nowMs))
  }

  /** The watermark of the whole source; never falls. */
  get current(): EventTimeMs {
    return this.#current
  }

  partition(partition: number): PartitionWatermark {
    const found = this.#partitions.get(partition)
    assert(found !== undefined, 'the partition belongs to the source')
    return found
  }

  /** True when every partition is idle or has ended, and at least one may come back. */
  get allIdle(): boolean {
    let idle = false
    for (const partition of this.#partitions.values()) {
      if (!partition.idle && !partition.ended) return false
      idle ||= partition.idle
    }
    return idle
  }

  /** The partition has records again. */
  arrived(partition: PartitionWatermark, nowMs: number): void {
    partition.lastArrivalMs = nowMs
    partition.idle = false
  }

  /** The first candidate at or above this makes the partition emit. */
  threshold(partition: PartitionWatermark): EventTimeMs {
    if (partition.emitted === NO_WATERMARK) return NO_WATERMARK
    return this.#options.intervalMs === 0 ? partition.emitted : partition.emitted + this.#options.intervalMs
  }

  /** A row implied `candidate`; true when the watermark of the source has risen because of it. */
  observe(partition: PartitionWatermark, candidate: EventTimeMs): boolean {
    if (candidate <= partition.pending) return false
    partition.pending = candidate
    if (candidate < this.threshold(partition)) return false
    partition.emitted = candidate
    return this.#recompute()
  }

  /** Who writes the partition says that it is quiet, or no longer; true when the watermark has risen because of it. */
  setIdle(partition: PartitionWatermark, idle: boolean): boolean {
    partition.idle = idle
    return this.#recompute()
  }

  /** Nothing follows in this partition. */
  end(partition: PartitionWatermark): boolean {
    partition.ended = true
    partition.pending = END_OF_TIME
    partition.emitted = END_OF_TIME
    return this.#recompute()
  }

  /** Processing time has come to `nowMs`; true when the watermark has risen. */
  tick(nowMs: number): boolean {
    const { intervalMs, idleTimeoutMs } = this.#options
    for (const partition of this.#partitions.values()) {
      if (partition.ended) continue
      const quietMs = nowMs - partition.lastArrivalMs
      if (partition.pending > partition.emitted && quietMs >= intervalMs) partition.emitted = partition.pending
      if (idleTimeoutMs !== undefined && quietMs >= idleTimeoutMs) partition.idle = true
    }
    if (!this.allIdle) return this.#recompute()
    return this.#raise(this.#idleWatermark(nowMs))
  }

  /** When `tick` may change something, or undefined. */
  nextTickMs(nowMs: number): number | undefined {
    const { intervalMs, idleTimeoutMs } = this.#options
    let next: number | undefined
    const consider = (timeMs: number): void => {
      if (next === undefined || timeMs < next) next = timeMs
    }
    for (const partition of this.#partitions.values()) {
      if (partition.ended) continue
      if (partition.pending > partition.emitted) consider(partition.lastArrivalMs + intervalMs)
      if (idleTimeoutMs !== undefined && !partition.idle) consider(partition.lastArrivalMs + idleTimeoutMs)
    }
    if (this.#goesOnWhenIdle && this.allIdle) consider(nowMs + Math.max(intervalMs, IDLE_STEP_MS))
    return next
  }

  checkpoint(): Record<number, WatermarkCheckpoint> {
    const out: Record<number, WatermarkCheckpoint> = {}
    for (const [id, { emitted, pending }] of this.#partitions) {
      out[id] = { emitted: finiteOrNull(emitted), pending: finiteOrNull(pending) }
    }
    return out
  }

  restore(checkpoint: Readonly<Record<number, WatermarkCheckpoint>>): void {
    for (const [id, partition] of this.#partitions) {
      const stored = checkpoint[id]
      if (stored === undefined) continue
      const known = stored.ended === true ? END_OF_TIME : NO_WATERMARK
      partition.emitted = stored.emitted ?? known
      partition.pending = stored.pending ?? known
      partition.ended = stored.ended === true
      partition.idle = stored.idle === true
    }
    this.#recompute()
  }

  #idleWatermark(nowMs: number): EventTimeMs {
    let highest = NO_WATERMARK
    let lastArrivalMs = Number.NEGATIVE_INFINITY
    for (const partition of this.#partitions.values()) {
      if (partition.ended) continue
      highest = Math.max(highest, partition.pending)
      lastArrivalMs = Math.max(lastArrivalMs, partition.lastArrivalMs)
    }
    if (highest === NO_WATERMARK || !this.#goesOnWhenIdle) return highest
    return highest + (nowMs - lastArrivalMs)
  }

  get #goesOnWhenIdle(): boolean {
    return this.#options.goesOnWhenIdle ?? true
  }

  #recompute(): boolean {
    let lowest = END_OF_TIME
    let counted = false
    let idle = false
    for (const partition of this.#partitions.values()) {
      // An ended partition holds nothing back, and beside an idle one it closes nothing: rows may come again there.
      if (partition.ended) continue
      if (partition.idle) idle = true
      else {
        counted = true
        if (partition.emitted < lowest) lowest = partition.emitted
      }
    }
    return (counted || !idle) && this.#raise(lowest)
  }

  #raise(watermark: EventTimeMs): boolean {
    if (watermark <= this.#current) return false
    this.#current = watermark
    return true
  }
}

export function finiteOrNull(time: EventTimeMs): number | null {
  return Number.isFinite(time) ? time : null
}

/** How often the watermark of an idle source moves on. */
const IDLE_STEP_MS = 200
