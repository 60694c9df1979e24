// Handler of SubscriptionService.

import { Inject } from '@nestjs/common'
import { AppError } from '../../core/errors.ts'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { type CallContext, CallHost } from '../grpc/call-host.ts'
import { type GrpcService, withEncodedResponses } from '../grpc/grpc-service.ts'
import type { GrpcWriter } from '../grpc/grpc-writer.ts'
import { SUBSCRIPTION_SERVICE } from '../grpc/protos.ts'
import { Quotas } from '../grpc/quotas.ts'
import { Slots } from '../grpc/slots.ts'
import { type ResultMessage, writeResults } from '../grpc/write-results.ts'
import type { SubscribeRequest } from '../proto/weir/v1/SubscribeRequest.ts'
import type { SubscriptionServiceHandlers } from '../proto/weir/v1/SubscriptionService.ts'
import { CONFIG, RUNTIME } from '../tokens.ts'

export class SubscriptionsController implements GrpcService {
  readonly definition = withEncodedResponses(SUBSCRIPTION_SERVICE, 'Subscribe')
  readonly implementation: SubscriptionServiceHandlers
  readonly #runtime: Runtime
  readonly #slots: Slots
  readonly #quotas: Quotas
  readonly #heartbeatMs: number

  constructor(
    @Inject(CallHost) calls: CallHost,
    @Inject(RUNTIME) runtime: Runtime,
    @Inject(CONFIG) config: ServerConfig,
    @Inject(Quotas) quotas: Quotas,
  ) {
    this.#quotas = quotas
    this.#runtime = runtime
    this.#heartbeatMs = config.heartbeatMs
    this.#slots = new Slots({
      what: 'subscriptions',
      total: config.subscriptionsMax,
      perPeer: config.subscriptionsPerPeerMax,
    })
    this.implementation = {
      Subscribe: calls.serverStream((request, writer, context) => this.#subscribe(request, writer, context)),
    }
  }

  async #subscribe(
    { name, resumeToken, snapshot }: SubscribeRequest,
    writer: GrpcWriter<ResultMessage>,
    { signal, ...context }: CallContext,
  ): Promise<void> {
    if (resumeToken !== '' && snapshot !== 'SNAPSHOT_MODE_UNSPECIFIED') {
      throw new AppError('INVALID_ARGUMENT', 'a resume token and a snapshot mode exclude each other', {
        hint: 'leave the snapshot mode out: the token says where to go on',
      })
    }
    using _held = this.#quotas.hold('subscriptions', context)
    const release = this.#slots.take(context.peer)
    try {
      const from = resumeToken === '' ? { snapshot: snapshot !== 'SNAPSHOT_MODE_SKIP' } : { resumeToken }
      const results = await this.#runtime.subscribe(name, { ...from, signal })
      await writeResults(results, writer, { signal, ...context }, { heartbeatMs: this.#heartbeatMs })
    } finally {
      release()
    }
  }
}
