import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import { WeirRuntime } from './weir-runtime.ts'

let storage: Storage
let runtime: WeirRuntime

const open = () => WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })

async function run(sql: string, session = new Map<string, string>()): Promise<string[]> {
  const texts: string[] = []
  for await (const result of runtime.execute(sql, { session })) {
    if (result.kind === 'done') texts.push(result.message)
    if (result.kind === 'text') texts.push(result.text)
    if (result.kind === 'rows') await result.results.close()
  }
  return texts
}

async function rowsOf(sql: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const event of await runtime.query(sql)) if (event.kind === 'rows') rows.push(...event.rows)
  return rows
}

const until = (sql: string, expected: readonly Row[]) =>
  expect.poll(() => rowsOf(sql), { timeout: 5_000 }).toEqual(expected)

const TOTALS = 'SELECT region, n FROM totals ORDER BY region'
const COUNT = 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region'

beforeEach(async () => {
  storage = openMemoryStorage()
  runtime = await open()
  await run(`CREATE STREAM orders (region STRING, amount INT);
    CREATE MATERIALIZED VIEW totals WITH ('checkpoint.interval' = '50 ms') AS ${COUNT};
    INSERT INTO orders VALUES ('eu', 1), ('us', 2), ('eu', 3);`)
  await until(TOTALS, [
    ['eu', 2],
    ['us', 1],
  ])
})

afterEach(async () => {
  await runtime.close()
})

describe('ALTER … AS', () => {
  it('goes on with its state and its options, after a restart too', async () => {
    const changed = `ALTER MATERIALIZED VIEW totals AS ${COUNT} EMIT CHANGES EVERY INTERVAL '20' MILLISECOND`
    // Those of today's session are not its own.
    const session = new Map([['processing.guarantee', 'at-most-once']])
    expect(await run(`${changed};`, session)).toEqual(['query "totals" altered; its state is kept'])
    await run("INSERT INTO orders VALUES ('eu', 4);")
    await until(TOTALS, [
      ['eu', 3],
      ['us', 1],
    ])
    const { sql } = await runtime.describe('totals')
    expect(sql).toContain('EVERY')
    expect(sql).toContain("checkpoint.interval = '50 ms'")
    expect((await run('EXPLAIN QUERY totals;'))[0]).toContain('exactly-once, checkpoint every 50 ms')
    await runtime.close()
    runtime = await open()
    await run("INSERT INTO orders VALUES ('us', 5);")
    await until(TOTALS, [
      ['eu', 3],
      ['us', 2],
    ])
  })

  it('is refused with the reason where the state is another, and the query runs on', async () => {
    const changed = `ALTER QUERY totals AS ${COUNT.replace('GROUP', 'WHERE amount > 1 GROUP')}`
    const reason = 'step group-aggregate-1 has another filter: (amount > 1) instead of none'
    expect((await run(`EXPLAIN ${changed};`))[0]).toContain(`"totals": ALTER would be refused: ${reason}`)
    const refused = await run(`${changed};`).catch((error: unknown) => error)
    expect(refused).toMatchObject({
      code: 'INVALID_SQL',
      message: `query "totals" can't go on with its state: ${reason}`,
      diagnostics: [{ span: { start: 'ALTER QUERY totals AS '.length } }],
    })
    await run("INSERT INTO orders VALUES ('eu', 1);")
    await until(TOTALS, [
      ['eu', 3],
      ['us', 1],
    ])
  })

  it('EXPLAIN shows both plans and does nothing', async () => {
    const [text] = await run(`EXPLAIN ALTER QUERY totals AS ${COUNT} EMIT CHANGES EVERY INTERVAL '20' MILLISECOND;`)
    expect(text).toContain('"totals": its state is kept\n== runs ==\n')
    expect(text).toContain('== would run ==\n')
    expect((await runtime.describe('totals')).sql).not.toContain('EVERY')
  })

  it('changes what a sink or an INSERT writes from then on', async () => {
    await run(`CREATE SINK copy AS SELECT amount FROM orders WITH (topic = 'copies') FORMAT PLAIN ENCODE JSON;
      CREATE STREAM copies (amount INT) WITH (topic = 'copies');
      CREATE STREAM doubled (amount INT);
      INSERT INTO doubled SELECT amount * 2 AS amount FROM orders;`)
    await run(`ALTER SINK copy AS SELECT amount * 10 AS amount FROM orders;
      ALTER QUERY insert_doubled_1 AS SELECT amount * 3 AS amount FROM orders;
      INSERT INTO orders VALUES ('eu', 4);`)
    const read = async (stream: string) => {
      const session = new Map([['scan.startup.mode', 'earliest']])
      const rows: Row[] = []
      for await (const event of await runtime.query(`SELECT * FROM ${stream} LIMIT 4`, { session })) {
        if (event.kind === 'rows') rows.push(...event.rows)
      }
      return rows.flat()
    }
    expect(await read('copies')).toEqual([1, 2, 3, 40])
    expect(await read('doubled')).toEqual([2, 4, 6, 12])
  })

  it('stays paused where it was', async () => {
    await run(`PAUSE QUERY totals;
      ALTER QUERY totals AS ${COUNT} EMIT CHANGES EVERY INTERVAL '20' MILLISECOND;
      INSERT INTO orders VALUES ('eu', 4);`)
    expect((await runtime.stats('totals')).state).toBe('paused')
    await run('RESUME QUERY totals;')
    await until(TOTALS, [
      ['eu', 3],
      ['us', 1],
    ])
  })

  it.each([
    ['ALTER SINK totals AS SELECT region FROM orders', '"totals" is a materialized view, and no sink'],
    ['ALTER QUERY nothing AS SELECT region FROM orders', 'nothing'],
    ['ALTER QUERY orders AS SELECT region FROM orders', '"orders" is not a query'],
    ['ALTER QUERY totals AS SELECT region, n FROM totals', 'would read itself'],
    ['ALTER QUERY totals AS SELECT regoin FROM orders', 'regoin'],
  ])('%s says what is wrong', async (sql, message) => {
    await expect(run(sql)).rejects.toThrow(message)
  })
})

