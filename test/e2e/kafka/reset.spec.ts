// RESET QUERY over a real broker: what one replica does and another follows.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 30_000 }

describeKafka('RESET QUERY over Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const own = async () => (await world.log.topics()).filter(({ name }) => name.startsWith(`${world.prefix}.totals.`))

  test('drops state and results, and reads from there with the partitions of now', async () => {
    const source = await world.topic('in', 2)
    const message = (id: number, timestamp: number, partition: number) => ({
      value: JSON.stringify({ id, k: id % 3 }),
      timestamp,
      partition,
    })
    await world.produce(source, [message(0, 1_000, 0), message(1, 1_000, 1), message(2, 1_000, 0)])
    await world.execute(`CREATE STREAM s (id BIGINT, k BIGINT) WITH (connector = 'kafka', topic = '${source}');
      CREATE MATERIALIZED VIEW totals AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    const totals = () => world.select('SELECT k, n FROM totals')
    await expect.poll(totals, SOON).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
    const before = (await own()).map(({ name }) => name)
    await world.admin((admin) => admin.createPartitions({ topicPartitions: [{ topic: source, count: 3 }] }))
    await world.produce(source, [message(3, 2_000, 2), message(4, 3_000, 1)])
    await world.execute("RESET QUERY totals TO TIMESTAMP '1970-01-01 00:00:02'")
    await expect.poll(totals, SOON).toEqual([
      [0, 1],
      [1, 1],
    ])
    const after = (await own()).map(({ name }) => name)
    expect(after).toHaveLength(before.length)
    expect(before.filter((name) => after.includes(name))).toEqual([])
    await world.execute('RESET QUERY totals TO EARLIEST')
    const all = [
      [0, 2],
      [1, 2],
      [2, 1],
    ]
    await expect.poll(totals, SOON).toEqual(all)
    await world.stop()
    await world.start()
    await world.produce(source, [message(5, 4_000, 0)])
    await expect.poll(totals, SOON).toEqual([...all.slice(0, 2), [2, 2]])
  })
})
