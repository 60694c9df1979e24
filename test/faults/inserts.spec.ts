// Several INSERT INTO … SELECT write one topic, and a view reads it, in a process that is killed while events flow.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import type { KafkaLog } from '../../src/adapters/kafka/kafka-log.ts'
import { committedValues } from '../harness/kafka/committed-values.ts'
import { describeKafka } from '../harness/kafka/describe-kafka.ts'
import { Random } from '../harness/random.ts'
import { killedServer } from './killed-server.ts'

const ORIGINS = { web: 2, shop: 3 } as const
const TARGET_PARTITIONS = 2
const KILLS = 3
const ROUND_EVENTS = 60
const ROUND_MS = 50
const SEED = 7

describeKafka('INSERT INTO one stream from several queries', (kafka) => {
  const { log, place } = killedServer(kafka)
  const topic = (name: string) => `${kafka.prefix}.${name}`

  test(`has each row once, also after ${KILLS} kills, and so has what reads it`, async () => {
    const random = new Random(SEED)
    const spec = { retentionMs: undefined, retentionBytes: undefined }
    for (const [name, partitions] of Object.entries(ORIGINS)) {
      await log.createTopic({ name: topic(name), partitions, ...spec })
    }
    const { address, spawn } = await place()
    let server = spawn()
    const sent = { web: 0, shop: 0 }
    const stop = new AbortController()
    const write = async () => {
      while (!stop.signal.aborted) {
        for (const [origin, partitions] of Object.entries(ORIGINS) as ['web' | 'shop', number][]) {
          const values = Array.from({ length: ROUND_EVENTS }, () => ({ id: sent[origin]++, origin }))
          const records = values.map((value) => ({
            key: null,
            value: Buffer.from(JSON.stringify(value)),
            timestamp: 0,
          }))
          await log.append(topic(origin), random.integer(0, partitions - 1), records)
        }
        await pause(ROUND_MS)
      }
    }
    let writing = Promise.resolve()
    try {
      await using client = await WeirClient.connect(address, { connectTimeoutMs: 60_000 })
      const source = (name: string) => `CREATE STREAM ${name} (id BIGINT, origin STRING) WITH
        (connector = 'kafka', topic = '${topic(name)}', 'scan.startup.mode' = 'earliest');`
      await client.execute(`${source('web')} ${source('shop')}
        CREATE STREAM orders (id BIGINT, origin STRING)
          WITH (connector = 'kafka', topic = '${topic('orders')}', partitions = ${TARGET_PARTITIONS});
        SET 'checkpoint.interval' = '100 ms';
        INSERT INTO orders SELECT id, origin FROM web;
        INSERT INTO orders SELECT id, origin FROM shop;
        CREATE MATERIALIZED VIEW counted AS SELECT origin, COUNT(*) AS n, SUM(id) AS ids FROM orders GROUP BY origin;`)
      writing = write()
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await end(log, topic('orders'))
        await expect.poll(() => end(log, topic('orders')), { timeout: 60_000 }).toBeGreaterThan(before)
        await pause(random.integer(100, 1_000))
        await server.kill()
        server = spawn()
      }
      stop.abort()
      await writing
      const total = sent.web + sent.shop
      const rows = () => committedValues([kafka.bootstrap], topic('orders'), TARGET_PARTITIONS)
      await expect.poll(async () => (await rows()).length, { timeout: 60_000 }).toBeGreaterThanOrEqual(total)
      const counted = async () =>
        (await client.query('SELECT origin, n, ids FROM counted ORDER BY origin').toArray()).map((row) => ({
          origin: row['origin'],
          n: Number(row['n']),
          ids: Number(row['ids']),
        }))
      const all = (origin: 'web' | 'shop') => ({
        origin,
        n: sent[origin],
        ids: (sent[origin] * (sent[origin] - 1)) / 2,
      })
      await expect.poll(counted, { timeout: 60_000 }).toEqual([all('shop'), all('web')])
      // The view has read all there is: whatever was written twice is there by now.
      const found = await rows()
      expect(found.length).toBe(total)
      expect(new Set(found).size).toBe(total)
      expect(total).toBeGreaterThan(1_000)
    } finally {
      stop.abort()
      await writing
      await server.kill()
    }
  }, 180_000)
})

async function end(log: KafkaLog, topic: string): Promise<number> {
  return ((await log.topic(topic))?.offsets ?? []).reduce((sum, { end }) => sum + end, 0)
}
