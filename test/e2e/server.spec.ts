// A client against a whole server, over a socket.

import { once } from 'node:events'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { Client, credentials } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Change, WeirClient, WeirError } from '../../clients/typescript/src/index.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from './server-process.ts'

const ORDERS = `
CREATE STREAM orders (order_id BIGINT, region STRING, amount DECIMAL(12,2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '1' SECOND)
WITH (connector = 'embedded') FORMAT PLAIN ENCODE JSON;`
const LARGE_ORDERS =
  'CREATE MATERIALIZED VIEW large_orders AS SELECT order_id, amount, ts FROM orders WHERE amount >= 10;'

let directory: string
let address: string
let server: ServerProcess
let client: WeirClient

beforeAll(buildServer, 120_000)
afterAll(removeBuild)

beforeEach(async () => {
  directory = temporaryDirectory()
  address = await freeAddress()
  server = ServerProcess.spawn(address, directory)
  client = await WeirClient.connect(address, { connectTimeoutMs: 20_000 }).catch((error: unknown) => {
    throw new Error(`the server did not start: ${server.stderr}`, { cause: error })
  })
})

afterEach(async ({ task }) => {
  await client.close()
  await server.kill()
  // What the server logged says more than the status that the client saw.
  if (task.result?.state === 'fail') console.error(server.stderr)
  rmSync(directory, { recursive: true, force: true })
})

function order(id: number | bigint, amount = '12.50') {
  return {
    order_id: BigInt(id),
    region: 'eu',
    amount,
    ts: new Date(1_767_225_600_000 + (Number(id) % 1_000_000)).toISOString(),
  }
}

async function ingestOrders(from: number, to: number): Promise<void> {
  await using writer = client.ingest('orders')
  for (let id = from; id < to; id++) await writer.write(order(id))
}

/** The first `count` changes; then the subscription is left. */
async function take<T>(changes: AsyncIterable<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  for await (const change of changes) {
    taken.push(change)
    if (taken.length === count) break
  }
  return taken
}

describe('statements', () => {
  it('creates, lists and describes objects', async () => {
    const [created] = await client.execute(ORDERS)
    expect(created).toMatchObject({ kind: 'done' })
    await client.execute(LARGE_ORDERS)
    const names = (await client.listObjects()).map(({ kind, name }) => `${kind} ${name}`)
    expect(names).toEqual(expect.arrayContaining(['stream orders', 'materialized-view large_orders']))
    const { schema } = await client.describeObject('orders')
    expect(schema?.columns.map(({ name, type }) => [name, type])).toEqual([
      ['order_id', 'BIGINT'],
      ['region', 'STRING'],
      ['amount', 'DECIMAL(12, 2)'],
      ['ts', 'TIMESTAMP'],
    ])
    await expect(client.describeObject('nothing')).rejects.toMatchObject({ status: 'NOT_FOUND' })
    await expect(client.execute(ORDERS)).rejects.toMatchObject({ status: 'ALREADY_EXISTS' })
  })

  it('shows the place of an error with a hint', async () => {
    await client.execute(ORDERS)
    const sql = 'CREATE MATERIALIZED VIEW v AS\nSELECT order_id, amuont FROM orders;'
    const error = await client.execute(sql).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(WeirError)
    const { status, diagnostics, render } = error as WeirError
    expect(status).toBe('INVALID_ARGUMENT')
    expect(diagnostics[0]).toMatchObject({ line: 2, column: 18, offset: sql.indexOf('amuont'), length: 6 })
    expect(diagnostics[0]?.hint).toContain('amount')
    const shown = render.call(error as WeirError, sql).split('\n')
    expect(shown).toContain('2 | SELECT order_id, amuont FROM orders;')
    expect(shown).toContain(`  | ${' '.repeat(17)}^^^^^^`)
  })

  it('validates without running, every fault at once', async () => {
    await client.execute(ORDERS)
    const diagnostics = await client.validate('SELECT nope FROM orders; SELEC 1;')
    expect(diagnostics.length).toBeGreaterThanOrEqual(2)
    expect(await client.validate('SELECT order_id FROM orders EMIT CHANGES;')).toEqual([])
  })

  it('explains one statement and runs nothing', async () => {
    await client.execute(ORDERS)
    const plan = await client.explain('SELECT order_id FROM orders WHERE amount > 5 EMIT CHANGES')
    expect(plan).toContain('orders')
    await expect(client.explain('SELECT order_id FROM orders; DROP STREAM orders')).rejects.toMatchObject({
      status: 'INVALID_ARGUMENT',
    })
    const error = await client.explain('SELECT nope FROM orders').catch((thrown: unknown) => thrown)
    expect((error as WeirError).diagnostics[0]).toMatchObject({ line: 1, column: 8, offset: 7, length: 4 })
    expect((await client.listObjects('stream')).map(({ name }) => name)).toContain('orders')
  })

  it('keeps what SET has changed for the next call', async () => {
    await client.execute("SET 'state.ttl' = '1 hour';")
    expect(client.settings).toMatchObject({ 'state.ttl': expect.anything() })
  })
})