describe('ALTER … SET', () => {
  it('changes these options and no other', async () => {
    await run("ALTER QUERY totals SET ('processing.guarantee' = 'at-least-once');")
    expect((await run('EXPLAIN QUERY totals;'))[0]).toContain('at-least-once, checkpoint every 50 ms')
    await run("ALTER QUERY totals SET ('checkpoint.interval' = '70 ms'); INSERT INTO orders VALUES ('us', 5);")
    expect((await run('EXPLAIN QUERY totals;'))[0]).toContain('at-least-once, checkpoint every 70 ms')
    await until(TOTALS, [
      ['eu', 2],
      ['us', 2],
    ])
  })

  it('of an INSERT takes what a session can set', async () => {
    await run('CREATE STREAM doubled (amount INT); INSERT INTO doubled SELECT amount * 2 AS amount FROM orders;')
    await run("ALTER QUERY insert_doubled_1 SET ('checkpoint.interval' = '70 ms');")
    expect((await run('EXPLAIN QUERY insert_doubled_1;'))[0]).toContain('checkpoint every 70 ms')
    const wrong = run("ALTER QUERY insert_doubled_1 SET (topic = 'x');")
    await expect(wrong).rejects.toThrow('an INSERT has no option "topic"')
  })

  it.each([
    ["ALTER QUERY totals SET ('checkpoint.interval' = 'soon')", 'is a duration'],
    ["ALTER QUERY totals SET ('chekpoint.interval' = '1 s')", 'chekpoint.interval'],
    ["ALTER QUERY totals SET ('state.ttl' = '1 day')", 'has another time to live: 86400000 ms instead of no ms'],
  ])('%s says what is wrong', async (sql, message) => {
    await expect(run(sql)).rejects.toThrow(message)
    expect((await run('EXPLAIN QUERY totals;'))[0]).toContain('exactly-once, checkpoint every 50 ms')
  })
})
