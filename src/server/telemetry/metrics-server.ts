// The page for Prometheus: GET /metrics on an address of its own, and nothing else there.

import { createServer, type Server } from 'node:http'
import type { OnApplicationShutdown } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import { listenHttp } from '../listen-http.ts'
import type { SloService } from '../slo/slo.service.ts'
import { measureProcess } from './process-metrics.ts'
import type { Telemetry } from './telemetry.ts'

const PATH = '/metrics'
/** Of headers and of a request that does not come to its end. */
const REQUEST_TIMEOUT_MS = 10_000
const HEADER_BYTES_MAX = 8 * 1024
const CONNECTIONS_MAX = 64

export interface MetricsServerParts {
  readonly telemetry: Telemetry
  readonly listen: string
  readonly runtime: Pick<Runtime, 'activityHere'>
  readonly slo: SloService
}

export class MetricsServer implements OnApplicationShutdown {
  readonly #telemetry: Telemetry
  readonly #listen: string
  readonly #stopProcess: (() => void) | undefined
  #server: Server | undefined

  constructor({ telemetry, listen, runtime, slo }: MetricsServerParts) {
    this.#telemetry = telemetry
    this.#listen = listen
    if (telemetry.queries === undefined) return
    telemetry.queries.follow(runtime, slo)
    this.#stopProcess = measureProcess(telemetry.meter)
  }

  /** Resolves to the address of the page, undefined where there is none. Throws ADDRESS_IN_USE. */
  async listen(): Promise<string | undefined> {
    const { prometheus } = this.#telemetry
    if (prometheus === undefined) return undefined
    const server = createServer(
      { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_TIMEOUT_MS },
      (request, response) => {
        const path = request.url?.split('?', 1)[0]
        if (path === PATH && (request.method === 'GET' || request.method === 'HEAD')) {
          prometheus.getMetricsRequestHandler(request, response)
          return
        }
        response.writeHead(path === PATH ? 405 : 404, { 'content-type': 'text/plain' }).end(`see ${PATH}\n`)
      },
    )
    server.maxConnections = CONNECTIONS_MAX
    const address = await listenHttp(server, this.#listen, { name: 'the metrics', setting: 'metricsListen' })
    this.#server = server
    return address
  }

  onApplicationShutdown(): void {
    this.#stopProcess?.()
    this.#server?.closeAllConnections()
    this.#server?.close()
  }
}
