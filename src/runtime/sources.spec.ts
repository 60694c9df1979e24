import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import { PARTITIONS_MAX } from '../core/limits.ts'
import type { Row } from '../core/value.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime
let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'weir-sources-'))
  runtime = await WeirRuntime.open({
    storage: openMemoryStorage(),
    formats: formatRegistry(),
    clock: new SystemClock(),
  })
})

afterEach(async () => {
  await runtime.close()
  rmSync(directory, { recursive: true })
})

/** All rows of the last statement, which ends by itself. */
async function rowsOf(sql: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const result of runtime.execute(sql)) {
    if (result.kind !== 'rows') continue
    for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
  }
  return rows
}

function file(name: string, text: string): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  return path
}

const COLUMNS = '(id BIGINT, region STRING, status STRING, amount DECIMAL(8,2), note STRING)'
const LINES = '1,eu,paid,10.50,a\n2,us,open,,b\n3,eu,-,7.25,"c,d"\n'

describe('a query of two of the five columns of a CSV file', () => {
  it('finds them by their place where there is no header', async () => {
    const path = file('orders.csv', LINES)
    const rows =
      await rowsOf(`CREATE STREAM orders ${COLUMNS} WITH (connector = 'file', path = '${path}', format = 'csv');
      SELECT note, amount FROM orders;`)
    expect(rows).toEqual([
      ['a', 1050],
      ['b', null],
      ['c,d', 725],
    ])
  })

  it('finds them by their name where there is a header, whatever their order there', async () => {
    const path = file('orders.csv', 'note;amount;extra;region;status;id\na;10.50;x;eu;paid;1\nb;-;y;us;-;2\n')
    const rows =
      await rowsOf(`CREATE STREAM orders ${COLUMNS} WITH (connector = 'file', path = '${path}', format = 'csv',
        'csv.header' = 'true', 'csv.delimiter' = ';', 'csv.null' = '-');
      SELECT status, amount FROM orders;`)
    expect(rows).toEqual([
      ['paid', 1050],
      [null, null],
    ])
  })

  it('takes the same options in ENCODE CSV', async () => {
    const path = file('orders.tsv', '1\teu\tpaid\t10.50\tNULL\n')
    const rows = await rowsOf(`CREATE STREAM orders ${COLUMNS} WITH (connector = 'file', path = '${path}')
        FORMAT PLAIN ENCODE CSV (delimiter = '\\t', "null" = 'NULL');
      SELECT id, note FROM orders;`)
    expect(rows).toEqual([[1, null]])
  })

  it('keeps the last row of a key in a table', async () => {
    const path = file('users.csv', '1,ann\n2,bob\n1,eve\n')
    const rows = await rowsOf(`CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING)
        WITH (connector = 'file', path = '${path}', format = 'csv');
      SELECT COUNT(*) FROM users WHERE name <> 'ann';`)
    expect(rows.at(-1)).toEqual([2])
  })
})

describe('datagen', () => {
  it('takes what its documentation says', async () => {
    const rows =
      await rowsOf(`CREATE STREAM g (id BIGINT, user_id STRING, region STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts)
        WITH (connector = 'datagen', 'number-of-rows' = '100', 'start-time' = '2026-01-01T00:00:00Z', partitions = 2,
          'fields.id.kind' = 'sequence', 'fields.user_id.kind' = 'string', 'fields.user_id.prefix' = 'u-',
          'fields.user_id.cardinality' = 3, 'fields.user_id.distribution' = 'zipf',
          'fields.region.values' = 'eu,us', 'fields.region.weights' = '0,1');
      SELECT user_id, region, ts FROM g WHERE id = 0;`)
    expect(rows).toEqual([[expect.stringMatching(/^u-[a-z]{8}$/), 'us', Date.UTC(2026, 0, 1)]])
  })

  it('is refused at once where its options do not fit together', async () => {
    await expect(
      rowsOf(`CREATE STREAM g (x STRING)
        WITH (connector = 'datagen', 'fields.x.values' = 'a,b', 'fields.x.weights' = '1');`),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(await runtime.list('stream')).toEqual([])
  })
})

it('partitions are bounded by the planner as by the log', async () => {
  const create = (partitions: number) => rowsOf(`CREATE STREAM p (x INT) WITH (partitions = ${partitions});`)
  await expect(create(PARTITIONS_MAX + 1)).rejects.toMatchObject({ code: 'INVALID_SQL' })
  await create(PARTITIONS_MAX)
})

describe('a query that begins at the end of its input', () => {
  it('misses nothing that comes while the server is down, although it has read nothing before', async () => {
    const storage = openMemoryStorage()
    const open = () => WeirRuntime.open({ storage, formats: formatRegistry(), clock: new SystemClock() })
    const insert = (id: number) =>
      storage.log.append('s', 0, [{ key: null, value: new TextEncoder().encode(`{"id":${id}}`), timestamp: 0 }])
    let server = await open()
    const run = async (sql: string) => {
      for await (const result of server.execute(sql)) if (result.kind === 'rows') await result.results.close()
    }
    await run(`CREATE STREAM s (id BIGINT) WITH ('scan.startup.mode' = 'latest');`)
    await insert(1)
    await run('CREATE MATERIALIZED VIEW ids AS SELECT id, COUNT(*) AS n FROM s GROUP BY id;')
    await server.close()
    await insert(2)
    server = await open()
    await expect.poll(async () => (await server.stats('ids')).rowsIn).toBe(1)
    await server.close()
  })
})
