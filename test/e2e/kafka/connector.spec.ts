// What a stream or sink of the connector `kafka` may say, over a real broker, with another client on the other side.

import { ConfigResourceTypes } from 'kafkajs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { describeKafka } from '../../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../../harness/kafka/kafka-tools.ts'
import { KafkaWorld } from '../../harness/kafka/kafka-world.ts'

const PLACES = 7

describeKafka('connector kafka', (kafka) => {
  let world: KafkaWorld
  beforeEach(async () => {
    world = await KafkaWorld.open(kafka)
  })
  afterEach(() => world[Symbol.asyncDispose]())

  /** The partition of each key in a topic of so many records. */
  async function placesOf(topic: string, count: number): Promise<ReadonlyMap<string, number>> {
    const consumer = world.client.consumer({ groupId: `${topic}-places` })
    const places = new Map<string, number>()
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    await consumer.run({
      eachMessage: async ({ partition, message }) => void places.set(String(message.key), partition),
    })
    await expect.poll(() => places.size, { timeout: 30_000 }).toBe(count)
    await consumer.disconnect()
    return places
  }

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

  test('the key of a record is a column; values may be CSV, or bytes as they are', async () => {
    const source = await world.topic('csv')
    await world.produce(source, [
      { key: 'k1', value: '1,"a, b",2.50' },
      { key: null, value: '2,,3' },
      { key: 'k3', value: 'three,c,1' },
      { key: 'k4', value: '4,d,0.1' },
    ])
    const raw = await world.topic('raw')
    await world.execute(`CREATE STREAM lines (id BIGINT, note STRING, amount DECIMAL(8, 2), key STRING METADATA)
        WITH (connector = 'kafka', topic = '${source}') FORMAT PLAIN ENCODE CSV;
      CREATE MATERIALIZED VIEW seen AS SELECT id, note, CAST(amount AS STRING) AS amount, key FROM lines;
      CREATE SINK csv AS SELECT id, note, amount FROM lines WITH (connector = 'kafka', topic = '${source}.out', partitions = 1)
        FORMAT PLAIN ENCODE CSV;
      CREATE STREAM raws (value BYTES, k BYTES METADATA FROM 'key')
        WITH (connector = 'kafka', topic = '${raw}') FORMAT PLAIN ENCODE BYTES;
      CREATE SINK bytes AS SELECT value FROM raws WITH (connector = 'kafka', topic = '${raw}.out', partitions = 1)
        FORMAT PLAIN ENCODE BYTES;
      CREATE MATERIALIZED VIEW lengths AS SELECT octet_length(value) AS n, k FROM raws;`)
    await expect
      .poll(() => world.select('SELECT * FROM seen'), { timeout: 20_000 })
      .toEqual([
        [1, 'a, b', '2.50', 'k1'],
        [2, null, '3.00', null],
        [4, 'd', '0.10', 'k4'],
      ])
    expect((await world.consume(`${source}.out`, 3)).map(({ value }) => value)).toEqual([
      '1,"a, b",2.50',
      '2,,3.00',
      '4,d,0.10',
    ])
    await world.produce(raw, [{ key: 'raw', value: 'not {JSON' }])
    await expect
      .poll(() => world.select('SELECT * FROM lengths'), { timeout: 20_000 })
      .toEqual([[9, new Uint8Array(Buffer.from('raw'))]])
    expect((await world.consume(`${raw}.out`, 1))[0]?.value).toBe('not {JSON')
  })

  test('a row goes to the partition that the Java producer chooses for its key', async () => {
    const source = await world.topic('keyed')
    const keys = ['a', 'eu', 'zürich', '東京', 'x'.repeat(300), ...Array.from({ length: 60 }, (_, i) => `user-${i}`)]
    await world.produce(
      source,
      keys.map((k) => ({ value: JSON.stringify({ k }) })),
    )
    const [ours, javas] = [await world.topic('ours', PLACES), await world.topic('javas', PLACES)]
    await world.execute(`CREATE STREAM s (k STRING) WITH (connector = 'kafka', topic = '${source}');
      CREATE SINK placed AS SELECT k, k AS name FROM s WITH (connector = 'kafka', topic = '${ours}', key = 'k')
        FORMAT PLAIN ENCODE JSON;`)
    const placed = await placesOf(ours, keys.length)
    expect(new Set(placed.values()).size).toBe(PLACES)
    const tools = await KafkaTools.at(kafka.bootstrap)
    const parsing = ['--property', 'parse.key=true', '--property', 'key.separator=\t']
    const lines = [...placed.keys()].map((key) => `${key}\tvalue\n`).join('')
    // The tool waits a second for each record by itself.
    const options = ['--sync', '--producer-property', 'linger.ms=0', '--topic', javas, ...parsing]
    await tools.run('org.apache.kafka.tools.ConsoleProducer', options, lines)
    expect(await placesOf(javas, keys.length)).toEqual(placed)
  })

  test('topics of a query are set up as what they are: changelogs compacted, exchanges kept for a week', async () => {
    const source = await world.topic('in', 3)
    await world.execute(`CREATE STREAM s (k STRING) WITH (connector = 'kafka', topic = '${source}');
      CREATE MATERIALIZED VIEW counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    const names = (await world.log.topicNames()).filter((name) => name.startsWith(world.prefix))
    const settings = await world.admin(async (admin) => {
      const resources = names.map((name) => ({ type: ConfigResourceTypes.TOPIC, name }))
      const described = await admin.describeConfigs({ includeSynonyms: false, resources })
      return new Map(
        described.resources.map(({ resourceName, configEntries }) => [
          resourceName,
          Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
        ]),
      )
    })
    const like = (pattern: RegExp) =>
      [...settings].filter(([name]) => pattern.test(name.slice(world.prefix.length + 1)))
    const changelogs = like(/\.changelog-\d$/)
    expect(changelogs).toHaveLength(2)
    for (const [, config] of [...changelogs, ...like(/^catalog$/)]) expect(config['cleanup.policy']).toBe('compact')
    const exchanges = like(/\.exchange-\d$/)
    expect(exchanges).toHaveLength(1)
    for (const [, config] of exchanges) {
      expect(config).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': String(7 * 86_400_000) })
    }
    const [, results] = like(/^results\./)[0] ?? []
    expect(results).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '-1' })
    const [, heartbeats] = like(/^replicas$/)[0] ?? []
    expect(heartbeats).toMatchObject({ 'message.timestamp.type': 'LogAppendTime' })
    const partitions = new Map((await world.log.topics()).map((one) => [one.name, one.partitions]))
    for (const [name] of [...changelogs, ...exchanges]) expect(partitions.get(name)).toBe(3)
  })

  test('a start deletes what a crash in a CREATE has left, and no topic that somebody else has named', async () => {
    const time = (Date.now() - 1_000).toString(36)
    const left = [`gone.${time}.changelog-0`, `gone.${time}.exchange-1`, `results.gone.${time}`]
    const theirs = [await world.topic('orders'), await world.topic('results.daily')]
    for (const name of left) await world.topic(name)
    await world.execute(`CREATE STREAM s (k STRING) WITH (connector = 'kafka', topic = '${theirs[0]}');
      CREATE MATERIALIZED VIEW counts AS SELECT k, COUNT(*) AS n FROM s GROUP BY k;`)
    const names = async () => (await world.log.topicNames()).filter((name) => name.startsWith(world.prefix))
    const before = await names()
    await world.stop()
    await world.start()
    const gone = left.map((name) => `${world.prefix}.${name}`)
    expect(new Set(await names())).toEqual(new Set(before.filter((name) => !gone.includes(name))))
    expect(await names()).toEqual(expect.arrayContaining(theirs))
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
