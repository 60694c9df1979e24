import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import type { Storage } from '../adapters/storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { CHANGE_KIND_NAMES } from '../core/batch.ts'
import { writeJsonObject } from '../core/format-value.ts'
import type { ResultStream, StatementResult } from './api.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime
let storage: Storage

beforeEach(async () => {
  storage = openMemoryStorage()
  runtime = await WeirRuntime.open({
    storage,
    formats: formatRegistry(),
    clock: new SystemClock(),
  })
})

afterEach(async () => {
  await runtime.close()
})

async function execute(sql: string): Promise<StatementResult[]> {
  const results: StatementResult[] = []
  for await (const result of runtime.execute(sql)) results.push(result)
  return results
}

/** Changes as lines, until there are `count` of them or the stream ends. */
/** All rows, or those up to the one that says that it is enough. */
async function take(
  stream: ResultStream,
  enough: (lines: readonly string[]) => boolean = () => false,
): Promise<string[]> {
  const lines: string[] = []
  for await (const event of stream) {
    if (event.kind !== 'rows') continue
    event.rows.forEach((row, i) => {
      const kind = CHANGE_KIND_NAMES[event.changes[i] ?? 0]
      lines.push(`${kind} ${writeJsonObject(stream.schema.fields, row)}`)
    })
    if (enough(lines)) break
  }
  return lines
}

const ORDERS = `CREATE STREAM orders (id BIGINT, region STRING, amount DECIMAL(12,2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts EMIT ON EVENT);`

describe('queries of readers', () => {
  it('are as many as may be; one that ends or is left makes room', async () => {
    const limited = await WeirRuntime.open({
      storage: openMemoryStorage(),
      formats: formatRegistry(),
      clock: new SystemClock(),
      limits: { transientQueriesMax: 2 },
    })
    const endless = `CREATE STREAM numbers (n BIGINT) WITH (connector = 'datagen')`
    for await (const _ of limited.execute(endless));
    const open = () => limited.query('SELECT n FROM numbers')
    const [first, second] = [await open(), await open()]
    await expect(open()).rejects.toThrow('2 queries of readers run; at most 2')
    await expect(limited.query('SELECT nothing FROM numbers')).rejects.toThrow('at most 2')
    await first.close()
    // What can't be planned takes no place.
    await expect(limited.query('SELECT nothing FROM numbers')).rejects.toThrow('has no column')
    const third = await open()
    await expect(open()).rejects.toThrow('at most 2')
    for await (const _ of third) break
    await (await open()).close()
    await second.close()
    await limited.close()
  })
})

describe('a materialized view without a key', () => {
  it('gives its rows to a subscriber and to a pull query', async () => {
    await execute(`${ORDERS}
      CREATE MATERIALIZED VIEW large AS SELECT id, amount FROM orders WHERE amount > 10;
      INSERT INTO orders VALUES (1, 'eu', 5.00, '2026-01-01 00:00:00'), (2, 'eu', 12.50, '2026-01-01 00:00:01'),
        (3, 'us', 99.99, '2026-01-01 00:00:02');`)
    const subscription = await runtime.subscribe('large')
    expect(await take(subscription, (lines) => lines.length >= 2)).toEqual([
      '+I {"id":2,"amount":12.50}',
      '+I {"id":3,"amount":99.99}',
    ])
    const pull = await runtime.query('SELECT id FROM large WHERE amount > 50')
    expect(pull.continuous).toBe(false)
    expect(await take(pull)).toEqual(['+I {"id":3}'])
  })
})

