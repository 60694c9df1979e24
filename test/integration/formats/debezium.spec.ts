import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import avro from 'avsc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { framed, type Produced, RegistryWorld } from '../../harness/registry-world.ts'

let world: RegistryWorld
beforeEach(async () => {
  world = await RegistryWorld.open()
})
afterEach(() => world.close())

function fixture(name: string): readonly Produced[] {
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/debezium', `${name}.ndjson`), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Produced)
}

const ORDERS = `(id BIGINT PRIMARY KEY, region STRING, amount DECIMAL(12, 2), price DECIMAL(38, 3),
  placed TIMESTAMP, placed_ms TIMESTAMP, zoned TIMESTAMP, day DATE, at TIME, doc JSON, active BOOLEAN, qty INT, weight DOUBLE,
  raw BYTES, state STRING, uid STRING)`
const NOON = Date.UTC(2026, 0, 15, 12)
const ORDER_1 = [
  1,
  'uk',
  9999999999,
  1500,
  NOON + 123.456,
  NOON + 123,
  NOON + 500,
  20468,
  37_230_250,
  '{"a": [1, 2]}',
  true,
  7,
  0.5,
  new Uint8Array([1, 2]),
  'open',
  '6f1b3d4e-0000-4000-8000-000000000001',
]
const ORDER_3 = [
  3,
  'us',
  -5,
  123456789012345678901234567890123n,
  -0.001,
  -1,
  -0.001,
  -1,
  0,
  'null',
  false,
  -7,
  -1e300,
  new Uint8Array(),
  'paid',
  '6f1b3d4e-0000-4000-8000-000000000003',
]
const nothingBut = (id: number) => [id, ...new Array(15).fill(null)]

