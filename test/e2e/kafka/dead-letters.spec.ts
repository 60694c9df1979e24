// What becomes of records that can't be used, over a real broker, with another client on the other side.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const SOON = { timeout: 20_000 }

describeKafka('the topic of dead letters', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test('has each bad record once, as it came, with what was wrong; a stop does not tell it twice', async () => {
    const source = await world.topic('orders', 2)
    const dead = await world.topic('orders.dead', 2)
    await world.produce(dead, [{ value: 'of another program', partition: 0 }])
    await world.execute(`CREATE STREAM orders (id BIGINT, per BIGINT, ts TIMESTAMP(3) METADATA FROM 'timestamp')
        WITH (connector = 'kafka', topic = '${source}', dead_letter_topic = '${dead}');
      CREATE MATERIALIZED VIEW ratios AS SELECT id, 100 / per AS ratio FROM orders;`)
    await world.produce(source, [
      { partition: 0, value: '{"id":1,"per":5}' },
      { partition: 1, key: 'k', value: '{"id":', timestamp: 1_700_000_000_123, headers: { trace: 'a' } },
      { partition: 1, value: '{"id":2,"per":0}' },
    ])
    const letters = `SELECT record_offset, source, query, record_partition, record_time, CAST(value AS STRING) AS value
      FROM "${dead}" EMIT CHANGES LIMIT 2`
    const rows = await world.select(letters)
    expect(rows).toHaveLength(2)
    expect(rows).toContainEqual([0, 'orders', 'ratios', 1, 1_700_000_000_123, '{"id":'])
    expect(rows).toContainEqual([null, 'project-1', 'ratios', null, expect.any(Number), '[2,0]'])
    await world.execute(`CREATE MATERIALIZED VIEW told AS
      SELECT CAST(value AS STRING) AS value, COUNT(*) AS n FROM "${dead}" GROUP BY CAST(value AS STRING);`)
    await world.stop()
    await world.start()
    await world.produce(source, [{ partition: 0, value: 'also bad' }])
    const messages = await world.consume(dead, 4)
    const found = messages.filter(({ headers }) => headers['weir.query'] !== undefined)
    expect(found).toHaveLength(3)
    const record = found.find(({ key }) => key === 'k')
    expect(record).toEqual({
      key: 'k',
      value: '{"id":',
      headers: {
        trace: 'a',
        'weir.error.kind': 'record',
        'weir.error.message': expect.stringMatching(/JSON|end/i),
        'weir.query': 'ratios',
        'weir.source.stream': 'orders',
        'weir.source.topic': source,
        'weir.source.partition': '1',
        'weir.source.offset': '0',
      },
    })
    const told = async () =>
      (await world.select('SELECT value, n FROM told')).map(([value, n]) => `${value} ${n}`).sort()
    await expect.poll(told, SOON).toEqual(['[2,0] 1', 'also bad 1', '{"id": 1'])
    await world.execute('DROP STREAM orders CASCADE')
    expect(await world.log.topic(dead)).toBeDefined()
  })

  test('is made where it is missing, and can not be what the stream reads', async () => {
    const source = await world.topic('source')
    const stream = (dead: string) => `CREATE STREAM s (id BIGINT)
      WITH (connector = 'kafka', topic = '${source}', dead_letter_topic = '${dead}')`
    await expect(world.execute(stream(source))).rejects.toThrow(`dead letters of "s" can't go to "${source}"`)
    await world.execute(stream(`${source}.dead`))
    expect(await world.log.topic(`${source}.dead`)).toMatchObject({ partitions: 1 })
  })
})