describe('results', () => {
  it('gives every type back exactly', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await using writer = client.ingest('orders')
    await writer.write(order(9_007_199_254_740_993n, '1234567890.12'))
    await writer.flush()
    expect(writer.appended).toBe(1)
    const [change] = await take<Change>(client.subscribe('large_orders'), 1)
    expect(change?.row).toMatchObject({ order_id: 9_007_199_254_740_993n, amount: '1234567890.12' })
    expect(change?.row['ts']).toBeInstanceOf(Date)
  })

  it('pulls the rows of a view, with parameters', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await ingestOrders(0, 20)
    await take(client.subscribe('large_orders'), 20)
    const rows = await client.query('SELECT order_id FROM large_orders WHERE order_id >= $1 LIMIT 3', [15n]).toArray()
    expect(rows).toHaveLength(3)
    for (const row of rows) expect(row['order_id']).toBeGreaterThanOrEqual(15n)
  })

  it('pushes what a continuous query finds, until it is left', async () => {
    await client.execute(ORDERS)
    await ingestOrders(0, 5)
    const sql = 'SELECT order_id FROM orders WHERE order_id % 2 = 0 EMIT CHANGES'
    const rows = take(client.query(sql), 3)
    await ingestOrders(5, 40)
    for (const row of await rows) expect((row['order_id'] as bigint) % 2n).toBe(0n)
  })

  it('counts what a query does, and pauses and resumes it', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await ingestOrders(0, 10)
    await take(client.subscribe('large_orders'), 10)
    const [query] = await client.listQueries()
    const name = query?.name ?? ''
    expect((await client.describeQuery(name)).rowsOut).toBe(10n)
    await client.pauseQuery(name)
    expect((await client.describeQuery(name)).state).toBe('paused')
    await client.resumeQuery(name)
    expect((await client.describeQuery(name)).state).toBe('running')
  })

  it('goes on from a resume token, with nothing lost and nothing twice', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await ingestOrders(0, 50)
    const first = client.subscribe('large_orders')
    const seen: bigint[] = []
    for await (const event of first.events()) {
      if (event.kind === 'changes') seen.push(...event.changes.map(({ row }) => row['order_id'] as bigint))
      if (seen.length >= 50) break
    }
    await ingestOrders(50, 120)
    const second = client.subscribe('large_orders', { resumeToken: first.resumeToken })
    for (const { row } of await take(second, 70)) seen.push(row['order_id'] as bigint)
    expect(seen.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 120 }, (_, i) => i))
  })

  it('says that a resume token is not one', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    const broken = take(client.subscribe('large_orders', { resumeToken: 'not-a-token' }), 1)
    await expect(broken).rejects.toMatchObject({ status: 'INVALID_ARGUMENT' })
  })
})

describe('ingest', () => {
  it('leaves out what a producer sends again', async () => {
    await client.execute(ORDERS)
    for (const expected of [
      { appended: 3, duplicates: 0 },
      { appended: 0, duplicates: 3 },
    ]) {
      await using writer = client.ingest('orders', { producerId: 'till-7', firstSequence: 100 })
      for (let id = 0; id < 3; id++) await writer.write(order(id))
      await writer.flush()
      expect({ appended: writer.appended, duplicates: writer.duplicates }).toEqual(expected)
    }
  })

  it('fails with the name of a stream that does not exist', async () => {
    const writer = client.ingest('nothing')
    await writer.write(order(1))
    await expect(writer.flush()).rejects.toMatchObject({ status: 'NOT_FOUND' })
  })
})

