import type { Schema } from '../core/schema.ts'
import type { ResultEvent, ResultStream } from './api.ts'
import { encodeMergedToken } from './resume-token.ts'
import type { Subscription } from './subscription.ts'

/**
 * The results of a view whose log has several partitions, as one stream. Each partition is a subscription of its own,
 * exact by itself; the order among partitions is that of arrival. A token is the positions of all of them as of what
 * was given out: one event of each may wait here, and counts as not read.
 */
export class MergedSubscription implements ResultStream {
  readonly schema: Schema
  readonly continuous = true
  readonly #name: string
  readonly #parts: readonly Subscription[]
  /** By partition, where its reader is. */
  readonly #tokens: string[]
  readonly #watermarks: number[]
  #watermark = Number.NEGATIVE_INFINITY

  /** `tokens`: where each of the parts begins. */
  constructor(name: string, parts: readonly Subscription[], tokens: readonly string[]) {
    const [first] = parts
    if (first === undefined) throw new Error('a result log has a partition')
    this.schema = first.schema
    this.#name = name
    this.#parts = parts
    this.#tokens = [...tokens]
    this.#watermarks = parts.map(() => Number.NEGATIVE_INFINITY)
  }

  async close(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.close()))
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    const iterators = this.#parts.map((part) => part[Symbol.asyncIterator]())
    const ready = new ReadyQueue()
    // One event of each is asked for, the next when it was given out: a busy partition does not hide the others.
    const ask = (partition: number) => {
      const next = (iterators[partition] as AsyncGenerator<ResultEvent>).next()
      next.then(
        (result) => ready.push({ partition, result }),
        (error: unknown) => ready.push({ partition, error }),
      )
    }
    try {
      for (const partition of iterators.keys()) ask(partition)
      for (let open = iterators.length; open > 0; ) {
        const { partition, result, error } = await ready.shift()
        if (error !== undefined) throw error
        if (result === undefined || result.done === true) {
          open--
          continue
        }
        const event = this.#deliver(partition, result.value)
        if (event !== undefined) yield event
        ask(partition)
      }
    } finally {
      await this.close()
      await Promise.all(iterators.map((iterator) => iterator.return(undefined).catch(() => undefined)))
    }
  }

  /** Undefined for a watermark that does not raise the lowest one. */
  #deliver(partition: number, event: ResultEvent): ResultEvent | undefined {
    this.#tokens[partition] = event.resumeToken
    if (event.kind === 'watermark') {
      this.#watermarks[partition] = event.watermark
      const lowest = Math.min(...this.#watermarks)
      if (lowest <= this.#watermark) return undefined
      this.#watermark = lowest
      return { ...event, watermark: lowest, resumeToken: this.#token() }
    }
    return { ...event, resumeToken: this.#token() }
  }

  #token(): string {
    return encodeMergedToken(this.#name, this.#tokens)
  }
}

interface Arrival {
  readonly partition: number
  readonly result?: IteratorResult<ResultEvent>
  readonly error?: unknown
}

/** What has come, in order. Never longer than there are partitions: of each at most one event is under way. */
class ReadyQueue {
  readonly #arrived: Arrival[] = []
  #wake: (() => void) | undefined

  push(arrival: Arrival): void {
    this.#arrived.push(arrival)
    this.#wake?.()
  }

  async shift(): Promise<Arrival> {
    for (;;) {
      const next = this.#arrived.shift()
      if (next !== undefined) return next
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
      this.#wake = undefined
    }
  }
}
