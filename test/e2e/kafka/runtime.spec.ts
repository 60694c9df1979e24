// Weir over a real Kafka: the same statements as on the embedded log, several partitions, restarts, replicas that take
// over from each other. What is written is counted exactly, by a reader of committed records.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatRegistry } from '../../../src/adapters/formats/registry.ts'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { openKafkaStorage } from '../../../src/adapters/kafka/kafka-storage.ts'
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import type { Row } from '../../../src/core/value.ts'
import type { ResultEvent, ResultStream } from '../../../src/runtime/api.ts'
import { WeirRuntime } from '../../../src/runtime/weir-runtime.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'

const PARTITIONS = 3
const SESSION_TIMEOUT_MS = 2_000
const SOON = { timeout: 30_000 }
const REGIONS = ['eu', 'us', 'ap', 'sa', 'af']

describeKafka('Weir over Kafka', (kafka) => {
  let root: string
  let number = 0
  let prefix: string
  let topic: string
  let log: KafkaLog
  const opened = new Set<WeirRuntime>()
  const connection = { bootstrapBrokers: [kafka.bootstrap] }

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'weir-test-'))
    prefix = `${kafka.prefix}-${++number}`
    topic = `${prefix}.orders`
    log = new KafkaLog({ connection, replicationFactor: 1 })
    await log.createTopic({ name: topic, partitions: PARTITIONS, retentionMs: undefined, retentionBytes: undefined })
  })
  afterEach(async () => {
    for (const runtime of opened) await runtime.close()
    opened.clear()
    for (const name of await log.topicNames()) if (name.startsWith(prefix)) await log.deleteTopic(name)
    await log.close()
    rmSync(root, { recursive: true })
  })

  async function open(replica: string): Promise<WeirRuntime> {
    const storage = await openKafkaStorage({
      connection,
      prefix,
      dataDirectory: join(root, replica),
      replicationFactor: 1,
    })
    const runtime = await WeirRuntime.open({
      storage,
      formats: formatRegistry(),
      clock: new SystemClock(),
      replica: { name: replica, address: '', sessionTimeoutMs: SESSION_TIMEOUT_MS },
    })
    opened.add(runtime)
    return runtime
  }

  async function close(runtime: WeirRuntime): Promise<void> {
    opened.delete(runtime)
    await runtime.close()
  }

  async function execute(runtime: WeirRuntime, sql: string): Promise<void> {
    for await (const result of runtime.execute(sql, { session: new Map([['scan.startup.mode', 'earliest']]) })) {
      if (result.kind === 'rows') await result.results.close()
    }
  }

  async function select(runtime: WeirRuntime, sql: string): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const event of await runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
    return rows.sort((a, b) => (JSON.stringify(a, text) < JSON.stringify(b, text) ? -1 : 1))
  }

  const text = (_key: string, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)

  /** Orders `from` to `to`, each partition in the order of their times, ten a second. */
  async function write(from: number, to: number): Promise<void> {
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const records = []
      for (let id = from; id < to; id++) {
        if (id % PARTITIONS !== partition) continue
        const value = { id, region: REGIONS[id % REGIONS.length], amount: id % 10, ts: id * 100 }
        records.push({ key: null, value: Buffer.from(JSON.stringify(value)), timestamp: id * 100 })
      }
      await log.append(topic, partition, records)
    }
  }

  const STREAM =
    () => `CREATE STREAM orders (id BIGINT, region STRING, amount BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts)
    WITH (connector = 'kafka', topic = '${topic}') FORMAT PLAIN ENCODE JSON;`
  const COUNTS = `CREATE MATERIALIZED VIEW counts AS
    SELECT region, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY region;`

  function expected(count: number): readonly Row[] {
    return REGIONS.map((region, i) => {
      const ids = Array.from({ length: count }, (_, id) => id).filter((id) => id % REGIONS.length === i)
      return [region, ids.length, ids.reduce((sum, id) => sum + (id % 10), 0)]
    }).sort()
  }

  const counted = async (runtime: WeirRuntime) =>
    JSON.parse(JSON.stringify(await select(runtime, 'SELECT * FROM counts'), text))

  test('a group over three partitions counts each order once, over restarts with and without the data directory', async () => {
    await write(0, 1_000)
    let runtime = await open('a')
    await execute(runtime, STREAM() + COUNTS)
    await expect.poll(() => counted(runtime), { timeout: 20_000 }).toEqual(expected(1_000))
    await close(runtime)
    await write(1_000, 2_000)
    runtime = await open('a')
    await expect.poll(() => runtime.ready, { timeout: 20_000 }).toBe(true)
    await expect.poll(() => counted(runtime), { timeout: 20_000 }).toEqual(expected(2_000))
    await close(runtime)
    await write(2_000, 3_000)
    // Another machine: the catalog, the state and the positions come from Kafka.
    runtime = await open('b')
    await expect.poll(() => runtime.ready, { timeout: 20_000 }).toBe(true)
    await expect.poll(() => counted(runtime), { timeout: 20_000 }).toEqual(expected(3_000))
  })

  test('a second replica takes its share while events flow, and the rest when the first goes: each window comes out once', async () => {
    await write(0, 1_500)
    const first = await open('a')
    await execute(
      first,
      `${STREAM()} CREATE SINK windows AS SELECT region, window_start, COUNT(*) AS n FROM orders
       GROUP BY region, TUMBLE(ts, INTERVAL '10' SECOND) EMIT FINAL
       WITH (connector = 'kafka', topic = '${prefix}.windows', partitions = 2);`,
    )
    await write(1_500, 3_000)
    const second = await open('b')
    await expect.poll(() => second.ready, { timeout: 20_000 }).toBe(true)
    await write(3_000, 6_000)
    const running = async (runtime: WeirRuntime) => (await runtime.stats('windows')).rowsIn
    await expect.poll(() => running(second), { timeout: 20_000 }).toBeGreaterThan(0)
    await expect.poll(() => running(first), { timeout: 20_000 }).toBeGreaterThan(0)
    await close(first)
    await write(6_000, 9_000)
    // 90 windows of 100 orders in 5 regions; the last one is still open.
    await expect.poll(async () => (await windows()).length, { timeout: 40_000 }).toBe(89 * REGIONS.length)
    const found = await windows()
    expect(new Set(found.map(({ region, window_start }) => `${region} ${window_start}`)).size).toBe(found.length)
    expect(new Set(found.map(({ n }) => n))).toEqual(new Set([20]))
  })

  async function windows(): Promise<readonly { region: string; window_start: string; n: number }[]> {
    const rows = []
    for (const partition of [0, 1]) {
      const reader = await PartitionReader.open(connection, `${prefix}.windows`, partition)
      const end = await reader.end()
      while (reader.position < end) {
        for (const { value } of await reader.read(100)) rows.push(JSON.parse(Buffer.from(value ?? []).toString()))
      }
      await reader.close()
    }
    return rows
  }

  test('a subscription over several partitions folds to the table, and resumes on another replica', async () => {
    await write(0, 500)
    const first = await open('a')
    await execute(first, STREAM() + COUNTS)
    await expect.poll(() => counted(first), { timeout: 20_000 }).toEqual(expected(500))
    const table = new Map<string, Row>()
    let token = await follow(await first.subscribe('counts'), table, expected(500))
    await close(first)
    await write(500, 1_500)
    const second = await open('b')
    await expect.poll(() => second.ready, { timeout: 20_000 }).toBe(true)
    token = await follow(await second.subscribe('counts', { resumeToken: token }), table, expected(1_500))
    await expect(second.subscribe('counts', { resumeToken: `${token.slice(0, -8)}AAAAAAAA` })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })

  /** Reads until the rows are as expected; resolves with the last token. */
  async function follow(stream: ResultStream, table: Map<string, Row>, wanted: readonly Row[]): Promise<string> {
    let token = ''
    const isThere = () => JSON.stringify([...table.values()].sort(), text) === JSON.stringify(wanted)
    for await (const event of stream as AsyncIterable<ResultEvent>) {
      token = event.resumeToken
      if (event.kind === 'rows') for (const row of event.rows) table.set(String(row[0]), row)
      if (isThere()) break
    }
    expect(isThere()).toBe(true)
    return token
  }

  test('windows over rows, tables of changes and lookups of several rows are exact over partitions and a restart', async () => {
    let runtime = await open('a')
    await execute(
      runtime,
      `${STREAM()} ${COUNTS}
      CREATE TABLE shops (id BIGINT PRIMARY KEY, region STRING) WITH (partitions = ${PARTITIONS});
      INSERT INTO shops VALUES (1, 'eu'), (2, 'us'), (3, 'eu'), (4, 'no');
      CREATE MATERIALIZED VIEW gaps AS SELECT id, id - LAG(id) OVER (PARTITION BY region ORDER BY ts) AS gap,
        COUNT(*) OVER (PARTITION BY amount ORDER BY ts ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS before FROM orders;
      CREATE MATERIALIZED VIEW again AS SELECT region, n, total FROM FROM_CHANGELOG(
        TABLE (SELECT op, region, n, total FROM TO_CHANGELOG(TABLE counts)) PARTITION BY region);
      CREATE MATERIALIZED VIEW sold AS SELECT s.id, COUNT(*) AS n FROM orders o JOIN shops s ON o.region = s.region
        GROUP BY s.id;`,
    )
    const read = async (sql: string) => JSON.parse(JSON.stringify(await select(runtime, sql), text))
    await write(0, 3_000)
    const sold = () => read('SELECT * FROM sold')
    await expect.poll(sold, SOON).toEqual([
      [1, 600],
      [2, 600],
      [3, 600],
    ])
    await close(runtime)
    runtime = await open('a')
    await write(3_000, 6_000)
    // The last of each partition is not behind the watermark.
    const gaps = () => read('SELECT gap, COUNT(*) AS n FROM gaps GROUP BY gap')
    await expect.poll(gaps, SOON).toEqual([
      [5, 5_997 - REGIONS.length],
      [null, REGIONS.length],
    ])
    const before = () => read('SELECT before, COUNT(*) AS n FROM gaps GROUP BY before')
    await expect.poll(before, SOON).toEqual([
      [0, 10],
      [1, 10],
      [2, 10],
      [3, 5_967],
    ])
    await expect.poll(sold, SOON).toEqual([
      [1, 1_200],
      [2, 1_200],
      [3, 1_200],
    ])
    const again = () => read('SELECT * FROM again')
    await expect.poll(again, SOON).toEqual(expected(6_000))
  }, 120_000)

  test('what is defined on one replica is known on the other, and gone there when it is dropped', async () => {
    const first = await open('a')
    const second = await open('b')
    await execute(first, STREAM())
    await expect.poll(async () => (await second.list('stream')).map(({ name }) => name)).toEqual(['orders'])
    await execute(second, 'DROP STREAM orders;')
    await expect.poll(async () => (await first.list('stream')).length).toBe(0)
    expect(await log.topic(topic), 'a topic of Kafka is not ours to delete').toBeDefined()
    await expect(execute(first, STREAM().replace(topic, 'nowhere'))).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})