describe('the changes of a PostgreSQL table, as Debezium writes them', () => {
  it.each(['schemas', 'plain', 'text'])('give the table that the database has: %s', async (variant) => {
    await world.run(`CREATE TABLE orders ${ORDERS} WITH (format = 'debezium-json', dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;
      CREATE MATERIALIZED VIEW regions AS SELECT region, COUNT(*) AS n, SUM(amount) AS total FROM orders GROUP BY region;`)
    const records = fixture(`${variant}-orders`)
    await world.produce('orders', ...records.slice(0, 3))
    const third = (await world.settled('SELECT * FROM copy WHERE id = 3', 1))[0]
    // Without a schema, a number that is near 0 is taken for milliseconds.
    if (variant === 'schemas') expect(third).toEqual(ORDER_3)
    else expect(third?.slice(0, 4)).toEqual(ORDER_3.slice(0, 4))
    await world.produce('orders', ...records.slice(3))
    await expect.poll(() => world.run('SELECT id FROM copy ORDER BY id LIMIT 9')).toEqual([[1], [20]])
    expect(await world.run('SELECT * FROM copy ORDER BY id LIMIT 9')).toEqual([ORDER_1, nothingBut(20)])
    expect(await world.settled('SELECT * FROM regions ORDER BY region LIMIT 9', 2)).toEqual([
      ['uk', 1, 9999999999],
      [null, 1, null],
    ])
    const stats = await world.runtime.stats('copy')
    // The two tombstones.
    expect(stats).toMatchObject({ rowsFailed: 0, recordsSkipped: 2, state: 'running' })
  })

  it('come with what the whole old row adds, and it changes nothing', async () => {
    for (const variant of ['schemas', 'plain', 'text']) {
      const lines = `lines_${variant}`
      await world.run(`CREATE TABLE ${lines} (order_id BIGINT, line INT, note STRING, PRIMARY KEY (order_id, line))
          WITH (format = 'debezium-json', dead_letter_topic = 'bad_${variant}');
        CREATE MATERIALIZED VIEW copy_${variant} AS SELECT * FROM ${lines};
        CREATE MATERIALIZED VIEW bad_of_${variant} AS SELECT reason FROM bad_${variant};`)
      await world.produce(lines, ...fixture(`${variant}-lines`))
      // What stood in the table when it was truncated stays: the record is bad, and says so.
      await expect
        .poll(() => world.run(`SELECT * FROM copy_${variant} ORDER BY line LIMIT 9`))
        .toEqual([
          [1, 2, 'second'],
          [5, 5, 'after'],
        ])
      expect(await world.settled(`SELECT * FROM bad_of_${variant}`, 1)).toEqual([
        ['the table was truncated at its source: its rows can not be taken away one by one'],
      ])
    }
  })

  it('are known by their metadata', async () => {
    await world.run(`CREATE TABLE orders (id BIGINT PRIMARY KEY, op STRING METADATA, seen TIMESTAMP METADATA FROM 'ts_ms',
        changed TIMESTAMP METADATA FROM 'source.ts_ms', "table" STRING METADATA FROM 'source.table',
        snapshot STRING METADATA FROM 'source.snapshot', lsn BIGINT METADATA FROM 'source.lsn') WITH (format = 'debezium-json');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;`)
    await world.produce('orders', ...fixture('schemas-orders').slice(0, 4))
    await expect
      .poll(() => world.run('SELECT id, op FROM copy ORDER BY id LIMIT 9'))
      .toEqual([
        [1, 'u'],
        [2, 'r'],
        [3, 'c'],
      ])
    const [row] = await world.run('SELECT changed < seen, "table", snapshot, lsn > 0 FROM copy WHERE id = 2')
    expect(row).toEqual([true, 'orders', 'last_in_data_collection', true])
  })

  it('stand beside heartbeats and messages that are none', async () => {
    await world.run(`CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING) WITH (format = 'debezium-json');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;`)
    const begin = { value: '{"status":"BEGIN","id":"571","event_count":null,"ts_ms":1}' }
    for (const variant of ['schemas', 'plain']) await world.produce('orders', ...fixture(`${variant}-other`))
    await world.produce('orders', begin, ...fixture('plain-orders').slice(0, 1))
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([[1, 'eu']])
    expect(await world.runtime.stats('copy')).toMatchObject({ recordsSkipped: 5, rowsFailed: 0 })
  })

  it('take the key of the record where the old row is not there', async () => {
    await world.run(`CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING) WITH (format = 'debezium-json');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;`)
    const row = (id: number, op: string, after: unknown) => JSON.stringify({ before: null, after, op, ts_ms: id })
    await world.produce(
      'orders',
      { key: '{"id":1}', value: row(1, 'c', { id: 1, region: 'eu' }) },
      { key: '{"id":2}', value: row(2, 'c', { id: 2, region: 'us' }) },
      { key: '{"schema":{"type":"struct"},"payload":{"id":1}}', value: row(1, 'd', null) },
      { key: '2', value: row(2, 'd', null) },
      { key: '{"id":3}', value: row(3, 'c', { id: 3, region: 'uk' }) },
    )
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([[3, 'uk']])
  })

  it('that can not be used say why', async () => {
    await world.run(`CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING NOT NULL, amount DECIMAL(8, 0))
        WITH (format = 'debezium-json', dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;
      CREATE MATERIALIZED VIEW reasons AS SELECT reason FROM bad;`)
    const records = [
      '{"id":1,"region":"eu"}',
      '{"before":null,"after":null,"op":"u"}',
      '{"before":null,"after":{"id":1},"op":"c"}',
      '{"before":null,"after":{"id":1,"region":"eu"},"op":"x"}',
      '{"before":null,"after":{"id":1,"region":"eu","amount":"1234"},"op":"c"}',
      '{"before":null,"after":{"id":"x","region":"eu"},"op":"c"}',
      '{"before":{},"after":null,"op":"d"}',
      '{"schema":null,"payload":{"op":',
      '{"before":null,"after":{"id":1,"region":"eu"},"op":"c"}',
    ]
    await world.produce('orders', ...records.map((value) => ({ value })))
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([[1, 'eu', null]])
    expect((await world.settled('SELECT reason FROM reasons', 8)).flat().sort()).toEqual([
      'a deletion has no key',
      'field "after.amount": the text may be a number or base64: set "decimal.handling.mode"',
      'field "after.id": expected BIGINT, found "x" at byte 29',
      'field "region": is missing or null, but declared NOT NULL',
      expect.stringMatching(/^malformed JSON: .* at byte 31$/),
      'the record has an unknown "op": "x"',
      'the record has no row in "after"',
      'the record is no envelope of Debezium: it has no "op"',
    ])
  })

  it('have decimals and times of the unit that the statement says', async () => {
    await world.run(`CREATE TABLE t (id BIGINT PRIMARY KEY, amount DECIMAL(8, 0), ts TIMESTAMP, at TIME) WITH (
        format = 'debezium-json', 'decimal.handling.mode' = 'string', 'timestamp.unit' = 'ns');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM t;`)
    await world.produce('t', {
      value: '{"after":{"id":1,"amount":"1234","ts":1768478400123456789,"at":1000000},"op":"c"}',
    })
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([[1, 1234, NOON + 123.457, 1]])
  })
})

