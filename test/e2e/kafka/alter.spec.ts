// ALTER over a real broker: the query goes on with its state while events flow.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 30_000 }
const PARTITIONS = 3
const KEYS = 10

describeKafka('ALTER over Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test('each event is counted once, whatever the text is by which it is; what would count otherwise is refused', async () => {
    const source = await world.topic('in', PARTITIONS)
    const count = 'SELECT k, COUNT(*) AS n FROM s GROUP BY k'
    await world.execute(`CREATE STREAM s (k BIGINT) WITH (connector = 'kafka', topic = '${source}');
      CREATE MATERIALIZED VIEW totals AS ${count};`)
    let rounds = 0
    let altering = true
    const flowing = (async () => {
      for (; altering; rounds++) {
        const keys = Array.from({ length: KEYS }, (_, k) => k)
        await world.produce(
          source,
          keys.map((k) => ({ value: JSON.stringify({ k }), partition: (k + rounds) % PARTITIONS })),
        )
      }
    })()
    try {
      await expect.poll(() => world.select('SELECT k, n FROM totals').catch(() => []), SOON).toHaveLength(KEYS)
      await world.execute(`ALTER MATERIALIZED VIEW totals AS ${count} EMIT CHANGES EVERY INTERVAL '100' MILLISECOND`)
      await expect(world.execute(`ALTER QUERY totals AS SELECT k, SUM(k) AS n FROM s GROUP BY k`)).rejects.toThrow(
        "can't go on with its state",
      )
      expect((await world.runtime.describe('totals')).sql).toMatch(/count\(\*\).*EVERY/s)
      await world.execute("ALTER QUERY totals SET ('checkpoint.interval' = '200 ms')")
      await world.stop()
      await world.start()
      await world.execute("ALTER QUERY totals SET ('processing.guarantee' = 'exactly-once')")
    } finally {
      altering = false
    }
    await flowing
    const all = Array.from({ length: KEYS }, (_, k) => [k, rounds])
    await expect.poll(() => world.select('SELECT k, n FROM totals').catch(() => []), SOON).toEqual(all)
    expect((await world.runtime.describe('totals')).sql).toContain('200 ms')
  })
})
