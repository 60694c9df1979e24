// Handlers of IngestService. One request is appended before the next is read: the acknowledgements keep the order of
// the requests, and a producer that sends faster than the log takes is held back by flow control.

import { Inject } from '@nestjs/common'
import { AppError } from '../../core/errors.ts'
import { CallHost } from '../grpc/call-host.ts'
import type { GrpcService } from '../grpc/grpc-service.ts'
import type { GrpcWriter } from '../grpc/grpc-writer.ts'
import { INGEST_SERVICE } from '../grpc/protos.ts'
import type { IngestRequest } from '../proto/weir/v1/IngestRequest.ts'
import type { IngestResponseInput } from '../proto/weir/v1/IngestResponse.ts'
import type { IngestServiceHandlers } from '../proto/weir/v1/IngestService.ts'
import type { Caller } from '../security/caller.ts'
import { type IngestDefaults, IngestService } from './ingest.service.ts'

const NO_DEFAULTS: IngestDefaults = { stream: '', producerId: '' }

export class IngestController implements GrpcService {
  readonly definition = INGEST_SERVICE
  readonly implementation: IngestServiceHandlers

  constructor(@Inject(CallHost) calls: CallHost, @Inject(IngestService) ingest: IngestService) {
    this.implementation = {
      Ingest: calls.duplex((requests, writer, { caller }) => ingestAll(ingest, requests, writer, caller)),
      IngestBatch: calls.unary(async ({ batch }, { caller }) => {
        if (batch === null) throw new AppError('INVALID_ARGUMENT', 'the request has no batch')
        return { ack: await ingest.append(batch, NO_DEFAULTS, caller) }
      }),
    }
  }
}

async function ingestAll(
  ingest: IngestService,
  requests: AsyncIterable<IngestRequest>,
  writer: GrpcWriter<IngestResponseInput>,
  caller: Caller,
): Promise<void> {
  let defaults = NO_DEFAULTS
  for await (const request of requests) {
    defaults = {
      stream: request.stream === '' ? defaults.stream : request.stream,
      producerId: request.producerId === '' ? defaults.producerId : request.producerId,
    }
    await writer.write(await ingest.append(request, defaults, caller))
  }
}
