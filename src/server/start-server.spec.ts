// The server's own behaviour over a real socket, with an engine that a test scripts.

import { type ClientHttp2Session, connect as connectHttp2 } from 'node:http2'
import { Client, type ClientReadableStream, credentials, type Metadata, type ServiceError, status } from '@grpc/grpc-js'
import { afterEach, describe, expect, it } from 'vitest'
import { rowsFrom, ScriptedStream, scriptedRuntime } from '../../test/e2e/scripted-runtime.ts'
import { AppError } from '../core/errors.ts'
import type { IngestRequest, Runtime } from '../runtime/api.ts'
import { loadConfig, type SettingName } from './config/config.ts'
import {
  ERROR_INFO_MESSAGE,
  HEALTH_SERVICE,
  INGEST_SERVICE,
  QUERY_SERVICE,
  STATUS_MESSAGE,
  SUBSCRIPTION_SERVICE,
} from './grpc/protos.ts'
import type { SubscribeResponse } from './proto/weir/v1/SubscribeResponse.ts'
import { type RunningServer, startServer } from './start-server.ts'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function serve(
  parts: Partial<Runtime>,
  flags: Partial<Record<SettingName, unknown>> = {},
): Promise<RunningServer> {
  const config = loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent', ...flags } })
  const server = await startServer(config, { open: async () => scriptedRuntime(parts) })
  cleanups.push(() => server.close())
  return server
}

function connect(server: RunningServer): Client {
  const client = new Client(server.address, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 })
  cleanups.push(() => client.close())
  return client
}

interface Method {
  readonly path: string
  readonly requestSerialize: (value: never) => Buffer
  readonly responseDeserialize: (bytes: Buffer) => unknown
}

function unary<T>(client: Client, method: Method, request: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      method.path,
      method.requestSerialize as (value: unknown) => Buffer,
      method.responseDeserialize as (bytes: Buffer) => T,
      request,
      (error, response) => (error === null ? resolve(response as T) : reject(error)),
    )
  })
}

function open<T>(client: Client, method: Method, request: unknown, deadlineMs?: number): ClientReadableStream<T> {
  const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }
  const call = client.makeServerStreamRequest(
    method.path,
    method.requestSerialize as (value: unknown) => Buffer,
    method.responseDeserialize as (bytes: Buffer) => T,
    request,
    options,
  )
  call.on('error', () => {})
  return call
}

function failure(call: ClientReadableStream<unknown>): Promise<ServiceError> {
  return new Promise((resolve) => call.on('error', (error: ServiceError) => resolve(error)))
}

function infoOf(metadata: Metadata) {
  const [bytes] = metadata.get('grpc-status-details-bin') as Buffer[]
  if (bytes === undefined) throw new Error('no details')
  const any = STATUS_MESSAGE.deserialize(bytes).details[0] as { value: Buffer }
  return ERROR_INFO_MESSAGE.deserialize(any.value)
}

/** Takes the first messages and then none: a reader that never began would be read for by grpc-js, without bound. */
function stall<T>(call: ClientReadableStream<T>): ClientReadableStream<T> {
  call.once('data', () => call.pause())
  return call
}

/** A call over bare HTTP/2 that takes nothing: unlike a gRPC client, it keeps no more than one window of 64 KiB. */
function openAndIgnore(session: ClientHttp2Session, method: Method, request: unknown): void {
  const message = (method.requestSerialize as (value: unknown) => Buffer)(request)
  const prefix = Buffer.alloc(5)
  prefix.writeUInt32BE(message.length, 1)
  const headers = { ':method': 'POST', ':path': method.path, 'content-type': 'application/grpc', te: 'trailers' }
  session
    .request(headers)
    .on('error', () => {})
    .end(Buffer.concat([prefix, message]))
}

async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const endMs = Date.now() + withinMs
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const subscribe = SUBSCRIPTION_SERVICE.Subscribe as unknown as Method

