// Runs the handlers of all calls: turns what they throw into a status, tells them who calls, when their caller has gone
// or the server drains, and knows which calls still run.

import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  ServerDuplexStream,
  ServerWritableStream,
} from '@grpc/grpc-js'
import { AppError } from '../../core/errors.ts'
import { appErrorOf, statusOf, toServiceError } from '../errors/status.ts'
import { withoutNames } from '../errors/without-names.ts'
import type { CallGate } from '../security/call-gate.ts'
import type { Caller } from '../security/caller.ts'
import { RULES } from '../security/rules.ts'
import { faultOf, type Logger } from '../telemetry/logger.ts'
import type { MeasuredCall, RpcTelemetry } from '../telemetry/rpc-telemetry.ts'
import { GrpcWriter, resetWhenStuck } from './grpc-writer.ts'
import type { Quotas } from './quotas.ts'
import { requestBytes } from './request-size.ts'

export interface CallContext {
  /**
   * Aborts when the caller has gone, the deadline has passed, or shutdown no longer waits; the reason is an
   * AppError.
   */
  readonly signal: AbortSignal
  /** Aborts when the server begins to drain: what never ends by itself ends now. */
  readonly draining: AbortSignal
  /** Address of the caller without its port. */
  readonly peer: string
  readonly caller: Caller
}

export interface StreamLimits {
  readonly stallTimeoutMs: number
}

/** Lets grpc-js send its own DEADLINE_EXCEEDED first. */
const DEADLINE_SLACK_MS = 50
/** Longest delay of a timer; a deadline further away is none. */
const TIMER_MS_MAX = 2 ** 31 - 1

interface Call extends MeasuredCall {
  getPeer(): string
  getDeadline(): Date | number
  once(event: 'cancelled', listener: () => void): unknown
}

interface ActiveCall {
  readonly abort: AbortController
  readonly ended: Promise<undefined>
}

export class CallHost {
  readonly #log: Logger
  readonly #gate: CallGate
  readonly #quotas: Quotas
  readonly #telemetry: RpcTelemetry
  readonly #stallTimeoutMs: number
  readonly #drain = new AbortController()
  readonly #active = new Set<ActiveCall>()

  constructor(log: Logger, gate: CallGate, quotas: Quotas, telemetry: RpcTelemetry, limits: StreamLimits) {
    this.#log = log
    this.#gate = gate
    this.#quotas = quotas
    this.#telemetry = telemetry
    this.#stallTimeoutMs = limits.stallTimeoutMs
  }

