import type { EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { KeyTimers, TimerBucket } from '../key-timers.ts'
import { TimeHeap } from '../time-heap.ts'

interface Reminder {
  readonly time: EventTimeMs
  readonly values: Row
  readonly bucket: TimerBucket
}

/**
 * Exact times on top of buckets: keys of the buckets whose time has come are in a heap, the others wait in the store.
 * A bucket stays stored until the last of its keys was looked at, so that a restart finds them again.
 */
export class SessionTimers {
  readonly #timers: KeyTimers
  readonly #near = new TimeHeap<Reminder>()
  readonly #pending = new Map<TimerBucket, number>()

  constructor(timers: KeyTimers) {
    this.#timers = timers
  }

  bucketOf(time: EventTimeMs): EventTimeMs {
    return this.#timers.bucketOf(time)
  }

  /** Not after the first reminder. */
  get nextTime(): EventTimeMs | undefined {
    const near = this.#near.top?.time
    const far = this.#timers.nextTime
    return near === undefined || far === undefined ? (near ?? far) : Math.min(near, far)
  }

  add(time: EventTimeMs, values: Row): void {
    const bucket = this.#timers.add(time, values)
    if (bucket.taken) this.#push(time, values, bucket)
  }

  /**
   * Looks at the buckets that have come. `dueOf` says when a key is to be looked at, which may be later than it was
   * when the reminder was made; undefined when another reminder takes care of it.
   */
  bringNear(now: EventTimeMs, dueOf: (values: Row, bucketTime: EventTimeMs) => EventTimeMs | undefined): void {
    for (const bucket of this.#timers.take(now)) {
      for (const values of this.#timers.keysOf(bucket)) {
        const due = dueOf(values, bucket.time)
        if (due === undefined) continue
        if (this.#timers.bucketOf(due) === bucket.time) this.#push(due, values, bucket)
        else this.add(due, values)
      }
      if (!this.#pending.has(bucket)) this.#timers.release(bucket)
    }
  }

  /** The next reminder that is due. */
  pop(now: EventTimeMs): { readonly time: EventTimeMs; readonly values: Row } | undefined {
    const top = this.#near.top
    if (top === undefined || top.time > now) return undefined
    this.#near.pop()
    const pending = (this.#pending.get(top.bucket) as number) - 1
    if (pending > 0) this.#pending.set(top.bucket, pending)
    else {
      this.#pending.delete(top.bucket)
      this.#timers.release(top.bucket)
    }
    return top
  }

  #push(time: EventTimeMs, values: Row, bucket: TimerBucket): void {
    this.#near.push({ time, values, bucket })
    this.#pending.set(bucket, (this.#pending.get(bucket) ?? 0) + 1)
  }
}
