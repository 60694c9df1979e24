import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { PostgresServer, postgresMissing } from '../../../scripts/cdc/postgres-server.ts'
import { SinkWorld } from '../../harness/stores/sink-world.ts'

const missing = await postgresMissing()
const SOON = { timeout: 20_000 }

describe.skipIf(missing !== null)(`rows that go into PostgreSQL${missing === null ? '' : ` (${missing})`}`, () => {
  let server: PostgresServer
  let world: SinkWorld

  beforeAll(async () => {
    server = await PostgresServer.start()
  })
  afterAll(() => server[Symbol.asyncDispose]())
  beforeEach(async () => {
    world = await SinkWorld.open()
    // A test that failed may have left it down.
    await sql('SELECT 1').catch(() => server.restart())
    await sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
    return () => world[Symbol.asyncDispose]()
  })

  async function sql<T extends object>(text: string): Promise<T[]> {
    const client = new pg.Client({ connectionString: server.url })
    await client.connect()
    try {
      const result = await client.query<T>(text)
      return result.rows
    } finally {
      await client.end()
    }
  }

  const options = (more = '') => `connector = 'postgres', url = '${server.url}'${more}`

  it('has the newest row of each key, and none that was taken back', async () => {
    await sql('CREATE TABLE totals (region text PRIMARY KEY, orders bigint, total numeric(12, 2))')
    await world.run(`
      CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING, amount DECIMAL(8, 2)) FORMAT UPSERT ENCODE JSON;
      CREATE SINK totals AS SELECT region, COUNT(*) AS orders, SUM(amount) AS total FROM orders GROUP BY region
        HAVING COUNT(*) > 0 WITH (${options()});
      INSERT INTO orders VALUES (1, 'eu', 3.00), (2, 'us', 4.50), (3, 'eu', 6.00);`)
    await expect
      .poll(() => sql('SELECT * FROM totals ORDER BY region'), SOON)
      .toEqual([
        { region: 'eu', orders: '2', total: '9.00' },
        { region: 'us', orders: '1', total: '4.50' },
      ])
    await world.run(`INSERT INTO orders VALUES (2, 'eu', 1.25)`)
    await expect.poll(() => sql('SELECT * FROM totals'), SOON).toEqual([{ region: 'eu', orders: '3', total: '10.25' }])
  })

  it('makes a table of its columns, and writes values of all types as what they are', async () => {
    await world.run(`
      CREATE STREAM facts (id BIGINT NOT NULL, flag BOOLEAN, small INT, ratio DOUBLE, price DECIMAL(20, 4), name STRING,
        data BYTES, day DATE, at TIME, ts TIMESTAMP, doc JSON, tags ARRAY<STRING>, parts MAP<STRING, INT>,
        place STRUCT<city STRING, zip INT>) FORMAT PLAIN ENCODE JSON;
      CREATE SINK facts_out FROM facts WITH (${options(`, 'table' = 'public.facts', key = 'id', 'create.table' = true`)});`)
    await world.storage.log.append('facts', 0, [FACT, '{"id":1}'].map(record))
    await expect.poll(() => sql('SELECT id FROM facts'), SOON).toHaveLength(2)
    const texts = `id::text, flag, small, ratio, price::text, name, encode(data, 'hex') AS data, day::text, at::text,
      ts AT TIME ZONE 'UTC' = '2026-01-15 12:00:00.25' AS ts, doc, tags, parts, place`
    expect(await sql(`SELECT ${texts} FROM facts ORDER BY id DESC`)).toEqual([
      {
        id: '9007199254740993',
        flag: true,
        small: -5,
        ratio: 0.1,
        price: '1234567890123456.7891',
        name: 'it\'s "x", \\ {a}',
        data: '00ff',
        day: '2026-01-15',
        at: '12:34:56',
        ts: true,
        doc: { a: [1, null] },
        tags: ['a', 'b,"c'],
        parts: { k: 1 },
        place: { city: 'Ulm', zip: 89073 },
      },
      expect.objectContaining({ id: '1', name: null, tags: null, data: null }),
    ])
    const types = await sql<{ type: string }>(
      `SELECT format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'facts'::regclass AND attnum > 0`,
    )
    expect(types.map(({ type }) => type).join(', ')).toBe(
      'bigint, boolean, integer, double precision, numeric(20,4), text, bytea, date, time without time zone, ' +
        'timestamp with time zone, jsonb, jsonb, jsonb, jsonb',
    )
  })

  it('keeps a group whose key is NULL apart, and takes it back', async () => {
    await world.run(`
      CREATE TABLE orders (id BIGINT PRIMARY KEY, region STRING) FORMAT UPSERT ENCODE JSON;
      CREATE SINK totals AS SELECT region, COUNT(*) AS orders FROM orders GROUP BY region
        WITH (${options(`, 'create.table' = true`)});
      INSERT INTO orders VALUES (1, NULL), (2, NULL), (3, 'eu');`)
    await expect
      .poll(() => sql('SELECT region, orders FROM totals ORDER BY region'), SOON)
      .toEqual([
        { region: 'eu', orders: '1' },
        { region: null, orders: '2' },
      ])
    await world.run(`INSERT INTO orders VALUES (1, 'eu'), (2, 'eu')`)
    await expect.poll(() => sql('SELECT region, orders FROM totals'), SOON).toEqual([{ region: 'eu', orders: '3' }])
  })

  it('writes each row once, while the database and the runtime are stopped and started again and again', async () => {
    await sql(`CREATE TABLE copies (id bigint NOT NULL, k bigint)`)
    await sql(`CREATE TABLE counts (k bigint PRIMARY KEY, n bigint)`)
    // The count of a key grows with every change of its row: applied twice, a pair of both would be here twice.
    await sql(`CREATE TABLE audit (k bigint, n bigint);
      CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO audit VALUES (NEW.k, NEW.n); RETURN NEW; END $$;
      CREATE TRIGGER audit AFTER INSERT OR UPDATE ON counts FOR EACH ROW EXECUTE FUNCTION audit();`)
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL, k BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options()});
      CREATE SINK counts AS SELECT k, COUNT(*) AS n FROM events GROUP BY k WITH (${options()});`)
    const rounds = 12
    const perRound = 500
    for (let round = 0; round < rounds; round++) {
      const rows = Array.from({ length: perRound }, (_, i) => `(${round * perRound + i}, ${i % KEYS})`)
      for (let from = 0; from < perRound; from += 50) {
        await world.run(`INSERT INTO events VALUES ${rows.slice(from, from + 50).join(', ')}`)
        await pause(3)
      }
      if (round % 3 === 0) await server.kill()
      if (round % 4 === 1) await world.restart()
      if (round % 3 === 0) {
        await pause(150 * (round % 2))
        await server.restart()
      }
    }
    const total = rounds * perRound
    await expect
      .poll(() => sql('SELECT COUNT(*)::int AS n, COUNT(DISTINCT id)::int AS ids FROM copies').catch(() => []), SOON)
      .toEqual([{ n: total, ids: total }])
    await expect
      .poll(() => sql('SELECT SUM(n)::int AS n, COUNT(*)::int AS keys FROM counts').catch(() => []), SOON)
      .toEqual([{ n: total, keys: KEYS }])
    expect(await sql('SELECT k, n, COUNT(*) FROM audit GROUP BY k, n HAVING COUNT(*) > 1')).toEqual([])
    // It did fail: else nothing has been shown.
    expect(world.failures.length).toBeGreaterThan(0)
  }, 120_000)

  it('says what it waits for while the database is down, holds up no one, and goes on by itself', async () => {
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options(`, 'create.table' = true`)});
      INSERT INTO events VALUES (1);`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(1)
    await server.kill()
    await world.run('INSERT INTO events VALUES (2), (3)')
    await expect
      .poll(() => world.property('copies', 'error'), SOON)
      .toMatch(/^waiting for postgres at 127.0.0.1:\d+: connection refused \(attempt \d+\)$/)
    expect(await world.property('copies', 'rows out')).toBe('3')
    expect(await world.property('copies', 'state')).toBe('running')
    expect(Number(await world.property('copies', 'to deliver (records)'))).toBeGreaterThan(0)
    expect((await world.runtime.analyze('copies')).text).toMatch(/^error: waiting for postgres at .* refused/m)
    await server.restart()
    await expect.poll(() => sql('SELECT * FROM copies').catch(() => []), SOON).toHaveLength(3)
    await expect.poll(() => world.property('copies', 'to deliver (records)'), SOON).toBe('0')
    expect(await world.property('copies', 'error')).toBeUndefined()
  })

  it('begins again where the database was set back to', async () => {
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL, n INT) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options(`, key = 'id', 'create.table' = true`)});
      INSERT INTO events VALUES (1, 1), (2, 1);`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(2)
    await sql('DELETE FROM copies; DELETE FROM weir_positions')
    await world.run('INSERT INTO events VALUES (1, 2), (3, 1)')
    await expect
      .poll(() => sql('SELECT * FROM copies ORDER BY id'), SOON)
      .toEqual([
        { id: '1', n: 2 },
        { id: '2', n: 1 },
        { id: '3', n: 1 },
      ])
  })

  it('does not move where someone else has written behind its back', async () => {
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options(`, 'create.table' = true`)});
      INSERT INTO events VALUES (1);`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(1)
    // Another process that delivers the same rows has come further by one.
    await sql(`UPDATE weir_positions SET epoch = epoch + 5, checkpoint = jsonb_set(
      jsonb_set(checkpoint, '{inputs,scan-outbox,0}', to_jsonb((checkpoint #>> '{inputs,scan-outbox,0}')::int + 1)),
      '{epoch}', to_jsonb(epoch + 5))`)
    await world.run('INSERT INTO events VALUES (2)')
    await world.run('INSERT INTO events VALUES (3)')
    await expect.poll(() => sql('SELECT id FROM copies ORDER BY id'), SOON).toEqual([{ id: '1' }, { id: '3' }])
  })

  it('stops at a row that the table refuses, and goes on with it when the table is mended', async () => {
    await sql('CREATE TABLE copies (id bigint CHECK (id < 10))')
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options()});
      INSERT INTO events VALUES (1);`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(1)
    await world.run('INSERT INTO events VALUES (10)')
    await expect.poll(() => world.property('copies', 'state'), SOON).toBe('failed')
    expect(await world.property('copies', 'error')).toMatch(/^postgres at .*: new row .* violates check constraint/)
    await sql('ALTER TABLE copies DROP CONSTRAINT copies_id_check')
    await world.run('RESUME QUERY copies')
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(2)
    expect(await world.property('copies', 'state')).toBe('running')
  })

  describe('a sink whose table does not fit is refused, and leaves nothing behind:', () => {
    const refused = async (statement: string, message: RegExp, hint: RegExp) => {
      await world.run('CREATE STREAM events (id BIGINT NOT NULL, name STRING, day DATE) FORMAT PLAIN ENCODE JSON')
      await expect(world.run(statement)).rejects.toMatchObject({
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      })
      expect(await world.run('SHOW SINKS')).toEqual([])
      expect((await world.storage.log.topics()).filter(({ name }) => name.includes('outbox'))).toEqual([])
    }

    it('it is not there', () =>
      refused(
        `CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)})`,
        /table "copies" does not exist$/,
        /CREATE TABLE IF NOT EXISTS "copies" \("id" bigint NOT NULL, "name" text, "day" date, PRIMARY KEY \("id"\)\)$/,
      ))

    it('columns are missing, have another type, or need a value', async () => {
      await sql('CREATE TABLE copies (id bigint PRIMARY KEY, day boolean, more int NOT NULL)')
      await refused(
        `CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)})`,
        /there is no column "name" for STRING; column "day" is boolean, .* DATE; column "more" is NOT NULL/,
        /^It would fit as: CREATE TABLE/,
      )
    })

    it('nothing says that a key is there once', async () => {
      await sql('CREATE TABLE copies (id bigint, name text, day date); CREATE INDEX ON copies (id)')
      await refused(
        `CREATE SINK copies FROM events WITH (${options(`, key = 'id'`)})`,
        /it has no primary key or unique index of \(id\)$/,
        /PRIMARY KEY \("id"\)/,
      )
    })

    it('nobody is there', async () => {
      const url = 'postgresql://127.0.0.1:1/none'
      await refused(
        `CREATE SINK copies FROM events WITH (connector = 'postgres', url = '${url}')`,
        /^postgres at 127.0.0.1:1: connection refused$/,
        /Is it running/,
      )
    })
  })

  it('ends with its query, when all has been delivered', async () => {
    await world.run(`
      SET 'scan.bounded.mode' = 'latest-offset';
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      INSERT INTO events VALUES (1), (2);
      CREATE SINK copies FROM events WITH (${options(`, 'create.table' = true`)});`)
    await expect.poll(() => world.property('copies', 'state'), SOON).toBe('finished')
    expect(await sql('SELECT * FROM copies')).toHaveLength(2)
  })

  it('fails where the database was down for longer than rows are kept, and begins anew with RESET QUERY', async () => {
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      CREATE SINK copies FROM events WITH (${options(`, key = 'id', 'create.table' = true, 'retention.ms' = '1 h'`)});
      INSERT INTO events VALUES (1);`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(1)
    await server.kill()
    await world.run('INSERT INTO events VALUES (2), (3)')
    await expect.poll(() => world.property('copies', 'error'), SOON).toMatch(/^waiting for postgres/)
    await world.storage.log.enforceRetention(Date.now() + 2 * 3_600_000)
    await server.restart()
    await expect.poll(() => world.property('copies', 'state'), SOON).toBe('failed')
    expect(await world.property('copies', 'error')).toMatch(/outbox/)
    await world.run('RESET QUERY copies TO EARLIEST')
    await expect.poll(() => sql('SELECT * FROM copies ORDER BY id'), SOON).toHaveLength(3)
    expect(await world.property('copies', 'state')).toBe('running')
  })

  it('writes its input again after RESET QUERY', async () => {
    await world.run(`
      CREATE STREAM events (id BIGINT NOT NULL) FORMAT PLAIN ENCODE JSON;
      INSERT INTO events VALUES (1), (2);
      CREATE SINK copies FROM events WITH (${options(`, key = 'id', 'create.table' = true`)});`)
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(2)
    await sql('DELETE FROM copies')
    await world.run('RESET QUERY copies TO EARLIEST')
    await expect.poll(() => sql('SELECT * FROM copies'), SOON).toHaveLength(2)
  })
})

const KEYS = 7

const FACT = `{"id":9007199254740993,"flag":true,"small":-5,"ratio":0.1,"price":1234567890123456.7891,
  "name":"it's \\"x\\", \\\\ {a}","data":"AP8=","day":"2026-01-15","at":"12:34:56","ts":"2026-01-15T12:00:00.250Z",
  "doc":{"a":[1,null]},"tags":["a","b,\\"c"],"parts":{"k":1},"place":{"city":"Ulm","zip":89073}}`

const record = (text: string) => ({ key: null, value: Buffer.from(text), timestamp: 0 })

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