describe('statements', () => {
  it('that name something unknown say what was meant', async () => {
    await execute(ORDERS)
    await expect(execute('SELECT * FROM ordres EMIT CHANGES')).rejects.toMatchObject({
      code: 'INVALID_SQL',
      hint: 'Did you mean "orders"?',
    })
    await expect(runtime.describe('ordres')).rejects.toThrow('there is no stream, table, view or query "ordres"')
  })

  it('explain, show and describe', async () => {
    await execute(ORDERS)
    const [shown] = await execute('SHOW STREAMS')
    expect(shown).toMatchObject({ kind: 'table', rows: [['orders', expect.stringContaining('amount DECIMAL(12, 2)')]] })
    const [described] = await execute('DESCRIBE orders')
    expect(described).toMatchObject({ kind: 'table' })
    const [explained] = await execute('EXPLAIN SELECT id FROM orders WHERE amount > 1 EMIT CHANGES')
    expect(explained).toMatchObject({ kind: 'text', text: expect.stringContaining('scan') })
  })

  it('with parameters can be looked at before their values are there', async () => {
    await execute(ORDERS)
    const sql = 'SELECT id FROM orders WHERE region = $1 EMIT CHANGES'
    expect(await runtime.validate(`${sql}; INSERT INTO orders (id, region) VALUES ($1, $2);`)).toEqual([])
    const [explained] = await execute(`EXPLAIN ${sql}`)
    expect(explained).toMatchObject({ kind: 'text', text: expect.stringContaining('region = $1') })
    await expect(execute(sql)).rejects.toThrow('parameter $1 has no value')
  })

  it('drop a stream only when nothing reads it', async () => {
    await execute(`${ORDERS} CREATE MATERIALIZED VIEW v AS SELECT id FROM orders;`)
    await expect(execute('DROP STREAM orders')).rejects.toMatchObject({ code: 'FAILED_PRECONDITION' })
    await execute('DROP MATERIALIZED VIEW v; DROP STREAM orders;')
    expect(await runtime.list('stream')).toEqual([])
    expect(await runtime.list('topic')).toEqual([])
  })
})

describe('results that follow the clock', () => {
  it('windows of processing time are committed although nothing arrives any more', async () => {
    await execute(`CREATE STREAM pings (host STRING);
      CREATE MATERIALIZED VIEW per_host AS SELECT host, COUNT(*) AS n FROM pings
        GROUP BY host, TUMBLE(PROCTIME(), INTERVAL '100' MILLISECOND) EMIT FINAL;`)
    const subscription = await runtime.subscribe('per_host')
    await execute(`INSERT INTO pings VALUES ('a')`)
    expect(await take(subscription, (lines) => lines.length >= 1)).toEqual(['+I {"host":"a","n":1}'])
  })

  it('EVERY bounds how often a view tells a change, also when the query keeps up', async () => {
    await execute(`CREATE STREAM pings (host STRING);
      CREATE MATERIALIZED VIEW counts AS SELECT host, COUNT(*) AS n FROM pings GROUP BY host
        EMIT CHANGES EVERY INTERVAL '300' MILLISECOND;`)
    const subscription = await runtime.subscribe('counts')
    const lines: string[] = []
    const reading = (async () => {
      for await (const event of subscription) {
        if (event.kind === 'rows') for (const row of event.rows) lines.push(String(row[1]))
        if (lines.at(-1) === '30') return
      }
    })()
    for (let i = 0; i < 30; i++) {
      await execute(`INSERT INTO pings VALUES ('a')`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await reading
    // 600 ms and a little: two or three changes and the first, not one for each commit of ten milliseconds.
    expect(lines.length).toBeLessThanOrEqual(6)
  })
})

describe('a push query with a filter on the key', () => {
  it('says nothing of the keys that it leaves out', async () => {
    await execute(`${ORDERS}
      CREATE MATERIALIZED VIEW per_region AS SELECT region, COUNT(*) AS n FROM orders GROUP BY region;`)
    const push = await runtime.query(`SELECT region, n FROM per_region WHERE region = 'eu' EMIT CHANGES`)
    // How many changes are told depends on what a commit holds.
    const changes = take(push, (lines) => lines.some((line) => line.includes('"n":2')))
    for (const region of ['us', 'eu', 'us', 'eu']) {
      await execute(`INSERT INTO orders VALUES (1, '${region}', 5.00, '2026-01-01 00:00:00')`)
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    const lines = await changes
    expect(lines.filter((line) => line.includes('"us"'))).toEqual([])
    expect(lines.at(-1)).toContain('"n":2')
  })
})

describe('INSERT … VALUES without a key', () => {
  it('spreads its rows over the partitions, so that none of them holds time back', async () => {
    await execute(`CREATE STREAM spread (id BIGINT) WITH (partitions = '3');
      INSERT INTO spread VALUES (1), (2), (3), (4);`)
    expect((await storage.log.topic('spread'))?.offsets.map(({ end }) => end)).toEqual([2, 1, 1])
  })
})
