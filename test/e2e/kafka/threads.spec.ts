// Tasks on threads over a real broker, and the death of one in the middle of them.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 30_000 }
const PARTITIONS = 4
const KEYS = 50
const ROUNDS = 40
/** After which round one of the threads dies. */
const DEATHS: readonly number[] = [10, 20, 30]

describeKafka('threads that run tasks', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka, { threads: 2 })
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test('die with their state open, and each event is counted once all the same', async () => {
    const source = await world.topic('in', PARTITIONS)
    await world.execute(`CREATE STREAM s (k BIGINT) WITH (connector = 'kafka', topic = '${source}');
      CREATE MATERIALIZED VIEW totals AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    const everybody = (rounds: number) => Array.from({ length: KEYS }, (_, k) => [k, rounds])
    const totals = () => world.select('SELECT k, n FROM totals').catch(() => [])
    for (let round = 0; round < ROUNDS; round++) {
      await world.produce(
        source,
        Array.from({ length: KEYS }, (_, k) => ({ value: JSON.stringify({ k }), partition: (k + round) % PARTITIONS })),
      )
      // It may be anywhere: reading, in a transaction, or between Kafka and its copy.
      if (DEATHS.includes(round)) await world.workers.at(-1)?.terminate()
      // Now and then it comes back at once, with the state of the one before still at hand.
      if (round % 10 === 5) await expect.poll(totals, SOON).toEqual(everybody(round + 1))
    }
    await expect.poll(totals, SOON).toEqual(everybody(ROUNDS))
    // What was started in the place of each, beside the two of the beginning.
    expect(world.workers.length).toBe(2 + DEATHS.length)
  })

  test('that die tell the readers whose queries they ran', async () => {
    const source = await world.topic('in')
    await world.execute(`CREATE STREAM s (k BIGINT) WITH (connector = 'kafka', topic = '${source}')`)
    const [first, second] = [await world.runtime.query('SELECT k FROM s'), await world.runtime.query('SELECT k FROM s')]
    const failed = (async () => {
      for await (const _ of first);
    })()
    const other = second[Symbol.asyncIterator]()
    await world.workers[0]?.terminate()
    await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE', retry: true })
    await world.produce(source, [{ value: '{"k":1}' }])
    let rows: unknown
    do {
      const { value } = await other.next()
      rows = value?.kind === 'rows' ? value.rows : undefined
    } while (rows === undefined)
    expect(rows).toEqual([[1]])
    await second.close()
  })
})
