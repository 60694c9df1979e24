// A topic gets more partitions while queries read it: what is written there is read once, from its beginning.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 60_000 }

describeKafka('partitions that come while a query runs', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka, { threads: 2 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  async function grow(topic: string, count: number): Promise<void> {
    await world.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count }] }))
    // Each has to have a leader, or what is written may be written again.
    const led = async () => (await world.log.topic(topic).catch(() => undefined))?.offsets.length
    await expect.poll(led, SOON).toBe(count)
  }

  /** Record `id` in partition `id` modulo their number, so that keys meet from all of them. */
  async function fill(topic: string, partitions: number, from: number, to: number): Promise<void> {
    const ids = Array.from({ length: to - from }, (_, i) => from + i)
    const messages = ids.map((id) => ({ value: JSON.stringify({ id, k: id % 7 }), partition: id % partitions }))
    await world.produce(topic, messages)
  }

  const counts = () => world.select('SELECT k, n, ids FROM counts').catch(() => [])
  const total = () => world.select('SELECT 0 AS one, n FROM total').catch(() => [])
  /** Of ids 0 … count − 1. */
  const expected = (count: number) =>
    Array.from({ length: 7 }, (_, k) => {
      const ids = Array.from({ length: count }, (_one, id) => id).filter((id) => id % 7 === k)
      return [k, ids.length, ids.reduce((sum, id) => sum + id, 0)]
    })

  test('each record is counted once, by key and in all, over a restart, a change and a reset', async () => {
    const orders = await world.topic('orders', 2)
    await fill(orders, 2, 0, 100)
    await world.execute(`CREATE STREAM orders (id BIGINT, k INT) WITH (connector = 'kafka', topic = '${orders}',
        'scan.topic-partition-discovery.interval' = '1 s');
      CREATE MATERIALIZED VIEW counts AS SELECT k, COUNT(*) AS n, SUM(id) AS ids FROM orders GROUP BY k;
      CREATE MATERIALIZED VIEW total AS SELECT COUNT(*) AS n FROM orders;`)
    await expect.poll(counts, SOON).toEqual(expected(100))
    await grow(orders, 5)
    await fill(orders, 5, 100, 300)
    await expect.poll(counts, SOON).toEqual(expected(300))
    await expect.poll(total, SOON).toEqual([[0, 300]])
    // Once more, while nobody is there.
    await world.stop()
    await grow(orders, 8)
    await fill(orders, 8, 300, 400)
    await world.start({ threads: 2 })
    await expect.poll(counts, SOON).toEqual(expected(400))
    await expect.poll(total, SOON).toEqual([[0, 400]])
    // Its positions stay with a plan that takes over, and go with one that begins anew.
    await world.execute(`ALTER QUERY counts SET ('checkpoint.interval' = '200 ms')`)
    await fill(orders, 8, 400, 500)
    await expect.poll(counts, SOON).toEqual(expected(500))
    await world.execute('RESET QUERY counts TO EARLIEST')
    await fill(orders, 8, 500, 600)
    await expect.poll(counts, SOON).toEqual(expected(600))
    expect((await world.runtime.analyze('counts')).text).toMatch(/scan-orders 7 +0 records behind/)
  }, 240_000)

  test('one that begins at the end of its topic has all of a partition that comes after', async () => {
    const orders = await world.topic('orders', 1)
    await fill(orders, 1, 0, 10)
    await world.execute(`CREATE STREAM orders (id BIGINT, k INT) WITH (connector = 'kafka', topic = '${orders}',
        'scan.startup.mode' = 'latest', 'scan.topic-partition-discovery.interval' = '1 s');
      CREATE MATERIALIZED VIEW total AS SELECT COUNT(*) AS n FROM orders;`)
    await grow(orders, 2)
    await fill(orders, 2, 0, 10)
    await expect.poll(total, SOON).toEqual([[0, 10]])
  }, 120_000)
})
