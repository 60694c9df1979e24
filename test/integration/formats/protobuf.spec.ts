import protobuf from 'protobufjs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { framed, RegistryWorld, unframed } from '../../harness/registry-world.ts'

let world: RegistryWorld
beforeEach(async () => {
  world = await RegistryWorld.open()
})
afterEach(() => world.close())

const V1 = `syntax = "proto3";
package shop;
import "google/protobuf/timestamp.proto";
message Order {
  int64 order_id = 1;
  optional string region = 2;
  State state = 3;
  google.protobuf.Timestamp placed = 4;
  repeated Line lines = 5;
  message Line { string sku = 1; int32 count = 2; }
}
enum State { OPEN = 0; PAID = 1; }
message Other { message Inner { int64 order_id = 1; } int64 order_id = 1; }
`
/** A field renamed, one added, one left out. */
const V2 = V1.replace('region = 2', 'area = 2').replace('repeated Line lines = 5;', 'double weight = 6;')

function encode(schema: string, message: string, ...values: readonly object[]): Buffer[] {
  const { root } = protobuf.parse(schema, new protobuf.Root(), { keepCase: true })
  root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
  const type = root.lookupType(message)
  return values.map((value) => Buffer.from(type.encode(type.fromObject(value)).finish()))
}

/** Which message it is, as Confluent's serializers say it. */
const FIRST = Buffer.from([0])
const order = (order_id: number, more: object = {}) => ({
  order_id,
  region: 'eu',
  state: 'PAID',
  placed: { seconds: 5 },
  ...more,
})
const sent = (id: number, index: Buffer, bytes: Buffer | undefined) =>
  framed(id, Buffer.concat([index, bytes ?? Buffer.alloc(0)]))

