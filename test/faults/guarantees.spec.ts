// The weaker delivery guarantees, in a process that is killed while events flow: at least once loses nothing, at most
// once doubles nothing, and each of them is weaker than exactly once where it may be.

import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { WeirClient } from '../../clients/typescript/src/index.ts'
import { committedValues } from '../harness/kafka/committed-values.ts'
import { describeKafka } from '../harness/kafka/describe-kafka.ts'
import { Random } from '../harness/random.ts'
import { killedServer } from './killed-server.ts'

const GUARANTEES = ['at-least-once', 'at-most-once', 'exactly-once'] as const
const KILLS = 6
const ROUND_EVENTS = 500
const ROUND_MS = 20
const POLL_MS = 50
const SEED = 11
const SOON_MS = 60_000

type Guarantee = (typeof GUARANTEES)[number]

describeKafka('each delivery guarantee', (kafka) => {
  const { log, place } = killedServer(kafka)
  const topic = (name: string) => `${kafka.prefix}.${name}`

  test(`is kept over ${KILLS} kills`, async () => {
    const random = new Random(SEED)
    const spec = { retentionMs: undefined, retentionBytes: undefined, partitions: 1 }
    for (const name of ['in', ...GUARANTEES]) await log.createTopic({ name: topic(name), ...spec })
    const { address, spawn } = await place()
    let server = spawn()
    let sent = 0
    const stop = new AbortController()
    const write = async () => {
      while (!stop.signal.aborted) {
        const values = Array.from({ length: ROUND_EVENTS }, () => Buffer.from(`{"id":${sent++}}`))
        await log.append(
          topic('in'),
          0,
          values.map((value) => ({ key: null, value, timestamp: 0 })),
        )
        await pause(ROUND_MS)
      }
    }
    let writing = Promise.resolve()
    try {
      await using client = await WeirClient.connect(address, { connectTimeoutMs: SOON_MS })
      const sinks = GUARANTEES.map((guarantee) => {
        const name = guarantee.replaceAll('-', '_')
        return `CREATE SINK ${name} AS SELECT id FROM s WITH (connector = 'kafka', topic = '${topic(guarantee)}',
          'processing.guarantee' = '${guarantee}', 'checkpoint.interval' = '300 ms');`
      })
      await client.execute(`CREATE STREAM s (id BIGINT)
        WITH (connector = 'kafka', topic = '${topic('in')}', 'scan.startup.mode' = 'earliest'); ${sinks.join('\n')}`)
      writing = write()
      for (let kill = 0; kill < KILLS; kill++) {
        const before = await ends()
        await expect.poll(async () => (await ends()).every((end, i) => end > (before[i] ?? 0)), soon).toBe(true)
        await pause(random.integer(100, 600))
        await server.kill()
        server = spawn()
      }
      stop.abort()
      await writing
      // What comes last has been written by all of them: none has more to come.
      const isThrough = async (guarantee: Guarantee) => (await ids(guarantee)).at(-1) === sent - 1
      for (const guarantee of GUARANTEES) await expect.poll(() => isThrough(guarantee), soon).toBe(true)
      const [atLeast, atMost, exactly] = await Promise.all(GUARANTEES.map(count))
      expect(exactly).toEqual({ lost: 0, doubled: 0 })
      expect(atLeast?.lost).toBe(0)
      expect(atMost?.doubled).toBe(0)
      // Or the kills have hit nothing, and this test shows nothing.
      expect((atLeast?.doubled ?? 0) + (atMost?.lost ?? 0)).toBeGreaterThan(0)
    } finally {
      stop.abort()
      await writing
      await server.kill()
    }

    async function count(guarantee: Guarantee): Promise<{ readonly lost: number; readonly doubled: number }> {
      const found = await ids(guarantee)
      const once = new Set(found)
      return { lost: sent - once.size, doubled: found.length - once.size }
    }
  }, 240_000)

  const soon = { timeout: SOON_MS, interval: POLL_MS }

  async function ends(): Promise<readonly number[]> {
    return Promise.all(GUARANTEES.map(async (one) => (await log.topic(topic(one)))?.offsets[0]?.end ?? 0))
  }

  async function ids(guarantee: Guarantee): Promise<readonly number[]> {
    const values = await committedValues([kafka.bootstrap], topic(guarantee), 1)
    return values.map((value) => JSON.parse(value).id)
  }
})
