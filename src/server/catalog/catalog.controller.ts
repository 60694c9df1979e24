// Handlers of CatalogService.

import { Inject } from '@nestjs/common'
import { resourceOf } from '../../runtime/access.ts'
import type { ObjectKind, ObjectSummary, Runtime } from '../../runtime/api.ts'
import { type CallContext, CallHost } from '../grpc/call-host.ts'
import type { GrpcService } from '../grpc/grpc-service.ts'
import { pageOf } from '../grpc/page.ts'
import { CATALOG_SERVICE } from '../grpc/protos.ts'
import type { CatalogServiceHandlers } from '../proto/weir/v1/CatalogService.ts'
import type { DescribeObjectResponseInput } from '../proto/weir/v1/DescribeObjectResponse.ts'
import type { ListObjectsRequest } from '../proto/weir/v1/ListObjectsRequest.ts'
import type { ListObjectsResponseInput } from '../proto/weir/v1/ListObjectsResponse.ts'
import type { ObjectKind as WireObjectKind } from '../proto/weir/v1/ObjectKind.ts'
import type { ObjectSummaryInput } from '../proto/weir/v1/ObjectSummary.ts'
import { RUNTIME } from '../tokens.ts'
import { toWireSchema } from '../wire/schema.ts'

const WIRE_KINDS: Readonly<Record<ObjectKind, WireObjectKind>> = {
  stream: 'OBJECT_KIND_STREAM',
  table: 'OBJECT_KIND_TABLE',
  view: 'OBJECT_KIND_VIEW',
  'materialized-view': 'OBJECT_KIND_MATERIALIZED_VIEW',
  sink: 'OBJECT_KIND_SINK',
  query: 'OBJECT_KIND_QUERY',
  function: 'OBJECT_KIND_FUNCTION',
  topic: 'OBJECT_KIND_TOPIC',
}

/** What a user has made. */
const KINDS_DEFAULT: readonly ObjectKind[] = ['stream', 'table', 'view', 'materialized-view', 'sink', 'query']

export class CatalogController implements GrpcService {
  readonly definition = CATALOG_SERVICE
  readonly implementation: CatalogServiceHandlers
  readonly #runtime: Runtime

  constructor(@Inject(CallHost) calls: CallHost, @Inject(RUNTIME) runtime: Runtime) {
    this.#runtime = runtime
    this.implementation = {
      ListObjects: calls.unary((request, context) => this.#list(request, context)),
      DescribeObject: calls.unary(({ name }) => this.#describe(name)),
    }
  }

  async #list(request: ListObjectsRequest, { caller }: CallContext): Promise<ListObjectsResponseInput> {
    const kinds = kindsOf(request.kind)
    const all = (await Promise.all(kinds.map((kind) => this.#runtime.list(kind)))).flat()
    const objects = all.filter(({ kind, name }) => kind === 'function' || caller.sees(resourceOf(kind), name))
    const { items, nextPageToken } = pageOf(objects, ({ name, kind }) => `${name}\0${kind}`, request, request.kind)
    return { objects: items.map(toWireSummary), nextPageToken }
  }

  async #describe(name: string): Promise<DescribeObjectResponseInput> {
    const description = await this.#runtime.describe(name)
    const { sql, schema, properties } = description
    return {
      summary: toWireSummary(description),
      sql,
      schema: schema === undefined ? null : toWireSchema(schema),
      properties: { ...properties },
    }
  }
}

function kindsOf(wire: WireObjectKind): readonly ObjectKind[] {
  const kinds = (Object.keys(WIRE_KINDS) as ObjectKind[]).filter((kind) => WIRE_KINDS[kind] === wire)
  return kinds.length === 0 ? KINDS_DEFAULT : kinds
}

function toWireSummary({ kind, name, detail }: ObjectSummary): ObjectSummaryInput {
  return { kind: WIRE_KINDS[kind], name, detail }
}
