// What a stream or sink of the connector `kafka` may say, over a real broker, with another client on the other side.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

describeKafka('connector kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  test('headers are a column of a source, and a column of a sink is its headers', async () => {
    const source = await world.topic('source')
    await world.produce(source, [
      { key: '1', value: '{"id":1}', headers: { trace: 'a', step: ['1', '2'] } },
      { key: '2', value: '{"id":2}' },
      { key: '3', value: '{"id":3}', headers: { trace: Buffer.from([0xff]) } },
    ])
    const sink = `${world.prefix}.sink`
    const columns = "id BIGINT, raw MAP<STRING, BYTES> METADATA FROM 'headers'"
    await world.execute(`CREATE STREAM raws (${columns}) WITH (connector = 'kafka', topic = '${source}');
      CREATE STREAM texts (id BIGINT, headers MAP<STRING, STRING> METADATA)
        WITH (connector = 'kafka', topic = '${source}', dead_letter_topic = '${source}.bad');
      CREATE MATERIALIZED VIEW seen AS SELECT id, raw['trace'] AS trace, cardinality(raw) AS n FROM raws;
      CREATE SINK copies AS SELECT id, headers, headers['step'] AS step FROM texts
        WITH (connector = 'kafka', topic = '${sink}', partitions = 1, headers = 'headers');`)
    await expect
      .poll(() => world.select('SELECT * FROM seen'), { timeout: 20_000 })
      .toEqual([
        [1, new Uint8Array(Buffer.from('a')), 2],
        [2, null, 0],
        [3, new Uint8Array([0xff]), 1],
      ])
    expect(await world.consume(sink, 2)).toEqual([
      { key: undefined, value: '{"id":1,"step":"2"}', headers: { trace: 'a', step: '2' } },
      { key: undefined, value: '{"id":2,"step":null}', headers: {} },
    ])
    await world.execute(`CREATE MATERIALIZED VIEW why AS SELECT record_offset, reason FROM "${source}.bad"`)
    await expect
      .poll(() => world.select('SELECT * FROM why'), { timeout: 20_000 })
      .toEqual([[2, 'the record\'s headers: "trace" is not valid UTF-8']])
  })

  test('a bounded source is read to its end, whatever the partitions hold, and its query has ended then', async () => {
    const source = await world.topic('bounded', 3)
    const message = (id: number) => ({ value: JSON.stringify({ id }), partition: id % 2 })
    await world.produce(
      source,
      Array.from({ length: 500 }, (_, id) => message(id)),
    )
    const producer = world.client.producer({ transactionalId: `${world.prefix}-writer`, maxInFlightRequests: 1 })
    await producer.connect()
    // The ends of the partitions are markers, and what was aborted: offsets that hold no records.
    const committed = await producer.transaction()
    await committed.send({ topic: source, messages: [message(500), message(501)] })
    await committed.commit()
    const aborted = await producer.transaction()
    await aborted.send({ topic: source, messages: [message(600), message(601)] })
    await aborted.abort()
    await producer.disconnect()
    await world.execute(`CREATE STREAM s (id BIGINT)
      WITH (connector = 'kafka', topic = '${source}', 'scan.startup.mode' = 'earliest', 'scan.bounded.mode' = 'latest-offset')`)
    const rows = await world.select('SELECT id FROM s')
    expect(rows.map(([id]) => id)).toEqual(Array.from({ length: 502 }, (_, id) => id))
    await world.execute('CREATE MATERIALIZED VIEW sums AS SELECT COUNT(*) AS n, SUM(id) AS total FROM s')
    await expect.poll(() => world.select('SELECT * FROM sums'), { timeout: 20_000 }).toEqual([[502, 125_751]])
  })
})
