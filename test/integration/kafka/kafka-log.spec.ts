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
          for (const { name } of await names.topics()) await names.deleteTopic(name)
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
