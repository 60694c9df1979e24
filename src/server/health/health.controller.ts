// Handlers of grpc.health.v1. All services of this process share one fate, so they share one status; one name more
// tells whether the process lives.

import { Inject } from '@nestjs/common'
import { AppError } from '../../core/errors.ts'
import { type CallContext, CallHost } from '../grpc/call-host.ts'
import type { GrpcService } from '../grpc/grpc-service.ts'
import type { GrpcWriter } from '../grpc/grpc-writer.ts'
import { HEALTH_SERVICE } from '../grpc/protos.ts'
import type { HealthHandlers } from '../proto/grpc/health/v1/Health.ts'
import type { HealthCheckResponseInput } from '../proto/grpc/health/v1/HealthCheckResponse.ts'
import { HealthService, type ServingStatus } from './health.service.ts'

/** "" is the server as a whole. */
const SERVICES = new Set([
  '',
  'weir.v1.QueryService',
  'weir.v1.SubscriptionService',
  'weir.v1.CatalogService',
  'weir.v1.IngestService',
])

/**
 * Serves whenever it is asked: an answer in time says that the event loop turns, which is all that a restart could
 * mend. The others don't serve during recovery and drain, when a restart would only begin them anew.
 */
const LIVENESS = 'liveness'

export class HealthController implements GrpcService {
  readonly definition = HEALTH_SERVICE
  readonly implementation: HealthHandlers
  readonly #health: HealthService

  constructor(@Inject(CallHost) calls: CallHost, @Inject(HealthService) health: HealthService) {
    this.#health = health
    this.implementation = {
      Check: calls.unary(({ service }) => this.#check(service)),
      Watch: calls.serverStream(({ service }, writer, context) => this.#watch(service, writer, context)),
    }
  }

  #check(service: string): HealthCheckResponseInput {
    const status = this.#statusOf(service)
    if (status === undefined) throw new AppError('NOT_FOUND', `there is no service "${service}"`)
    return { status }
  }

  #statusOf(service: string): ServingStatus | undefined {
    if (service === LIVENESS) return 'SERVING'
    return SERVICES.has(service) ? this.#health.status : undefined
  }

  /** The newest status is what counts: a watcher that reads slowly misses those in between. */
  async #watch(
    service: string,
    writer: GrpcWriter<HealthCheckResponseInput>,
    { signal, draining }: CallContext,
  ): Promise<void> {
    const over = AbortSignal.any([signal, draining])
    let wake = () => {}
    const stopListening = this.#health.onChange(() => wake())
    const onOver = () => wake()
    over.addEventListener('abort', onOver, { once: true })
    try {
      for (let told: string | undefined; !signal.aborted; ) {
        const status = this.#statusOf(service) ?? 'SERVICE_UNKNOWN'
        if (status !== told) await writer.write({ status: (told = status) })
        else if (over.aborted) return
        else {
          await new Promise<void>((resolve) => {
            wake = resolve
          })
        }
      }
    } finally {
      stopListening()
      // The signal of the drain lives as long as the server: a listener left behind would keep every watcher.
      over.removeEventListener('abort', onOver)
    }
  }
}
