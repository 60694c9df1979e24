// Each call measured and traced by the conventions for RPC.

import { type Metadata, status } from '@grpc/grpc-js'
import { context, type Histogram, type Meter, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'

/** What a call looks like from here. */
export interface MeasuredCall {
  readonly metadata: Metadata
  getPath(): string
}

/** As the conventions have them, seconds. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]

export class RpcTelemetry {
  readonly #duration: Histogram

  constructor(meter: Meter) {
    this.#duration = meter.createHistogram('rpc.server.call.duration', {
      unit: 's',
      description: 'Duration of calls; of a stream, until it ends',
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    })
  }

  /** Runs the handler as a span, in the trace of the caller. `codeOf` says how what it throws is answered. */
  async run<T>(call: MeasuredCall, handle: () => Promise<T>, codeOf: (error: unknown) => status): Promise<T> {
    const startedMs = performance.now()
    const method = call.getPath().replace(/^\//, '')
    const attributes = { 'rpc.system.name': 'grpc', 'rpc.method': method }
    const caller = propagation.extract(context.active(), call.metadata, {
      get: ({ get }, key) => get.call(call.metadata, key).map(String),
      keys: () => Object.keys(call.metadata.getMap()),
    })
    const span = trace.getTracer('weir').startSpan(method, { kind: SpanKind.SERVER, attributes }, caller)
    let code = status.OK
    try {
      return await context.with(trace.setSpan(caller, span), handle)
    } catch (error) {
      code = codeOf(error)
      if (isOurFault(code)) span.setStatus({ code: SpanStatusCode.ERROR })
      throw error
    } finally {
      const outcome = { 'rpc.response.status_code': status[code] }
      span.setAttributes(outcome)
      span.end()
      this.#duration.record((performance.now() - startedMs) / 1_000, { ...attributes, ...outcome })
    }
  }
}

/** By the conventions a server's span fails where the server is at fault. */
function isOurFault(code: status): boolean {
  switch (code) {
    case status.UNKNOWN:
    case status.DEADLINE_EXCEEDED:
    case status.UNIMPLEMENTED:
    case status.INTERNAL:
    case status.UNAVAILABLE:
    case status.DATA_LOSS:
      return true
    default:
      return false
  }
}
