// Joins in a runtime that reads by itself: what it reads first, and where it stops.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { ROWS_PER_KEY_MAX } from '../engine/join/table-rows.ts'
import { VERSIONS_PER_KEY_MAX } from '../engine/join/table-versions.ts'
import { WAITING_ROWS_MAX } from '../engine/operators/as-of-join.ts'
import { READ_RECORDS_MAX } from '../engine/source.ts'
import { WeirRuntime } from './weir-runtime.ts'

const SOON = { timeout: 20_000 }
const PARTITIONS = 3

let storage: Storage
let runtime: WeirRuntime

beforeEach(async () => {
  storage = openMemoryStorage()
  runtime = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
})
afterEach(() => runtime.close())

async function run(sql: string): Promise<void> {
  for await (const result of runtime.execute(sql)) if (result.kind === 'rows') await result.results.close()
}

async function select(sql: string): Promise<readonly (readonly number[])[]> {
  const rows: number[][] = []
  for await (const event of await runtime.query(sql)) {
    if (event.kind === 'rows') rows.push(...event.rows.map((row) => row.map(Number)))
  }
  return rows
}

async function append(topic: string, count: number, rowOf: (i: number) => unknown, partition = 0): Promise<void> {
  const encoder = new TextEncoder()
  const records = Array.from({ length: count }, (_, i) => ({
    key: null,
    value: encoder.encode(JSON.stringify(rowOf(i))),
    timestamp: 0,
  }))
  await storage.log.append(topic, partition, records)
}

const STREAM = 'CREATE STREAM s (id BIGINT, k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);'

it('a table is read to its end before the stream that looks it up, also after a restart in the middle', async () => {
  const keys = 10_000
  await run(`${STREAM} CREATE TABLE t (k BIGINT PRIMARY KEY, v BIGINT) WITH (partitions = ${PARTITIONS});`)
  await append('s', 2_000, (i) => ({ id: i, k: keys - 1 - i, ts: i }))
  for (let partition = 0; partition < PARTITIONS; partition++) {
    await append('t', keys, (i) => ({ k: partition * keys + i, v: i }), partition)
  }
  await run(`CREATE MATERIALIZED VIEW found AS
    SELECT COUNT(*) AS n, COUNT(t.v) AS known FROM s LEFT JOIN t ON s.k = t.k;`)
  await runtime.close()
  runtime = await WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
  await expect.poll(() => select('SELECT n, known FROM found'), SOON).toEqual([[2_000, 2_000]])
  // From then on a row finds what is there when it comes.
  await append('s', 1, () => ({ id: 2_000, k: -1, ts: 2_000 }))
  await expect.poll(() => select('SELECT n, known FROM found'), SOON).toEqual([[2_001, 2_000]])
})

it('an empty table is loaded at once', async () => {
  await run(`${STREAM} CREATE TABLE t (k BIGINT PRIMARY KEY, v BIGINT) WITH (partitions = ${PARTITIONS});
    CREATE MATERIALIZED VIEW found AS SELECT COUNT(*) AS n, COUNT(t.v) AS known FROM s LEFT JOIN t ON s.k = t.k;`)
  await append('s', 10, (i) => ({ id: i, k: i, ts: i }))
  await expect.poll(() => select('SELECT n, known FROM found'), SOON).toEqual([[10, 0]])
})

it('a table over rows without an end is looked up as it is', async () => {
  await run(`${STREAM} CREATE STREAM g (k BIGINT) WITH (connector = 'datagen', 'rows-per-second' = '1000');
    CREATE MATERIALIZED VIEW found AS
      SELECT COUNT(*) AS n FROM s LEFT JOIN (SELECT k, COUNT(*) AS c FROM g GROUP BY k) t ON s.k = t.k;`)
  await append('s', 10, (i) => ({ id: i, k: i, ts: i }))
  await expect.poll(() => select('SELECT n FROM found'), SOON).toEqual([[10]])
})

it('rows that wait for a table are bounded: the stream is not read on until some have gone', async () => {
  const count = WAITING_ROWS_MAX + 20_000
  await run(`${STREAM} CREATE TABLE t (k BIGINT PRIMARY KEY, v BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);
    CREATE MATERIALIZED VIEW found AS SELECT COUNT(*) AS n, COUNT(t.v) AS known
      FROM s LEFT JOIN t FOR SYSTEM_TIME AS OF s.ts AS t ON s.k = t.k;`)
  await append('t', 1, () => ({ k: 7, v: 1, ts: 0 }))
  await append('s', count, (i) => ({ id: i, k: 7, ts: 1_000 + i }))
  const rowsIn = async () => (await runtime.stats('found')).rowsIn
  await expect.poll(rowsIn, SOON).toBeGreaterThanOrEqual(WAITING_ROWS_MAX)
  await new Promise((resolve) => setTimeout(resolve, 500))
  expect(await rowsIn()).toBeLessThan(WAITING_ROWS_MAX + READ_RECORDS_MAX + 1)
  await append('t', 1, () => ({ k: 8, v: 1, ts: 1_000_000 }))
  // All but the last, which the stream's own watermark has not passed.
  await expect.poll(() => select('SELECT n, known FROM found'), SOON).toEqual([[count - 1, count - 1]])
})

