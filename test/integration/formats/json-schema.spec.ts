import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { framed, RegistryWorld, unframed } from '../../harness/registry-world.ts'

let world: RegistryWorld
beforeEach(async () => {
  world = await RegistryWorld.open()
})
afterEach(() => world.close())

const ORDER = {
  $schema: 'http://json-schema.org/draft-07/schema#',
  title: 'Order',
  type: 'object',
  properties: {
    orderId: { type: 'integer' },
    region: { oneOf: [{ type: 'null' }, { type: 'string' }] },
    amount: { type: 'number' },
    placed: { type: 'string', format: 'date-time' },
  },
  required: ['orderId'],
}
const sent = (id: number, value: object) => framed(id, Buffer.from(JSON.stringify(value)))

describe('a stream of JSON with a schema in the registry', () => {
  it('has the columns of the schema, and passes over what names it', async () => {
    const id = world.registry.add('orders-value', ORDER, 'JSON')
    await world.run(`CREATE STREAM orders (WATERMARK FOR placed AS placed) WITH (format = 'json-registry', dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW seen AS SELECT "orderId", region, amount, placed FROM orders;
      CREATE MATERIALIZED VIEW reasons AS SELECT reason FROM bad;`)
    expect((await world.run('DESCRIBE orders')).map((row) => row.slice(0, 3))).toEqual([
      ['orderId', 'BIGINT', 'NOT NULL'],
      ['region', 'STRING', ''],
      ['amount', 'DOUBLE', ''],
      ['placed', 'TIMESTAMP', ''],
    ])
    const placed = '2026-01-15T12:00:00Z'
    await world.produce(
      'orders',
      sent(id, { orderId: 1, region: 'eu', amount: 1.5, placed, more: true }),
      // Without a schema it is not of this format, although it is JSON.
      Buffer.from(JSON.stringify({ orderId: 2, placed })),
      // One more field, and another schema: nothing has to be asked.
      sent(77, { orderId: 3, placed }),
    )
    const time = Date.parse(placed)
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [1, 'eu', 1.5, time],
      [3, null, null, time],
    ])
    expect(await world.settled('SELECT * FROM reasons', 1)).toEqual([['expected a schema id behind a byte 0x00']])
    expect(world.registry.requests).toEqual(['GET /subjects/orders-value/versions/latest'])
  })

  it('stays plain JSON where nothing speaks of a registry', async () => {
    await world.run(`CREATE STREAM plain (a INT) FORMAT PLAIN ENCODE JSON; INSERT INTO plain VALUES (1);`)
    expect((await world.records('plain'))[0]?.value).toEqual(Buffer.from('{"a":1}'))
    expect(world.registry.requests).toEqual([])
  })
})

describe('writing JSON with a schema', () => {
  it('registers what it writes', async () => {
    await world.run(`CREATE STREAM facts (id BIGINT NOT NULL, "Region" STRING, amount DECIMAL(8, 2), ts TIMESTAMP, tags ARRAY<STRING>)
        WITH (format = 'json_sr');
      INSERT INTO facts VALUES (1, 'eu', 12.50, TIMESTAMP '2026-01-15 12:00:00', ARRAY['a']), (2, NULL, NULL, NULL, NULL);`)
    const stored = world.registry.latest('facts-value')
    const optional = (schema: object) => ({ oneOf: [{ type: 'null' }, schema] })
    expect(JSON.parse(stored?.schema ?? '')).toEqual({
      $schema: 'http://json-schema.org/draft-07/schema#',
      title: 'facts',
      type: 'object',
      properties: {
        id: { type: 'integer', 'connect.type': 'int64' },
        Region: optional({ type: 'string' }),
        amount: optional({ type: 'number' }),
        ts: optional({ type: 'string', format: 'date-time' }),
        tags: optional({ type: 'array', items: optional({ type: 'string' }) }),
      },
      required: ['id'],
    })
    const [first] = (await world.records('facts')).map(({ value }) => unframed(value))
    expect([first?.id, String(first?.bytes)]).toEqual([
      stored?.id,
      '{"id":1,"Region":"eu","amount":12.50,"ts":"2026-01-15T12:00:00.000Z","tags":["a"]}',
    ])
    await world.run(`CREATE STREAM again WITH (format = 'json-schema', topic = 'facts');
      CREATE MATERIALIZED VIEW same AS SELECT * FROM again;`)
    expect(await world.settled('SELECT * FROM same', 2)).toEqual([
      [1, 'eu', 12.5, Date.UTC(2026, 0, 15, 12), ['a']],
      [2, null, null, null, null],
    ])
  })

  it('says which column a schema of somebody else has not', async () => {
    const id = world.registry.add('orders-value', ORDER, 'JSON')
    await world.run(`CREATE STREAM orders (extra INT) FORMAT PLAIN ENCODE JSON (schema.id = ${id})`)
    await expect(world.run('INSERT INTO orders VALUES (1)')).rejects.toThrow(
      `schema ${id}: it has no property for column "extra"`,
    )
  })

  it('upserts, and a key that names a schema of its own deletes', async () => {
    await world.run(`CREATE TABLE stock (sku STRING PRIMARY KEY, count INT) WITH (format = 'json-registry');
      INSERT INTO stock VALUES ('a', 1), ('b', 2), ('c', 3);
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM stock;`)
    await world.produce('stock', { key: 'a', value: null }, { key: sent(9, { sku: 'b' }), value: null })
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([['c', 3]])
  })

  it('follows a database in Debezium’s envelope', async () => {
    const row = {
      type: 'object',
      properties: { id: { type: 'integer' }, region: { type: 'string' } },
      required: ['id'],
    }
    const optional = { oneOf: [{ type: 'null' }, row] }
    const envelope = { type: 'object', properties: { before: optional, after: optional, op: { type: 'string' } } }
    const id = world.registry.add('orders-value', envelope, 'JSON')
    await world.run(`CREATE TABLE orders (PRIMARY KEY (id)) FORMAT DEBEZIUM ENCODE JSON (schema.registry = 'default');
      CREATE MATERIALIZED VIEW copy AS SELECT * FROM orders;`)
    const change = (op: string, before: object | null, after: object | null) => sent(id, { before, after, op })
    await world.produce(
      'orders',
      change('c', null, { id: 1, region: 'eu' }),
      change('c', null, { id: 2, region: 'us' }),
    )
    await world.produce('orders', change('d', { id: 1 }, null))
    expect(await world.settled('SELECT * FROM copy', 1)).toEqual([[2, 'us']])
  })
})
