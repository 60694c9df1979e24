// A subscription that outlives its connection.
//
// The token of a batch is taken over together with its rows, and rows are given on only batch by batch. So whatever
// breaks, the next call begins right after the last row that was given on: nothing is lost and nothing comes twice.

import { Backoff } from './backoff.ts'
import { WeirError } from './errors.ts'
import { type Change, type ResultCall, type ResultEvent, readEvents } from './results.ts'
import type { RowObject, TimestampMode } from './values.ts'

export interface SubscribeOptions {
  /** Continue right after the row that this token came with. */
  readonly resumeToken?: string | undefined
  /** Without a token: begin with the rows as they are now (default), or only with what changes from now on. */
  readonly snapshot?: boolean | undefined
  readonly timestamps?: TimestampMode | undefined
  /** Attempts to connect again without any success between them, before the error is thrown; default: no limit. */
  readonly reconnectAttemptsMax?: number | undefined
  /**
   * Silence after which the connection is taken for dead, ms. The server sends a heartbeat each 15 s, unless it is
   * configured otherwise.
   */
  readonly silenceTimeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
  /** Told before each new attempt. */
  readonly onReconnect?: ((error: unknown, attempt: number) => void) | undefined
}

export type OpenSubscription = (resumeToken: string | undefined) => ResultCall

const SILENCE_TIMEOUT_MS = 60_000

export class Subscription<Row = RowObject> implements AsyncIterable<Change<Row>> {
  readonly #open: OpenSubscription
  readonly #options: SubscribeOptions
  #resumeToken: string | undefined

  constructor(open: OpenSubscription, options: SubscribeOptions) {
    this.#open = open
    this.#options = options
    this.#resumeToken = options.resumeToken
  }

  /** Where a later subscription goes on: after the last batch that `events()` has given. */
  get resumeToken(): string | undefined {
    return this.#resumeToken
  }

  /** Every change, one at a time. Use `events()` where the token has to be stored together with the rows. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Change<Row>> {
    for await (const event of this.events()) if (event.kind === 'changes') yield* event.changes
  }

  async *events(): AsyncGenerator<ResultEvent<Row>> {
    const backoff = new Backoff()
    // Rows without a token can't be continued after, so that a second call would begin again and give them twice.
    let resumable = true
    for (;;) {
      try {
        for await (const event of this.#attempt()) {
          // Not for the header alone: a call that breaks right after it would be tried again without a pause.
          if (event.kind !== 'schema') backoff.reset()
          if (event.kind === 'changes' || event.kind === 'watermark') {
            if (event.resumeToken !== undefined) this.#resumeToken = event.resumeToken
            else if (event.kind === 'changes') resumable = false
          }
          yield event
        }
        return
      } catch (error) {
        this.#options.signal?.throwIfAborted()
        const { reconnectAttemptsMax = Number.POSITIVE_INFINITY, onReconnect } = this.#options
        if (!resumable || !isTransient(error) || backoff.attempts >= reconnectAttemptsMax) throw error
        onReconnect?.(error, backoff.attempts + 1)
        await backoff.wait(this.#options.signal)
      }
    }
  }

  /** One call; throws a SilenceError when the server says nothing at all for too long. */
  async *#attempt(): AsyncGenerator<ResultEvent<Row>> {
    const { signal, silenceTimeoutMs = SILENCE_TIMEOUT_MS, timestamps = 'date' } = this.#options
    signal?.throwIfAborted()
    const call = this.#open(this.#resumeToken)
    const cancel = () => call.cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    let silent = false
    const arm = () =>
      setTimeout(() => {
        silent = true
        call.cancel()
      }, silenceTimeoutMs)
    let timer = arm()
    try {
      for await (const event of readEvents<Row>(call, timestamps)) {
        // While the consumer works on an event, silence is its doing and not the server's.
        clearTimeout(timer)
        yield event
        timer = arm()
      }
    } catch (error) {
      throw silent ? new SilenceError(silenceTimeoutMs) : error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', cancel)
      call.cancel()
    }
  }
}

class SilenceError extends Error {
  override readonly name = 'SilenceError'

  constructor(silenceTimeoutMs: number) {
    super(`the server has said nothing for ${silenceTimeoutMs} ms`)
  }
}

function isTransient(error: unknown): boolean {
  return error instanceof SilenceError || (error instanceof WeirError && error.retry)
}
