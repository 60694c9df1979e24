// Rows looked up in Redis by tasks over a real broker, with Redis and the threads of the tasks killed in the middle.

import { createClient } from '@redis/client'
import { expect, test } from 'vitest'
import { RedisServer, redisMissing } from '../../../scripts/stores/redis-server.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const missing = redisMissing()
const SOON = { timeout: 60_000 }
const PARTITIONS = 3
const KEYS = 20
const ROUNDS = 12
const ROUND_ROWS = 60

describeKafka('tables that are looked up', (kafka) => {
  test.skipIf(missing !== null)(
    'are asked by each task, and no row is lost or doubled when they or the tasks die',
    async () => {
      await using redis = await RedisServer.start()
      const cache = createClient({ url: redis.url })
      await cache.connect()
      for (let id = 0; id < KEYS; id += 2) await cache.set(`plans:${id}`, JSON.stringify({ plan: `plan ${id}` }))
      cache.destroy()
      await using world = await KafkaWorld.open(kafka, { threads: 2 })
      const source = await world.topic('in', PARTITIONS)
      await world.execute(`CREATE STREAM events (n BIGINT, id BIGINT) WITH (connector = 'kafka', topic = '${source}');
        CREATE TABLE plans (id BIGINT PRIMARY KEY, plan STRING)
          WITH (connector = 'redis', url = '${redis.url}', kind = 'lookup', 'lookup.cache.ttl' = '100 ms');
        SET 'checkpoint.interval' = '100 ms';
        CREATE MATERIALIZED VIEW found AS
          SELECT n, plan FROM events LEFT JOIN plans ON events.id = plans.id;
        CREATE MATERIALIZED VIEW per_plan AS
          SELECT plan, COUNT(*) AS n FROM events JOIN plans ON events.id = plans.id GROUP BY plan;`)
      for (let round = 0; round < ROUNDS; round++) {
        const messages = Array.from({ length: ROUND_ROWS }, (_, i) => {
          const n = round * ROUND_ROWS + i
          return { value: JSON.stringify({ n, id: n % KEYS }), partition: n % PARTITIONS }
        })
        await world.produce(source, messages)
        if (round === 3) await redis.kill()
        if (round === 5) {
          const waiting = async () => (await world.runtime.describe('found')).properties['error']
          await expect.poll(waiting, SOON).toMatch(/^waiting for redis at .*: connection refused \(attempt \d+\)$/)
        }
        if (round === 6) await redis.restart()
        if (round === 4 || round === 8) await world.workers.at(-1)?.terminate()
      }
      const total = ROUNDS * ROUND_ROWS
      const expected = Array.from({ length: total }, (_, n) => [n, n % 2 === 0 ? `plan ${n % KEYS}` : null])
      await expect.poll(() => world.select('SELECT n, plan FROM found').catch(() => []), SOON).toEqual(expected)
      const counts = async () => {
        const rows = await world.select('SELECT n, plan FROM per_plan').catch(() => [])
        return rows.map(([n]) => Number(n))
      }
      await expect.poll(counts, SOON).toEqual(Array.from({ length: KEYS / 2 }, () => total / KEYS))
    },
    120_000,
  )
})
