// What the page calls: the services of `weir.v1`, in the Connect protocol, which browsers speak. Each call goes on to
// the gRPC server of this process as it came, with the caller's own token: rights, quotas, limits and the audit log are
// there, and nothing here knows what a method does.

import { readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import {
  createFileRegistry,
  type DescMethod,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  type DescService,
  fromBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import type { HandlerContext, ServiceImpl, Transport } from '@connectrpc/connect'
import { connectNodeAdapter, createGrpcTransport } from '@connectrpc/connect-node'
import { must } from '../../core/assert.ts'
import { descriptorsPath } from '../grpc/protos.ts'

/** What the page has a use for: no ingest, and nothing of what replicas ask of each other. */
const SERVICES = ['weir.v1.QueryService', 'weir.v1.SubscriptionService', 'weir.v1.CatalogService']
/** Of a page's request: statements, never rows. */
const REQUEST_BYTES_MAX = 1024 * 1024
const PATH = /^\/weir\.v1\.[A-Za-z]+\/[A-Za-z]+$/

export interface Gateway {
  /** True where the path is one of a method. */
  serves(path: string): boolean
  handle(request: IncomingMessage, response: ServerResponse): void
}

/** `socket` is where the gRPC server of this process listens for this page. */
export function openGateway(socket: string): Gateway {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(descriptorsPath())))
  const transport = createGrpcTransport({
    baseUrl: 'http://console',
    nodeOptions: { createConnection: () => connect(socket) },
  })
  const handle = connectNodeAdapter({
    grpc: false,
    grpcWeb: false,
    readMaxBytes: REQUEST_BYTES_MAX,
    routes: (router) => {
      for (const name of SERVICES) {
        const service = must(registry.getService(name), `the protos define ${name}`)
        router.service(service, forwarded(service, transport))
      }
    },
  })
  return { serves: (path) => PATH.test(path), handle }
}

function forwarded(service: DescService, transport: Transport): Partial<ServiceImpl<DescService>> {
  const handlers = service.methods.map((method) => [method.localName, forwardedMethod(method, transport)])
  return Object.fromEntries(handlers)
}

function forwardedMethod(method: DescMethod, transport: Transport): unknown {
  switch (method.methodKind) {
    case 'unary':
      return async (request: never, context: HandlerContext) => {
        const { signal, timeout, headers } = callOf(context)
        return (await transport.unary(method as DescMethodUnary, signal, timeout, headers, request)).message
      }
    case 'server_streaming':
      return async function* (request: never, context: HandlerContext) {
        const { signal, timeout, headers } = callOf(context)
        yield* (await transport.stream(method as DescMethodServerStreaming, signal, timeout, headers, one(request)))
          .message
      }
    default:
      // A browser can't send a stream.
      return undefined
  }
}

function callOf({ signal, timeoutMs, requestHeader }: HandlerContext) {
  const authorization = requestHeader.get('authorization')
  const headers = new Headers(authorization === null ? {} : { authorization })
  return { signal, timeout: timeoutMs(), headers }
}

async function* one<T>(message: T): AsyncIterable<T> {
  yield message
}