describe('a stream of Protobuf', () => {
  it('has the columns of the first message of its latest schema', async () => {
    const id = world.registry.add('orders-value', V1, 'PROTOBUF')
    await world.run(`CREATE STREAM orders (WATERMARK FOR placed AS placed) WITH (format = 'protobuf');
      CREATE MATERIALIZED VIEW seen AS SELECT order_id, region, state, placed, lines FROM orders;`)
    expect((await world.run('DESCRIBE orders')).map((row) => row.slice(0, 3))).toEqual([
      ['order_id', 'BIGINT', 'NOT NULL'],
      ['region', 'STRING', ''],
      ['state', 'STRING', 'NOT NULL'],
      ['placed', 'TIMESTAMP', ''],
      ['lines', 'ARRAY<STRUCT<sku STRING, count INT>>', 'NOT NULL'],
    ])
    const [first, second] = encode(V1, 'shop.Order', order(1, { lines: [{ sku: 'a', count: 2 }] }), {
      order_id: '2',
      placed: {},
    })
    await world.produce('orders', sent(id, FIRST, first), sent(id, FIRST, second))
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [1, 'eu', 'PAID', 5_000, [['a', 2]]],
      [2, null, 'OPEN', 0, []],
    ])
  })

  it('finds the message that a record says it is, and rejects another one', async () => {
    const id = world.registry.add('orders-value', V1, 'PROTOBUF')
    await world.run(`CREATE STREAM inners WITH (topic = 'orders', format = 'protobuf', message = 'Other.Inner', dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW seen AS SELECT order_id FROM inners;
      CREATE MATERIALIZED VIEW reasons AS SELECT reason FROM bad;`)
    const [bytes] = encode(V1, 'shop.Other.Inner', { order_id: 7 })
    // Two indexes, as zigzag varints: message 1 of the file, message 0 inside it.
    await world.produce(
      'orders',
      sent(id, Buffer.from([4, 2, 0]), bytes),
      sent(id, FIRST, bytes),
      sent(id, Buffer.from([2, 18]), bytes),
    )
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[7]])
    expect((await world.settled('SELECT * FROM reasons', 2)).flat()).toEqual([
      'the record is a message "shop.Order", not "shop.Other.Inner"',
      'malformed Protobuf: its indexes lead to no message of the schema',
    ])
  })

  it('takes any message that has its declared columns', async () => {
    const id = world.registry.add('orders-value', V1, 'PROTOBUF')
    await world.run(`CREATE STREAM orders (order_id BIGINT, region STRING) WITH (format = 'protobuf');
      CREATE MATERIALIZED VIEW seen AS SELECT * FROM orders;`)
    const [inner] = encode(V1, 'shop.Other.Inner', { order_id: 7 })
    const [first] = encode(V1, 'shop.Order', order(1))
    await world.produce('orders', sent(id, Buffer.from([4, 2, 0]), inner), sent(id, FIRST, first))
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [7, null],
      [1, 'eu'],
    ])
  })

  it('goes by the numbers of its own schema while the writers change theirs', async () => {
    const first = world.registry.add('orders-value', V1, 'PROTOBUF')
    const second = world.registry.add('orders-value', V2, 'PROTOBUF')
    await world.run(`CREATE STREAM orders WITH (format = 'protobuf');
      CREATE MATERIALIZED VIEW seen AS SELECT order_id, area, weight FROM orders;
      CREATE STREAM before WITH (format = 'protobuf', topic = 'orders', 'schema.id' = ${first});
      CREATE MATERIALIZED VIEW seen_before AS SELECT order_id, region, lines FROM before;
      CREATE STREAM declared (order_id BIGINT, region STRING, area STRING) WITH (format = 'protobuf', topic = 'orders');
      CREATE MATERIALIZED VIEW seen_by_name AS SELECT * FROM declared;`)
    const [old] = encode(V1, 'shop.Order', order(1, { lines: [{ sku: 'a' }] }))
    const [young] = encode(V2, 'shop.Order', { order_id: 2, area: 'us', weight: 0.5 })
    await world.produce('orders', sent(first, FIRST, old), sent(second, FIRST, young))
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [1, 'eu', 0],
      [2, 'us', 0.5],
    ])
    expect(await world.settled('SELECT * FROM seen_before', 2)).toEqual([
      [1, 'eu', [['a', 0]]],
      [2, 'us', []],
    ])
    expect(await world.settled('SELECT * FROM seen_by_name', 2)).toEqual([
      [1, 'eu', null],
      [2, null, 'us'],
    ])
  })

  it('reads schemas that import others', async () => {
    world.registry.add(
      'money',
      'syntax = "proto3"; package shop; message Money { int64 units = 1; string of = 2; }',
      'PROTOBUF',
    )
    const text = `syntax = "proto3"; package shop; import "money.proto"; message Bill { Money total = 1; }`
    const id = world.registry.add('bills-value', text, 'PROTOBUF', [
      { name: 'money.proto', subject: 'money', version: 1 },
    ])
    await world.run(`CREATE STREAM bills WITH (format = 'protobuf');
      CREATE MATERIALIZED VIEW seen AS SELECT total.units AS units, total.of AS of FROM bills;`)
    await world.produce('bills', sent(id, FIRST, Buffer.from([10, 7, 8, 5, 18, 3, 69, 85, 82])))
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[5, 'EUR']])
  })

  it('has the schema of the statement without a registry', async () => {
    await world.run(`CREATE STREAM orders FORMAT PLAIN ENCODE PROTOBUF (schema = '${V1}', message = 'Order');
      CREATE MATERIALIZED VIEW seen AS SELECT order_id, region FROM orders;`)
    await world.produce('orders', ...encode(V1, 'shop.Order', order(5)))
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[5, 'eu']])
    expect(world.registry.requests).toEqual([])
  })

  it('says what is wrong with a schema', async () => {
    const create = (schema: string, more = '') =>
      world.run(`CREATE STREAM s (a INT) FORMAT PLAIN ENCODE PROTOBUF (schema = '${schema}'${more})`)
    await expect(create('message {')).rejects.toThrow(/^the schema is not valid: illegal type name/)
    await expect(create('syntax = "proto3";')).rejects.toThrow('the schema is not valid: it has no message')
    await expect(create('edition = "2023"; message M { int32 a = 1; }')).rejects.toThrow('editions are not supported')
    await expect(create('message M { optional N a = 1; }')).rejects.toThrow('there is no type "N"')
    await expect(create('syntax = "proto3"; message M { bool a = 1; }')).rejects.toThrow(
      'the schema: field "a": expected INT, found BOOLEAN',
    )
    await expect(create('syntax = "proto3"; message M { int32 a = 1; }', `, message = 'N'`)).rejects.toThrow(
      'it has no message "N"',
    )
  })
})

