import avro from 'avsc'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { framed, RegistryWorld, unframed } from '../../harness/registry-world.ts'

let world: RegistryWorld
beforeEach(async () => {
  world = await RegistryWorld.open()
})
afterEach(() => world.close())

const V1 = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [
    { name: 'orderId', type: 'long' },
    { name: 'region', type: ['null', 'string'], default: null },
    { name: 'amount', type: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 2 } },
    { name: 'placed', type: { type: 'long', logicalType: 'timestamp-millis' } },
    { name: 'state', type: { type: 'enum', name: 'State', symbols: ['OPEN', 'PAID'] } },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'address', type: { type: 'record', name: 'Address', fields: [{ name: 'city', type: 'string' }] } },
  ],
} as const
const V2 = {
  ...V1,
  fields: [
    ...V1.fields.filter(({ name }) => name !== 'tags' && name !== 'region'),
    { name: 'area', aliases: ['region'], type: ['null', 'string'], default: null },
    { name: 'currency', type: 'string', default: 'EUR' },
  ],
}
const PLACED = Date.UTC(2026, 0, 15, 12)

const REASONS = 'SELECT * FROM reasons'

function order(orderId: number, more: object = {}): object {
  const address = { city: 'Graz' }
  return {
    orderId,
    region: 'eu',
    amount: Buffer.from([4, 226]),
    placed: PLACED,
    state: 'PAID',
    tags: ['a'],
    address,
    ...more,
  }
}

/** Records by avsc, which is another's. */
function encode(id: number, schema: object, ...values: readonly object[]): Buffer[] {
  const type = avro.Type.forSchema(schema as never)
  return values.map((value) => framed(id, type.toBuffer(value)))
}

