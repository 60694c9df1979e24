// Where a query begins to read a topic of Kafka: fixed when it is made, whenever and wherever its tasks begin.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 30_000 }
const RECORDS = 200
const PARTITIONS = 2

describeKafka('where a query begins to read', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  const messages = (from: number, timestamp?: number) =>
    Array.from({ length: RECORDS }, (_, i) => ({
      value: JSON.stringify({ id: from + i }),
      partition: i % PARTITIONS,
      ...(timestamp === undefined ? {} : { timestamp }),
    }))

  const total = async (view: string) => (await world.select(`SELECT n, ids FROM ${view}`)).map((row) => row.map(Number))
  const sum = (from: number, count: number) => (count * (2 * from + count - 1)) / 2

  async function createView(name: string, source: string, options: string): Promise<void> {
    await world.execute(`CREATE STREAM ${name}_in (id BIGINT) WITH (connector = 'kafka', topic = '${source}', ${options});
      CREATE MATERIALIZED VIEW ${name} AS SELECT COUNT(*) AS n, SUM(id) AS ids FROM ${name}_in;`)
  }

  test.each([
    ['the end', "'scan.startup.mode' = 'latest'"],
    [
      'the offsets of a group that has none',
      "'scan.startup.mode' = 'group-offsets', 'properties.group.id' = 'nobody', 'properties.auto.offset.reset' = 'latest'",
    ],
  ])('%s is that of the moment of CREATE: what comes right behind it is read', async (_, options) => {
    const source = await world.topic('in', PARTITIONS)
    await world.produce(source, messages(0))
    await createView('new', source, options)
    // Tasks open a while after CREATE has returned.
    await world.produce(source, messages(1_000))
    await expect.poll(() => total('new'), SOON).toEqual([[RECORDS, sum(1_000, RECORDS)]])
    await world.stop()
    await world.produce(source, messages(5_000))
    await world.start()
    await expect.poll(() => total('new'), SOON).toEqual([[2 * RECORDS, sum(1_000, RECORDS) + sum(5_000, RECORDS)]])
  })

  test('a timestamp is that of the records', async () => {
    const source = await world.topic('in', PARTITIONS)
    await world.produce(source, messages(0, 1_000))
    await world.produce(source, messages(1_000, 2_000))
    const options = "'scan.startup.mode' = 'timestamp', 'scan.startup.timestamp-millis' = '1500'"
    await createView('later', source, options)
    await expect.poll(() => total('later'), SOON).toEqual([[RECORDS, sum(1_000, RECORDS)]])
  })

  test('a replacement that goes on with its state does not ask the group again', async () => {
    const source = await world.topic('in', PARTITIONS)
    const groupId = `${world.prefix}-billing`
    await world.produce(source, messages(0))
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, offset: '0' }))
    await world.admin((admin) => admin.setOffsets({ groupId, topic: source, partitions }))
    await createView('kept', source, `'scan.startup.mode' = 'group-offsets', 'properties.group.id' = '${groupId}'`)
    await expect.poll(() => total('kept'), SOON).toEqual([[RECORDS, sum(0, RECORDS)]])
    await world.admin((admin) => admin.deleteGroups([groupId]))
    await world.execute(`CREATE OR REPLACE MATERIALIZED VIEW kept WITH ('checkpoint.interval' = '2 s') AS
      SELECT COUNT(*) AS n, SUM(id) AS ids FROM kept_in;`)
    await world.produce(source, messages(1_000))
    await expect.poll(() => total('kept'), SOON).toEqual([[2 * RECORDS, sum(0, RECORDS) + sum(1_000, RECORDS)]])
  })
})