describe('writing Protobuf', () => {
  it('registers a schema that others read', async () => {
    await world.run(`CREATE STREAM facts (id BIGINT NOT NULL, region STRING, amount DECIMAL(8, 2), ts TIMESTAMP, tags ARRAY<STRING>,
        sizes MAP<STRING, INT>) WITH (format = 'protobuf');
      INSERT INTO facts (id, region, amount, ts, tags) VALUES
        (9007199254740993, 'eu', 12.50, TIMESTAMP '2026-01-15 12:00:00.25', ARRAY['a', 'b']), (2, NULL, NULL, NULL, NULL);`)
    const stored = world.registry.latest('facts-value')
    expect(stored?.schema).toBe(`syntax = "proto3";

import "google/protobuf/timestamp.proto";

message Facts {
  int64 id = 1;
  optional string region = 2;
  optional string amount = 3;
  optional google.protobuf.Timestamp ts = 4;
  repeated string tags = 5;
  map<string, int32> sizes = 6;
}
`)
    const records = (await world.records('facts')).map(({ value }) => unframed(value))
    expect(records.map(({ id, bytes }) => [id, bytes[0]])).toEqual([
      [stored?.id, 0],
      [stored?.id, 0],
    ])
    const { root } = protobuf.parse(stored?.schema ?? '', new protobuf.Root(), { keepCase: true })
    root.addJSON(protobuf.common.get('google/protobuf/timestamp.proto')?.nested ?? {})
    const type = root.lookupType('Facts')
    expect(records.map(({ bytes }) => type.toObject(type.decode(bytes.subarray(1)), { longs: String }))).toEqual([
      {
        id: '9007199254740993',
        region: 'eu',
        amount: '12.50',
        ts: { seconds: String(Date.UTC(2026, 0, 15, 12) / 1_000), nanos: 250_000_000 },
        tags: ['a', 'b'],
      },
      { id: '2' },
    ])
    await world.run(`CREATE STREAM again (id BIGINT, amount DECIMAL(8, 2), ts TIMESTAMP, tags ARRAY<STRING>, sizes MAP<STRING, INT>)
        WITH (format = 'protobuf', topic = 'facts');
      CREATE MATERIALIZED VIEW same AS SELECT * FROM again;`)
    expect(await world.settled('SELECT * FROM same', 2)).toEqual([
      [9007199254740993n, 1250, Date.UTC(2026, 0, 15, 12, 0, 0, 250), ['a', 'b'], []],
      [2, null, null, [], []],
    ])
  })

  it('writes the message that is named, and says where it is in the file', async () => {
    const id = world.registry.add('inners-value', V1, 'PROTOBUF')
    await world.run(
      `CREATE STREAM inners WITH (format = 'protobuf', message = 'shop.Other.Inner'); INSERT INTO inners VALUES (7);`,
    )
    const [record] = await world.records('inners')
    expect(unframed(record?.value ?? null)).toEqual({ id, bytes: Buffer.from([4, 2, 0, 8, 7]) })
  })

  it('writes upserts by key', async () => {
    await world.run(`CREATE TABLE stock (sku STRING PRIMARY KEY, count INT) WITH (format = 'protobuf');
      INSERT INTO stock VALUES ('a', 1), ('b', 2), ('a', 3);
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM stock;`)
    expect(await world.settled('SELECT * FROM copy ORDER BY sku LIMIT 9', 2)).toEqual([
      ['a', 3],
      ['b', 2],
    ])
    await world.produce('stock', { key: 'a', value: null })
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([['b', 2]])
  })

  it('says which column or value has no equal', async () => {
    const create = (columns: string) =>
      world.run(`CREATE STREAM s (${columns}) WITH (format = 'protobuf'); INSERT INTO s VALUES (NULL)`)
    await expect(create('a ARRAY<ARRAY<INT>>')).rejects.toThrow('an array of arrays or maps has no equal in Protobuf')
    await world.run('DROP STREAM s')
    await expect(create('a MAP<DOUBLE, INT>')).rejects.toThrow('MAP<DOUBLE, INT> has no equal in Protobuf')
    await world.run('DROP STREAM s')
    await expect(create('"a b" INT')).rejects.toThrow('"a b" is no name in Protobuf')
  })
})
