import { expect, it } from 'vitest'
import { describeKafka, describeKafkaCluster } from '../../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../../harness/kafka/kafka-tools.ts'

describeKafka('the broker of a run', ({ bootstrap, prefix }) => {
  // Kafka's tools need Java here, also when the broker is somewhere else.
  describeKafkaCluster('by its own tools', () => {
    it('keeps what is produced, in order', async () => {
      const tools = await KafkaTools.at(bootstrap)
      const topic = `${prefix}-orders`
      await tools.createTopic(topic)
      await tools.produce(topic, ['a', 'b', 'ü'])
      expect(await tools.consume(topic, 3)).toEqual(['a', 'b', 'ü'])
      await tools.deleteTopic(topic)
    })

    it.skipIf(process.env['WEIR_TEST_KAFKA'])('makes no topic by itself when it is ours', async () => {
      const tools = await KafkaTools.at(bootstrap)
      await expect(tools.produce(`${prefix}-typo`, ['a'], ['max.block.ms=1000'])).rejects.toThrow(/typo not present/)
    })
  })
})
