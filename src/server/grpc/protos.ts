// The .proto files, loaded once at run time. What the wire carries is decided by these files alone; the types under
// src/server/proto are generated from them with the same options (scripts/gen-proto.ts).

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { MessageTypeDefinition, PackageDefinition } from '@grpc/proto-loader'
import { loadSync } from '@grpc/proto-loader'
import { must } from '../../core/assert.ts'
import type { BadRequest, BadRequestInput } from '../proto/google/rpc/BadRequest.ts'
import type { ErrorInfo, ErrorInfoInput } from '../proto/google/rpc/ErrorInfo.ts'
import type { RetryInfo, RetryInfoInput } from '../proto/google/rpc/RetryInfo.ts'
import type { Status, StatusInput } from '../proto/google/rpc/Status.ts'
import type { HealthDefinition } from '../proto/grpc/health/v1/Health.ts'
import type { PeerServiceDefinition } from '../proto/weir/internal/v1/PeerService.ts'
import type { CatalogServiceDefinition } from '../proto/weir/v1/CatalogService.ts'
import type { IngestServiceDefinition } from '../proto/weir/v1/IngestService.ts'
import type { QueryServiceDefinition } from '../proto/weir/v1/QueryService.ts'
import type { SubscriptionServiceDefinition } from '../proto/weir/v1/SubscriptionService.ts'

const FILES = [
  'weir/v1/query.proto',
  'weir/v1/subscription.proto',
  'weir/v1/catalog.proto',
  'weir/v1/ingest.proto',
  'weir/internal/v1/peer.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
  'grpc/health/v1/health.proto',
]

/** The same, compiled: for libraries that read no .proto files. */
export function descriptorsPath(): string {
  return join(protoRoot(), 'descriptors.binpb')
}

/** The folder `proto` of this package, from the sources as well as from `dist`. */
function protoRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'proto')
    if (existsSync(join(candidate, 'weir/v1/types.proto'))) return candidate
    if (folder === dirname(folder)) throw new Error('the folder proto/ of the package is missing')
  }
}

/** 64-bit integers arrive as decimal strings, so that none is rounded; they may be given as numbers or strings. */
export const PROTOS: PackageDefinition = loadSync(FILES, {
  includeDirs: [protoRoot()],
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
})

function definition<T>(name: string): T {
  return must(PROTOS[name], `the protos define ${name}`) as unknown as T
}

export const QUERY_SERVICE = definition<QueryServiceDefinition>('weir.v1.QueryService')
export const SUBSCRIPTION_SERVICE = definition<SubscriptionServiceDefinition>('weir.v1.SubscriptionService')
export const CATALOG_SERVICE = definition<CatalogServiceDefinition>('weir.v1.CatalogService')
export const INGEST_SERVICE = definition<IngestServiceDefinition>('weir.v1.IngestService')
export const PEER_SERVICE = definition<PeerServiceDefinition>('weir.internal.v1.PeerService')
export const HEALTH_SERVICE = definition<HealthDefinition>('grpc.health.v1.Health')

export const STATUS_MESSAGE = definition<MessageTypeDefinition<StatusInput, Status>>('google.rpc.Status')
export const ERROR_INFO_MESSAGE = definition<MessageTypeDefinition<ErrorInfoInput, ErrorInfo>>('google.rpc.ErrorInfo')
export const RETRY_INFO_MESSAGE = definition<MessageTypeDefinition<RetryInfoInput, RetryInfo>>('google.rpc.RetryInfo')
export const BAD_REQUEST_MESSAGE =
  definition<MessageTypeDefinition<BadRequestInput, BadRequest>>('google.rpc.BadRequest')