describe('a result stream', () => {
  it('comes as header, batches and end', async () => {
    const stream = new ScriptedStream(false, (i) => (i < 2 ? rowsFrom(i * 3, 3) : undefined))
    const client = connect(await serve({ query: async () => stream }))
    const events: string[] = []
    for await (const event of open<SubscribeResponse>(client, QUERY_SERVICE.Query as unknown as Method, {
      sql: 'SELECT 1',
    }))
      events.push(event.event ?? '')
    expect(events).toEqual(['header', 'batch', 'batch', 'end'])
    expect(stream.closed).toBe(true)
  })

  it('sends heartbeats while nothing happens', async () => {
    const stream = new ScriptedStream(true, () => undefined)
    const client = connect(await serve({ subscribe: async () => stream }, { heartbeatMs: 20 }))
    let heartbeats = 0
    const call = open<SubscribeResponse>(client, subscribe, { name: 'v' })
    call.on('data', (event: SubscribeResponse) => (heartbeats += event.event === 'heartbeat' ? 1 : 0))
    await until(() => heartbeats >= 3, 2_000)
    call.cancel()
  })

  it('is closed within a second when the caller cancels', async () => {
    const stream = new ScriptedStream(true, () => undefined)
    const client = connect(await serve({ subscribe: async () => stream }))
    const call = open<SubscribeResponse>(client, subscribe, { name: 'v' })
    await new Promise((resolve) => call.once('data', resolve))
    call.cancel()
    await until(() => stream.closed, 1_000)
  })

  it('is closed at the deadline of the call', async () => {
    const stream = new ScriptedStream(true, () => undefined)
    const client = connect(await serve({ subscribe: async () => stream }))
    const error = failure(open(client, subscribe, { name: 'v' }, 200).resume())
    expect((await error).code).toBe(status.DEADLINE_EXCEEDED)
    await until(() => stream.closed, 1_000)
  })

  it('asks the engine for no more than a reader takes, and cuts one that takes nothing', async () => {
    const stream = new ScriptedStream(true, (i) => rowsFrom(i * 100, 100, 1_000))
    const client = connect(await serve({ subscribe: async () => stream }, { subscriberStallTimeoutMs: 300 }))
    const call = stall(open<SubscribeResponse>(client, subscribe, { name: 'v' }))
    const error = failure(call)
    await new Promise((resolve) => setTimeout(resolve, 250))
    const pulled = stream.pulled
    // Sixteen messages wait in the client, some on the way, two in the server.
    expect(pulled).toBeGreaterThan(2)
    expect(pulled).toBeLessThan(30)
    expect(stream.closed).toBe(false)
    await until(() => stream.closed, 2_000)
    expect(stream.pulled).toBe(pulled)
    // Too late for the details: the stream was reset behind data that nobody read.
    expect((await error).code).toBe(status.RESOURCE_EXHAUSTED)
  })

  it('names the resume token to a reader that comes back in time', async () => {
    const stream = new ScriptedStream(true, (i) => rowsFrom(i * 100, 100, 1_000))
    const client = connect(await serve({ subscribe: async () => stream }, { subscriberStallTimeoutMs: 200 }))
    const call = stall(open<SubscribeResponse>(client, subscribe, { name: 'v' }))
    await until(() => stream.closed, 5_000)
    let last = ''
    call.on('data', (event: SubscribeResponse) => (last = event.batch?.resumeToken ?? last))
    const error = await failure(call.resume())
    expect(error.code).toBe(status.RESOURCE_EXHAUSTED)
    const info = infoOf(error.metadata)
    expect(info).toMatchObject({ reason: 'RESOURCE_EXHAUSTED', domain: 'weir' })
    expect(info.metadata['resume_token']).toBe(last)
  })

  it('stays small with 200 readers that take nothing', async () => {
    const streams: ScriptedStream[] = []
    const server = await serve({
      subscribe: async () => {
        const stream = new ScriptedStream(true, (i) => rowsFrom(i * 1000, 1000, 1_000))
        streams.push(stream)
        return stream
      },
    })
    const before = process.memoryUsage().rss
    for (let i = 0; i < 4; i++) {
      const session = connectHttp2(`http://${server.address}`)
      cleanups.push(() => session.destroy())
      for (let j = 0; j < 50; j++) openAndIgnore(session, subscribe, { name: 'v' })
    }
    await until(() => streams.length === 200, 5_000)
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const grown = process.memoryUsage().rss - before
    const pulled = streams.map((stream) => stream.pulled)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const later = process.memoryUsage().rss - before
    expect(Math.max(...pulled)).toBeLessThanOrEqual(2)
    expect(streams.map((stream) => stream.pulled)).toEqual(pulled)
    // Two messages of 256 KiB a reader, and copies of them on their way: nothing that grows with time.
    expect(grown).toBeLessThan(400 * 1024 * 1024)
    expect(later).toBeLessThan(grown + 50 * 1024 * 1024)
  })

  it('leaves nothing behind when many callers come and go', async () => {
    const streams: ScriptedStream[] = []
    const subscribeTo = async () => {
      const stream = new ScriptedStream(true, (i) => rowsFrom(i, 1))
      streams.push(stream)
      return stream
    }
    const client = connect(await serve({ subscribe: subscribeTo }, { subscriptionsMax: 50 }))
    for (let round = 0; round < 20; round++) {
      const calls = Array.from({ length: 50 }, () => open<SubscribeResponse>(client, subscribe, { name: 'v' }))
      await Promise.all(calls.map((call) => new Promise((resolve) => call.once('data', resolve))))
      for (const call of calls) call.cancel()
      // With all fifty slots taken in each round, one that is not given back fails the next.
      await until(() => streams.every((stream) => stream.closed), 1_000)
      streams.length = 0
      await new Promise((resolve) => setImmediate(resolve))
    }
  })

  it('is refused beyond the limits, one past each', async () => {
    const streams: ScriptedStream[] = []
    const subscribeTo = async () => {
      const stream = new ScriptedStream(true, () => undefined)
      streams.push(stream)
      return stream
    }
    const client = connect(await serve({ subscribe: subscribeTo }, { subscriptionsPerPeerMax: 2 }))
    const first = open(client, subscribe, { name: 'v' }).resume()
    open(client, subscribe, { name: 'v' }).resume()
    await until(() => streams.length === 2, 2_000)
    const refused = await failure(open(client, subscribe, { name: 'v' }).resume())
    expect(refused.code).toBe(status.RESOURCE_EXHAUSTED)
    first.cancel()
    await until(() => streams.some((stream) => stream.closed), 1_000)
    open(client, subscribe, { name: 'v' }).resume()
    await until(() => streams.length === 3, 2_000)
  })
})

