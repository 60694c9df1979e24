import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import { WeirRuntime } from './weir-runtime.ts'

let storage: Storage
let runtime: WeirRuntime

async function open(): Promise<WeirRuntime> {
  return WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
}

beforeEach(async () => {
  storage = openMemoryStorage()
  runtime = await open()
})

afterEach(async () => {
  await runtime.close()
})

async function run(sql: string): Promise<{ readonly texts: string[]; readonly rows: Row[] }> {
  const texts: string[] = []
  const rows: Row[] = []
  for await (const result of runtime.execute(sql)) {
    if (result.kind === 'done') texts.push(result.message)
    if (result.kind !== 'rows') continue
    for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
  }
  return { texts, rows }
}

async function until(sql: string, expected: readonly Row[]): Promise<void> {
  await expect.poll(async () => (await run(sql)).rows, { timeout: 5000 }).toEqual(expected)
}

async function ingest(timestampMs: number, ...values: readonly unknown[]): Promise<void> {
  const records = values.map((value) => ({ value: Buffer.from(JSON.stringify(value)), timestampMs }))
  await runtime.ingest({ stream: 'orders', records })
}

const TOTALS = 'SELECT region, n FROM totals ORDER BY region'
const topics = async () => (await storage.log.topicNames()).map((name) => name.replace(/\.\w+$/, '.#'))

beforeEach(async () => {
  await run(`CREATE STREAM orders (region STRING);
    CREATE MATERIALIZED VIEW totals AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region;`)
  await ingest(1_000, { region: 'eu' }, { region: 'us' })
  await ingest(2_000, { region: 'eu' })
  await until(TOTALS, [
    ['eu', 2],
    ['us', 1],
  ])
})

describe('RESET QUERY', () => {
  it.each<[string, string, readonly Row[]]>([
    [
      'EARLIEST',
      'query "totals" reads its input again from the beginning',
      [
        ['eu', 3],
        ['us', 1],
      ],
    ],
    ['LATEST', 'query "totals" reads its input again from its end', [['eu', 1]]],
    ["TIMESTAMP '1970-01-01 00:00:02'", 'query "totals" reads its input again from 1970-01-01 00:00:02', [['eu', 2]]],
  ])('TO %s drops the state and reads from there, once', async (place, message, expected) => {
    const before = await topics()
    const { texts } = await run(`RESET QUERY totals TO ${place};`)
    expect(texts).toEqual([message])
    await ingest(3_000, { region: 'eu' })
    await until(TOTALS, expected)
    expect(await topics()).toEqual(before)
  })

  it('holds after a restart, also the second time', async () => {
    await run('RESET QUERY totals TO LATEST; RESET QUERY totals TO LATEST;')
    await ingest(3_000, { region: 'asia' })
    await until(TOTALS, [['asia', 1]])
    await runtime.close()
    runtime = await open()
    await ingest(4_000, { region: 'asia' })
    await until(TOTALS, [['asia', 2]])
  })

  it('refuses the tokens of before, and tells readers that are there', async () => {
    const subscription = await runtime.subscribe('totals')
    let token = ''
    const reading = (async () => {
      for await (const event of subscription) token = event.resumeToken
    })()
    await expect.poll(() => token).not.toBe('')
    await run('RESET QUERY totals TO EARLIEST;')
    await expect(reading).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(runtime.subscribe('totals', { resumeToken: token })).rejects.toMatchObject({
      code: 'POSITION_EXPIRED',
      hint: 'The view was reset or created anew since: subscribe without a token.',
    })
    const again = await runtime.subscribe('totals')
    for await (const event of again) {
      if (event.kind === 'rows' && event.rows.length > 0) break
    }
  })

  it('leaves a paused query paused', async () => {
    const { texts } = await run('PAUSE QUERY totals; RESET QUERY totals TO EARLIEST;')
    expect(texts[1]).toBe('query "totals" is paused, and will read its input again from the beginning')
    expect((await runtime.stats('totals')).state).toBe('paused')
    await run('RESUME QUERY totals;')
    await until(TOTALS, [
      ['eu', 2],
      ['us', 1],
    ])
  })

  it('starts a finished query again, and empties its stream of late rows', async () => {
    await run(`CREATE STREAM s (k STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts EMIT ON EVENT)
        WITH ('scan.bounded.mode' = 'latest-offset');
      INSERT INTO s VALUES ('a', '2026-01-01 00:00:00'), ('a', '2026-01-01 00:02:00'), ('a', '2026-01-01 00:00:01');
      CREATE MATERIALIZED VIEW w AS SELECT k, window_end, COUNT(*) AS n FROM s
        GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE) LATE ROWS INTO w_late;`)
    const late =
      "SET 'scan.startup.mode' = 'earliest'; SET 'scan.bounded.mode' = 'latest-offset'; SELECT k FROM w_late;"
    const finished = () => expect.poll(async () => (await runtime.stats('w')).state).toBe('finished')
    await finished()
    expect((await run(late)).rows).toEqual([['a']])
    await run('RESET QUERY w TO EARLIEST;')
    await finished()
    expect((await run('SELECT n FROM w')).rows).toEqual([[1], [1]])
    expect((await run(late)).rows).toEqual([['a']])
  })

  it('has a sink and an INSERT write again what they read again', async () => {
    await run(`CREATE STREAM copies (region STRING);
      INSERT INTO copies SELECT region FROM orders WHERE region = 'us';
      CREATE MATERIALIZED VIEW copied AS SELECT region, COUNT(*) AS n FROM copies GROUP BY region;`)
    await until('SELECT * FROM copied', [['us', 1]])
    await run('RESET QUERY insert_copies_1 TO EARLIEST;')
    await until('SELECT * FROM copied', [['us', 2]])
  })

  it('is followed by a replacement that keeps the state of after', async () => {
    await run('RESET QUERY totals TO LATEST;')
    await ingest(3_000, { region: 'eu' })
    await until(TOTALS, [['eu', 1]])
    const { texts } = await run(`CREATE OR REPLACE MATERIALIZED VIEW totals AS
      SELECT region, COUNT(*) AS n FROM orders GROUP BY region EMIT CHANGES EVERY INTERVAL '50' MILLISECOND;`)
    expect(texts[0]).toContain('its state is kept')
    await ingest(4_000, { region: 'eu' })
    await until(TOTALS, [['eu', 2]])
  })
})

