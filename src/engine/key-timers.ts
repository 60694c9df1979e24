import { NO_WATERMARK } from '../core/time.ts'
import type { Row } from '../core/value.ts'
import type { KeyColumns } from './key-columns.ts'
import { lowerBound } from './keyed-table.ts'
import { afterNamespace, decodeNamespace, encodeNamespace, NAMESPACE_BYTES } from './namespace-codec.ts'
import type { OperatorContext } from './operator.ts'
import type { StateStore } from './ports/state.ts'
import { alignDown } from './window/align.ts'

/**
 * Keys to look at again when a time has come, by buckets of time.
 *
 * A timer is only a reminder: whoever is reminded looks at the state of the key, which knows better. So timers are
 * never moved or cancelled, only added; the same key may be reminded of twice; and after a restart a bucket may come
 * again. A bucket that comes and goes between two barriers never reaches the store.
 */
export interface TimerBucket {
  readonly time: number
  /** Keys not yet in the store. */
  added: Row[]
  /** Keys in the store that are in memory as well. */
  kept: Row[]
  stored: boolean
  /** Some keys are in the store only. */
  spilled: boolean
  /** Its time has come; it stays, with all its keys, until it is released. */
  taken: boolean
}

export class KeyTimers {
  readonly #store: StateStore
  readonly #key: KeyColumns
  readonly #bucketMs: number
  readonly #keysMax: number
  readonly #buckets = new Map<number, TimerBucket>()
  /** Of the buckets whose time has not come, ascending. */
  #times: number[]
  #takenUpTo = NO_WATERMARK
  readonly #dropped = new Set<number>()

  constructor(store: StateStore, key: KeyColumns, bucketMs: number, context: OperatorContext) {
    this.#store = store
    this.#key = key
    this.#bucketMs = bucketMs
    this.#keysMax = context.memory.entriesMax
    this.#times = storedTimes(store)
    for (const time of this.#times) {
      this.#buckets.set(time, { time, added: [], kept: [], stored: true, spilled: true, taken: false })
    }
  }

  /** Start of the first bucket: nothing is due before it. */
  get nextTime(): number | undefined {
    return this.#times[0]
  }

  bucketOf(time: number): number {
    return alignDown(time, this.#bucketMs, 0)
  }

  /** The bucket that the key went to; one that is taken is not given out again by `take`. */
  add(time: number, values: Row): TimerBucket {
    const start = this.bucketOf(time)
    let bucket = this.#buckets.get(start)
    if (bucket === undefined) {
      const taken = start <= this.#takenUpTo
      bucket = { time: start, added: [], kept: [], stored: false, spilled: false, taken }
      this.#buckets.set(start, bucket)
      if (!taken) this.#times.splice(lowerBound(this.#times, start), 0, start)
    }
    bucket.added.push(values)
    return bucket
  }

  /** The buckets that begin at or before `now` and were not taken before. Each is to be released. */
  take(now: number): TimerBucket[] {
    if (now > this.#takenUpTo) this.#takenUpTo = now
    const taken: TimerBucket[] = []
    while (this.#times.length > 0 && (this.#times[0] as number) <= now) {
      const bucket = this.#buckets.get(this.#times.shift() as number) as TimerBucket
      bucket.taken = true
      taken.push(bucket)
    }
    return taken
  }

  /** All keys of a bucket. */
  *keysOf(bucket: TimerBucket): Iterable<Row> {
    yield* bucket.added
    if (!bucket.spilled) yield* bucket.kept
    else {
      const prefix = encodeNamespace(bucket.time)
      for (const [key] of this.#store.scan(prefix, afterNamespace(prefix))) {
        yield this.#key.decode(key.subarray(NAMESPACE_BYTES))
      }
    }
  }

  /** The keys of a bucket that was taken are done with, or have been added anew. */
  release(bucket: TimerBucket): void {
    this.#buckets.delete(bucket.time)
    if (bucket.stored) this.#dropped.add(bucket.time)
  }

  /** In the order of the keys, and with all reads first: that is what stores write fastest. */
  flush(): void {
    const dropped = new Map([...this.#dropped].map((time) => [time, this.#storedKeys(time)]))
    this.#dropped.clear()
    for (const time of [...new Set([...dropped.keys(), ...this.#buckets.keys()])].sort(ascending)) {
      for (const key of dropped.get(time) ?? []) this.#store.delete(key)
      const bucket = this.#buckets.get(time)
      if (bucket === undefined || bucket.added.length === 0) continue
      const prefix = encodeNamespace(time)
      for (const values of bucket.added.sort(this.#key.compare)) {
        this.#store.put(this.#key.encode(prefix, values), EMPTY)
      }
      if (!bucket.spilled) bucket.kept = bucket.kept.concat(bucket.added)
      bucket.added = []
      bucket.stored = true
    }
  }

  /** Right after a commit: what is far ahead need not be in memory. */
  evict(): void {
    let count = 0
    for (const time of this.#times) {
      const bucket = this.#buckets.get(time) as TimerBucket
      count += bucket.kept.length
      if (count <= this.#keysMax || bucket.kept.length === 0) continue
      count -= bucket.kept.length
      bucket.kept = []
      bucket.spilled = true
    }
  }

  #storedKeys(time: number): Uint8Array[] {
    const prefix = encodeNamespace(time)
    return Array.from(this.#store.scan(prefix, afterNamespace(prefix)), ([key]) => key)
  }
}

const EMPTY = new Uint8Array(0)

function storedTimes(store: StateStore): number[] {
  const times: number[] = []
  let from: Uint8Array = new Uint8Array(0)
  for (;;) {
    let found: number | undefined
    for (const [key] of store.scan(from, undefined)) {
      found = decodeNamespace(key)
      break
    }
    if (found === undefined) return times
    times.push(found)
    from = afterNamespace(encodeNamespace(found))
  }
}

function ascending(a: number, b: number): number {
  return a - b
}
