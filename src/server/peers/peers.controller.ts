// Handler of PeerService: what other replicas of the deployment ask for.

import { Inject } from '@nestjs/common'
import type { Runtime } from '../../runtime/api.ts'
import { CallHost } from '../grpc/call-host.ts'
import type { GrpcService } from '../grpc/grpc-service.ts'
import type { GrpcWriter } from '../grpc/grpc-writer.ts'
import { PEER_SERVICE } from '../grpc/protos.ts'
import { Slots } from '../grpc/slots.ts'
import type { DescribeTasksRequest } from '../proto/weir/internal/v1/DescribeTasksRequest.ts'
import type { DescribeTasksResponseInput } from '../proto/weir/internal/v1/DescribeTasksResponse.ts'
import type { PeerServiceHandlers } from '../proto/weir/internal/v1/PeerService.ts'
import type { ReadTableRequest } from '../proto/weir/internal/v1/ReadTableRequest.ts'
import type { ReadTableResponseInput } from '../proto/weir/internal/v1/ReadTableResponse.ts'
import { RUNTIME } from '../tokens.ts'
import { toTaskDescription } from './peers.mapper.ts'

/** Tables that are read at once: two pages of each are in memory, so 1 GiB at the very most. */
const READS_MAX = 2_000

export class PeersController implements GrpcService {
  readonly definition = PEER_SERVICE
  readonly implementation: PeerServiceHandlers
  readonly #runtime: Runtime
  readonly #slots = new Slots({ what: 'tables read by other replicas', total: READS_MAX })

  constructor(@Inject(CallHost) calls: CallHost, @Inject(RUNTIME) runtime: Runtime) {
    this.#runtime = runtime
    this.implementation = {
      ReadTable: calls.serverStream((request, writer, { peer }) => this.#readTable(request, writer, peer)),
      DescribeTasks: calls.unary((request) => this.#describeTasks(request)),
    }
  }

  async #describeTasks({ deployment, query }: DescribeTasksRequest): Promise<DescribeTasksResponseInput> {
    const tasks = await this.#runtime.describeTasksForPeer({ deployment, query })
    return {
      tasks: [...tasks].map(([task, stats]) => toTaskDescription(task, stats)),
    }
  }

  async #readTable(
    { deployment, query, task, from, to }: ReadTableRequest,
    writer: GrpcWriter<ReadTableResponseInput>,
    peer: string,
  ): Promise<void> {
    const release = this.#slots.take(peer)
    try {
      const pages = this.#runtime.readTableForPeer({ deployment, query, task, from, to })
      for await (const { entries, resultEnd, end } of pages) {
        await writer.write({ entries: entries.map(([key, value]) => ({ key, value })), resultEnd, end })
      }
    } finally {
      release()
    }
  }
}
