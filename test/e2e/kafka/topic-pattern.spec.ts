// A stream over several topics of Kafka, which two replicas share, while topics and partitions are added.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 60_000 }

describeKafka('topics by a pattern over Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka, { threads: 2 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  async function fill(topic: string, partitions: number, count: number): Promise<void> {
    await world.produce(
      topic,
      Array.from({ length: count }, (_, id) => ({ value: JSON.stringify({ id }), partition: id % partitions })),
    )
  }

  const counts = async () => {
    const rows = await world.select('SELECT topic, n, ids FROM counts').catch(() => [])
    return rows.toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  }
  const row = (topic: string, count: number) => [topic, count, (count * (count - 1)) / 2]

  test('each record of each topic is counted once, with those that come later, over a restart', async () => {
    const [a, b] = [await world.topic('shop-a', 2), await world.topic('shop-b', 3)]
    const other = await world.topic('other', 1)
    for (const [topic, partitions] of [
      [a, 2],
      [b, 3],
      [other, 1],
    ] as const)
      await fill(topic, partitions, 100)
    await world.execute(`CREATE STREAM shops (id BIGINT, topic STRING METADATA)
        WITH (connector = 'kafka', 'topic-pattern' = '${world.prefix}[.](shop-|catalog|replicas|results|counts).*',
          'scan.topic-partition-discovery.interval' = '1 s') FORMAT PLAIN ENCODE JSON;
      CREATE MATERIALIZED VIEW counts AS SELECT topic, COUNT(*) AS n, SUM(id) AS ids FROM shops GROUP BY topic;`)
    await expect.poll(counts, SOON).toEqual([row(a, 100), row(b, 100)])
    const c = await world.topic('shop-c', 4)
    await fill(c, 4, 50)
    await expect.poll(counts, SOON).toEqual([row(a, 100), row(b, 100), row(c, 50)])
    // More partitions of one that is known.
    const admin = world.client.admin()
    await admin.createPartitions({ topicPartitions: [{ topic: a, count: 5 }] })
    await admin.disconnect()
    await world.produce(a, [{ value: '{"id":1000}', partition: 4 }])
    const withMore = [a, 101, (100 * 99) / 2 + 1000]
    await expect.poll(counts, SOON).toEqual([withMore, row(b, 100), row(c, 50)])
    await world.stop()
    await fill(b, 3, 100)
    await world.start({ threads: 2 })
    await expect.poll(counts, SOON).toEqual([withMore, [b, 200, 2 * (row(b, 100)[2] as number)], row(c, 50)])
  }, 240_000)
})
