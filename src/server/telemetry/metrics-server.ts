// The page for Prometheus: GET /metrics on an address of its own, and nothing else there.

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { OnApplicationShutdown } from '@nestjs/common'
import { AppError } from '../../core/errors.ts'
import type { Runtime } from '../../runtime/api.ts'
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
    const colon = this.#listen.lastIndexOf(':')
    const host = this.#listen.slice(0, colon)
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
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(bindError(this.#listen, error)))
      server.listen({ port: Number(this.#listen.slice(colon + 1)), host: host.replace(/^\[|\]$/g, '') }, resolve)
    })
    this.#server = server
    return `${host}:${(server.address() as AddressInfo).port}`
  }

  onApplicationShutdown(): void {
    this.#stopProcess?.()
    this.#server?.closeAllConnections()
    this.#server?.close()
  }
}

function bindError(listen: string, error: NodeJS.ErrnoException): AppError {
  if (error.code === 'EADDRINUSE') {
    return new AppError('ADDRESS_IN_USE', `address ${listen} of the metrics is in use`, {
      hint: 'choose another address with --metrics-listen (WEIR_METRICS_LISTEN)',
    })
  }
  return new AppError('INVALID_ARGUMENT', `can't serve metrics at ${listen}: ${error.message}`, {
    hint: 'choose an address of this machine with --metrics-listen (WEIR_METRICS_LISTEN)',
  })
}
