// Formats with schemas over a real Kafka: records come from another client and another library, and go back to them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avro from 'avsc'
import { Kafka, logLevel } from 'kafkajs'
import protobuf from 'protobufjs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { formatRegistry } from '../../../src/adapters/formats/registry.ts'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { openKafkaStorage } from '../../../src/adapters/kafka/kafka-storage.ts'
import { SystemClock } from '../../../src/adapters/system-clock.ts'
import type { Row } from '../../../src/core/value.ts'
import { WeirRuntime } from '../../../src/runtime/weir-runtime.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { framed, unframed } from '../../harness/registry-world.ts'
import { TestSchemaRegistry } from '../../harness/schema-registry.ts'

const ORDER = {
  type: 'record',
  name: 'Order',
  fields: [
    { name: 'id', type: 'long' },
    { name: 'region', type: ['null', 'string'], default: null },
    { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' } },
  ],
}

describeKafka('formats with schemas over Kafka', (kafka) => {
  let root: string
  let number = 0
  let prefix: string
  let log: KafkaLog
  let registry: TestSchemaRegistry
  let runtime: WeirRuntime
  const connection = { bootstrapBrokers: [kafka.bootstrap] }
  const client = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'weir-test-'))
    prefix = `${kafka.prefix}-formats-${++number}`
    log = new KafkaLog({ connection, replicationFactor: 1 })
    registry = await TestSchemaRegistry.open()
    const storage = await openKafkaStorage({ connection, prefix, dataDirectory: root, replicationFactor: 1 })
    runtime = await WeirRuntime.open({
      storage,
      formats: formatRegistry({ schemaRegistry: { url: registry.url, user: undefined, password: undefined } }),
      clock: new SystemClock(),
      replica: { name: 'a', address: '', sessionTimeoutMs: 2_000 },
    })
  })
  afterEach(async () => {
    await runtime.close()
    await registry[Symbol.asyncDispose]()
    for (const name of await log.topicNames()) if (name.startsWith(prefix)) await log.deleteTopic(name)
    await log.close()
    rmSync(root, { recursive: true })
  })

  async function execute(sql: string): Promise<void> {
    for await (const _ of runtime.execute(sql, { session: new Map([['scan.startup.mode', 'earliest']]) }));
  }

  async function select(sql: string): Promise<readonly Row[]> {
    const rows: Row[] = []
    for await (const event of await runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
    return rows.sort((a, b) => Number(a[0]) - Number(b[0]))
  }

  async function produce(
    topic: string,
    messages: readonly { readonly key?: string | Buffer | null; readonly value: string | Buffer | null }[],
  ): Promise<void> {
    const producer = client.producer()
    await producer.connect()
    await producer.send({ topic, messages: [...messages] })
    await producer.disconnect()
  }

  async function consume(topic: string, count: number): Promise<readonly (Buffer | null)[]> {
    const consumer = client.consumer({ groupId: `${prefix}-reader` })
    const values: (Buffer | null)[] = []
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({ eachMessage: async ({ message }) => void values.push(message.value) })
    await expect.poll(() => values.length, { timeout: 30_000 }).toBe(count)
    await consumer.disconnect()
    return values
  }

  test('Avro from another producer: columns from the registry, and a sink that another consumer reads', async () => {
    const topic = `${prefix}.orders`
    await log.createTopic({ name: topic, partitions: 2, retentionMs: undefined, retentionBytes: undefined })
    const id = registry.add(`${topic}-value`, ORDER)
    const type = avro.Type.forSchema(ORDER as never)
    const orders = Array.from({ length: 50 }, (_, i) => ({ id: i, region: i % 2 === 0 ? 'eu' : null, placed: i }))
    await produce(
      topic,
      orders.map((order) => ({ key: String(order.id), value: framed(id, type.toBuffer(order)) })),
    )
    await execute(`CREATE STREAM orders (WATERMARK FOR placed AS placed) WITH (connector = 'kafka', topic = '${topic}', format = 'avro');
      CREATE SINK europe AS SELECT id, placed FROM orders WHERE region = 'eu'
      WITH (connector = 'kafka', topic = '${topic}.europe') FORMAT PLAIN ENCODE AVRO;`)
    const values = await consume(`${topic}.europe`, 25)
    const stored = registry.latest(`${topic}.europe-value`)
    const written = avro.Type.forSchema(JSON.parse(stored?.schema ?? ''))
    const rows = values.map((value) => {
      const { id: schema, bytes } = unframed(value)
      expect(schema).toBe(stored?.id)
      return written.fromBuffer(bytes) as { readonly id: number; readonly placed: number }
    })
    expect(rows.map((row) => row.id).sort((a, b) => a - b)).toEqual(
      orders.filter(({ region }) => region !== null).map((o) => o.id),
    )
    // Microseconds, where the order had milliseconds.
    for (const row of rows) expect(row.placed).toBe(row.id * 1_000)
  })

  test('Protobuf from another producer, and a sink that another consumer reads', async () => {
    const topic = `${prefix}.visits`
    await log.createTopic({ name: topic, partitions: 2, retentionMs: undefined, retentionBytes: undefined })
    const schema = 'syntax = "proto3"; message Visit { int64 id = 1; string page = 2; int64 ms = 3; }'
    const id = registry.add(`${topic}-value`, schema, 'PROTOBUF')
    const visit = protobuf.parse(schema).root.lookupType('Visit')
    const visits = Array.from({ length: 40 }, (_, i) => ({ id: i, page: i % 2 === 0 ? '/' : '/cart', ms: 10 * i }))
    // Behind the schema's id a list of which message it is: 0 for the first.
    const bytes = (one: object) => Buffer.concat([Buffer.from([0]), visit.encode(visit.create(one)).finish()])
    await produce(
      topic,
      visits.map((one) => ({ value: framed(id, bytes(one)) })),
    )
    await execute(`CREATE STREAM visits WITH (connector = 'kafka', topic = '${topic}', format = 'protobuf');
      CREATE MATERIALIZED VIEW pages AS SELECT page, COUNT(*) AS n, SUM(ms) AS ms FROM visits GROUP BY page;
      CREATE SINK carts AS SELECT id, ms FROM visits WHERE page = '/cart'
      WITH (connector = 'kafka', topic = '${topic}.carts') FORMAT PLAIN ENCODE PROTOBUF;`)
    const pages = async () => (await select('SELECT page, n, ms FROM pages')).map((row) => row.map(String)).sort()
    await expect.poll(pages, { timeout: 30_000 }).toEqual([
      ['/', '20', '3800'],
      ['/cart', '20', '4000'],
    ])
    const values = await consume(`${topic}.carts`, 20)
    const stored = registry.latest(`${topic}.carts-value`)
    const written = protobuf.parse(stored?.schema ?? '', { keepCase: true }).root.nestedArray[0] as protobuf.Type
    const ids = values.map((value) => {
      const { id: written_by, bytes: body } = unframed(value)
      expect(written_by).toBe(stored?.id)
      return Number(written.toObject(written.decode(body.subarray(1)), { longs: String })['id'])
    })
    expect(ids.sort((a, b) => a - b)).toEqual(visits.filter(({ page }) => page === '/cart').map((one) => one.id))
  })

  test('JSON with a schema from another producer, and a sink that another consumer reads', async () => {
    const topic = `${prefix}.clicks`
    await log.createTopic({ name: topic, partitions: 2, retentionMs: undefined, retentionBytes: undefined })
    const schema = {
      type: 'object',
      properties: { id: { type: 'integer' }, button: { type: 'string' } },
      required: ['id'],
    }
    const id = registry.add(`${topic}-value`, schema, 'JSON')
    const clicks = Array.from({ length: 30 }, (_, i) => (i % 3 === 0 ? { id: i } : { id: i, button: 'buy' }))
    await produce(
      topic,
      clicks.map((one) => ({ value: framed(id, Buffer.from(JSON.stringify(one))) })),
    )
    await execute(`CREATE STREAM clicks WITH (connector = 'kafka', topic = '${topic}', format = 'json_sr');
      CREATE SINK bought AS SELECT id FROM clicks WHERE button = 'buy'
      WITH (connector = 'kafka', topic = '${topic}.bought', format = 'json_sr');`)
    const values = await consume(`${topic}.bought`, 20)
    const stored = registry.latest(`${topic}.bought-value`)
    expect(JSON.parse(stored?.schema ?? '')).toMatchObject({ type: 'object', title: expect.any(String) })
    const ids = values.map((value) => {
      const { id: written_by, bytes: body } = unframed(value)
      expect(written_by).toBe(stored?.id)
      return JSON.parse(Buffer.from(body).toString()).id as number
    })
    expect(ids.sort((a, b) => a - b)).toEqual(clicks.filter((one) => 'button' in one).map((one) => one.id))
  })

  test('Debezium: the table that the database has', async () => {
    const topic = `${prefix}.lines`
    await log.createTopic({ name: topic, partitions: 1, retentionMs: undefined, retentionBytes: undefined })
    const fixture = readFileSync(join(import.meta.dirname, '../../fixtures/debezium/schemas-lines.ndjson'), 'utf8')
    const records = fixture
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { key: string | null; value: string | null })
    await produce(topic, records)
    await execute(`CREATE TABLE lines (order_id BIGINT, line INT, note STRING, PRIMARY KEY (order_id, line))
        WITH (connector = 'kafka', topic = '${topic}', format = 'debezium-json');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM lines;`)
    await expect
      .poll(() => select('SELECT * FROM copy'), { timeout: 30_000 })
      .toEqual([
        [1, 2, 'second'],
        [5, 5, 'after'],
      ])
  })
})
