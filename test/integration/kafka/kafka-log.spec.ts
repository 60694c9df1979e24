import { expect, test } from 'vitest'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import type { Log } from '../../../src/engine/ports/log.ts'
import { describeLog } from '../../contract/log-contract.ts'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'

describeKafka('Kafka', ({ bootstrap, prefix }) => {
  let opened = 0
  describeLog(
    'kafka',
    async () => {
      const log = new KafkaLog({ connection: { bootstrapBrokers: [bootstrap] }, replicationFactor: 1 })
      const names = prefixed(log, `${prefix}-${++opened}.`)
      return {
        log: names,
        close: async () => {
          for (const name of await names.topicNames()) await names.deleteTopic(name)
          await log.close()
        },
      }
    },
    { ownRetention: false, headers: true },
  )
})

/** The topics of one test among all others. */
function prefixed(log: Log, prefix: string): Log {
  const ours = (name: string) => (/^[\w.-]*$/.test(name) ? prefix + name : name)
  return {
    createTopic: (spec) => log.createTopic({ ...spec, name: ours(spec.name) }),
    deleteTopic: (name) => log.deleteTopic(ours(name)),
    topicNames: async () => {
      const found = await log.topicNames()
      return found.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
    },
    topics: async () => {
      const found = (await log.topics()).filter(({ name }) => name.startsWith(prefix))
      return found.map((topic) => ({ ...topic, name: topic.name.slice(prefix.length) }))
    },
    topic: async (name) => {
      const found = await log.topic(ours(name))
      return found && { ...found, name }
    },
    openReader: (topic, partitions) => log.openReader(ours(topic), partitions),
    append: (topic, partition, records, producer) => log.append(ours(topic), partition, records, producer),
    offsetAt: (topic, partition, timestampMs) => log.offsetAt(ours(topic), partition, timestampMs),
    enforceRetention: (nowMs) => log.enforceRetention(nowMs),
    close: () => log.close(),
  }
}

/** By each of a few writers: enough that a listing meets one that goes. */
const CHURNED_TOPICS = 12

describeKafka('the topics of Kafka', ({ bootstrap, prefix }) => {
  test('are listed while others are made and deleted', async () => {
    const log = new KafkaLog({ connection: { bootstrapBrokers: [bootstrap] }, replicationFactor: 1 })
    const topic = (name: string) => ({ name, partitions: 3, retentionMs: undefined, retentionBytes: undefined })
    const always = topic(`${prefix}-always`)
    await log.createTopic(always)
    let churning = true
    const churn = async (writer: number) => {
      for (let i = 0; i < CHURNED_TOPICS; i++) {
        const brief = topic(`${prefix}-brief-${writer}-${i}`)
        await log.createTopic(brief)
        await log.deleteTopic(brief.name)
      }
    }
    const churned = Promise.all([0, 1, 2].map(churn)).finally(() => {
      churning = false
    })
    do expect((await log.topics()).map(({ name }) => name)).toContain(always.name)
    while (churning)
    await churned
    await log.deleteTopic(always.name)
    await log.close()
  })
})