describe('ingest', () => {
  it('answers each request in order, and ends the stream with the error of the one that fails', async () => {
    const seen: IngestRequest[] = []
    const ingest = async (request: IngestRequest) => {
      seen.push(request)
      if (request.sequence === 20) throw new AppError('DISK_FULL', 'the disk is full', { domain: 'external' })
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { appended: request.records.length, duplicates: 0 }
    }
    const client = connect(await serve({ ingest }))
    const { path, requestSerialize, responseDeserialize } = INGEST_SERVICE.Ingest
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    const acks: unknown[] = []
    call.on('data', (ack) => acks.push(ack.sequence))
    const error = new Promise<ServiceError>((resolve) => call.on('error', resolve as (error: Error) => void))
    call.write({ stream: 's', producerId: 'p', sequence: 0, records: [{ value: Buffer.from('{}') }] })
    call.write({ sequence: 10, records: [{ value: Buffer.from('{}') }] })
    call.write({ sequence: 20, records: [{ value: Buffer.from('{}') }] })
    expect((await error).code).toBe(status.RESOURCE_EXHAUSTED)
    expect(acks).toEqual(['0', '10'])
    expect(seen.map(({ stream, producerId }) => [stream, producerId])).toEqual(Array(3).fill(['s', 'p']))
  })
})

describe('limits', () => {
  it('takes a message of the largest size, and refuses one that is larger', async () => {
    const client = connect(await serve({ validate: async () => [] }, { messageReceiveBytesMax: 4096 }))
    const validate = QUERY_SERVICE.Validate as unknown as Method
    // One byte of tag and two of length go before the text.
    await unary(client, validate, { sql: 'x'.repeat(4096 - 3) })
    await expect(unary(client, validate, { sql: 'x'.repeat(4096 - 2) })).rejects.toMatchObject({
      code: status.RESOURCE_EXHAUSTED,
    })
  })
})

