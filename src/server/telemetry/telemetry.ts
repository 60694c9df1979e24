// What measures this process, as the configuration says: a page for Prometheus, a collector that is pushed to, both or
// none. Without either nothing is kept, and an instrument costs a call that does nothing.

import { createNoopMeter, type Meter } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http'
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus'
import { type IMetricReader, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { VERSION } from '../../core/version.ts'
import type { ServerConfig } from '../config/config.ts'
import { QueryProducer } from './query-producer.ts'
import { resourceOf } from './resource.ts'
import { startTracing, type TracingConfig } from './tracing.ts'

/** How often a collector is pushed to. */
const PUSH_INTERVAL_MS = 10_000

export class Telemetry {
  readonly meter: Meter
  /** Undefined where nobody measures. */
  readonly queries: QueryProducer | undefined
  /** What the page for Prometheus is written by. */
  readonly prometheus: PrometheusExporter | undefined
  readonly #provider: MeterProvider | undefined
  readonly #stopTracing: (() => Promise<void>) | undefined

  constructor(config: TelemetryConfig) {
    const { metricsListen, otlpEndpoint } = config
    this.#stopTracing = startTracing(config)
    const resource = resourceOf(config)
    const queries = new QueryProducer(resource)
    const metricProducers = [queries]
    const readers: IMetricReader[] = []
    if (metricsListen !== '') {
      this.prometheus = new PrometheusExporter({ preventServerStart: true, withoutScopeInfo: true, metricProducers })
      readers.push(this.prometheus)
    }
    if (otlpEndpoint !== '') {
      const exporter = new OTLPMetricExporter({ url: `${otlpEndpoint.replace(/\/$/, '')}/v1/metrics` })
      const exportIntervalMillis = PUSH_INTERVAL_MS
      readers.push(new PeriodicExportingMetricReader({ exporter, exportIntervalMillis, metricProducers }))
    }
    if (readers.length === 0) {
      this.meter = createNoopMeter()
      return
    }
    this.queries = queries
    this.#provider = new MeterProvider({ resource, readers })
    this.meter = this.#provider.getMeter('weir', VERSION)
  }

  /** Pushes what is left. A collector that is down must not keep the process from ending. */
  async close(): Promise<void> {
    await Promise.all([this.#provider?.shutdown().catch(() => undefined), this.#stopTracing?.()])
    this.queries?.close()
  }
}

export type TelemetryConfig = TracingConfig & Pick<ServerConfig, 'metricsListen'>
