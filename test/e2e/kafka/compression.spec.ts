// All four compressions of Kafka: read as Kafka's own producer writes them, and written so that Kafka's own consumer reads
// them. A record batch says by itself how it is compressed, and that is looked at.

import { Consumer } from '@platformatic/kafka'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { closeClient } from '../../../src/adapters/kafka/close-client.ts'
import { fetch } from '../../../src/adapters/kafka/fetch.ts'
import { must } from '../../../src/core/assert.ts'
import { COMPRESSIONS } from '../../../src/core/compression.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../../harness/kafka/kafka-tools.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const IS_CONTROL = 1 << 5
const COMPRESSION_BITS = 7
/** A batch of this much is several blocks of each compression: 32 KiB of snappy, 64 KiB of lz4. */
const BATCH_BYTES = 900_000
const RECORDS = 20_000
const LINE = (id: number) => `{"id":${id},"text":"${'weir'.repeat(id % 20)} ${(id * 7919) % 1000}"}`

describeKafka('compressions over Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  /** Of the batches with records at the beginning of a topic's first partition. */
  async function compressionsIn(topic: string): Promise<readonly string[]> {
    const consumer = new Consumer({ clientId: 'look', groupId: 'look', bootstrapBrokers: [kafka.bootstrap] })
    try {
      const found = must((await consumer.metadata({ topics: [topic] })).topics.get(topic), 'the topic is there')
      const { responses } = await fetch(consumer, {
        node: must(found.partitions[0], 'a topic has a partition').leader,
        topicId: found.id,
        partitions: [{ partition: 0, offset: 0 }],
        maxWaitMs: 100,
        partitionBytesMax: 8 * BATCH_BYTES,
        bytesMax: 8 * BATCH_BYTES,
      })
      const batches = (responses[0]?.partitions[0]?.records ?? []).filter((one) => (one.attributes & IS_CONTROL) === 0)
      return [...new Set(batches.map(({ attributes }) => COMPRESSIONS[attributes & COMPRESSION_BITS] ?? 'unknown'))]
    } finally {
      await closeClient(consumer)
    }
  }

  test.each(COMPRESSIONS)(
    '%s is read from the producer of Kafka, and written for its consumer',
    { timeout: 90_000 },
    async (compression) => {
      const tools = await KafkaTools.at(kafka.bootstrap)
      const source = await world.topic('source')
      const sink = await world.topic('sink')
      const lines = Array.from({ length: RECORDS }, (_, id) => LINE(id))
      await tools.produceBatches(source, lines, compression, [`batch.size=${BATCH_BYTES}`, 'linger.ms=500'])
      expect(await compressionsIn(source)).toEqual([compression])
      await world.execute(`CREATE STREAM s (id BIGINT, text STRING) WITH (connector = 'kafka', topic = '${source}');
        CREATE SINK copy FROM s WITH (connector = 'kafka', topic = '${sink}', compression = '${compression}');`)
      expect(await tools.consume(sink, RECORDS)).toEqual(lines)
      expect(await compressionsIn(sink)).toEqual([compression])
    },
  )

  test('the compression of the server is that of all it writes, but of a sink that has its own', async () => {
    await world.stop()
    await world.start({ compression: 'zstd' })
    const source = await world.topic('source')
    const own = await world.topic('own')
    const common = await world.topic('common')
    await world.produce(source, [{ value: LINE(1) }])
    await world.execute(`CREATE STREAM s (id BIGINT, text STRING) WITH (connector = 'kafka', topic = '${source}');
      CREATE STREAM t (id BIGINT) WITH (connector = 'kafka', topic = '${common}',
        'scan.startup.mode' = 'earliest', 'scan.bounded.mode' = 'latest-offset');
      INSERT INTO t VALUES (7);
      INSERT INTO t SELECT id FROM s;
      CREATE SINK own FROM s WITH (connector = 'kafka', topic = '${own}', 'properties.compression.type' = 'lz4');`)
    const tools = await KafkaTools.at(kafka.bootstrap)
    expect(await tools.consume(own, 1)).toEqual([LINE(1)])
    expect(await compressionsIn(own)).toEqual(['lz4'])
    await expect.poll(() => world.select('SELECT id FROM t'), { timeout: 20_000 }).toEqual([[1], [7]])
    expect(await compressionsIn(common)).toEqual(['zstd'])
    const changelog = must(
      (await world.log.topics()).find(({ name }) => name.startsWith(`${world.prefix}.`) && name.includes('changelog')),
      'a query has a changelog',
    )
    expect(await compressionsIn(changelog.name)).toEqual(['zstd'])
  })
})
