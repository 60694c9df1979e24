import { createClient } from '@redis/client'
import pg from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PostgresServer, postgresMissing } from '../../../scripts/cdc/postgres-server.ts'
import { RedisServer, redisMissing } from '../../../scripts/stores/redis-server.ts'
import { SinkWorld } from '../../harness/stores/sink-world.ts'

const SOON = { timeout: 20_000 }

/** A store as a test of both sees it: rows of a table `plans` are put in and taken out. */
interface Store extends AsyncDisposable {
  readonly server: { kill(): Promise<void>; restart(): Promise<void> }
  /** How `plans` is declared. */
  readonly connector: string
  put(id: string, plan: string | null, price?: number): Promise<void>
  remove(id: string): Promise<void>
  clear(): Promise<void>
}

async function postgres(): Promise<Store> {
  const server = await PostgresServer.start()
  const sql = async (text: string, values: readonly unknown[] = []) => {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      await client.query(text, [...values])
    } finally {
      await client.end()
    }
  }
  await sql('CREATE TABLE plans (id text PRIMARY KEY, plan text, price numeric(8, 2), other int NOT NULL DEFAULT 7)')
  return {
    server,
    connector: `connector = 'postgres', url = '${server.url}'`,
    put: (id, plan, price = 1) =>
      sql(
        `INSERT INTO plans VALUES ($1, $2, $3) ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, price = excluded.price`,
        [id, plan, price],
      ),
    remove: (id) => sql('DELETE FROM plans WHERE id = $1', [id]),
    clear: () => sql('TRUNCATE plans'),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function redis(type: 'json' | 'hash'): Promise<Store> {
  const server = await RedisServer.start()
  const call = async (run: (client: ReturnType<typeof createClient>) => Promise<unknown>) => {
    const client = createClient({ url: server.url, socket: { reconnectStrategy: false } })
    client.on('error', () => {})
    await client.connect()
    await run(client as ReturnType<typeof createClient>)
    client.destroy()
  }
  return {
    server,
    connector: `connector = 'redis', url = '${server.url}', 'value.type' = '${type}'`,
    put: (id, plan, price = 1) =>
      call(async (client) => {
        const row = { ...(plan !== null && { plan }), price: String(price) }
        if (type === 'hash') await client.hSet(`plans:${id}`, row)
        else await client.set(`plans:${id}`, JSON.stringify({ id, plan, price }))
      }),
    remove: (id) => call((client) => client.del(`plans:${id}`)),
    clear: () => call((client) => client.flushAll()),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

const STORES: readonly (readonly [string, string | null, () => Promise<Store>])[] = [
  ['PostgreSQL', await postgresMissing(), postgres],
  ['Redis, as JSON', redisMissing(), () => redis('json')],
  ['Redis, as hashes', redisMissing(), () => redis('hash')],
]

for (const [name, missing, open] of STORES) {
  describe.skipIf(missing !== null)(`rows looked up in ${name}${missing === null ? '' : ` (${missing})`}`, () => {
    let store: Store
    let world: SinkWorld
    beforeAll(async () => {
      store = await open()
    })
    afterAll(() => store[Symbol.asyncDispose]())
    beforeEach(async () => {
      world = await SinkWorld.open()
      // A test that failed may have left it down.
      await store.clear().catch(() => store.server.restart().then(() => store.clear()))
    })
    afterEach(() => world[Symbol.asyncDispose]())

    const define = (options = '') => `
      CREATE STREAM events (n BIGINT, id STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts) FORMAT PLAIN ENCODE JSON;
      CREATE TABLE plans (id STRING PRIMARY KEY, plan STRING, price DECIMAL(8, 2))
        WITH (${store.connector}, kind = 'lookup'${options});`
    const insert = (rows: readonly (readonly [number, string | null])[]) =>
      world.run(
        `INSERT INTO events VALUES ${rows
          .map(([n, id]) => `(${n}, ${id === null ? 'NULL' : `'${id}'`}, TIMESTAMP '2026-01-15 12:00:00')`)
          .join(', ')}`,
      )

    it('are joined with each row of a stream, in its order; what is not there is NULL, or no row', async () => {
      await store.put('a', 'gold', 12.5)
      await store.put('b', null, 0)
      await world.run(`${define()}
        CREATE MATERIALIZED VIEW outer_rows AS SELECT n, e.id, plan, price FROM events e
          LEFT JOIN plans FOR SYSTEM_TIME AS OF PROCTIME() AS p ON e.id = p.id;
        CREATE MATERIALIZED VIEW inner_rows AS SELECT n, plan FROM events e JOIN plans p ON p.id = e.id AND p.price > 1;`)
      await insert([
        [1, 'a'],
        [2, 'none'],
        [3, null],
        [4, 'b'],
        [5, 'a'],
      ])
      await expect
        .poll(() => world.run('SELECT * FROM outer_rows'), SOON)
        .toEqual([
          [1, 'a', 'gold', 1250],
          [2, 'none', null, null],
          [3, null, null, null],
          [4, 'b', null, 0],
          [5, 'a', 'gold', 1250],
        ])
      await expect
        .poll(() => world.run('SELECT * FROM inner_rows'), SOON)
        .toEqual([
          [1, 'gold'],
          [5, 'gold'],
        ])
      await store.put('a', 'silver', 3)
      await store.remove('b')
      await insert([
        [6, 'a'],
        [7, 'b'],
      ])
      await expect
        .poll(async () => (await world.run('SELECT * FROM outer_rows')).slice(5), SOON)
        .toEqual([
          [6, 'a', 'silver', 300],
          [7, 'b', null, null],
        ])
    })

    it('are remembered for a while, also those that were not there', async () => {
      await store.put('a', 'gold')
      await world.run(`${define(`, 'lookup.cache.ttl' = '${2_000} ms'`)}
        CREATE MATERIALIZED VIEW found AS SELECT n, plan FROM events LEFT JOIN plans ON events.id = plans.id;`)
      await insert([
        [1, 'a'],
        [2, 'b'],
      ])
      await expect.poll(() => world.run('SELECT * FROM found'), SOON).toHaveLength(2)
      await store.put('a', 'silver')
      await store.put('b', 'bronze')
      await insert([
        [3, 'a'],
        [4, 'b'],
      ])
      await expect.poll(() => world.run('SELECT * FROM found'), SOON).toHaveLength(4)
      expect((await world.run('SELECT * FROM found')).slice(2)).toEqual([
        [3, 'gold'],
        [4, null],
      ])
      await new Promise((resolve) => setTimeout(resolve, 2_100))
      await insert([
        [5, 'a'],
        [6, 'b'],
      ])
      await expect
        .poll(async () => (await world.run('SELECT * FROM found')).slice(4), SOON)
        .toEqual([
          [5, 'silver'],
          [6, 'bronze'],
        ])
    })

    it('are waited for while the store is down, and no row is lost or doubled, through restarts', async () => {
      await store.put('a', 'gold')
      await world.run(`${define()}
        CREATE MATERIALIZED VIEW found AS SELECT n, plan FROM events LEFT JOIN plans ON events.id = plans.id;
        CREATE MATERIALIZED VIEW per_day AS
          SELECT plan, window_start, COUNT(*) AS n FROM events JOIN plans ON events.id = plans.id
          GROUP BY plan, TUMBLE(events.ts, INTERVAL '1' DAY) EMIT FINAL;`)
      const total = 600
      for (let n = 0; n < total; n += 100) {
        if (n === 200) await store.server.kill()
        await insert(Array.from({ length: 100 }, (_, i) => [n + i, 'a'] as const))
        if (n === 200) {
          await expect
            .poll(() => world.property('found', 'error'), SOON)
            .toMatch(/^waiting for (postgres|redis) at 127.0.0.1:\d+: connection refused \(attempt \d+\)$/)
          expect(await world.property('found', 'state')).toBe('running')
        }
        if (n === 300) await world.restart()
        if (n === 400) await store.server.restart()
        if (n === 500) await world.restart()
      }
      const expected = Array.from({ length: total }, (_, n) => [n, 'gold'])
      await expect.poll(() => world.run('SELECT * FROM found'), SOON).toEqual(expected)
      expect(await world.property('found', 'error')).toBeUndefined()
      // The watermark was behind the rows that waited.
      await world.run(`INSERT INTO events VALUES (-1, 'a', TIMESTAMP '2026-01-16 00:00:00')`)
      await expect.poll(() => world.run('SELECT plan, n FROM per_day'), SOON).toEqual([['gold', total]])
      expect(await world.property('per_day', 'rows late')).toBe('0')
    })

    it('are refused at once where nobody is there', async () => {
      const elsewhere = store.connector.replace(/127\.0\.0\.1:\d+/, '127.0.0.1:1')
      await expect(
        world.run(`CREATE TABLE plans (id STRING PRIMARY KEY) WITH (${elsewhere}, kind = 'lookup')`),
      ).rejects.toMatchObject({ code: 'UNAVAILABLE', message: expect.stringMatching(/connection refused$/) })
      expect(await world.run('SHOW TABLES')).toEqual([])
    })

    it('can be asked for by a reader as well, and their table stays while it is asked', async () => {
      await store.put('a', 'gold')
      await world.run(`${define()}
        CREATE MATERIALIZED VIEW found AS SELECT n, plan FROM events LEFT JOIN plans ON events.id = plans.id;`)
      await insert([[1, 'a']])
      const rows = world.run(
        `SET 'scan.startup.mode' = 'earliest';
         SELECT n, plan FROM events JOIN plans ON events.id = plans.id EMIT CHANGES LIMIT 1;`,
      )
      expect(await rows).toEqual([[1, 'gold']])
      await expect(world.run('DROP TABLE plans')).rejects.toThrow('"plans" is used by "found"')
    })
  })
}

const pgMissing = await postgresMissing()
describe.skipIf(pgMissing !== null)(`a table of PostgreSQL${pgMissing === null ? '' : ` (${pgMissing})`}`, () => {
  it('is read by keys of several parts, in all types, and by the very columns that it has', async () => {
    await using server = await PostgresServer.start()
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    await using world = await SinkWorld.open()
    await client.query(`CREATE SCHEMA shop; SET TimeZone = 'Asia/Tokyo'; ALTER ROLE postgres SET TimeZone = 'Asia/Tokyo';
      CREATE TABLE shop.facts (a uuid, b date, flag boolean, big bigint, ratio double precision, price numeric,
        data bytea, at time, ts timestamptz, local timestamp, doc jsonb, PRIMARY KEY (a, b))`)
    await client.query(`INSERT INTO shop.facts VALUES ('8f14e45f-ceea-467f-a8b6-5b6d1b2d0f3a', '2026-01-15', true,
      9007199254740993, 'NaN', 12345678901234567.25, '\\x00ff', '12:34:56', '2026-01-15 21:00:00.25+09',
      '2026-01-15 12:00:00.25', '{"a": [1, null]}')`)
    await client.end()
    await world.run(`
      CREATE STREAM events (id STRING, day DATE) FORMAT PLAIN ENCODE JSON;
      CREATE TABLE facts (a STRING, b DATE, flag BOOLEAN, big BIGINT, ratio DOUBLE, price DECIMAL(20, 2), data BYTES,
        at TIME, ts TIMESTAMP, local TIMESTAMP, doc JSON, PRIMARY KEY (a, b))
        WITH (connector = 'postgres', url = '${server.url}', 'table' = 'shop.facts', kind = 'lookup');
      CREATE MATERIALIZED VIEW found AS SELECT flag, big, ratio, price, to_hex(data) AS data, at, facts.ts, local, doc
        FROM events JOIN facts ON facts.b = events.day AND events.id = facts.a;
      INSERT INTO events VALUES ('8f14e45f-ceea-467f-a8b6-5b6d1b2d0f3a', DATE '2026-01-15'),
        ('8f14e45f-ceea-467f-a8b6-5b6d1b2d0f3a', DATE '2026-01-16'), ('no uuid', DATE '2026-01-15');`)
    const noon = Date.UTC(2026, 0, 15, 12, 0, 0, 250)
    await expect
      .poll(() => world.run('SELECT * FROM found'), SOON)
      .toEqual([
        [true, 9007199254740993n, Number.NaN, 1234567890123456725n, '00ff', 45_296_000, noon, noon, '{"a":[1,null]}'],
      ])
    // What can't be a key of the table fails the row that asks for it, and no other.
    await expect.poll(() => world.property('found', 'rows failed'), SOON).toBe('1')
    await expect(
      world.run(`CREATE TABLE more (a STRING PRIMARY KEY, c INT, d INT)
        WITH (connector = 'postgres', url = '${server.url}', 'table' = 'shop.facts', kind = 'lookup')`),
    ).rejects.toMatchObject({
      message: expect.stringMatching(/table "shop.facts" has no column "c", "d"$/),
      hint: expect.stringMatching(/^It has: a, b, flag, /),
    })
  })
})

const noRedis = redisMissing()
describe.skipIf(noRedis !== null)(`a key of Redis that is no row${noRedis === null ? '' : ` (${noRedis})`}`, () => {
  it('fails the rows that ask for it, and no other', async () => {
    await using server = await RedisServer.start()
    const client = createClient({ url: server.url })
    await client.connect()
    await client.mSet({ 'plans:a': 'gold', 'plans:b': '{"plan":"silver"}', 'plans:c': '{"price":"much"}' })
    client.destroy()
    await using world = await SinkWorld.open()
    await world.run(`
      CREATE STREAM events (id STRING) FORMAT PLAIN ENCODE JSON;
      CREATE TABLE plans (id STRING PRIMARY KEY, plan STRING, price INT)
        WITH (connector = 'redis', url = '${server.url}', kind = 'lookup');
      CREATE MATERIALIZED VIEW found AS SELECT e.id, plan, price FROM events e LEFT JOIN plans p ON e.id = p.id;
      INSERT INTO events VALUES ('a'), ('b'), ('c'), ('d');`)
    await expect
      .poll(() => world.run('SELECT * FROM found'), SOON)
      .toEqual([
        ['b', 'silver', null],
        ['d', null, null],
      ])
    expect(await world.property('found', 'rows failed')).toBe('2')
  })
})
