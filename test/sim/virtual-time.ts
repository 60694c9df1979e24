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

/** What the wall clock of the simulated machine is wrong by; it jumps, and outlives the process. */
export interface Skew {
  ms: number
}

/**
 * The clock of one process: virtual time and the machine's error. Sleeping sees no jumps; a dead process never
 * wakes.
 */
export class SimClock implements Clock {
  readonly #time: VirtualTime
  readonly #skew: Skew
  readonly #process: { readonly alive: boolean }

  constructor(time: VirtualTime, skew: Skew, process: { readonly alive: boolean }) {
    this.#time = time
    this.#skew = skew
    this.#process = process
  }

  nowMs(): number {
    return this.#time.nowMs + this.#skew.ms
  }

  sleepUntil(timeMs: number, signal?: AbortSignal): Promise<void> {
    const delayMs = timeMs - this.nowMs()
    if (delayMs <= 0 || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      signal?.addEventListener('abort', () => this.#wake(resolve), { once: true })
      this.#time.schedule(delayMs, () => this.#wake(resolve))
    })
  }

  yieldNow(): Promise<void> {
    return new Promise((resolve) => this.#time.schedule(0, () => this.#wake(resolve)))
  }

  #wake(resolve: () => void): void {
    if (this.#process.alive) resolve()
  }
}
