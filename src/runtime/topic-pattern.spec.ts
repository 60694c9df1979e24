import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import { PATTERN_TOPICS_MAX } from './scan-topics.ts'
import { WeirRuntime } from './weir-runtime.ts'

let storage: Storage
let runtime: WeirRuntime
const failures: string[] = []

async function open(): Promise<void> {
  runtime = await WeirRuntime.open({
    storage,
    formats: formatRegistry(),
    clock: new SystemClock(),
    onJobFailure: (_query, error) => failures.push((error as Error).message),
  })
}

beforeEach(async () => {
  failures.length = 0
  storage = openMemoryStorage()
  await open()
})
afterEach(() => runtime.close())

async function run(sql: string): Promise<void> {
  for await (const result of runtime.execute(sql, { session: new Map() })) {
    if (result.kind === 'rows') await result.results.close()
  }
}

async function select(sql: string): Promise<readonly Row[]> {
  const rows: Row[] = []
  for await (const event of await runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
  return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))
}

/** A topic with a record of each id, in partition id % partitions. */
async function topic(name: string, partitions: number, ids: readonly number[]): Promise<void> {
  await storage.log.createTopic({ name, partitions, retentionMs: undefined, retentionBytes: undefined })
  for (const id of ids) await append(name, id % partitions, `{"id":${id}}`)
}

async function append(name: string, partition: number, text: string): Promise<void> {
  await storage.log.append(name, partition, [{ key: null, value: Buffer.from(text), timestamp: 0 }])
}

const STREAM = `CREATE STREAM orders (id BIGINT, topic STRING METADATA, p INT METADATA FROM 'partition')
  WITH ('topic-pattern' = 'orders-(eu|us).*', 'scan.topic-partition-discovery.interval' = '1 s',
    dead_letter_topic = 'dead');`
const COUNTS = 'CREATE MATERIALIZED VIEW counts AS SELECT topic, COUNT(*) AS n, SUM(p) AS p FROM orders GROUP BY topic;'
const counts = async () => (await select('SELECT topic, n, p FROM counts')).toSorted()

describe('a stream of all topics that match', () => {
  it('has the rows of all of them, each with its topic and its partition there', async () => {
    await topic('orders-eu', 2, [1, 2, 3])
    await topic('orders-us-1', 4, [3, 7])
    await topic('orders-us', 1, [5])
    await topic('my-orders-eu', 1, [9])
    await run(STREAM + COUNTS)
    const all = [
      ['orders-eu', 3, 2],
      ['orders-us', 1, 0],
      ['orders-us-1', 2, 6],
    ]
    await expect.poll(counts).toEqual(all)
    const bounded = new Map([
      ['scan.bounded.mode', 'latest-offset'],
      ['scan.startup.mode', 'earliest'],
    ])
    const ended = await runtime.query('SELECT topic, id FROM orders', { session: bounded })
    let rows = 0
    for await (const event of ended) if (event.kind === 'rows') rows += event.rows.length
    expect(rows).toBe(6)
    // What comes later is read of each of them.
    await append('orders-us', 0, '{"id":6}')
    await expect.poll(counts).toContainEqual(['orders-us', 2, 0])
  })

  it('reads topics, and partitions, that have come since from their beginning, and none twice', async () => {
    await topic('orders-us', 2, [1, 2, 3])
    await run(`SET 'scan.startup.mode' = 'latest'; ${STREAM} ${COUNTS}`)
    await append('orders-us', 1, '{"id":5}')
    await expect.poll(counts).toEqual([['orders-us', 1, 1]])
    await topic('orders-eu', 3, [4, 5])
    await expect.poll(counts, { timeout: 10_000 }).toEqual([
      ['orders-eu', 2, 3],
      ['orders-us', 1, 1],
    ])
    await runtime.close()
    await topic('orders-us-2', 1, [8])
    await open()
    await expect.poll(counts, { timeout: 10_000 }).toEqual([
      ['orders-eu', 2, 3],
      ['orders-us', 1, 1],
      ['orders-us-2', 1, 0],
    ])
    expect(failures).toEqual([])
  })

  it('says where a bad record is', async () => {
    await topic('orders-eu', 1, [1])
    await topic('orders-us', 3, [1])
    await run(STREAM + COUNTS)
    await append('orders-us', 2, 'no row')
    for await (const event of await runtime.query('SELECT record_partition FROM dead')) {
      if (event.kind !== 'rows') continue
      expect(event.rows).toEqual([[2]])
      break
    }
    expect((await runtime.analyze('counts')).text).toMatch(/scan-orders 2 +0 records behind/)
  })

  it('tells in EXPLAIN which ones', async () => {
    await topic('orders-eu', 1, [1])
    await run(STREAM + COUNTS)
    let text = ''
    for await (const result of runtime.execute('EXPLAIN SELECT id FROM orders')) {
      if (result.kind === 'text') text += result.text
    }
    expect(text).toContain('topics like orders-(eu|us).*')
  })

  it.each([
    [
      'a query of what is not there',
      "CREATE SINK s AS SELECT id FROM orders WITH (topic = 's')",
      'no topic matches "orders-(eu|us).*"',
    ],
    ['a row for it', 'INSERT INTO orders (id) VALUES (1)', 'stream "orders" reads all topics like orders-(eu|us).*'],
    ['PRINT', 'PRINT orders', 'stream "orders" has no topic to print'],
  ])('refuses %s', async (_what, sql, message) => {
    await run(STREAM)
    await expect(run(sql)).rejects.toThrow(message)
  })

  it('refuses a query that would read what it writes', async () => {
    await topic('orders-eu', 1, [1])
    await topic('orders-us', 1, [])
    await run(STREAM)
    await expect(run("CREATE SINK s AS SELECT id FROM orders WITH (topic = 'orders-us')")).rejects.toThrow(
      'the query writes topic "orders-us", which "orders" reads',
    )
  })

  it('has a limit, which keeps what runs from no more than what is new', async () => {
    for (let i = 0; i < PATTERN_TOPICS_MAX; i++) await topic(`orders-eu-${i}`, 1, i === 0 ? [1] : [])
    await run(STREAM + COUNTS)
    await expect.poll(counts).toEqual([['orders-eu-0', 1, 0]])
    await topic('orders-eu-more', 1, [2])
    await expect.poll(() => failures, { timeout: 10_000 }).toContainEqual(expect.stringContaining('101 topics match'))
    await append('orders-eu-99', 0, '{"id":3}')
    await expect.poll(counts).toContainEqual(['orders-eu-99', 1, 0])
    await expect(run("CREATE SINK s AS SELECT id FROM orders WITH (topic = 's')")).rejects.toThrow('at most 100')
  })
})
