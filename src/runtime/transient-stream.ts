import type { Schema } from '../core/schema.ts'
import type { OmittedRows, ResultEvent, ResultStream } from './api.ts'
import type { TransientHost, TransientSpec } from './transient-host.ts'

/** The results of a SELECT of a reader, from wherever it runs. */
export interface TransientStreamOptions {
  readonly host: TransientHost
  readonly spec: TransientSpec
  readonly schema: Schema
  readonly continuous: boolean
  readonly signal: AbortSignal | undefined
  readonly onClose: () => void
}

export class TransientStream implements ResultStream {
  readonly #options: TransientStreamOptions
  #omitted: OmittedRows = { failed: 0, reason: undefined, late: 0 }
  #closed: Promise<void> | undefined

  private constructor(options: TransientStreamOptions) {
    this.#options = options
  }

  /** Resolves when the query runs; rejects with why it can't. */
  static async open(options: TransientStreamOptions): Promise<TransientStream> {
    const { host, spec, signal } = options
    const stream = new TransientStream(options)
    await host.openTransient(spec)
    signal?.addEventListener('abort', () => void stream.close(), { once: true })
    if (signal?.aborted) void stream.close()
    return stream
  }

  get schema(): Schema {
    return this.#options.schema
  }

  get continuous(): boolean {
    return this.#options.continuous
  }

  omitted(): OmittedRows {
    return this.#omitted
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    const { host, spec } = this.#options
    try {
      while (this.#closed === undefined) {
        const { events, omitted, ended } = await host.nextResults(spec.task.id)
        this.#omitted = omitted
        yield* events
        if (ended) return
      }
    } finally {
      await this.close()
    }
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    const { host, spec, onClose } = this.#options
    try {
      await host.closeTransient(spec.task.id)
    } finally {
      onClose()
    }
  }
}
