import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { WatermarkCheckpoint } from './ports/state.ts'
import { finiteOrNull } from './watermark.ts'

/**
 * The watermark of what is read from an exchange: the minimum over the tasks that write it. A task that has not spoken
 * holds it back, since its rows are still to come; one that says it is idle does not. While all are idle the one that
 * is furthest counts, as for the inputs of an operator.
 */
export class ChannelWatermarks {
  readonly #channels: { watermark: EventTimeMs; idle: boolean }[]
  #current: EventTimeMs = NO_WATERMARK

  constructor(count: number) {
    this.#channels = Array.from({ length: count }, () => ({ watermark: NO_WATERMARK, idle: false }))
  }

  get current(): EventTimeMs {
    return this.#current
  }

  get allIdle(): boolean {
    return this.#channels.some(({ idle }) => idle) && this.#channels.every(isIdleOrEnded)
  }

  get ended(): boolean {
    return this.#channels.every(({ watermark }) => watermark === END_OF_TIME)
  }

  /** What a task says; true when the watermark has risen. A task that was restarted may say again what it has said. */
  observe(channel: number, watermark: EventTimeMs, idle: boolean): boolean {
    const known = this.#channels[channel]
    // More writers than there were tasks: of another life of the query, whose topic this is no longer.
    if (known === undefined) return false
    known.watermark = Math.max(known.watermark, watermark)
    known.idle = idle
    return this.#recompute()
  }

  checkpoint(): Record<number, WatermarkCheckpoint> {
    return Object.fromEntries(
      this.#channels.map(({ watermark, idle }, channel) => [
        channel,
        { emitted: finiteOrNull(watermark), pending: finiteOrNull(watermark), ended: watermark === END_OF_TIME, idle },
      ]),
    )
  }

  restore(checkpoint: Readonly<Record<number, WatermarkCheckpoint>>): void {
    for (const [channel, known] of this.#channels.entries()) {
      const stored = checkpoint[channel]
      if (stored === undefined) continue
      known.watermark = stored.ended === true ? END_OF_TIME : (stored.emitted ?? NO_WATERMARK)
      known.idle = stored.idle ?? false
    }
    this.#recompute()
  }

  #recompute(): boolean {
    let lowest = END_OF_TIME
    let highestIdle = NO_WATERMARK
    let active = false
    let idle = false
    for (const channel of this.#channels) {
      if (channel.watermark === END_OF_TIME) continue
      if (channel.idle) {
        idle = true
        highestIdle = Math.max(highestIdle, channel.watermark)
      } else {
        active = true
        lowest = Math.min(lowest, channel.watermark)
      }
    }
    const watermark = active || !idle ? lowest : highestIdle
    if (watermark <= this.#current) return false
    this.#current = watermark
    return true
  }
}

function isIdleOrEnded({ watermark, idle }: { readonly watermark: EventTimeMs; readonly idle: boolean }): boolean {
  return idle || watermark === END_OF_TIME
}
