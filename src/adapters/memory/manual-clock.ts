import { assert } from '../../core/assert.ts'
import type { Clock } from '../../engine/ports/clock.ts'

interface Sleeper {
  readonly timeMs: number
  readonly wake: () => void
}

/** Time that moves only when told to; sleepers wake in the order of their times. */
export class ManualClock implements Clock {
  #nowMs: number
  #sleepers: Sleeper[] = []

  constructor(nowMs = 0) {
    this.#nowMs = nowMs
  }

  nowMs(): number {
    return this.#nowMs
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    if (timeMs <= this.#nowMs || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        timeMs,
        wake: () => {
          signal?.removeEventListener('abort', sleeper.wake)
          this.#sleepers = this.#sleepers.filter((other) => other !== sleeper)
          resolve()
        },
      }
      signal?.addEventListener('abort', sleeper.wake)
      this.#sleepers.push(sleeper)
    })
  }

  /** When the next sleeper wants to wake; undefined while nobody sleeps. */
  get nextWakeMs(): number | undefined {
    return this.#sleepers.length === 0 ? undefined : Math.min(...this.#sleepers.map((sleeper) => sleeper.timeMs))
  }

  advanceTo(timeMs: number): void {
    assert(timeMs >= this.#nowMs, 'a clock does not go back')
    this.#nowMs = timeMs
    const due = this.#sleepers.filter((sleeper) => sleeper.timeMs <= timeMs).sort((a, b) => a.timeMs - b.timeMs)
    for (const sleeper of due) sleeper.wake()
  }

  advanceBy(durationMs: number): void {
    this.advanceTo(this.#nowMs + durationMs)
  }
}
