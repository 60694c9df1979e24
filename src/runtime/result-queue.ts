import type { ResultEvent } from './api.ts'

/**
 * Results between a running query and the one reader that pulls them. Bounded: `room` tells the query to stop reading
 * while the reader is behind; nothing is dropped.
 */
export const RESULT_QUEUE_ROWS_MAX = 8_192

export class ResultQueue {
  #events: ResultEvent[] = []
  #rows = 0
  #ended = false
  #failure: unknown
  #readerWaits: (() => void) | undefined
  #writerWaits: (() => void) | undefined

  push(event: ResultEvent): void {
    if (this.#ended) return
    // Only the latest of several watermarks says anything: a query without rows must not fill the queue with them.
    if (event.kind === 'watermark' && this.#events.at(-1)?.kind === 'watermark') this.#events.pop()
    this.#events.push(event)
    if (event.kind === 'rows') this.#rows += event.rows.length
    this.#wakeReader()
  }

  /** Undefined while there is room, else a promise of it. */
  room(): Promise<void> | undefined {
    if (this.#rows < RESULT_QUEUE_ROWS_MAX || this.#ended) return undefined
    return new Promise((resolve) => {
      this.#writerWaits = resolve
    })
  }

  end(failure?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    this.#failure = failure
    this.#wakeReader()
    this.#wakeWriter()
  }

  /** Waits until there is something; none means the end. Rejects with the failure, after what came before it. */
  async take(): Promise<readonly ResultEvent[]> {
    while (this.#events.length === 0 && !this.#ended) {
      await new Promise<void>((resolve) => {
        this.#readerWaits = resolve
      })
    }
    if (this.#events.length === 0 && this.#failure !== undefined) throw this.#failure
    const taken = this.#events
    this.#events = []
    this.#rows = 0
    this.#wakeWriter()
    return taken
  }

  #wakeReader(): void {
    this.#readerWaits?.()
    this.#readerWaits = undefined
  }

  #wakeWriter(): void {
    this.#writerWaits?.()
    this.#writerWaits = undefined
  }
}
