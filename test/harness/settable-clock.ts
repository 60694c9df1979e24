import type { Clock } from '../../src/engine/ports/clock.ts'

/**
 * A clock for a driver that calls the task itself: it may be set back for a replay; sleepers wake by their signal
 * only.
 */
export class SettableClock implements Clock {
  #nowMs = 0

  nowMs(): number {
    return this.#nowMs
  }

  setTo(nowMs: number): void {
    this.#nowMs = nowMs
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    if (timeMs <= this.#nowMs || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }))
  }

  yieldNow(): Promise<void> {
    return Promise.resolve()
  }
}
