import type { Clock } from '../engine/ports/clock.ts'

/** A timer of Node holds 31 bits; a longer sleep is made of several. */
const TIMER_MS_MAX = 2 ** 31 - 1

/** The wall clock. The only place of the program that reads it for processing time. */
export class SystemClock implements Clock {
  nowMs(): number {
    return Date.now()
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => setImmediate(resolve))
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      let timer: NodeJS.Timeout | undefined
      const finish = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', finish)
        resolve()
      }
      // By the monotonic clock: a sleep must not last an hour longer because the wall clock was set back by one.
      const endMs = performance.now() + timeMs - Date.now()
      const arm = () => {
        const waitMs = endMs - performance.now()
        if (waitMs <= 0) return finish()
        timer = setTimeout(arm, Math.min(Math.ceil(waitMs), TIMER_MS_MAX))
      }
      signal?.addEventListener('abort', finish)
      arm()
    })
  }
}
