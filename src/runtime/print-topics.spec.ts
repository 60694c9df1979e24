import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import type { ResultStream } from './api.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime

async function open(transientQueriesMax = 200): Promise<WeirRuntime> {
  return WeirRuntime.open({
    storage: openMemoryStorage(),
    formats: formatRegistry(),
    clock: new SystemClock(),
    limits: { transientQueriesMax },
  })
}

beforeEach(async () => {
  runtime = await open()
  await run(`CREATE STREAM orders (id INT, region STRING) WITH (partitions = 2);
    CREATE STREAM moved (id INT) WITH (topic = 'shop.moved');
    CREATE STREAM ticks (id BIGINT) WITH (connector = 'datagen', 'number-of-rows' = 1);
    CREATE VIEW names AS SELECT region FROM orders;`)
})

afterEach(async () => {
  await runtime.close()
})

async function run(sql: string): Promise<void> {
  for await (const _ of runtime.execute(sql));
}

async function rowsOf(stream: ResultStream): Promise<Row[]> {
  const rows: Row[] = []
  for await (const event of stream) if (event.kind === 'rows') rows.push(...event.rows)
  return rows
}

const ingest = (...values: string[]) =>
  runtime.ingest({ stream: 'orders', records: values.map((value) => ({ value: Buffer.from(value) })) })

describe('PRINT', () => {
  it('shows what is there from the beginning, also what is no row, up to its LIMIT', async () => {
    await ingest('{"id":1}')
    await ingest('not JSON')
    await ingest('{"id":2}')
    const stream = await runtime.query('PRINT orders FROM BEGINNING LIMIT 3')
    expect(stream.schema.fields.map(({ name }) => name)).toEqual([
      'partition',
      'offset',
      'timestamp',
      'key',
      'value',
      'headers',
    ])
    const rows = await rowsOf(stream)
    expect(rows.map((row) => row[4]).sort()).toEqual(['not JSON', '{"id":1}', '{"id":2}'])
    expect(rows.map(([partition, offset]) => `${partition}/${offset}`).sort()).toEqual(['0/0', '0/1', '1/0'])
  })

  it('shows what comes from now on, as it comes', async () => {
    await ingest('before')
    const stream = await runtime.query('PRINT orders LIMIT 2')
    expect(stream.continuous).toBe(true)
    const reading = rowsOf(stream)
    await ingest('first')
    await ingest('second')
    expect((await reading).map((row) => row[4]).sort()).toEqual(['first', 'second'])
  })

  it('ends where the topic ends, in a session that reads streams so', async () => {
    await ingest('1', '2')
    const session = new Map([['scan.bounded.mode', 'latest-offset']])
    const stream = await runtime.query('PRINT orders FROM BEGINNING', { session })
    expect(stream.continuous).toBe(false)
    expect((await rowsOf(stream)).map((row) => row[4])).toEqual(['1', '2'])
  })

  it('shows nothing with LIMIT 0', async () => {
    await ingest('1')
    expect(await rowsOf(await runtime.query('PRINT orders FROM BEGINNING LIMIT 0'))).toEqual([])
  })

  it('ends when its reader closes it, when the call is cancelled, and with the process', async () => {
    const closed = await runtime.query('PRINT orders')
    const cancel = new AbortController()
    const cancelled = await runtime.query('PRINT orders', { signal: cancel.signal })
    const last = await runtime.query('PRINT orders')
    const ends = [closed, cancelled, last].map(rowsOf)
    await closed.close()
    cancel.abort()
    expect(await Promise.all(ends.slice(0, 2))).toEqual([[], []])
    await runtime.close()
    expect(await ends[2]).toEqual([])
  })

  it('may be asked for as often at once as a SELECT, and not more often', async () => {
    await runtime.close()
    runtime = await open(2)
    await run('CREATE STREAM orders (id INT)')
    const [first] = [await runtime.query('PRINT orders'), await runtime.query('PRINT orders')]
    await expect(runtime.query('PRINT orders')).rejects.toMatchObject({ code: 'RESOURCE_EXHAUSTED' })
    await first?.close()
    await (await runtime.query('PRINT orders')).close()
  })

  it.each(["'shop.moved'", 'moved', '"shop.moved"'])('finds a topic by its name or by its stream: %s', async (name) => {
    await run('INSERT INTO moved VALUES (7)')
    const rows = await rowsOf(await runtime.query(`PRINT ${name} FROM BEGINNING LIMIT 1`))
    expect(rows[0]?.[4]).toBe('{"id":7}')
  })

  it.each([
    ['PRINT odrers', 'there is no topic "odrers"', 'Did you mean "orders"?'],
    ["PRINT 'shop.mvoed'", 'there is no topic "shop.mvoed"', 'Did you mean "shop.moved"?'],
    ["PRINT 'no topic at all'", 'there is no topic "no topic at all"', 'There are: moved, orders, shop.moved.'],
    ['PRINT ticks', 'stream "ticks" has no topic to print', 'SELECT * FROM ticks shows its rows.'],
    ['PRINT names', 'view "names" has no topic to print', 'SELECT * FROM names shows its rows.'],
  ])('says what is wrong with %s', async (sql, message, hint) => {
    await expect(runtime.query(sql)).rejects.toMatchObject({
      code: 'INVALID_SQL',
      message,
      hint,
      diagnostics: [{ span: { start: 'PRINT '.length } }],
    })
  })
})