describe('a stream of Avro without columns', () => {
  it('has those of the latest schema of its topic, for ever', async () => {
    const id = world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders WITH (format = 'avro')`)
    world.registry.add('orders-value', V2)
    expect(await world.run('DESCRIBE orders')).toEqual([
      ['orderid', 'BIGINT', 'NOT NULL', ''],
      ['region', 'STRING', '', ''],
      ['amount', 'DECIMAL(12, 2)', 'NOT NULL', ''],
      ['placed', 'TIMESTAMP', 'NOT NULL', ''],
      ['state', 'STRING', 'NOT NULL', ''],
      ['tags', 'ARRAY<STRING>', 'NOT NULL', ''],
      ['address', 'STRUCT<city STRING>', 'NOT NULL', ''],
    ])
    const { sql } = await world.runtime.describe('orders')
    expect(sql).toMatch(
      /^CREATE STREAM orders \(orderid BIGINT NOT NULL, region STRING, .* WITH \(format = 'avro', schema\.id = '1'\)$/,
    )
    await world.produce('orders', ...encode(id, V1, order(1), order(2, { region: null })))
    expect(
      await world.run(
        `SET 'scan.startup.mode' = 'earliest'; SET 'scan.bounded.mode' = 'latest-offset'; SELECT orderid, region, amount, placed, state, tags, address.city FROM orders`,
      ),
    ).toEqual([
      [1, 'eu', 1250, PLACED, 'PAID', ['a'], 'Graz'],
      [2, null, 1250, PLACED, 'PAID', ['a'], 'Graz'],
    ])
  })

  it('can be made again from what it says of itself', async () => {
    world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders (WATERMARK FOR placed AS placed) WITH (format = 'avro', partitions = 2)`)
    const before = world.runtime.catalog.relation('orders')
    await world.run('DROP STREAM orders')
    await world.run(before?.sql ?? '')
    expect(world.runtime.catalog.relation('orders')).toEqual(before)
  })

  it('takes a watermark, computed columns and metadata beside them, and a key in a table', async () => {
    world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders (
        sent TIMESTAMP METADATA FROM 'timestamp', cents AS amount * 100, WATERMARK FOR placed AS placed
      ) WITH (format = 'avro')`)
    expect(world.runtime.catalog.relation('orders')?.schema).toMatchObject({ timeColumn: 3 })
    await world.run(`CREATE TABLE newest (PRIMARY KEY (orderid)) WITH (format = 'avro', topic = 'orders')`)
    expect(world.runtime.catalog.relation('newest')?.schema).toMatchObject({ key: [0], mode: 'upsert' })
  })

  it('says what is missing', async () => {
    await expect(world.run(`CREATE STREAM orders WITH (format = 'avro')`)).rejects.toThrow(
      'the schema registry has no schema for subject "orders-value"',
    )
    await expect(world.run('CREATE STREAM orders WITH (partitions = 1)')).rejects.toThrow(
      'stream "orders" has no columns',
    )
    world.registry.add('orders-value', 'syntax = "proto3";', 'PROTOBUF')
    await expect(world.run(`CREATE STREAM orders WITH (format = 'avro')`)).rejects.toThrow('is PROTOBUF, not AVRO')
    const [diagnostic] = await world.runtime.validate(`CREATE STREAM x WITH (format = 'avro'); SELECT 1`)
    expect(diagnostic?.message).toBe('the schema registry has no schema for subject "x-value"')
  })

  it('is known to the statements after it when a script is checked', async () => {
    world.registry.add('orders-value', V1)
    const script = `CREATE STREAM orders WITH (format = 'avro'); SELECT orderid FROM orders; SELECT nope FROM orders;`
    expect((await world.runtime.validate(script)).map(({ message }) => message)).toEqual([
      expect.stringContaining('"nope"'),
    ])
    expect(world.runtime.catalog.relation('orders')).toBeUndefined()
  })
})

describe('a query of Avro while its schema changes', () => {
  const COUNTED = `CREATE MATERIALIZED VIEW seen AS SELECT orderid, area, currency FROM orders;`

  it('reads both with the schema that it was made with: defaults, aliases, fields left out', async () => {
    const first = world.registry.add('orders-value', V1)
    const second = world.registry.add('orders-value', V2)
    await world.run(`CREATE STREAM orders WITH (format = 'avro'); ${COUNTED}`)
    await world.produce('orders', ...encode(first, V1, order(1)))
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[1, 'eu', 'EUR']])
    await world.produce('orders', ...encode(second, V2, order(2, { area: 'us', currency: 'USD' })))
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [1, 'eu', 'EUR'],
      [2, 'us', 'USD'],
    ])
  })

  it('goes by the names of declared columns, and a column that the writer did not know is NULL', async () => {
    const first = world.registry.add('orders-value', V1)
    const second = world.registry.add('orders-value', V2)
    await world.run(
      `CREATE STREAM orders (orderid DOUBLE, area STRING, currency STRING) WITH (format = 'avro'); ${COUNTED}`,
    )
    await world.produce(
      'orders',
      ...encode(first, V1, order(1)),
      ...encode(second, V2, order(2, { area: 'us', currency: 'USD' })),
    )
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([
      [1, null, null],
      [2, 'us', 'USD'],
    ])
  })

  it('rejects the records of a schema that has lost a column, and goes on', async () => {
    const first = world.registry.add('orders-value', V1)
    const third = world.registry.add('orders-value', { ...V1, fields: V1.fields.slice(1) })
    await world.run(`CREATE STREAM orders WITH (format = 'avro', 'schema.id' = ${first}, dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW reasons AS SELECT reason FROM bad;
      CREATE MATERIALIZED VIEW seen AS SELECT orderid FROM orders;`)
    await world.produce(
      'orders',
      ...encode(third, { ...V1, fields: V1.fields.slice(1) }, order(1)),
      ...encode(first, V1, order(2)),
    )
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[2]])
    expect(await world.settled(REASONS, 1)).toEqual([
      [`schema ${third}: field "orderid" is missing, and the reader's schema has no default for it`],
    ])
  })

  it('waits for a registry that is down, and loses nothing', async () => {
    const first = world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders (orderid BIGINT) WITH (format = 'avro');
      CREATE MATERIALIZED VIEW seen AS SELECT orderid FROM orders;`)
    await world.registry.stopListening()
    await world.produce('orders', ...encode(first, V1, order(1), order(2)))
    await expect
      .poll(async () => (await world.runtime.stats('seen')).error, { timeout: 10_000 })
      .toMatch(/^schema registry .*ECONNREFUSED/)
    expect((await world.runtime.stats('seen')).state).toBe('running')
    await world.registry.listen()
    expect(await world.settled('SELECT * FROM seen', 2)).toEqual([[1], [2]])
  })

  it('does not hold up a DROP while it waits', async () => {
    const first = world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders (orderid BIGINT) WITH (format = 'avro');
      CREATE MATERIALIZED VIEW seen AS SELECT orderid FROM orders;`)
    world.registry.fault = () => {}
    await world.produce('orders', ...encode(first, V1, order(1)))
    await expect.poll(() => world.registry.requests.length).toBeGreaterThan(0)
    const startMs = performance.now()
    await world.run('DROP MATERIALIZED VIEW seen')
    expect(performance.now() - startMs).toBeLessThan(1_000)
  })

  it('rejects what names no schema, or one that does not exist, or is cut', async () => {
    const first = world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders (orderid BIGINT) WITH (format = 'avro', dead_letter_topic = 'bad');
      CREATE MATERIALIZED VIEW reasons AS SELECT reason FROM bad;
      CREATE MATERIALIZED VIEW seen AS SELECT orderid FROM orders;`)
    const [good] = encode(first, V1, order(1)) as [Buffer]
    await world.produce(
      'orders',
      Buffer.from('{"a":1}'),
      Buffer.from([0]),
      framed(99, good),
      good.subarray(0, 12),
      good,
    )
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[1]])
    expect((await world.settled(REASONS, 4)).flat()).toEqual([
      'expected a schema id behind a byte 0x00, found 0x7b',
      'expected a schema id, found 1 bytes',
      'the schema registry has no schema 99',
      'field "amount": malformed Avro: a length of 2 in 1 bytes',
    ])
  })
})

describe('writing Avro', () => {
  const COLUMNS = '(id BIGINT NOT NULL, region STRING, amount DECIMAL(8, 2), ts TIMESTAMP)'
  const VALUES = `(9007199254740993, 'eu', 12.50, TIMESTAMP '2026-01-15 12:00:00.25'), (2, NULL, NULL, NULL)`

  it('registers a schema that others read', async () => {
    await world.run(`CREATE STREAM facts ${COLUMNS} WITH (format = 'avro'); INSERT INTO facts VALUES ${VALUES};`)
    const stored = world.registry.latest('facts-value')
    const type = avro.Type.forSchema(JSON.parse(stored?.schema ?? ''))
    const [first, second] = (await world.records('facts')).map(({ value }) => unframed(value))
    expect([first?.id, second?.id]).toEqual([stored?.id, stored?.id])
    expect(type.fromBuffer(second?.bytes as Buffer)).toEqual({ id: 2, region: null, amount: null, ts: null })
    expect(() => type.fromBuffer(first?.bytes as Buffer)).toThrow(/precision loss/)
    expect(JSON.parse(stored?.schema ?? '')).toEqual({
      type: 'record',
      name: 'facts',
      fields: [
        { name: 'id', type: 'long' },
        { name: 'region', type: ['null', 'string'], default: null },
        {
          name: 'amount',
          type: ['null', { type: 'bytes', logicalType: 'decimal', precision: 8, scale: 2 }],
          default: null,
        },
        { name: 'ts', type: ['null', { type: 'long', logicalType: 'timestamp-micros' }], default: null },
      ],
    })
    await world.run(`CREATE STREAM again WITH (format = 'avro', topic = 'facts');
      CREATE MATERIALIZED VIEW same AS SELECT id, region, amount, ts FROM again;`)
    expect(await world.settled('SELECT * FROM same', 2)).toEqual([
      [9007199254740993n, 'eu', 1250, Date.UTC(2026, 0, 15, 12, 0, 0, 250)],
      [2, null, null, null],
    ])
  })

  it('writes with the schema of a stream that has it from the registry', async () => {
    const id = world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders WITH (format = 'avro');
      CREATE STREAM input (id BIGINT, tag STRING, address STRUCT<city STRING>, ts TIMESTAMP);
      INSERT INTO orders SELECT id, 'eu', 1.00, ts, 'OPEN', ARRAY[tag], address FROM input;`)
    await world.produce('input', Buffer.from('{"id":7,"tag":"x","address":{"city":"Graz"},"ts":0}'))
    await expect.poll(async () => (await world.records('orders')).length).toBe(1)
    const [record] = await world.records('orders')
    expect(unframed(record?.value ?? null).id).toBe(id)
    const read = avro.Type.forSchema(V1 as never).fromBuffer(unframed(record?.value ?? null).bytes)
    expect(read).toMatchObject({ orderId: 7, state: 'OPEN', tags: ['x'], address: { city: 'Graz' } })
  })

  it('a sink writes upserts by key, and a tombstone where a row goes', async () => {
    await world.run(`CREATE STREAM facts ${COLUMNS};
      CREATE SINK totals AS SELECT region, SUM(amount) AS total FROM facts GROUP BY region HAVING SUM(amount) < 15
      WITH (topic = 'totals') FORMAT UPSERT ENCODE AVRO;
      INSERT INTO facts VALUES (1, 'eu', 12.50, NULL);`)
    await expect.poll(async () => (await world.records('totals')).length).toBe(1)
    await world.run(`INSERT INTO facts VALUES (1, 'eu', 12.50, NULL);`)
    await expect.poll(async () => (await world.records('totals')).length).toBe(2)
    const records = await world.records('totals')
    expect(records.map(({ key, value }) => [String(key), value === null])).toEqual([
      ['eu', false],
      ['eu', true],
    ])
    await world.run(
      `CREATE TABLE t (region STRING PRIMARY KEY, total DECIMAL(38, 2)) WITH (topic = 'totals', format = 'avro')`,
    )
    expect(await world.run('SELECT * FROM t')).toEqual([])
  })

  it('is refused by a subject that does not take the schema, before anything runs', async () => {
    world.registry.setCompatibility('facts-value', 'BACKWARD')
    world.registry.add('facts-value', { type: 'record', name: 'facts', fields: [{ name: 'id', type: 'string' }] })
    await world.run(`CREATE STREAM input (id BIGINT)`)
    await expect(
      world.run(`CREATE SINK facts AS SELECT id FROM input WITH (topic = 'facts') FORMAT PLAIN ENCODE AVRO`),
    ).rejects.toThrow(/^subject "facts-value" does not take the schema: /)
    expect(await world.runtime.list('sink')).toEqual([])
  })

  it('says which column has no place in the schema, and which value has none', async () => {
    const schema = JSON.stringify({ type: 'record', name: 'R', fields: [{ name: 'id', type: 'int' }] })
    await world.run(`CREATE STREAM facts (id BIGINT, extra STRING) FORMAT PLAIN ENCODE AVRO (schema = '${schema}')`)
    await expect(world.run(`INSERT INTO facts VALUES (1, 'x')`)).rejects.toThrow(
      'the schema: it has no field for column "extra"',
    )
    await world.run(`CREATE STREAM ints (id BIGINT) FORMAT PLAIN ENCODE AVRO (schema = '${schema}')`)
    await expect(world.run('INSERT INTO ints VALUES (3000000000)')).rejects.toThrow(
      `a row can't be written as AVRO: INT overflow`,
    )
    await expect(world.run('INSERT INTO ints VALUES (NULL)')).rejects.toThrow(
      'column "id" is NULL, and the schema takes no null',
    )
  })
})