describe('Debezium in Avro', () => {
  const VALUE = {
    type: 'record',
    name: 'Value',
    fields: [
      { name: 'id', type: 'long' },
      { name: 'region', type: ['null', 'string'], default: null },
      {
        name: 'amount',
        type: [
          'null',
          {
            type: 'bytes',
            scale: 2,
            precision: 12,
            'connect.version': 1,
            'connect.parameters': { scale: '2', 'connect.decimal.precision': '12' },
            'connect.name': 'org.apache.kafka.connect.data.Decimal',
            logicalType: 'decimal',
          },
        ],
        default: null,
      },
      {
        name: 'placed',
        type: ['null', { type: 'long', 'connect.version': 1, 'connect.name': 'io.debezium.time.MicroTimestamp' }],
        default: null,
      },
    ],
    'connect.name': 'pg.public.orders.Value',
  }
  const SOURCE = {
    type: 'record',
    name: 'Source',
    namespace: 'io.debezium.connector.postgresql',
    fields: [
      { name: 'version', type: 'string' },
      { name: 'ts_ms', type: 'long' },
      { name: 'table', type: 'string' },
    ],
  }
  const ENVELOPE = {
    type: 'record',
    name: 'Envelope',
    namespace: 'pg.public.orders',
    fields: [
      { name: 'before', type: ['null', VALUE], default: null },
      { name: 'after', type: ['null', 'Value'], default: null },
      { name: 'source', type: SOURCE },
      { name: 'op', type: 'string' },
      { name: 'ts_ms', type: ['null', 'long'], default: null },
    ],
  }
  const KEY = { type: 'record', name: 'Key', namespace: 'pg.public.orders', fields: [{ name: 'id', type: 'long' }] }
  const source = { version: '3', ts_ms: 5, table: 'orders' }

  it('gives the columns of the row and the table of the changes; deletes by the key where the old row is not there', async () => {
    const envelope = world.registry.add('pg.public.orders-value', ENVELOPE)
    const key = world.registry.add('pg.public.orders-key', KEY)
    await world.run(`CREATE TABLE orders (op STRING METADATA, changed TIMESTAMP METADATA FROM 'source.ts_ms', PRIMARY KEY (id))
        WITH (topic = 'pg.public.orders', format = 'debezium-avro-confluent');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;`)
    expect((await world.run('DESCRIBE orders')).map(([name, type]) => [name, type])).toEqual([
      ['id', 'BIGINT'],
      ['region', 'STRING'],
      ['amount', 'DECIMAL(12, 2)'],
      ['placed', 'TIMESTAMP'],
      ['op', 'STRING'],
      ['changed', 'TIMESTAMP'],
    ])
    const values = avro.Type.forSchema(ENVELOPE as never)
    const keys = avro.Type.forSchema(KEY as never)
    const change = (id: number, op: string, before: object | null, after: object | null) => ({
      key: framed(key, keys.toBuffer({ id })),
      value: framed(envelope, values.toBuffer({ before, after, source, op, ts_ms: 9 })),
    })
    const row = (id: number, region: string) => ({
      id,
      region,
      amount: Buffer.from([4, 226]),
      placed: 1_768_478_400_123_456,
    })
    await world.produce(
      'pg.public.orders',
      change(1, 'c', null, row(1, 'eu')),
      change(2, 'c', null, row(2, 'us')),
      change(3, 'c', null, row(3, 'us')),
      change(1, 'u', null, row(1, 'uk')),
      change(2, 'd', { id: 2, region: null, amount: null, placed: null }, null),
      { key: framed(key, keys.toBuffer({ id: 2 })), value: null },
      change(3, 'd', null, null),
    )
    await expect.poll(() => world.run('SELECT * FROM copy')).toEqual([[1, 'uk', 1250, NOON + 123.456, 'u', 5]])
  })
})

describe('a table of changes', () => {
  it('is written by its database alone, and has the metadata of changes alone', async () => {
    await world.run(`CREATE TABLE t (id BIGINT PRIMARY KEY) WITH (format = 'debezium-json')`)
    await expect(world.run('INSERT INTO t VALUES (1)')).rejects.toThrow('table "t" is written by its database alone')
    await expect(world.run('CREATE STREAM s (a INT, op STRING METADATA)')).rejects.toMatchObject({
      message: 'there is no metadata "op"',
      hint: 'FORMAT DEBEZIUM has it.',
    })
    await expect(world.run('CREATE STREAM s (a INT) FORMAT DEBEZIUM ENCODE JSON')).rejects.toThrow(
      'FORMAT DEBEZIUM needs a key',
    )
    await world.run('CREATE STREAM s (a INT)')
    await expect(
      world.run(`CREATE SINK k AS SELECT a FROM s WITH (topic = 'k') FORMAT DEBEZIUM ENCODE JSON`),
    ).rejects.toThrow('FORMAT DEBEZIUM of a sink is not supported yet')
  })
})
