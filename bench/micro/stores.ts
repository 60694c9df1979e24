/**
 * What the hop to a store costs: `node bench/micro/stores.ts`. A stream joined with a table that is kept with the
 * query, and with rows that are looked up in a Redis and a PostgreSQL, which it starts on this machine; and the rows
 * of a stream written into both.
 */
import { createClient } from '@redis/client'
import pg from 'pg'
import { PostgresServer } from '../../scripts/cdc/postgres-server.ts'
import { RedisServer } from '../../scripts/stores/redis-server.ts'
import type { LookupConnection } from '../../src/adapters/external/store-lookup.ts'
import { formatRegistry } from '../../src/adapters/formats/registry.ts'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { PostgresLookup } from '../../src/adapters/postgres/postgres-lookup.ts'
import { RedisLookup } from '../../src/adapters/redis/redis-lookup.ts'
import { SystemClock } from '../../src/adapters/system-clock.ts'
import { BIGINT, STRING } from '../../src/core/type.ts'
import { WeirRuntime } from '../../src/runtime/weir-runtime.ts'
import { print } from './measure.ts'

const ROWS = 200_000
const KEYS = 10_000
const ROUNDS = 3
const POLL_MS = 2
const BATCH = 1_000
const QUESTIONS = 300
const PLANS = [
  { name: 'id', type: BIGINT, nullable: false },
  { name: 'plan', type: STRING, nullable: true },
]

await using redis = await RedisServer.start(['--appendonly', 'no'])
await using postgres = await PostgresServer.start()
const cache = createClient({ url: redis.url })
await cache.connect()
const database = new pg.Client({ connectionString: postgres.url })
await database.connect()
await database.query('CREATE TABLE plans (id bigint PRIMARY KEY, plan text)')
for (let from = 0; from < KEYS; from += BATCH) {
  const ids = Array.from({ length: BATCH }, (_, i) => from + i)
  await cache.mSet(ids.map((id): [string, string] => [`plans:${id}`, `{"id":${id},"plan":"plan ${id % 7}"}`]))
  await database.query(`INSERT INTO plans SELECT id, 'plan ' || id % 7 FROM unnest($1::bigint[]) AS u (id)`, [ids])
}
await database.query('ANALYZE plans')

const lookup = (store: string, more = '') => `${store}, kind = 'lookup'${more}`
const inRedis = `connector = 'redis', url = '${redis.url}'`
const inPostgres = `connector = 'postgres', url = '${postgres.url}'`
const remembered = `, 'lookup.cache.ttl' = '1 min'`

await measure('table kept with the query', `connector = 'embedded'`)
await measure('lookup in Redis', lookup(inRedis))
await measure('lookup in Redis, remembered', lookup(inRedis, remembered))
await measure('lookup in PostgreSQL', lookup(inPostgres))
await measure('lookup in PostgreSQL, remembered', lookup(inPostgres, remembered))
const address = { 'key.prefix': 'plans:', table: 'plans' }
await questions('Redis', await RedisLookup.open({ ...address, url: redis.url }, PLANS, [0]))
await questions('PostgreSQL', await PostgresLookup.open({ ...address, url: postgres.url }, PLANS, [0]))
await deliver('into Redis, by key', `${inRedis}, key = 'n'`)
await deliver('into PostgreSQL, by key', `${inPostgres}, key = 'n', 'create.table' = true`)
await deliver('into PostgreSQL, rows added', `${inPostgres}, 'create.table' = true`)
cache.destroy()
await database.end()

async function opened(connector: string): Promise<WeirRuntime> {
  const storage = openMemoryStorage()
  const runtime = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
  await run(
    runtime,
    `CREATE STREAM events (n BIGINT, id BIGINT);
     CREATE TABLE plans (id BIGINT PRIMARY KEY, plan STRING) WITH (${connector});`,
  )
  if (connector.includes('embedded')) {
    await append(storage.log, 'plans', KEYS, (i) => ({ id: i, plan: `plan ${i % 7}` }))
  }
  return runtime
}

/** The best of some runs, each over rows that are there before the query is. */
async function measure(name: string, connector: string): Promise<void> {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    const runtime = await opened(connector)
    await run(runtime, `SET 'scan.bounded.mode' = 'latest-offset'`)
    await ingest(runtime, ROWS)
    const startMs = performance.now()
    await run(
      runtime,
      `SET 'scan.bounded.mode' = 'latest-offset';
       CREATE MATERIALIZED VIEW found AS SELECT COUNT(*) AS n, COUNT(plan) AS plans FROM events
         LEFT JOIN plans ON events.id = plans.id;`,
    )
    while ((await runtime.stats('found')).state !== 'finished') await pause()
    best = Math.max(best, (1_000 * ROWS) / (performance.now() - startMs))
    await runtime.close()
  }
  print(name, 'rows', best)
}

/** From when the sink is created until the store has all of the rows: the best of some runs. */
async function deliver(name: string, connector: string): Promise<void> {
  let best = 0
  for (let round = 0; round < ROUNDS; round++) {
    await database.query('DROP TABLE IF EXISTS copies')
    const runtime = await opened(`connector = 'embedded'`)
    await ingest(runtime, ROWS)
    const startMs = performance.now()
    await run(
      runtime,
      `SET 'scan.bounded.mode' = 'latest-offset';
       CREATE SINK copies FROM events WITH (${connector});`,
    )
    while ((await runtime.stats('copies')).state !== 'finished') await pause()
    best = Math.max(best, (1_000 * ROWS) / (performance.now() - startMs))
    await runtime.close()
  }
  print(name, 'rows', best)
}

/** Of one key and of as many as one question may have: the median. */
async function questions(name: string, connection: LookupConnection): Promise<void> {
  for (const count of [1, BATCH]) {
    const times: number[] = []
    for (let n = 0; n < QUESTIONS; n++) {
      const keys = Array.from({ length: count }, (_, i) => [(n * 31 + i) % KEYS])
      const startMs = performance.now()
      await connection.find(keys)
      times.push(performance.now() - startMs)
    }
    times.sort((a, b) => a - b)
    const title = `a question of ${count} ${count === 1 ? 'key' : 'keys'}, ${name}`
    process.stdout.write(`${title.padEnd(44)} ${(times[times.length >> 1] ?? 0).toFixed(2)} ms\n`)
  }
  await connection.close()
}

async function ingest(runtime: WeirRuntime, count: number): Promise<void> {
  for (let from = 0; from < count; from += BATCH) {
    const records = Array.from({ length: Math.min(BATCH, count - from) }, (_, i) => ({
      // Keys in an order that is none, each as often.
      value: Buffer.from(JSON.stringify({ n: from + i, id: ((from + i) * 7_919) % KEYS })),
    }))
    await runtime.ingest({ stream: 'events', records })
  }
}

async function append(
  log: ReturnType<typeof openMemoryStorage>['log'],
  topic: string,
  count: number,
  rowOf: (i: number) => unknown,
): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => {
    return { key: null, value: Buffer.from(JSON.stringify(rowOf(i))), timestamp: 0 }
  })
  await log.append(topic, 0, records)
}

async function run(runtime: WeirRuntime, sql: string): Promise<void> {
  for await (const result of runtime.execute(sql)) if (result.kind === 'rows') await result.results.close()
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS))
}
