// A query that takes over from another program: it begins at what the program's consumer group has committed.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 30_000 }

describeKafka('scan.startup.mode = group-offsets', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const message = (id: number, partition: number) => ({ value: JSON.stringify({ id }), partition })

  /** Reads `count` records of a partition as a member of the group, and commits. */
  async function readSome(topic: string, groupId: string, count: number): Promise<void> {
    const consumer = world.client.consumer({ groupId })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await new Promise<void>((resolve, reject) => {
      consumer
        .run({
          autoCommit: false,
          eachMessage: async ({ partition, message: { offset } }) => {
            if (partition !== 0 || Number(offset) !== count - 1) return
            await consumer.commitOffsets([{ topic, partition, offset: String(count) }])
            resolve()
          },
        })
        .catch(reject)
    })
    await consumer.disconnect()
  }

  test('begins where the group has stopped, once; where it has no offset, as is said', async () => {
    const source = await world.topic('in', 2)
    const group = `${world.prefix}-billing`
    await world.produce(
      source,
      [0, 1, 2, 3, 4].flatMap((id) => [message(id, 0), message(10 + id, 1)]),
    )
    await readSome(source, group, 3)
    const stream = (name: string, reset: string) => `CREATE STREAM ${name} (id BIGINT) WITH (connector = 'kafka',
      topic = '${source}', 'scan.startup.mode' = 'group-offsets', 'properties.group.id' = '${group}'${reset});`
    await world.execute(stream('whole', `, 'properties.auto.offset.reset' = 'earliest'`))
    await world.execute(stream('new', `, 'properties.auto.offset.reset' = 'latest'`))
    await world.execute(stream('strict', ''))
    await world.execute(`CREATE MATERIALIZED VIEW all_ids AS SELECT id, COUNT(*) AS n FROM whole GROUP BY id;
      CREATE MATERIALIZED VIEW new_ids AS SELECT id, COUNT(*) AS n FROM new GROUP BY id;`)
    const refused = world.execute('CREATE MATERIALIZED VIEW no_ids AS SELECT id, COUNT(*) AS n FROM strict GROUP BY id')
    await expect(refused).rejects.toThrow(`group "${group}" has no offset in topic "${source}", partition 1`)
    const ids = async (view: string) => (await world.select(`SELECT id, n FROM ${view}`)).map(([id, n]) => [id, n])
    const once = (...read: number[]) => read.map((id) => [id, 1])
    await expect.poll(() => ids('all_ids'), SOON).toEqual(once(3, 4, 10, 11, 12, 13, 14))
    await expect.poll(() => ids('new_ids'), SOON).toEqual(once(3, 4))
    // Its positions are its own from then on.
    await readSome(source, group, 5)
    await world.stop()
    await world.start()
    await world.produce(source, [message(20, 0), message(21, 1)])
    await expect.poll(() => ids('all_ids'), SOON).toEqual(once(3, 4, 10, 11, 12, 13, 14, 20, 21))
    await expect.poll(() => ids('new_ids'), SOON).toEqual(once(3, 4, 20, 21))
  })
})
