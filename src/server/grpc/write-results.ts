// A result stream → the messages of one call: header, batches, watermarks, heartbeats, end.
//
// The stream is pulled: nothing is asked of the engine while the reader has not taken what it was sent. Whatever ends
// the call (cancel, deadline, stall, shutdown, error) closes the stream, so that the engine lets go of it at once.

import type { AppError } from '../../core/errors.ts'
import { END_OF_TIME } from '../../core/time.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import { CallError } from '../errors/call-error.ts'
import { appErrorOf } from '../errors/status.ts'
import type { QueryResponseInput } from '../proto/weir/v1/QueryResponse.ts'
import { RowEncoder } from '../wire/row-encoder.ts'
import { toWireSchema } from '../wire/schema.ts'
import { microsOf } from '../wire/value.ts'
import { type CallContext, shuttingDown } from './call-host.ts'
import type { GrpcWriter } from './grpc-writer.ts'

/** QueryResponse and SubscribeResponse have the same fields. */
export type ResultMessage = QueryResponseInput

export interface ResultOptions {
  readonly heartbeatMs: number
}

export async function writeResults(
  results: ResultStream,
  writer: GrpcWriter<ResultMessage>,
  context: CallContext,
  options: ResultOptions,
): Promise<void> {
  const startedMs = performance.now()
  const heartbeat = new Heartbeats(writer, options.heartbeatMs)
  const state = { resumeToken: '', rows: 0 }
  // A stream that ends by itself may do so within the grace of the shutdown; one that does not ends now.
  const stops = results.continuous ? [context.signal, context.draining] : [context.signal]
  const stop = AbortSignal.any(stops)
  const close = () => void results.close().catch(() => {})
  stop.addEventListener('abort', close, { once: true })
  try {
    await writer.write({ header: { schema: toWireSchema(results.schema), continuous: results.continuous } })
    const encoder = new RowEncoder(results.schema)
    if (!stop.aborted) {
      for await (const event of results) {
        await writeEvent(event, encoder, writer, state)
        heartbeat.postpone()
        if (stop.aborted) break
      }
    }
    context.signal.throwIfAborted()
    if (stop.aborted) throw shuttingDown()
    await writer.write({ end: { rows: state.rows, elapsedMillis: Math.round(performance.now() - startedMs) } })
  } catch (error) {
    throw withResumeToken(error, state.resumeToken)
  } finally {
    heartbeat.stop()
    stop.removeEventListener('abort', close)
    await results.close()
  }
}

async function writeEvent(
  event: ResultEvent,
  encoder: RowEncoder,
  writer: GrpcWriter<ResultMessage>,
  state: { resumeToken: string; rows: number },
): Promise<void> {
  if (event.kind === 'watermark') {
    const finished = event.watermark === END_OF_TIME
    const timeMicros = finished ? 0 : microsOf(event.watermark).toString()
    writer.send({ watermark: { timeMicros, endOfTime: finished, resumeToken: event.resumeToken } })
  } else {
    let last: Buffer | undefined
    for (const message of encoder.encode(event)) {
      if (last !== undefined) await writer.write(last)
      last = message
    }
    if (last !== undefined) writer.send(last)
    state.rows += event.rows.length
  }
  // Between handing over the last part and waiting: from here on the reader has the batch whatever happens, and one
  // that was cut between its parts is sent again whole.
  if (event.resumeToken !== '') state.resumeToken = event.resumeToken
  await writer.room()
}

/** A token longer than this would not fit the trailers; the reader has it from its last batch. */
const RESUME_TOKEN_CHARS_MAX = 2_048

/** The reader of a stream that breaks learns where to go on. */
function withResumeToken(thrown: unknown, resumeToken: string): unknown {
  if (resumeToken === '' || resumeToken.length > RESUME_TOKEN_CHARS_MAX) return thrown
  const { error, metadata }: { error: AppError; metadata: Readonly<Record<string, string>> } = appErrorOf(thrown)
  return new CallError(error, { ...metadata, resume_token: resumeToken })
}

/** Sends a heartbeat whenever nothing was sent for a while, and nothing waits to be read. */
class Heartbeats {
  readonly #timer: NodeJS.Timeout

  constructor(writer: GrpcWriter<ResultMessage>, intervalMs: number) {
    this.#timer = setInterval(() => {
      // A failed write ends the call elsewhere: the call's signal is aborted.
      if (!writer.busy) writer.write({ heartbeat: {} }).catch(() => {})
    }, intervalMs)
  }

  postpone(): void {
    this.#timer.refresh()
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
