// Why a query lags, over a real broker and with its tasks on threads: each cause is made to happen.

import { Admin, ClientQuotaEntityTypes, ClientQuotaKeys } from '@platformatic/kafka'
import avro from 'avsc'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'
import { framed } from '../../harness/registry-world.ts'
import { TestSchemaRegistry } from '../../harness/schema-registry.ts'

const SOON = { timeout: 30_000 }
/** Some fifty microseconds a row, on a fast machine. */
const SLOW = 'sha256(repeat(CAST(k AS STRING), 100000))'

describeKafka('EXPLAIN ANALYZE over Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka, { threads: 2 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  async function fill(topic: string, partition: number, count: number, ts = 0): Promise<void> {
    const value = (k: number) => new TextEncoder().encode(JSON.stringify({ k: k % 10, ts }))
    const records = Array.from({ length: count }, (_, k) => ({ key: null, value: value(k), timestamp: 0 }))
    await world.log.append(topic, partition, records)
  }

  async function analyze(): Promise<string> {
    for await (const result of world.runtime.execute('EXPLAIN ANALYZE QUERY v')) {
      if (result.kind === 'text') return result.text
    }
    return ''
  }

  /** Bytes a second that the broker gives a client by this name. */
  async function throttle(clientId: string, bytes: number): Promise<void> {
    const admin = new Admin({ clientId: 'weir-test', bootstrapBrokers: [kafka.bootstrap] })
    const entities = [{ entityType: ClientQuotaEntityTypes.CLIENT_ID, entityName: clientId }]
    const ops = [{ key: ClientQuotaKeys.CONSUMER_BYTE_RATE, value: bytes, remove: false }]
    try {
      await admin.alterClientQuotas({ entries: [{ entities, ops }] })
    } finally {
      await admin.close()
    }
  }

  const stream = (topic: string) => `CREATE STREAM s (k BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts)
    WITH (connector = 'kafka', topic = '${topic}');`

  test('a skewed partition is named with its share, and the operator that is slow in it', async () => {
    const source = await world.topic('in', 3)
    for (let i = 0; i < 12; i++) await fill(source, 1, 10_000)
    await fill(source, 0, 100)
    await fill(source, 2, 100)
    await world.execute(`${stream(source)}
      CREATE MATERIALIZED VIEW v AS SELECT k, max(${SLOW}) AS h FROM s GROUP BY k;`)
    await expect.poll(analyze, SOON).toContain('skewed partition: partition 1 of "s" has')
    expect(await analyze()).toMatch(/slow operator: project-1 takes \d+ % of the time/)
  })

  test('an external call that takes the time is named: a schema registry that does not answer', async () => {
    await using registry = await TestSchemaRegistry.open()
    const source = await world.topic('in', 1)
    const type = avro.Type.forSchema({ type: 'record', name: 'K', fields: [{ name: 'k', type: 'long' }] })
    // Each record has a schema of its own, which has to be asked for.
    const records = Array.from({ length: 4_000 }, (_, k) => {
      const schema = { type: 'record', name: 'K', doc: String(k), fields: [{ name: 'k', type: 'long' }] }
      const id = registry.add(`${source}-value`, schema)
      return { key: null, value: framed(id, type.toBuffer({ k })), timestamp: 0 }
    })
    await world.log.append(source, 0, records)
    registry.delayMs = 60_000
    await world.execute(`CREATE STREAM s (k BIGINT) WITH (connector = 'kafka', topic = '${source}')
        FORMAT PLAIN ENCODE AVRO ('schema.registry' = '${registry.url}');
      CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS n FROM s;`)
    await expect.poll(analyze, SOON).toMatch(/external call: \d+ % of the time goes to waiting for the schema registry/)
  })

  test('a broker that gives too little is named', async () => {
    const source = await world.topic('in', 1)
    for (let i = 0; i < 20; i++) await fill(source, 0, 10_000)
    await throttle(`read-${source}`, 20_000)
    await world.execute(`${stream(source)} CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    await expect.poll(analyze, SOON).toMatch(/the broker, or the machine: the task works \d %.*, and waits .*of "s"/)
  })

  test('commits that take the time are named', async () => {
    const source = await world.topic('in', 1)
    for (let i = 0; i < 30; i++) await fill(source, 0, 10_000)
    await world.execute(`${stream(source)} SET 'checkpoint.interval' = '1 ms';
      CREATE SINK v AS SELECT k, repeat('x', 600) AS pad FROM s WITH (connector = 'kafka', topic = '${source}.out', partitions = 1);`)
    await expect.poll(analyze, SOON).toMatch(/commits: \d+ % of the time goes to waiting for the broker or the disk/)
  })

  test('a partition that holds the watermark back is named, although the query keeps up', async () => {
    const source = await world.topic('in', 2)
    await fill(source, 0, 10, 1_000_000)
    await fill(source, 1, 10, 0)
    await world.execute(`${stream(source)} CREATE MATERIALIZED VIEW v AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    await expect.poll(() => world.select('SELECT k, n FROM v').catch(() => []), SOON).toHaveLength(10)
    const text = await analyze()
    expect(text).toMatch(/query "v": running, 4 of 4 tasks seen/)
    expect(text).not.toContain('slow operator')
    expect(text).toContain(
      'watermark held back: partition 1 of "s" holds it, its rows are 1000.0 s of event time behind',
    )
    expect(text).toMatch(/scan-s 0 +0 records behind/)
  })
})
