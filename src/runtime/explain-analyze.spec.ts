import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { WeirRuntime } from './weir-runtime.ts'

let storage: Storage
let runtime: WeirRuntime

beforeEach(async () => {
  storage = openMemoryStorage()
  runtime = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
})
afterEach(() => runtime.close())

async function run(sql: string): Promise<string> {
  let text = ''
  for await (const result of runtime.execute(sql)) if (result.kind === 'text') text = result.text
  return text
}

function append(partition: number, count: number, timeOf: (i: number) => number = () => 0) {
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: Buffer.from(JSON.stringify({ k: i % 10, ts: timeOf(i) })),
    timestamp: 0,
  }))
  return storage.log.append('s', partition, records)
}

const STREAM = `CREATE STREAM s (k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (partitions = 2);`
const COUNT = 'CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;'

it('of a query that keeps up says so, and what each operator and partition has seen', async () => {
  await run(`${STREAM} ${COUNT}`)
  await append(0, 30, (i) => i)
  await append(1, 20, (i) => i)
  await expect.poll(async () => (await runtime.stats('v')).rowsIn).toBe(50)
  const text = await run('EXPLAIN ANALYZE QUERY v;')
  expect(text).toMatch(/^query "v": running, 1 of 1 tasks seen; measured for 1\.\d s\nit keeps up\n/)
  expect(text).toMatch(/\nscan-s +0 rows\/s +0 % busy +50 in +50 out +0 entries of state/)
  expect(text).toMatch(/\ngroup-aggregate-1 .* 50 in .* 10 entries of state/)
  expect(text).toMatch(/\nscan-s 0 +0 records behind +event time 1970-01-01T00:00:00.029Z, \d+\.\d s ago/)
  expect(text).toMatch(/\nscan-s 1 .*T00:00:00.019Z.*holds the watermark\n/)
})

it('names the operator that takes the time', async () => {
  await run(`${STREAM}
    CREATE MATERIALIZED VIEW v AS SELECT max(sha256(repeat(CAST(k AS STRING), 50000))) AS h FROM s GROUP BY k;`)
  await append(0, 100_000)
  const text = await run('EXPLAIN ANALYZE QUERY v;')
  expect(text).toMatch(
    /\nslow operator: project-1 takes (\d\d|100) % of the time, of (\d\d|100) % that the task works\n/,
  )
})

it('names the partition that holds the watermark back', async () => {
  await run(`${STREAM} ${COUNT}`)
  await append(0, 10, (i) => 1_000_000 + i)
  await append(1, 10, (i) => i)
  await expect.poll(async () => (await runtime.stats('v')).rowsIn).toBe(20)
  expect(await run('EXPLAIN ANALYZE QUERY v;')).toContain(
    'watermark held back: partition 1 of "s" holds it, its rows are 1000.0 s of event time behind',
  )
})

it.each([
  ['EXPLAIN ANALYZE SELECT * FROM s;', 'only a query that runs can be analyzed'],
  ['EXPLAIN ANALYZE QUERY s;', '"s" is not a query'],
  ['EXPLAIN ANALYZE QUERY nothing;', 'nothing'],
])('%s says what is wrong', async (sql, message) => {
  await run(STREAM)
  await expect(run(sql)).rejects.toThrow(message)
})

it('of a query that is paused says that it does not run', async () => {
  await run(`${STREAM} ${COUNT} PAUSE QUERY v;`)
  expect(await run('EXPLAIN ANALYZE QUERY v;')).toBe('query "v": paused, 0 of 1 tasks seen')
})

it('says how many rows wait for a table that is behind; with time they go on without it, and are counted', async () => {
  const table = 'CREATE TABLE t (k BIGINT PRIMARY KEY, ts TIMESTAMP, WATERMARK FOR ts AS ts);'
  const join = (name: string, options: string) => `CREATE MATERIALIZED VIEW ${name} ${options} AS
    SELECT s.k, t.ts FROM s LEFT JOIN t FOR SYSTEM_TIME AS OF s.ts AS t ON s.k = t.k;`
  await run(`${STREAM} ${table} INSERT INTO t VALUES (1, TIMESTAMP '1970-01-01 00:00:05');`)
  await append(0, 20, (i) => 4_900 + 10 * i)
  await append(1, 20, () => 9_000)
  await run(join('patient', ''))
  await expect.poll(async () => (await runtime.stats('patient')).rowsIn).toBe(41)
  // Those at and after the table's watermark wait; those before it have gone.
  expect(await run('EXPLAIN ANALYZE QUERY patient;')).toMatch(
    /\ntemporal-join-1 .* 10 out .*30 rows wait for the table's watermark\n/,
  )
  await run(join('hasty', `WITH ('join.wait' = '300 ms')`))
  await expect.poll(async () => (await runtime.stats('hasty')).rowsOut, { timeout: 5_000 }).toBe(40)
  expect(await run('EXPLAIN ANALYZE QUERY hasty;')).toMatch(
    /\ntemporal-join-1 .* 40 out .*30 rows went on without it\n/,
  )
})
