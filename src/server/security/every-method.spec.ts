// Every method that the server serves, ours and those of libraries, called by somebody who may not. The list of them is
// the server's own: one that is added without a rule, or whose handler does not ask, fails here.

import {
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { GuardedServer } from '../../../test/harness/guarded-server.ts'
import { ERROR_INFO_MESSAGE, HEALTH_SERVICE, STATUS_MESSAGE } from '../grpc/protos.ts'
import { Audit } from './audit.ts'
import { CallGate } from './call-gate.ts'
import { RULES } from './rules.ts'

type Method = MethodDefinition<unknown, unknown>

const methods: Method[] = []
let server: GuardedServer
let client: Client
let stranger: string
let replica: string

beforeAll(async () => {
  const added = vi.spyOn(Server.prototype, 'addService')
  server = await GuardedServer.start()
  methods.push(...added.mock.calls.flatMap(([service]) => Object.values(service as ServiceDefinition)))
  added.mockRestore()
  client = new Client(server.address, credentials.createInsecure())
  const admin = await server.client('admin', ['admin'])
  await admin.execute(`CREATE STREAM secret (id BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);
    CREATE MATERIALIZED VIEW counts AS SELECT COUNT(*) AS n FROM secret EMIT CHANGES`)
  stranger = await server.token('stranger', ['read:public', 'write:public', 'manage:public'])
  replica = await server.token('replica', ['peer'])
})
afterAll(async () => {
  client.close()
  await server[Symbol.asyncDispose]()
})

const SQL = { sql: 'SELECT id FROM secret EMIT CHANGES' }
const BATCH = { stream: 'secret', records: [{ value: Buffer.from('{"id":1}') }] }

/** What is asked of a method whose request is not `name`. */
const REQUESTS: Readonly<Record<string, unknown>> = {
  '/weir.v1.QueryService/Execute': SQL,
  '/weir.v1.QueryService/Validate': SQL,
  '/weir.v1.QueryService/Explain': SQL,
  '/weir.v1.QueryService/Query': SQL,
  '/weir.v1.IngestService/Ingest': BATCH,
  '/weir.v1.IngestService/IngestBatch': { batch: BATCH },
  '/weir.internal.v1.PeerService/ReadTable': { deployment: 'd', query: 'counts', task: 't' },
  '/weir.internal.v1.PeerService/DescribeTasks': { deployment: 'd', query: 'counts' },
  '/grpc.health.v1.Health/Check': {},
  '/grpc.health.v1.Health/Watch': {},
}

/** Lists are given to anybody who is known, without what they do not see. */
const LISTS = [
  '/weir.v1.QueryService/ListQueries',
  '/weir.v1.QueryService/ListObjectives',
  '/weir.v1.CatalogService/ListObjects',
]

interface Outcome {
  readonly code: status
  readonly response: unknown
  readonly error: ServiceError | undefined
}

/** The first answer of a call, or its error. */
function call(method: Method, token: string | undefined): Promise<Outcome> {
  const { path, requestStream, responseStream, requestSerialize, responseDeserialize } = method
  const metadata = new Metadata()
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`)
  const request = REQUESTS[path] ?? { name: 'secret' }
  const options = { deadline: Date.now() + 5_000 }
  return new Promise((resolve) => {
    const failed = (error: ServiceError) => resolve({ code: error.code, response: undefined, error })
    const answered = (response: unknown) => resolve({ code: status.OK, response, error: undefined })
    if (!requestStream && !responseStream) {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        options,
        (error, answer) => (error === null ? answered(answer) : failed(error)),
      )
      return
    }
    const duplex = requestStream
      ? client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata, options)
      : undefined
    const stream =
      duplex ?? client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata, options)
    stream.on('error', (error) => failed(error as ServiceError))
    stream.on('data', (answer) => {
      answered(answer)
      stream.cancel()
    })
    stream.on('end', () => answered(undefined))
    duplex?.write(request)
    duplex?.end()
  })
}

function reasonOf({ error }: Outcome) {
  const [bytes] = error?.metadata.get('grpc-status-details-bin') ?? []
  const [any] = STATUS_MESSAGE.deserialize(bytes as Buffer).details as unknown as { value: Buffer }[]
  return ERROR_INFO_MESSAGE.deserialize(any?.value ?? Buffer.alloc(0))
}

const served = () => methods.map((method) => ({ method, rule: RULES[method.path]?.kind }))

describe('every method', () => {
  it('has a rule, and every rule a method', () => {
    expect(methods.length).toBeGreaterThan(20)
    expect(methods.map(({ path }) => path).sort()).toEqual(Object.keys(RULES).sort())
  })

  it('that is not open is UNAUTHENTICATED without credentials and with wrong ones, and says what to do', async () => {
    for (const { method, rule } of served()) {
      for (const token of [undefined, 'weir_unknown', 'a.b.c']) {
        const outcome = await call(method, token)
        if (rule === 'open') expect(outcome.code, method.path).toBe(status.OK)
        else {
          expect(outcome.code, method.path).toBe(status.UNAUTHENTICATED)
          const { reason, domain, metadata } = reasonOf(outcome)
          expect({ reason, domain }).toEqual({ reason: 'UNAUTHENTICATED', domain: 'weir' })
          expect(metadata['hint']).toBeTruthy()
        }
      }
    }
  })

  it.each(['stranger', 'replica'])('that needs a right is PERMISSION_DENIED to a %s without it', async (who) => {
    const token = who === 'stranger' ? stranger : replica
    for (const { method, rule } of served()) {
      const isReplicas = rule === 'peer' && who === 'replica'
      if (rule === 'open' || rule === 'known' || LISTS.includes(method.path) || isReplicas) continue
      const outcome = await call(method, token)
      expect(outcome.code, `${method.path}: ${outcome.error?.details}`).toBe(status.PERMISSION_DENIED)
      const { reason, metadata } = reasonOf(outcome)
      expect(reason).toBe('PERMISSION_DENIED')
      expect(metadata['hint']).toBeTruthy()
      expect(outcome.error?.details).toContain(`"${who}" may not`)
    }
  })

  it('that lists leaves out what is not seen', async () => {
    const [admin, other] = [
      await server.connect(await server.token('admin', ['admin'])),
      await server.connect(stranger),
    ]
    expect((await admin.listObjects()).map(({ name }) => name).sort()).toEqual(['counts', 'counts', 'secret'])
    expect((await admin.listQueries()).map(({ name }) => name)).toEqual(['counts'])
    expect(await other.listObjects()).toEqual([])
    expect(await other.listQueries()).toEqual([])
    expect(await other.listObjects('topic')).toEqual([])
    expect((await other.listObjects('function')).length).toBeGreaterThan(10)
    for (const what of ['STREAMS', 'MATERIALIZED VIEWS', 'QUERIES', 'TOPICS']) {
      expect(await other.execute(`SHOW ${what}`)).toMatchObject([{ kind: 'table', rows: [] }])
    }
  })

  it('answers whoever has the rights', async () => {
    for (const { method, rule } of served()) {
      if (rule === 'peer') continue
      const { code, error } = await call(method, await server.token('admin', ['admin']))
      expect([status.PERMISSION_DENIED, status.UNAUTHENTICATED], `${method.path} ${error?.details}`).not.toContain(code)
    }
  }, 60_000)
})

describe('a method without a rule', () => {
  it('is refused to everybody', async () => {
    const anybody = { required: false, authenticate: () => ({ rights: { isPeer: true } }) }
    const gate = new CallGate(anybody as never, new Audit(undefined))
    const bare = new Server({ interceptors: [gate.interceptor] })
    const path = '/weir.v1.QueryService/New'
    bare.addService(
      { New: { ...HEALTH_SERVICE.Check, path } },
      { New: (_: unknown, done: (e: null, r: object) => void) => done(null, {}) },
    )
    const port = await new Promise<number>((resolve, reject) =>
      bare.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    )
    const other = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
    const { requestSerialize, responseDeserialize } = HEALTH_SERVICE.Check
    const code = await new Promise((resolve) =>
      other.makeUnaryRequest(path, requestSerialize, responseDeserialize, {}, (error) => resolve(error?.code)),
    )
    other.close()
    bare.forceShutdown()
    expect(code).toBe(status.PERMISSION_DENIED)
  })
})
