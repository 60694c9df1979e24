import { afterEach, beforeEach, expect, it, test } from 'vitest'
import { formatRegistry } from '../adapters/formats/registry.ts'
import { openMemoryStorage } from '../adapters/memory/memory-storage.ts'
import { SystemClock } from '../adapters/system-clock.ts'
import type { Row } from '../core/value.ts'
import { WeirRuntime } from './weir-runtime.ts'

let runtime: WeirRuntime

beforeEach(async () => {
  runtime = await WeirRuntime.open({
    storage: openMemoryStorage(),
    formats: formatRegistry(),
    clock: new SystemClock(),
  })
})

afterEach(async () => {
  await runtime.close()
})

async function rowsOf(sql: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const result of runtime.execute(sql)) {
    if (result.kind !== 'rows') continue
    expect(result.results.continuous).toBe(false)
    for await (const event of result.results) if (event.kind === 'rows') rows.push(...event.rows)
  }
  return rows
}

test.each<[string, readonly Row[]]>([
  ['SELECT 1', [[1]]],
  ["SELECT 1 + 1 AS two, upper('a')", [[2, 'A']]],
  ['SELECT 1 WHERE FALSE', []],
  ['SELECT COUNT(*)', [[1]]],
  ['SELECT COUNT(*) WHERE FALSE', [[0]]],
  ['SELECT a FROM (SELECT 1 AS a UNION ALL SELECT 2) x ORDER BY a DESC', [[2], [1]]],
  ['WITH x AS (SELECT 7 AS n) SELECT n * 6 FROM x', [[42]]],
  ['SELECT 1 LIMIT 1', [[1]]],
])('%s', async (sql, rows) => {
  expect(await rowsOf(sql)).toEqual(rows)
})

it('can be written into a stream, once', async () => {
  await rowsOf('CREATE STREAM s (a INT); INSERT INTO s SELECT 5;')
  await expect.poll(async () => (await runtime.stats('insert_s_1')).state).toBe('finished')
  expect(
    await rowsOf("SET 'scan.startup.mode' = 'earliest'; SET 'scan.bounded.mode' = 'latest-offset'; SELECT * FROM s;"),
  ).toEqual([[5]])
})