describe('Avro without a registry', () => {
  it('has the schema of the statement, and no id before the bytes', async () => {
    await world.run(`CREATE STREAM plain FORMAT PLAIN ENCODE AVRO (schema = '${JSON.stringify(V1)}');
      CREATE MATERIALIZED VIEW seen AS SELECT orderid, address.city AS city FROM plain;`)
    await world.produce('plain', avro.Type.forSchema(V1 as never).toBuffer(order(5)))
    expect(await world.settled('SELECT * FROM seen', 1)).toEqual([[5, 'Graz']])
    expect(world.registry.requests).toEqual([])
  })

  it('says what is wrong with a schema', async () => {
    const create = (schema: string) =>
      world.run(`CREATE STREAM s (a INT) FORMAT PLAIN ENCODE AVRO (schema = '${schema}')`)
    await expect(create('{"type":"record"}')).rejects.toThrow(
      'the schema is not valid: a record, enum or fixed has no name',
    )
    await expect(create('{')).rejects.toThrow('the schema is not valid: it is no JSON')
    await expect(create('{"type":"record","name":"R","fields":[{"name":"a","type":"boolean"}]}')).rejects.toThrow(
      'the schema: field "a": expected INT, found BOOLEAN',
    )
  })
})

describe('the registry of a stream', () => {
  it('may be its own, with a secret by reference that nothing shows', async () => {
    process.env['WEIR_SPEC_PASSWORD'] = 'canary'
    world.registry.add('orders-value', V1)
    await world.run(`CREATE STREAM orders WITH ('value.format' = 'avro-confluent', 'avro-confluent.url' = '${world.registry.url}',
      'schema.registry.user' = 'ann', 'schema.registry.password' = '\${env:WEIR_SPEC_PASSWORD}')`)
    expect(world.registry.authorizations).toEqual([`Basic ${Buffer.from('ann:canary').toString('base64')}`])
    expect(JSON.stringify(world.runtime.catalog.relation('orders'))).not.toContain('canary')
  })

  it('must be an address without secrets', async () => {
    const create = (option: string) => world.run(`CREATE STREAM s (a INT) WITH (format = 'avro', ${option})`)
    await expect(create(`'schema.registry' = 'http://ann:secret@host'`)).rejects.toThrow(/without user and password/)
    await expect(create(`'schema.registry' = 'ftp://host'`)).rejects.toThrow(/address of a schema registry/)
    await expect(create(`'schema.registry.password' = 'secret'`)).rejects.toThrow(/never the secret itself/)
  })
})
