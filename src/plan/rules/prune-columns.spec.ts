import { expect, test } from 'vitest'
import { bound } from '../../../test/golden/plan-world.ts'
import { explainLogical } from '../explain.ts'
import { pruneColumns } from './prune-columns.ts'

function pruned(sql: string): string {
  return explainLogical(pruneColumns.apply(bound(sql)))
}

test('a scan decodes what is read, and event time', () => {
  const sql = "SELECT user_id FROM orders WHERE region = 'eu';"
  expect(explainLogical(bound(sql))).toContain('scan orders(order_id, user_id, region, status, amount, ts)')
  expect(pruned(sql)).toBe(`project user_id
  filter region = 'eu'
    scan orders(user_id, region, ts)`)
})

test('what a computed column and the watermark are made of is decoded, computed columns come last', () => {
  expect(pruned('SELECT key FROM events;')).toBe(`project key
  scan events(ms, key, ts)`)
})

test('aggregates that nobody reads are not computed', () => {
  const sql = 'SELECT region, n FROM (SELECT region, COUNT(*) AS n, MAX(amount) AS m FROM orders GROUP BY region) x;'
  expect(pruned(sql)).toBe(`project region, n
  project region, count AS n
    group-aggregate by region
      · count(*)
      · emit changes
      · upsert rows, key (region)
      scan orders(region, ts)`)
})

test('a row number that nobody reads is not kept', () => {
  const sql =
    'SELECT order_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY region ORDER BY amount) AS rn FROM orders) x WHERE rn <= 2;'
  expect(explainLogical(bound(sql))).toContain('with row number')
  expect(pruned(sql)).not.toContain('with row number')
})

test('late rows keep all columns of their source', () => {
  const sql = `SELECT COUNT(*) AS n FROM orders GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE) LATE ROWS INTO late;`
  expect(pruned(sql)).toContain('scan orders(order_id, user_id, region, status, amount, ts)')
})

test('branches of a union keep their columns in one order', () => {
  const sql =
    'SELECT b FROM (SELECT order_id AS a, ts AS b FROM orders UNION ALL SELECT order_id, ts FROM dispatches) x;'
  expect(pruned(sql)).toBe(`project b
  union
    project ts AS b
      scan orders(ts)
    project ts
      scan dispatches(ts)`)
})

test('a plan that reads everything stays the same object', () => {
  const plan = bound('SELECT * FROM dispatches;')
  expect(pruneColumns.apply(plan)).toBe(plan)
})