it('a key of a join takes so many rows, and one more is a dead letter', async () => {
  await run(`CREATE TABLE owners (id BIGINT PRIMARY KEY, name STRING);
    CREATE TABLE things (id BIGINT PRIMARY KEY, owner BIGINT);
    CREATE MATERIALIZED VIEW owned AS SELECT t.id FROM owners o JOIN things t ON t.owner = o.id;`)
  await append('things', ROWS_PER_KEY_MAX, (i) => ({ id: i, owner: 1 }))
  await append('owners', 1, () => ({ id: 1, name: 'ann' }))
  const counts = async () => {
    const { rowsOut, rowsFailed } = await runtime.stats('owned')
    return { rowsOut, rowsFailed }
  }
  await expect.poll(counts, SOON).toEqual({ rowsOut: ROWS_PER_KEY_MAX, rowsFailed: 0 })
  await append('things', 1, () => ({ id: ROWS_PER_KEY_MAX, owner: 1 }))
  await expect.poll(counts, SOON).toEqual({ rowsOut: ROWS_PER_KEY_MAX, rowsFailed: 1 })
}, 60_000)

it('a key of two streams takes so many rows of about one time, and one more is a dead letter that matches nothing', async () => {
  await run(`CREATE STREAM a (id BIGINT, k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);
    CREATE STREAM b (id BIGINT, k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts);
    CREATE MATERIALIZED VIEW pairs AS SELECT a.id FROM a JOIN b WITHIN 4 SECONDS ON a.k = b.k;`)
  const counts = async () => {
    const { rowsOut, rowsFailed } = await runtime.stats('pairs')
    return { rowsOut, rowsFailed }
  }
  await append('a', ROWS_PER_KEY_MAX + 1, (i) => ({ id: i, k: 1, ts: 0 }))
  // Of another time, and of another key.
  await append('a', 2, (i) => ({ id: i, k: 1 + i, ts: 4_000 * (1 - i) }))
  await expect.poll(counts, SOON).toEqual({ rowsOut: 0, rowsFailed: 1 })
  await append('b', 1, () => ({ id: 0, k: 1, ts: 1_000 }))
  await expect.poll(counts, SOON).toEqual({ rowsOut: ROWS_PER_KEY_MAX + 1, rowsFailed: 1 })
}, 60_000)

it('of a value that a stream looks up, a table has so many rows, and one more is a dead letter', async () => {
  await run(`${STREAM} CREATE TABLE t (id BIGINT PRIMARY KEY, k BIGINT);
    CREATE MATERIALIZED VIEW found AS SELECT COUNT(*) AS n, MAX(t.id) AS id FROM s JOIN t ON s.k = t.k;`)
  await append('t', ROWS_PER_KEY_MAX + 1, (i) => ({ id: i, k: 7 }))
  await expect.poll(async () => (await runtime.stats('found')).rowsFailed, SOON).toBe(1)
  await append('s', 1, () => ({ id: 0, k: 7, ts: 0 }))
  await expect.poll(() => select('SELECT n, id FROM found'), SOON).toEqual([[ROWS_PER_KEY_MAX, ROWS_PER_KEY_MAX - 1]])
}, 60_000)

it('a key of a table has so many versions, and one more is a dead letter', async () => {
  await run(`${STREAM} CREATE TABLE t (k BIGINT PRIMARY KEY, v BIGINT, ts TIMESTAMP,
      WATERMARK FOR ts AS ts - INTERVAL '1' HOUR);
    CREATE MATERIALIZED VIEW found AS SELECT COUNT(*) AS n, MAX(t.v) AS v
      FROM s LEFT JOIN t FOR SYSTEM_TIME AS OF s.ts AS t ON s.k = t.k;`)
  await append('t', VERSIONS_PER_KEY_MAX + 1, (i) => ({ k: 7, v: i, ts: i }))
  const failed = async () => (await runtime.stats('found')).rowsFailed
  await expect.poll(failed, SOON).toBe(1)
  await append('t', 1, () => ({ k: 8, v: 0, ts: 10_000_000 }))
  await append('s', 2, (i) => ({ id: i, k: 7, ts: 200_000 + i }))
  await expect.poll(() => select('SELECT n, v FROM found'), SOON).toEqual([[1, VERSIONS_PER_KEY_MAX - 1]])
}, 60_000)

it('a row whose join value is too long to be kept is a dead letter, and nothing is told of it', async () => {
  await run(`CREATE TABLE owners (id BIGINT PRIMARY KEY, name STRING);
    CREATE TABLE things (id BIGINT PRIMARY KEY, owner STRING);
    CREATE MATERIALIZED VIEW owned AS SELECT t.id, o.id AS owner FROM things t LEFT JOIN owners o ON t.owner = o.name;`)
  await append('things', 2, (i) => ({ id: i, owner: i === 0 ? 'ann' : 'x'.repeat(3_000) }))
  await append('owners', 1, () => ({ id: 5, name: 'ann' }))
  await expect.poll(() => select('SELECT id, owner FROM owned'), SOON).toEqual([[0, 5]])
  expect((await runtime.stats('owned')).rowsFailed).toBe(1)
})
