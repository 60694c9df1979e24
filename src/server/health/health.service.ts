// Whether the server takes calls: not while queries are being recovered, and not from the moment it drains.

import type { Runtime } from '../../runtime/api.ts'

export type ServingStatus = 'SERVING' | 'NOT_SERVING'

/** Recovery takes from milliseconds to minutes; nobody waits for less than this. */
const READY_POLL_MS = 20

export class HealthService {
  readonly #listeners = new Set<(status: ServingStatus) => void>()
  #poll: NodeJS.Timeout | undefined
  #status: ServingStatus = 'NOT_SERVING'

  constructor(runtime: Pick<Runtime, 'ready'>) {
    if (runtime.ready) {
      this.#status = 'SERVING'
      return
    }
    this.#poll = setInterval(() => {
      if (!runtime.ready) return
      clearInterval(this.#poll)
      this.#set('SERVING')
    }, READY_POLL_MS)
    this.#poll.unref()
  }

  get status(): ServingStatus {
    return this.#status
  }

  /** For good: a server that drains does not come back. */
  drain(): void {
    clearInterval(this.#poll)
    this.#set('NOT_SERVING')
  }

  /** Calls back at each change; the result ends it. */
  onChange(listener: (status: ServingStatus) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #set(status: ServingStatus): void {
    if (status === this.#status) return
    this.#status = status
    for (const listener of this.#listeners) listener(status)
  }
}
