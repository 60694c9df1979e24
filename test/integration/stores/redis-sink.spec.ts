import { createClient } from '@redis/client'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { RedisServer, redisMissing } from '../../../scripts/stores/redis-server.ts'
import { SinkWorld } from '../../harness/stores/sink-world.ts'

const missing = redisMissing()
const SOON = { timeout: 20_000 }
const KEYS = 7

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

describe.skipIf(missing !== null)(`rows that go into Redis${missing === null ? '' : ` (${missing})`}`, () => {
  let server: RedisServer
  let world: SinkWorld

  beforeAll(async () => {
    server = await RedisServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())
  beforeEach(async () => {
    world = await SinkWorld.open()
    // A test that failed may have left it down.
    await redis((client) => client.flushAll()).catch(() => server.restart())
  })
  afterEach(() => world[Symbol.asyncDispose]())

  type Client = ReturnType<typeof createClient>

  async function redis<T>(run: (client: Client) => Promise<T>, url = server.url): Promise<T> {
    const client: Client = createClient({ url, socket: { reconnectStrategy: false } })
    client.on('error', () => {})
    await client.connect()
    try {
      return await run(client)
    } finally {
      client.destroy()
    }
  }

  /** All rows under a prefix, by key, as the objects that they are. */
  async function rowsOf(prefix: string): Promise<Record<string, unknown>> {
    return redis(async (client) => {
      const found: Record<string, unknown> = {}
      for (const key of (await client.keys(`${prefix}*`)).sort()) {
        const isHash = (await client.type(key)) === 'hash'
        found[key] = isHash ? { ...(await client.hGetAll(key)) } : JSON.parse((await client.get(key)) ?? 'null')
      }
      return found
    })
  }

  const options = (more = '') => `connector = 'redis', url = '${server.url}'${more}`
  const EVENTS = 'CREATE STREAM events (id BIGINT NOT NULL, k STRING, n INT) FORMAT PLAIN ENCODE JSON;'

  it('has the newest row of each key as JSON, and none that was taken back', async () => {
    await world.run(`
      CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING, amount DECIMAL(8, 2)) FORMAT UPSERT ENCODE JSON;
      CREATE SINK totals AS SELECT region, COUNT(*) AS orders, SUM(amount) AS total FROM orders GROUP BY region
        WITH (${options()});
      INSERT INTO orders VALUES (1, 'eu', 3.00), (2, 'us', 4.50), (3, NULL, 6.00);`)
    await expect
      .poll(() => rowsOf('totals:'), SOON)
      .toEqual({
        'totals:eu': { region: 'eu', orders: 1, total: 3 },
        'totals:us': { region: 'us', orders: 1, total: 4.5 },
        'totals:%N': { region: null, orders: 1, total: 6 },
      })
    await world.run(`INSERT INTO orders VALUES (2, 'eu', 1.25), (3, 'eu', 1.00)`)
    await expect.poll(() => rowsOf('totals:'), SOON).toEqual({ 'totals:eu': { region: 'eu', orders: 3, total: 5.25 } })
  })

  it('has hashes without what is NULL, under keys of several parts that no other key can be taken for, for a while', async () => {
    await redis((client) => client.set('x/a%3Ab:c', 'a text that was here'))
    await world.run(`CREATE STREAM pairs (a STRING, b STRING, n INT, ts TIMESTAMP) FORMAT PLAIN ENCODE JSON;
      CREATE SINK pairs_out FROM pairs
        WITH (${options(`, key = 'a,b', 'key.prefix' = 'x/', 'value.type' = 'hash', ttl = '1 h'`)});
      INSERT INTO pairs VALUES ('a:b', 'c', 1, TIMESTAMP '2026-01-15 12:00:00'), ('a', 'b:c', 2, NULL), ('5%', NULL, 3, NULL);`)
    await expect
      .poll(() => rowsOf('x/'), SOON)
      .toEqual({
        'x/a%3Ab:c': { a: 'a:b', b: 'c', n: '1', ts: '2026-01-15T12:00:00.000Z' },
        'x/a:b%3Ac': { a: 'a', b: 'b:c', n: '2' },
        'x/5%25:%N': { a: '5%', n: '3' },
      })
    const leftMs = await redis((client) => client.pTTL('x/a:b%3Ac'))
    expect(leftMs).toBeGreaterThan(3_500_000)
    // A field that is NULL now is gone.
    await world.run(`INSERT INTO pairs VALUES ('a:b', 'c', NULL, NULL)`)
    await expect.poll(async () => (await rowsOf('x/'))['x/a%3Ab:c'], SOON).toEqual({ a: 'a:b', b: 'c' })
  })

  it('has what the query says, while Redis and the runtime are stopped and started again and again', async () => {
    await world.run(`${EVENTS} CREATE SINK counts AS SELECT k, COUNT(*) AS n, MAX(id) AS last FROM events GROUP BY k
      WITH (${options()});`)
    const rounds = 12
    const perRound = 300
    for (let round = 0; round < rounds; round++) {
      const rows = Array.from({ length: perRound }, (_, i) => `(${round * perRound + i}, 'k${i % KEYS}', 0)`)
      for (let from = 0; from < perRound; from += 50) {
        await world.run(`INSERT INTO events VALUES ${rows.slice(from, from + 50).join(', ')}`)
        await pause(3)
      }
      if (round % 3 === 0) await server.kill()
      if (round % 4 === 1) await world.restart()
      if (round % 3 === 0) {
        await pause(150 * (round % 2))
        await server.restart()
      }
    }
    const expected: Record<string, unknown> = {}
    for (let k = 0; k < KEYS; k++) {
      const perKey = Math.ceil((perRound - k) / KEYS)
      const last = (rounds - 1) * perRound + k + (perKey - 1) * KEYS
      expected[`counts:k${k}`] = { k: `k${k}`, n: rounds * perKey, last }
    }
    await expect.poll(() => rowsOf('counts:').catch(() => ({})), SOON).toEqual(expected)
    expect(world.failures.length).toBeGreaterThan(0)
  }, 120_000)

  it('takes the rows of a stream with what is looked up for them there', async () => {
    await redis((client) => client.set('plans:c1', '{"plan":"gold"}'))
    await world.run(`CREATE STREAM events (customer_id STRING, event STRING) FORMAT PLAIN ENCODE JSON;
      CREATE TABLE plans (customer_id STRING PRIMARY KEY, plan STRING)
        WITH (${options(`, kind = 'lookup', 'lookup.cache.ttl' = '5s'`)});
      CREATE SINK latest AS SELECT e.customer_id, p.plan, e.event FROM events e
        LEFT JOIN plans FOR SYSTEM_TIME AS OF PROCTIME() AS p ON e.customer_id = p.customer_id
        WITH (${options(`, key = 'customer_id'`)});
      INSERT INTO events VALUES ('c1', 'login'), ('c2', 'login'), ('c1', 'logout');`)
    await expect
      .poll(() => rowsOf('latest:'), SOON)
      .toEqual({
        'latest:c1': { customer_id: 'c1', plan: 'gold', event: 'logout' },
        'latest:c2': { customer_id: 'c2', plan: null, event: 'login' },
      })
  })

  it('is filled again when it has lost everything', async () => {
    await world.run(`${EVENTS} CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)});
      INSERT INTO events VALUES (1, 'a', 1), (2, 'b', 1);`)
    await expect.poll(async () => Object.keys(await rowsOf('copies:')), SOON).toHaveLength(2)
    await redis((client) => client.flushAll())
    await world.run(`INSERT INTO events VALUES (1, 'a', 2)`)
    await expect
      .poll(() => rowsOf('copies:'), SOON)
      .toEqual({
        'copies:1': { id: 1, k: 'a', n: 2 },
        'copies:2': { id: 2, k: 'b', n: 1 },
      })
  })

  it('does not move where someone else has written behind its back', async () => {
    await world.run(`${EVENTS} CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)});
      INSERT INTO events VALUES (1, 'a', 1);`)
    await expect.poll(async () => Object.keys(await rowsOf('copies:')), SOON).toHaveLength(1)
    // Another process that delivers the same rows has come further.
    const [key = ''] = await redis((client) => client.keys('weir:position:*'))
    const stored = JSON.parse((await redis((client) => client.get(key))) ?? '') as Position
    const further = { epoch: stored.epoch + 5, checkpoint: { ...stored.checkpoint, epoch: stored.epoch + 5 } }
    further.checkpoint.inputs = { 'scan-outbox': { 0: (stored.checkpoint.inputs['scan-outbox']?.[0] ?? 0) + 1 } }
    await redis((client) => client.set(key, JSON.stringify(further)))
    await world.run(`INSERT INTO events VALUES (2, 'b', 1)`)
    await world.run(`INSERT INTO events VALUES (3, 'c', 1)`)
    await expect.poll(async () => Object.keys(await rowsOf('copies:')), SOON).toEqual(['copies:1', 'copies:3'])
  })

  it('waits for one that does not answer, and goes on by itself', async () => {
    await world.run(`${EVENTS} CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)});
      INSERT INTO events VALUES (1, 'a', 1);`)
    await expect.poll(async () => Object.keys(await rowsOf('copies:')), SOON).toHaveLength(1)
    server.freeze()
    await world.run(`INSERT INTO events VALUES (2, 'b', 1)`)
    try {
      await expect
        .poll(() => world.property('copies', 'error'), { timeout: 40_000 })
        .toMatch(/^waiting for redis at 127.0.0.1:\d+: no answer within \d+ s/)
    } finally {
      server.thaw()
    }
    await expect.poll(async () => Object.keys(await rowsOf('copies:')), SOON).toHaveLength(2)
  }, 90_000)

  it('logs in with a secret that nothing shows', async () => {
    const password = 'p%40:/ ss'
    await using closed = await RedisServer.start(['--requirepass', password])
    process.env['WEIR_TEST_REDIS_PASSWORD'] = password
    try {
      const login = `connector = 'redis', url = '${closed.url}', password = '\${env:WEIR_TEST_REDIS_PASSWORD}'`
      await world.run(`${EVENTS} CREATE SINK copies FROM events WITH (${login}, key = 'id');
        INSERT INTO events VALUES (1, 'a', 1);`)
      const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${closed.port}`
      await expect.poll(() => redis((client) => client.dbSize(), url), SOON).toBe(2)
      process.env['WEIR_TEST_REDIS_PASSWORD'] = 'another'
      await closed.kill()
      await closed.restart()
      await world.run(`INSERT INTO events VALUES (2, 'b', 1)`)
      await expect
        .poll(() => world.property('copies', 'error'), SOON)
        .toMatch(/waiting for redis at [\d.:]+: WRONGPASS/)
      const shown = [
        await world.run('DESCRIBE EXTENDED copies'),
        await world.run('SHOW SINKS'),
        (await world.runtime.analyze('copies')).text,
        world.failures,
      ]
      expect(JSON.stringify(shown)).not.toMatch(/another|ss\b/)
    } finally {
      delete process.env['WEIR_TEST_REDIS_PASSWORD']
    }
  })
})

interface Position {
  readonly epoch: number
  readonly checkpoint: { epoch: number; inputs: Record<string, Record<number, number>> }
}
