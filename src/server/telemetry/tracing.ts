// Where spans go: to a collector, in batches, as OTLP over HTTP. Each thread has its own exporter.

import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import type { ServerConfig } from '../config/config.ts'
import { resourceOf } from './resource.ts'

/** For the whole thread. Returns what sends the rest and ends it; undefined where no collector is configured. */
export function startTracing(config: TracingConfig): (() => Promise<void>) | undefined {
  const { otlpEndpoint, traceRatio } = config
  if (otlpEndpoint === '') return undefined
  const exporter = new OTLPTraceExporter({ url: `${otlpEndpoint.replace(/\/$/, '')}/v1/traces` })
  const provider = new TracerProvider({
    resource: resourceOf(config),
    // What comes with a call that is traced is traced, and of the rest so many.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(traceRatio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  return async () => {
    trace.disable()
    context.disable()
    propagation.disable()
    // A collector that is down must not keep the process from ending.
    await provider.shutdown().catch(() => undefined)
  }
}

export type TracingConfig = Pick<ServerConfig, 'otlpEndpoint' | 'traceRatio' | 'replicaName'>