describe('process', () => {
  it('answers reflection', async () => {
    const proto = createRequire(import.meta.url).resolve(
      '@grpc/reflection/build/proto/grpc/reflection/v1/reflection.proto',
    )
    const definition = loadSync(proto, { oneofs: true })['grpc.reflection.v1.ServerReflection'] as unknown as {
      ServerReflectionInfo: {
        path: string
        requestSerialize: (value: object) => Buffer
        responseDeserialize: (bytes: Buffer) => object
      }
    }
    const { path, requestSerialize, responseDeserialize } = definition.ServerReflectionInfo
    const raw = new Client(address, credentials.createInsecure())
    const call = raw.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    const answer = new Promise((resolve, reject) => call.once('data', resolve).once('error', reject))
    call.write({ listServices: '' })
    expect(JSON.stringify(await answer)).toContain('weir.v1.QueryService')
    call.end()
    await new Promise((resolve) => call.once('end', resolve).resume())
    raw.close()
  })

  it('drains on SIGTERM: the subscriber learns where to go on, the process ends with 0', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await ingestOrders(0, 10)
    const seen: number[] = []
    const subscription = client.subscribe('large_orders', { reconnectAttemptsMax: 0 })
    const reading = (async () => {
      for await (const { row } of subscription) seen.push(Number(row['order_id']))
    })()
    while (seen.length < 10) await new Promise((resolve) => setTimeout(resolve, 10))
    server.signal('SIGTERM')
    const error = await reading.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ status: 'UNAVAILABLE', resumeToken: subscription.resumeToken })
    expect(await server.exitCode()).toBe(0)

    server = ServerProcess.spawn(address, directory)
    await client.close()
    client = await WeirClient.connect(address, { connectTimeoutMs: 20_000 })
    await ingestOrders(10, 15)
    const rest = await take(client.subscribe('large_orders', { resumeToken: subscription.resumeToken }), 5)
    expect(rest.map(({ row }) => Number(row['order_id'])).sort((a, b) => a - b)).toEqual([10, 11, 12, 13, 14])
  })

  it('ends at once on a second signal, whatever still runs', async () => {
    await client.execute(ORDERS)
    await client.execute(LARGE_ORDERS)
    await ingestOrders(0, 30_000)
    await take(client.subscribe('large_orders'), 30_000)
    // More rows than flow control lets through, for a reader that takes none: the call can't end by itself.
    const call = client.query('SELECT * FROM large_orders').events()
    await call.next()
    await call.next()
    server.signal('SIGTERM')
    const ended = server.exitCode()
    const first = await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 700, 'still running'))])
    expect(first).toBe('still running')
    server.signal('SIGTERM')
    expect(await ended).toBe(130)
    await call.return(undefined)
  })

  it('ends at a signal before it has started: its brokers may never answer', async () => {
    const broker = createServer().listen(0, '127.0.0.1')
    await once(broker, 'listening')
    const { port } = broker.address() as { port: number }
    const other = temporaryDirectory()
    const waiting = ServerProcess.spawn(await freeAddress(), other, ['--kafka', `127.0.0.1:${port}`])
    const [connection] = await once(broker, 'connection')
    waiting.signal('SIGTERM')
    // By itself: killed by the signal it would have no code, and as process 1 of a container it would not end.
    expect(await waiting.exitCode()).toBe(143)
    connection.destroy()
    broker.close()
    rmSync(other, { recursive: true, force: true })
  })

  it('says in one line that the address or the data directory is in use', async () => {
    const other = temporaryDirectory()
    const sameAddress = ServerProcess.spawn(address, other)
    expect(await sameAddress.exitCode()).toBe(1)
    expect(sameAddress.stderr).toMatch(/^weir: address 127\.0\.0\.1:\d+ is in use .*\n$/)
    const sameDirectory = ServerProcess.spawn(await freeAddress(), directory)
    expect(await sameDirectory.exitCode()).toBe(1)
    expect(sameDirectory.stderr).toMatch(/^weir: [^\n]* in use[^\n]*\n$/)
    rmSync(other, { recursive: true, force: true })
  })

  it('names every wrong setting and ends with 1', async () => {
    const broken = ServerProcess.spawn('nowhere', directory, ['--heartbeat-ms', 'soon'])
    expect(await broken.exitCode()).toBe(1)
    expect(broken.stderr).toContain('--listen')
    expect(broken.stderr).toContain('--heartbeat-ms')
  })
})
