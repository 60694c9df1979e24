import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../../src/engine/ports/clock.ts'

/**
 * Time that passes only when nothing is left to do: events in the order of their times, equal times in the order in
 * which they were scheduled. Promises settle only from here, so that their order is a function of the seed.
 */
interface TimedEvent {
  readonly timeMs: number
  readonly order: number
  readonly run: () => void
}

export class VirtualTime {
  #nowMs: number
  #order = 0
  /** A binary heap by time, then order. */
  readonly #events: TimedEvent[] = []

  constructor(nowMs: number) {
    this.#nowMs = nowMs
  }

  get nowMs(): number {
    return this.#nowMs
  }

  schedule(delayMs: number, run: () => void): void {
    const event = { timeMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, run }
    const heap = this.#events
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (before(heap[parent] as TimedEvent, event)) break
      heap[i] = heap[parent] as TimedEvent
      i = parent
    }
    heap[i] = event
  }

  wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.schedule(delayMs, resolve))
  }

  /** Runs events until `done`, until the time is `endMs`, or until none is left. False when it was not done. */
  async run(done: () => boolean, endMs: number): Promise<boolean> {
    // What was started before the first event gets its turn first.
    await nextTurn()
    while (!done()) {
      const event = this.#events[0]
      if (event === undefined || event.timeMs > endMs) return false
      this.#take()
      this.#nowMs = event.timeMs
      event.run()
      // A turn of the real loop, which no time depends on: all promises that the event settled have run after it.
      await nextTurn()
    }
    return true
  }

  #take(): void {
    const heap = this.#events
    const last = heap.pop() as TimedEvent
    if (heap.length === 0) return
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1] as TimedEvent, heap[child] as TimedEvent)) child++
      if (before(last, heap[child] as TimedEvent)) break
      heap[i] = heap[child] as TimedEvent
      i = child
    }
    heap[i] = last
  }
}

function before(a: TimedEvent, b: TimedEvent): boolean {
  return a.timeMs < b.timeMs || (a.timeMs === b.timeMs && a.order < b.order)
}

/** The wall clock of the simulated process: virtual time plus an error that may jump. Sleeping does not see jumps. */
export class SimClock implements Clock {
  readonly #time: VirtualTime
  /** What the wall clock is wrong by. */
  skewMs = 0

  constructor(time: VirtualTime) {
    this.#time = time
  }

  nowMs(): number {
    return this.#time.nowMs + this.skewMs
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    const delayMs = timeMs - this.nowMs()
    if (delayMs <= 0 || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve())
      this.#time.schedule(delayMs, resolve)
    })
  }

  yieldNow(): Promise<void> {
    return this.#time.wait(0)
  }
}