describe('RESET QUERY is refused', () => {
  it('while others read what the query gives', async () => {
    await run('CREATE MATERIALIZED VIEW large AS SELECT region, n FROM totals WHERE n > 1;')
    await expect(run('RESET QUERY totals TO EARLIEST;')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      message: '"totals" is read by "large", which could not take back its rows',
    })
    await until(TOTALS, [
      ['eu', 2],
      ['us', 1],
    ])
  })

  it('where the input has to be read from its beginning', async () => {
    await run(`CREATE TABLE names (k STRING PRIMARY KEY, name STRING);
      CREATE MATERIALIZED VIEW named AS SELECT k, name FROM names;
      CREATE STREAM ticks (id BIGINT) WITH (connector = 'datagen', 'number-of-rows' = 3);
      CREATE MATERIALIZED VIEW ticked AS SELECT COUNT(*) AS n FROM ticks;`)
    await expect(run('RESET QUERY named TO LATEST;')).rejects.toMatchObject({
      message: `query "named" can't be reset to LATEST: it reads "names", which without its first rows would be another table`,
      hint: 'RESET QUERY named TO EARLIEST reads all there is.',
    })
    await expect(run("RESET QUERY ticked TO TIMESTAMP '2026-01-01 00:00:00';")).rejects.toMatchObject({
      message:
        'query "ticked" can\'t be reset to a timestamp: it reads "ticks" from connector "datagen", which has no positions in time',
    })
    await run('RESET QUERY named TO EARLIEST; RESET QUERY ticked TO EARLIEST;')
    await until('SELECT * FROM ticked', [[3]])
  })

  it('for what is no query', async () => {
    await expect(run('RESET QUERY orders TO EARLIEST;')).rejects.toMatchObject({
      message: '"orders" is not a query',
    })
  })

  it('when the query can not start again: then it stays as it was', async () => {
    await storage.log.deleteTopic('orders')
    const before = await topics()
    await expect(run('RESET QUERY totals TO EARLIEST;')).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await topics()).toEqual(before)
    await until(TOTALS, [
      ['eu', 2],
      ['us', 1],
    ])
  })
})
