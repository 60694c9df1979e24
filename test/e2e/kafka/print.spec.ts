// PRINT over a real broker, of what another client has written.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

describeKafka('PRINT of a topic of Kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test('shows what is committed, with keys and headers, to the end of all partitions', async () => {
    const topic = await world.topic('raw', 2)
    const timestamp = 1_700_000_000_123
    const headers = { trace: ['a', 'b'] }
    await world.produce(topic, [
      { partition: 0, key: 'k', value: '{"id":1}', timestamp, headers },
      { partition: 1, value: null, key: 'gone', timestamp },
    ])
    const producer = world.client.producer({ transactionalId: `${world.prefix}-writer`, maxInFlightRequests: 1 })
    await producer.connect()
    const aborted = await producer.transaction()
    await aborted.send({ topic, messages: [{ partition: 0, value: 'aborted' }] })
    await aborted.abort()
    await producer.disconnect()
    const session = new Map([['scan.bounded.mode', 'latest-offset']])
    const rows: unknown[] = []
    const print = await world.runtime.query(`PRINT '${topic}' FROM BEGINNING`, { session })
    for await (const event of print) if (event.kind === 'rows') rows.push(...event.rows)
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual([0, 0, timestamp, 'k', '{"id":1}', 'trace=a, trace=b'])
    expect(rows).toContainEqual([1, 0, timestamp, 'gone', null, null])
  })

  test('shows what comes, and the topics of Weir itself', async () => {
    const topic = await world.topic('live')
    await world.produce(topic, [{ value: 'before' }])
    const print = await world.runtime.query(`PRINT '${topic}' LIMIT 1`)
    const coming = world.runtime.query(`PRINT '${world.prefix}.catalog' LIMIT 1`)
    const catalog = await coming
    const first = async (stream: typeof print) => {
      for await (const event of stream) if (event.kind === 'rows') return event.rows[0]
      return undefined
    }
    const shown = Promise.all([first(print), first(catalog)])
    await world.produce(topic, [{ value: 'after' }])
    await world.execute('CREATE STREAM s (id INT)')
    const [after, entry] = await shown
    expect(after?.[4]).toBe('after')
    expect(entry?.[3]).toContain('relation/s')
    const unknown = world.runtime.query(`PRINT '${topic}x'`)
    await expect(unknown).rejects.toMatchObject({ code: 'INVALID_SQL', hint: `Did you mean "${topic}"?` })
  })
})
