// What each statement asks the right for, on a real engine.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { AppError } from '../core/errors.ts'
import type { Access, StatementNeeds } from './access.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime

beforeAll(async () => {
  const storage = await openMemoryStorage()
  runtime = await WeirRuntime.open({ storage, formats: formatRegistry({}), clock: new SystemClock() })
  const script = `
    CREATE STREAM orders (id BIGINT, region STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts);
    CREATE STREAM other (id BIGINT);
    CREATE VIEW recent AS SELECT id FROM orders;
    CREATE MATERIALIZED VIEW counts AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region EMIT CHANGES;
    CREATE MATERIALIZED VIEW big AS SELECT region FROM counts WHERE n > 10;
    INSERT INTO other SELECT id FROM orders;`
  for await (const _ of runtime.execute(script));
})
afterAll(() => runtime.close())

class Recorder implements Access {
  readonly admitted: StatementNeeds[] = []
  readonly #refuse: boolean

  constructor(refuse: boolean) {
    this.#refuse = refuse
  }

  admit(statement: StatementNeeds): void {
    this.admitted.push(statement)
    if (this.#refuse) throw new AppError('PERMISSION_DENIED', 'no')
  }

  sees(): boolean {
    return false
  }
}

/** The needs of one statement, which is refused then. */
async function needs(sql: string): Promise<string> {
  const access = new Recorder(true)
  const run = async () => {
    for await (const _ of runtime.execute(sql, { access }));
  }
  await expect(run(), sql).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  const all = access.admitted.flatMap((one) => one.needs)
  return all
    .map(({ right, resource, name }) => `${right}:${resource === 'relation' ? '' : `${resource}:`}${name}`)
    .join(' ')
}

describe('the needs of', () => {
  it.each([
    ['SELECT * FROM orders EMIT CHANGES', 'read:orders'],
    ['SELECT * FROM recent EMIT CHANGES', 'read:recent'],
    ['SELECT * FROM counts c JOIN big b ON c.region = b.region EMIT CHANGES', 'read:counts read:big'],
    ['SELECT * FROM counts WHERE region IN (SELECT region FROM big)', 'read:counts read:big'],
    ['SELECT (SELECT MAX(n) FROM counts) AS m', 'read:counts'],
    ['WITH a AS (SELECT * FROM counts), b AS (SELECT * FROM a) SELECT * FROM b', 'read:counts'],
    ['WITH orders AS (SELECT * FROM counts) SELECT * FROM orders', 'read:orders read:counts'],
    [
      "SELECT COUNT(*) FROM TUMBLE(TABLE orders, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start",
      'read:orders',
    ],
    ['SELECT id FROM orders UNION ALL SELECT id FROM other', 'read:orders read:other'],
    ['CREATE STREAM s (id BIGINT)', 'manage:s'],
    ["CREATE STREAM s (id BIGINT) WITH (topic = 'orders')", 'manage:s manage:topic:orders'],
    [
      "CREATE STREAM s (id BIGINT) WITH (kafka_topic = 'orders', value_format = 'json')",
      'manage:s manage:topic:orders',
    ],
    ["CREATE STREAM s (id BIGINT) WITH ('topic-pattern' = 'o.*')", 'manage:s manage:topic:*'],
    ["CREATE STREAM s (id BIGINT) WITH (connector = 'file', path = '/etc/passwd')", 'manage:s manage:connector:file'],
    ["CREATE STREAM s (id BIGINT) WITH (connector = 'datagen')", 'manage:s'],
    [
      `CREATE TABLE s (id BIGINT PRIMARY KEY, n BIGINT) WITH (connector = 'postgres', kind = 'lookup',
        url = 'postgresql://u@db:5432/d', password = '\${env:DB}', 'table' = 't')`,
      'manage:s manage:connector:postgres read:secret:env:DB',
    ],
    ["CREATE STREAM s (id BIGINT) WITH (dead_letter_topic = 'dead')", 'manage:s manage:dead'],
    [
      `CREATE STREAM s (id BIGINT) WITH (connector = 'kafka', format = 'avro', 'schema.registry' = 'http://r',
        'schema.registry.user' = 'u', 'schema.registry.password' = '\${file:/run/key}')`,
      'manage:s manage:connector:schema-registry read:secret:file:/run/key',
    ],
    ['CREATE VIEW v AS SELECT * FROM orders', 'manage:v read:orders'],
    ['CREATE OR REPLACE MATERIALIZED VIEW counts AS SELECT * FROM big', 'manage:counts read:big'],
    ["CREATE SINK s FROM counts WITH (connector = 'print')", 'manage:s manage:connector:print read:counts'],
    [
      "CREATE SINK s AS SELECT * FROM orders WITH (connector = 'embedded', topic = 't')",
      'manage:s manage:topic:t read:orders',
    ],
    ["INSERT INTO orders VALUES (1, 'eu', TIMESTAMP '2026-01-01 00:00:00')", 'write:orders'],
    ['INSERT INTO other SELECT id FROM orders', 'write:other manage:insert_other_2 read:orders'],
    ['DROP STREAM other', 'manage:other'],
    ['DROP STREAM orders CASCADE', 'manage:orders manage:counts manage:insert_other_1 manage:big'],
    ['PAUSE QUERY counts', 'manage:counts'],
    ['TERMINATE ALL', 'manage:big manage:counts manage:insert_other_1'],
    [
      'ALTER MATERIALIZED VIEW counts AS SELECT region, COUNT(*) AS n FROM other GROUP BY region',
      'manage:counts read:other',
    ],
    ['RESET QUERY counts TO EARLIEST', 'manage:counts'],
    ['DESCRIBE orders', 'any:orders'],
    ['EXPLAIN SELECT * FROM orders', 'read:orders'],
    ['EXPLAIN CREATE MATERIALIZED VIEW v AS SELECT * FROM orders', 'manage:v read:orders'],
    ['EXPLAIN QUERY counts', 'read:counts'],
    ['EXPLAIN ANALYZE QUERY counts', 'read:counts'],
    ["PRINT 'orders'", 'read:topic:orders'],
    ['SHOW STREAMS', ''],
    ["SET 'scan.startup.mode' = 'earliest'", ''],
  ])('%s', async (sql, expected) => {
    expect((await needs(sql)).split(' ').sort()).toEqual(expected.split(' ').sort())
  })

  it('late rows are those of making their stream', async () => {
    const sql = `CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS n FROM orders
      GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE) LATE ROWS INTO v_late`
    expect(await needs(sql)).toBe('manage:v read:orders manage:v_late')
  })
})

describe('access', () => {
  it('is asked before a name is looked up, also where the text is only checked or is one SELECT', async () => {
    const refusing = () => new Recorder(true)
    const sql = 'SELECT nothing FROM nowhere'
    await expect(runtime.validate(sql, refusing())).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
    await expect(runtime.query(sql, { access: refusing() })).rejects.toMatchObject({ code: 'PERMISSION_DENIED' })
  })

  it('says which statements change something', async () => {
    const access = new Recorder(false)
    const script = 'CREATE STREAM made (id BIGINT); SHOW STREAMS; INSERT INTO made VALUES (1); DROP STREAM made'
    const rows: unknown[] = []
    for await (const result of runtime.execute(script, { access }))
      if (result.kind === 'table') rows.push(...result.rows)
    expect(access.admitted.map(({ statement, changes }) => [statement, changes])).toEqual([
      ['CREATE STREAM', true],
      ['SHOW', false],
      ['INSERT', true],
      ['DROP', true],
    ])
    expect(rows, 'a list shows what is seen').toEqual([])
  })
})
