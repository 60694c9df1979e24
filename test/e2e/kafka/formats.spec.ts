// Formats with schemas over a real Kafka: records come from another client and another library, and go back to them.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import avro from 'avsc'
import { Kafka, logLevel } from 'kafkajs'
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
    for (const { name } of await log.topics()) if (name.startsWith(prefix)) await log.deleteTopic(name)
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
