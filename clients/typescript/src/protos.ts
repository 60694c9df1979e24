// The .proto files of the package, loaded at run time with the options that the types under proto/ were made with.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader'
import type { BadRequest, BadRequestInput } from './proto/google/rpc/BadRequest.ts'
import type { ErrorInfo, ErrorInfoInput } from './proto/google/rpc/ErrorInfo.ts'
import type { Status, StatusInput } from './proto/google/rpc/Status.ts'
import type { CatalogServiceDefinition } from './proto/weir/v1/CatalogService.ts'
import type { IngestServiceDefinition } from './proto/weir/v1/IngestService.ts'
import type { QueryServiceDefinition } from './proto/weir/v1/QueryService.ts'
import type { SubscriptionServiceDefinition } from './proto/weir/v1/SubscriptionService.ts'

const FILES = [
  'weir/v1/query.proto',
  'weir/v1/subscription.proto',
  'weir/v1/catalog.proto',
  'weir/v1/ingest.proto',
  'google/rpc/status.proto',
  'google/rpc/error_details.proto',
]

/** `proto/` of the published package, or of the repository that it is built in. */
function protoRoot(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const candidate = join(folder, 'proto')
    if (existsSync(join(candidate, 'weir/v1/types.proto'))) return candidate
    if (folder === dirname(folder)) throw new Error('the folder proto/ of the package is missing')
  }
}

const protos = loadSync(FILES, {
  includeDirs: [protoRoot()],
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
})

function definition<T>(name: string): T {
  return protos[name] as unknown as T
}

export const QUERY_SERVICE = definition<QueryServiceDefinition>('weir.v1.QueryService')
export const SUBSCRIPTION_SERVICE = definition<SubscriptionServiceDefinition>('weir.v1.SubscriptionService')
export const CATALOG_SERVICE = definition<CatalogServiceDefinition>('weir.v1.CatalogService')
export const INGEST_SERVICE = definition<IngestServiceDefinition>('weir.v1.IngestService')
export const STATUS = definition<MessageTypeDefinition<StatusInput, Status>>('google.rpc.Status')
export const ERROR_INFO = definition<MessageTypeDefinition<ErrorInfoInput, ErrorInfo>>('google.rpc.ErrorInfo')
export const BAD_REQUEST = definition<MessageTypeDefinition<BadRequestInput, BadRequest>>('google.rpc.BadRequest')
