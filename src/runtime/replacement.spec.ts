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

/** Messages and texts of a script, and the rows of its queries. */
async function run(sql: string): Promise<{ readonly texts: string[]; readonly rows: Row[] }> {
  const texts: string[] = []
  const rows: Row[] = []
  for await (const result of runtime.execute(sql)) {
    if (result.kind === 'done') texts.push(result.message)
    if (result.kind === 'text') texts.push(result.text)
    if (result.kind !== 'rows') continue
    for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
  }
  return { texts, rows }
}

async function until(sql: string, expected: readonly Row[]): Promise<void> {
  await expect.poll(async () => (await run(sql)).rows, { timeout: 5000 }).toEqual(expected)
}

const VIEW = 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region'
const TOTALS = 'SELECT region, n FROM totals ORDER BY region'

beforeEach(async () => {
  await run(`CREATE STREAM orders (region STRING, amount INT);
    CREATE MATERIALIZED VIEW totals AS ${VIEW};
    INSERT INTO orders VALUES ('eu', 1), ('us', 2), ('eu', 3);`)
  await until(TOTALS, [
    ['eu', 2],
    ['us', 1],
  ])
})

describe('CREATE OR REPLACE MATERIALIZED VIEW that only tells rows otherwise', () => {
  const replace = `CREATE OR REPLACE MATERIALIZED VIEW totals WITH ('checkpoint.interval' = '200 ms') AS ${VIEW}
    EMIT CHANGES EVERY INTERVAL '50' MILLISECOND`

  it('goes on with its state, its log and its readers', async () => {
    await run('CREATE MATERIALIZED VIEW large AS SELECT region, n FROM totals WHERE n > 2;')
    const subscription = await runtime.subscribe('totals')
    const seen: Row[] = []
    const reading = (async () => {
      for await (const event of subscription) {
        if (event.kind === 'rows') seen.push(...event.rows)
        if (seen.some(([, n]) => n === 3)) return
      }
    })()
    await expect.poll(() => seen.length).toBe(2)
    const topics = (await runtime.list('topic')).map(({ name }) => name)
    const { texts } = await run(`EXPLAIN REPLACE ${replace}; ${replace};`)
    expect(texts[0]).toContain('"totals": its state is kept\n== runs ==\n')
    expect(texts[0]).toContain('checkpoint every 200 ms')
    expect(texts[1]).toBe('materialized view "totals" replaced; its state is kept')
    await run("INSERT INTO orders VALUES ('eu', 4);")
    await until(TOTALS, [
      ['eu', 3],
      ['us', 1],
    ])
    await until('SELECT * FROM large', [['eu', 3]])
    await reading
    expect(seen).toHaveLength(3)
    expect((await runtime.list('topic')).map(({ name }) => name)).toEqual(topics)
  })

  it('still does so after a restart', async () => {
    await run(`${replace};`)
    await runtime.close()
    runtime = await open()
    await run("INSERT INTO orders VALUES ('us', 4);")
    await until(TOTALS, [
      ['eu', 2],
      ['us', 2],
    ])
    expect((await runtime.describe('totals')).sql).toContain('EVERY')
  })

  it('gets a new stream of late rows, and may not lose one', async () => {
    await run(`CREATE STREAM s (k STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts EMIT ON EVENT);`)
    const view = "SELECT k, window_end, COUNT(*) AS n FROM s GROUP BY k, TUMBLE(ts, INTERVAL '1' MINUTE)"
    await run(`CREATE MATERIALIZED VIEW w AS ${view};`)
    const added = await run(`CREATE OR REPLACE MATERIALIZED VIEW w AS ${view} LATE ROWS INTO w_late;`)
    expect(added.texts).toEqual(['materialized view "w" replaced; its state is kept'])
    await run(
      "INSERT INTO s VALUES ('a', '2026-01-01 00:00:00'), ('a', '2026-01-01 00:02:00'), ('a', '2026-01-01 00:00:01');",
    )
    const late = await run("SET 'scan.startup.mode' = 'earliest'; SELECT k FROM w_late LIMIT 1;")
    expect(late.rows).toEqual([['a']])
    const { texts } = await run(`EXPLAIN REPLACE CREATE OR REPLACE MATERIALIZED VIEW w AS ${view};`)
    expect(texts[0]).toContain('"w": it starts anew: its stream of late rows "w_late" would go')
  })
})

describe('CREATE OR REPLACE MATERIALIZED VIEW that computes other rows', () => {
  const replace = `CREATE OR REPLACE MATERIALIZED VIEW totals AS ${VIEW.replace('GROUP', 'WHERE amount > 1 GROUP')}`

  it('says why, and starts anew from its input', async () => {
    const { texts } = await run(`EXPLAIN REPLACE ${replace}; ${replace};`)
    const reason = 'it starts anew: step group-aggregate-1 has another filter: (amount > 1) instead of none'
    expect(texts[0]).toContain(`"totals": ${reason}`)
    expect(texts[1]).toBe(`materialized view "totals" replaced; ${reason}`)
    await until(TOTALS, [
      ['eu', 1],
      ['us', 1],
    ])
  })

  it('replaces nothing while others read it', async () => {
    await run('CREATE MATERIALIZED VIEW large AS SELECT region, n FROM totals WHERE n > 2;')
    await expect(run(`${replace};`)).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    await until(TOTALS, [
      ['eu', 2],
      ['us', 1],
    ])
  })
})

it('a sink that is replaced does not write again what it has written', async () => {
  await run("CREATE SINK copy AS SELECT amount FROM orders WITH (topic = 'copies') FORMAT PLAIN ENCODE JSON;")
  await run("CREATE STREAM copies (amount INT) WITH (topic = 'copies');")
  const copies = 'SELECT * FROM copies LIMIT 4'
  const { texts } = await run(`CREATE OR REPLACE SINK copy AS SELECT amount * 10 AS amount FROM orders
    WITH (topic = 'copies') FORMAT PLAIN ENCODE JSON;`)
  expect(texts).toEqual(['sink "copy" replaced; its state is kept'])
  await run("INSERT INTO orders VALUES ('eu', 4);")
  expect((await run(`SET 'scan.startup.mode' = 'earliest'; ${copies};`)).rows).toEqual([[1], [2], [3], [40]])
})

it('EXPLAIN REPLACE of what is not there shows what would run', async () => {
  const { texts } = await run(`EXPLAIN REPLACE CREATE OR REPLACE MATERIALIZED VIEW other AS ${VIEW};`)
  expect(texts[0]).toContain('"other" would be new')
})