  unary<Request, Response>(
    handle: (request: Request, context: CallContext) => Promise<Response> | Response,
  ): handleUnaryCall<Request, Response> {
    return (call, callback) => {
      const run = async (context: CallContext) => {
        await this.#admit(call, call.request, context)
        return handle(call.request, context)
      }
      void this.#run(call, run).then(
        (response) => callback(null, response),
        (error) => callback(toServiceError(error)),
      )
    }
  }

  serverStream<Request, Response>(
    handle: (request: Request, writer: GrpcWriter<Response>, context: CallContext) => Promise<void>,
  ): handleServerStreamingCall<Request, Response> {
    return (call) => {
      void this.#stream(call, async (writer, context) => {
        await this.#admit(call, call.request, context)
        return handle(call.request, writer as GrpcWriter<Response>, context)
      })
    }
  }

  duplex<Request, Response>(
    handle: (requests: AsyncIterable<Request>, writer: GrpcWriter<Response>, context: CallContext) => Promise<void>,
  ): handleBidiStreamingCall<Request, Response> {
    return (call) => {
      void this.#stream(call, (writer, context) => {
        const pace = (request: Request) => this.#quotas.wait(context, requestBytes(request), context.signal)
        const requests = requestsOf<Request>(call, context, pace)
        return handle(requests, writer as GrpcWriter<Response>, context)
      })
    }
  }

  /** Tells all calls that the server drains. */
  beginDrain(): void {
    this.#drain.abort()
  }

  /** Waits until no call runs, `graceMs` at most; then ends the rest with UNAVAILABLE. */
  async drain(graceMs: number): Promise<void> {
    this.beginDrain()
    const ended = Promise.all([...this.#active].map((call) => call.ended))
    let timer: NodeJS.Timeout | undefined
    const graceOver = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    await Promise.race([ended, graceOver])
    clearTimeout(timer)
    for (const call of this.#active) call.abort.abort(shuttingDown())
    await Promise.all([...this.#active].map((call) => call.ended))
  }

  async #admit(call: Call, request: unknown, context: CallContext): Promise<void> {
    if (!isOfClients(call)) return
    const path = call.getPath()
    const rule = RULES[path]
    await this.#quotas.take(context, requestBytes(request))
    if (rule?.kind !== 'named') return
    // Of methods whose requests say by themselves what they are about; the rest is asked for by their handlers.
    const needs = rule.needs(request as { readonly name: string })
    const changes = needs.some(({ right }) => right === 'manage')
    context.caller.admit({ statement: path.slice(path.lastIndexOf('/') + 1), changes, needs })
  }

  async #stream(
    call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>,
    handle: (writer: GrpcWriter<unknown>, context: CallContext) => Promise<void>,
  ): Promise<void> {
    try {
      await this.#run(call, async (context) => {
        using _held = isOfClients(call) ? this.#quotas.hold('streams', context) : undefined
        const writer = new GrpcWriter<unknown>(call, context.signal, this.#stallTimeoutMs)
        await handle(writer, context)
        await writer.flush()
      })
      call.end()
    } catch (error) {
      if (call.cancelled) return
      call.emit('error', toServiceError(error))
      resetWhenStuck(call)
    }
  }

  async #run<T>(call: Call, handle: (context: CallContext) => Promise<T>): Promise<T> {
    const abort = new AbortController()
    const { promise: ended, resolve: end } = deferred()
    const active: ActiveCall = { abort, ended }
    this.#active.add(active)
    call.once('cancelled', () => abort.abort(callOver(call)))
    const deadline = this.#abortAtDeadline(call, abort)
    const caller = this.#gate.callerOf(call.metadata)
    const release = caller.onRefused((reason) => abort.abort(reason))
    try {
      const draining = this.#drain.signal
      const context = { signal: abort.signal, draining, peer: hostOf(call.getPeer()), caller }
      const result = await this.#telemetry.run(call, () => this.#logged(call, () => handle(context)), statusOf)
      caller.ended(undefined)
      return result
    } catch (error) {
      caller.ended(error)
      throw caller.principal.rights.seeAll ? error : withoutNames(error)
    } finally {
      clearTimeout(deadline)
      release()
      this.#active.delete(active)
      end()
    }
  }

  /** Within the span of the call, whose ids the line has. */
  async #logged<T>(call: Call, handle: () => Promise<T>): Promise<T> {
    const startedMs = performance.now()
    try {
      const result = await handle()
      this.#log.debug({ method: call.getPath(), ms: elapsed(startedMs) }, 'call ended')
      return result
    } catch (error) {
      this.#logFailure(call, error, startedMs)
      throw error
    }
  }

  /** grpc-js ends the call at its deadline too, but says so only when the reader has taken what was sent before. */
  #abortAtDeadline(call: Call, abort: AbortController): NodeJS.Timeout | undefined {
    const deadlineMs = Number(call.getDeadline())
    const leftMs = deadlineMs - Date.now() + DEADLINE_SLACK_MS
    if (leftMs > TIMER_MS_MAX) return undefined
    return setTimeout(() => abort.abort(callOver(call)), Math.max(0, leftMs))
  }

  /** Codes, never messages: those may quote what a user wrote. A defect is logged with its stack. */
  #logFailure(call: Call, thrown: unknown, startedMs: number): void {
    const { error } = appErrorOf(thrown)
    const facts = { method: call.getPath(), ms: elapsed(startedMs), ...faultOf(error) }
    if (error.code === 'INTERNAL') this.#log.error(facts, 'call failed')
    else if (error.domain === 'external') this.#log.warn(facts, 'call failed')
    else this.#log.debug(facts, 'call failed')
  }
}

/** What is open to anybody, and what replicas ask, is no client's. */
function isOfClients(call: Call): boolean {
  const kind = RULES[call.getPath()]?.kind
  return kind === 'named' || kind === 'handler'
}

export function shuttingDown(): AppError {
  return new AppError('UNAVAILABLE', 'the server is shutting down', {
    domain: 'external',
    retry: true,
    hint: 'connect again; a subscription goes on from its resume token',
  })
}

function callOver(call: Call): AppError {
  const deadline = call.getDeadline()
  const late = Number(deadline) <= Date.now()
  return new AppError('CANCELLED', late ? 'the deadline of the call has passed' : 'the caller has cancelled', {
    retry: true,
  })
}

/**
 * The requests of a stream, until the caller ends it. When the call is over or the server drains it throws the reason
 * instead of waiting for a request that will not come.
 */
async function* requestsOf<Request>(
  call: ServerDuplexStream<Request, unknown>,
  context: CallContext,
  pace: (request: Request) => Promise<void>,
): AsyncGenerator<Request> {
  // Destroying the call on an early return would take the way for its status with it.
  const requests = call.iterator({ destroyOnReturn: false }) as AsyncIterator<Request>
  const over = AbortSignal.any([context.signal, context.draining])
  const { promise: stopped, resolve: stop } = deferred()
  over.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      const next = over.aborted ? undefined : await Promise.race([requests.next(), stopped])
      context.signal.throwIfAborted()
      if (next === undefined) throw shuttingDown()
      if (next.done) return
      await pace(next.value)
      yield next.value
    }
  } finally {
    over.removeEventListener('abort', stop)
  }
}

function elapsed(startedMs: number): number {
  return Math.round(performance.now() - startedMs)
}

/** `127.0.0.1:5000` → `127.0.0.1`. */
function hostOf(peer: string): string {
  const colon = peer.lastIndexOf(':')
  return colon === -1 ? peer : peer.slice(0, colon)
}

function deferred(): { promise: Promise<undefined>; resolve: () => void } {
  let resolve: () => void = () => {}
  const promise = new Promise<undefined>((settle) => {
    resolve = () => settle(undefined)
  })
  return { promise, resolve }
}
