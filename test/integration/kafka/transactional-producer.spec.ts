import { Kafka, logLevel } from 'kafkajs'
import { expect, test } from 'vitest'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { PartitionReader } from '../../../src/adapters/kafka/partition-reader.ts'
import { TransactionalProducer } from '../../../src/adapters/kafka/transactional-producer.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { record } from '../../harness/log-records.ts'

describeKafka('the writer of a task', ({ bootstrap, prefix }) => {
  const connection = { bootstrapBrokers: [bootstrap] }
  const topic = `${prefix}.written`

  async function withTopic(body: () => Promise<void>): Promise<void> {
    const log = new KafkaLog({ connection, replicationFactor: undefined })
    const retention = { retentionMs: undefined, retentionBytes: undefined }
    await log.createTopic({ name: topic, partitions: 1, ...retention })
    try {
      await body()
    } finally {
      await log.deleteTopic(topic)
      await log.close()
    }
  }

  async function written(): Promise<readonly string[]> {
    const reader = await PartitionReader.open(connection, topic, 0)
    const end = await reader.end()
    const values: string[] = []
    while (reader.position < end) {
      for (const { value } of await reader.read(100)) values.push(Buffer.from(value as Uint8Array).toString())
    }
    await reader.close()
    return values
  }

  test('is thrown away after a failure, which nothing that it is asked later gets past', async () => {
    await withTopic(async () => {
      const first = await TransactionalProducer.open(connection, `${prefix}/task`)
      const batch = (value: string) => [{ topic, partition: 0, records: [record(value)] }]
      await first.commit(batch('1'))
      const missing = { topic: `${prefix}.is-not-there`, partition: 0, records: [record('x')] }
      await expect(first.commit([...batch('2'), missing])).rejects.toThrow()
      await expect(first.commit(batch('3'))).rejects.toThrow('a producer that failed is thrown away')
      const second = await TransactionalProducer.open(connection, `${prefix}/task`)
      await second.commit(batch('4'))
      expect(await written()).toEqual(['1', '4'])
      await first.close()
      await second.close()
    })
  })

  test('is seen when it has committed, not before', async () => {
    await withTopic(async () => {
      // Our own writer never stops between the records and the commit; another client does.
      const kafka = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
      const producer = kafka.producer({ transactionalId: `${prefix}/open`, maxInFlightRequests: 1, idempotent: true })
      await producer.connect()
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: 'open' }] })
      const reader = await PartitionReader.open(connection, topic, 0)
      expect(await reader.read(300)).toEqual([])
      await transaction.commit()
      expect(await written()).toEqual(['open'])
      await producer.disconnect()
      await reader.close()
    })
  })
})
