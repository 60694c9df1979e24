import { END_OF_TIME, type EventTimeMs } from '../core/time.ts'
import type { WatermarkCheckpoint } from './ports/state.ts'
import { finiteOrNull, type PartitionWatermark, SourceWatermark } from './watermark.ts'

/**
 * The watermark of what is read from an exchange: the minimum over the tasks that write it, as that of a source is the
 * minimum over its partitions. A task that has not spoken holds it back, since its rows are still to come; one that
 * says it is idle does not. While all are idle it goes on at the pace of the clock; when all have ended, it is the end.
 */
export class ChannelWatermarks {
  readonly #channels: SourceWatermark
  readonly #count: number

  constructor(count: number, nowMs: number) {
    this.#count = count
    this.#channels = new SourceWatermark({ intervalMs: 0, idleTimeoutMs: undefined }, this.#numbers, nowMs)
  }

  get current(): EventTimeMs {
    return this.#channels.current
  }

  get allIdle(): boolean {
    return this.#channels.allIdle
  }

  get ended(): boolean {
    return this.#numbers.every((channel) => this.#channel(channel).ended)
  }

  /** What a task says; true when the watermark has risen. A task that was restarted may say again what it has said. */
  observe(channel: number, watermark: EventTimeMs, idle: boolean, nowMs: number): boolean {
    // More writers than there were tasks: of another life of the query, whose topic this is no longer.
    if (channel >= this.#count) return false
    const known = this.#channel(channel)
    if (watermark === END_OF_TIME) return this.#channels.end(known)
    // Going idle is no sign of life: what the clock adds counts from the last one.
    if (!idle || watermark > known.pending) known.lastArrivalMs = nowMs
    const risen = this.#channels.observe(known, watermark)
    return this.#channels.setIdle(known, idle) || risen
  }

  /** Processing time has come to `nowMs`; true when the watermark has risen. */
  tick(nowMs: number): boolean {
    return this.#channels.tick(nowMs)
  }

  nextTickMs(nowMs: number): number | undefined {
    return this.#channels.nextTickMs(nowMs)
  }

  checkpoint(): Record<number, WatermarkCheckpoint> {
    return Object.fromEntries(
      this.#numbers.map((channel) => {
        const { emitted, pending, ended, idle } = this.#channel(channel)
        return [channel, { emitted: finiteOrNull(emitted), pending: finiteOrNull(pending), ended, idle }]
      }),
    )
  }

  restore(checkpoint: Readonly<Record<number, WatermarkCheckpoint>>): void {
    this.#channels.restore(checkpoint)
  }

  get #numbers(): readonly number[] {
    return Array.from({ length: this.#count }, (_, channel) => channel)
  }

  #channel(channel: number): PartitionWatermark {
    return this.#channels.partition(channel)
  }
}