describe('health', () => {
  it('is NOT_SERVING until the queries have recovered', async () => {
    const parts = { ready: false }
    const server = await startServer(loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent' } }), {
      open: async () => {
        const runtime = scriptedRuntime({})
        Object.defineProperty(runtime, 'ready', { get: () => parts.ready })
        return runtime
      },
    })
    cleanups.push(() => server.close())
    const client = connect(server)
    const check = (service: string) =>
      unary<{ status: string }>(client, HEALTH_SERVICE.Check as unknown as Method, { service })
    expect((await check('')).status).toBe('NOT_SERVING')
    const seen: string[] = []
    open<{ status: string }>(client, HEALTH_SERVICE.Watch as unknown as Method, { service: '' }).on(
      'data',
      (message: { status: string }) => seen.push(message.status),
    )
    await until(() => seen.length === 1, 1_000)
    parts.ready = true
    await until(() => seen.length === 2, 1_000)
    expect(seen).toEqual(['NOT_SERVING', 'SERVING'])
    expect((await check('weir.v1.QueryService')).status).toBe('SERVING')
    await expect(check('weir.v2.QueryService')).rejects.toMatchObject({ code: status.NOT_FOUND })
  })
})

describe('shutdown', () => {
  it('says so, lets a unary call end, ends subscriptions with a token, then closes the runtime', async () => {
    const order: string[] = []
    const stream = new ScriptedStream(true, (i) => (i === 0 ? rowsFrom(0, 5) : undefined))
    const server = await serve({
      subscribe: async () => stream,
      validate: async () => [],
      drop: () => new Promise((resolve) => setTimeout(resolve, 300)).then(() => void order.push('drop')),
      close: async () => void order.push('runtime'),
    })
    const client = connect(server)
    const watched: string[] = []
    open<{ status: string }>(client, HEALTH_SERVICE.Watch as unknown as Method, {}).on(
      'data',
      (message: { status: string }) => watched.push(message.status),
    )
    const call = open<SubscribeResponse>(client, subscribe, { name: 'v' })
    const tokens: string[] = []
    call.on('data', (event: SubscribeResponse) => tokens.push(event.batch?.resumeToken ?? ''))
    await until(() => tokens.includes('token-4') && watched.length === 1, 2_000)
    const dropped = unary(client, QUERY_SERVICE.DropQuery as unknown as Method, { name: 'q' })
    const error = failure(call)
    await new Promise((resolve) => setTimeout(resolve, 50))
    const closing = server.close()
    expect((await error).code).toBe(status.UNAVAILABLE)
    expect(infoOf((await error).metadata).metadata['resume_token']).toBe('token-4')
    await dropped
    await closing
    expect(order).toEqual(['drop', 'runtime'])
    expect(watched).toEqual(['SERVING', 'NOT_SERVING'])
  })

  it('ends what outlasts the grace', async () => {
    const stream = new ScriptedStream(false, (i) => rowsFrom(i, 1))
    const server = await serve({ query: async () => stream }, { shutdownGraceMs: 100 })
    const call = open(connect(server), QUERY_SERVICE.Query as unknown as Method, { sql: 'SELECT 1' })
    const error = failure(call.resume())
    await until(() => stream.pulled > 0, 2_000)
    await server.close()
    expect((await error).code).toBe(status.UNAVAILABLE)
    expect(stream.closed).toBe(true)
  })
})

describe('start', () => {
  it('says that the address is in use, and closes the runtime again', async () => {
    const first = await serve({})
    let closed = false
    const config = loadConfig({ flags: { listen: first.address, logLevel: 'silent' } })
    const second = startServer(config, {
      open: async () => scriptedRuntime({ close: async () => void (closed = true) }),
    })
    await expect(second).rejects.toMatchObject({
      code: 'ADDRESS_IN_USE',
      message: `address ${first.address} is in use`,
    })
    expect(closed).toBe(true)
  })

  it('passes on what opening the data directory says', async () => {
    const fault = new AppError('DATA_DIRECTORY_IN_USE', 'data directory "/x" is in use', { domain: 'external' })
    const config = loadConfig({ flags: { listen: '127.0.0.1:0', logLevel: 'silent' } })
    await expect(startServer(config, { open: () => Promise.reject(fault) })).rejects.toBe(fault)
  })
})
