// Writes messages to one call at the speed of its reader.
//
// Invariant: at most WRITES_IN_FLIGHT_MAX messages of a call are in memory. grpc-js itself takes sixteen before
// `write()` says false; with batches of 256 KiB that would be 4 MiB for every reader that stalls. So the writer counts
// what the transport has not taken yet (its callback) and waits, and the source is simply not asked for more.

import type { Http2Stream } from 'node:http2'
import { constants } from 'node:http2'
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js'
import { AppError } from '../../core/errors.ts'

/** One on the wire, one ready behind it. */
export const WRITES_IN_FLIGHT_MAX = 2

/** How long a reader that was cut may take to fetch the reason before its stream is reset. */
export const CUT_GRACE_MS = 1_000

/** The part of a grpc-js call that the writer needs. */
export interface WritableCall {
  write(message: unknown, callback: (error?: Error | null) => void): unknown
}

export class GrpcWriter<Message> {
  readonly #call: WritableCall
  readonly #stallTimeoutMs: number
  readonly #signal: AbortSignal
  #inFlight = 0
  #wake: (() => void) | undefined

  /** `signal` aborts when the call is over, with the AppError that says why. */
  constructor(call: WritableCall, signal: AbortSignal, stallTimeoutMs: number) {
    this.#call = call
    this.#signal = signal
    this.#stallTimeoutMs = stallTimeoutMs
    signal.addEventListener('abort', () => this.#wake?.(), { once: true })
  }

  /** True while the transport holds messages that the reader has not taken. */
  get busy(): boolean {
    return this.#inFlight > 0
  }

  /** `send`, then `room`. */
  async write(message: Message | Buffer): Promise<void> {
    this.send(message)
    await this.room()
  }

  /**
   * Hands a message to the transport: it reaches the reader before whatever ends the call, unless the connection
   * breaks. Throws the signal's reason when the call is over.
   */
  send(message: Message | Buffer): void {
    this.#signal.throwIfAborted()
    this.#inFlight += 1
    this.#call.write(message, () => {
      this.#inFlight -= 1
      this.#wake?.()
    })
  }

  /**
   * Waits until there is room for another message. Throws RESOURCE_EXHAUSTED when the reader takes nothing for the
   * stall timeout, and the signal's reason when the call is over.
   */
  async room(): Promise<void> {
    while (this.#inFlight >= WRITES_IN_FLIGHT_MAX) await this.#taken()
  }

  /** Waits until the transport has taken everything. */
  async flush(): Promise<void> {
    while (this.#inFlight > 0) await this.#taken()
  }

  /** Until one message was taken, the call is over, or the reader has stalled. */
  async #taken(): Promise<void> {
    this.#signal.throwIfAborted()
    const stalled = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(() => resolve(true), this.#stallTimeoutMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve(false)
      }
    })
    this.#wake = undefined
    this.#signal.throwIfAborted()
    if (stalled) throw stalledError(this.#stallTimeoutMs)
  }
}

function stalledError(stallTimeoutMs: number): AppError {
  return new AppError('RESOURCE_EXHAUSTED', `the reader took nothing for ${stallTimeoutMs} ms`, {
    retry: true,
    hint: 'read faster, or subscribe again with the resume token',
  })
}

interface InnerCall {
  readonly nextCall?: InnerCall
  readonly stream?: Http2Stream
}

/**
 * Frees a call whose reader does not even take the reason for which it was cut: the trailers wait behind data that
 * HTTP/2 flow control holds back, and with them the data. ENHANCE_YOUR_CALM reaches the client as RESOURCE_EXHAUSTED.
 *
 * grpc-js has no public way to reset a stream from the server; without the private one the data stays until the
 * connection ends.
 */
export function resetWhenStuck(
  call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
): void {
  // Behind the interceptor that looked at the call, one step further in.
  let inner = (call as unknown as { readonly call?: InnerCall }).call
  while (inner?.nextCall !== undefined) inner = inner.nextCall
  const stream = inner?.stream
  if (stream === undefined || stream.destroyed) return
  const timer = setTimeout(() => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), CUT_GRACE_MS)
  stream.once('close', () => clearTimeout(timer))
}
