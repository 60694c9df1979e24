import { expect, test } from 'vitest'
import { bound } from '../../../test/golden/plan-world.ts'
import { explainLogical } from '../explain.ts'
import { pushDownFilter } from './push-down-filter.ts'

function pushed(sql: string): string {
  return explainLogical(pushDownFilter.apply(bound(sql)))
}

test('a filter goes below a projection, under the names of its input', () => {
  const sql = "SELECT * FROM (SELECT region AS r, amount * 2 AS a FROM orders) x WHERE r = 'eu' AND a > 3;"
  expect(explainLogical(bound(sql))).toBe(`project r, a
  filter (r = 'eu') AND (a > 3.00)
    project region AS r, amount * 2 AS a
      scan orders(order_id, user_id, region, status, amount, ts)`)
  expect(pushed(sql)).toBe(`project r, a
  filter a > 3.00
    project region AS r, amount * 2 AS a
      filter region = 'eu'
        scan orders(order_id, user_id, region, status, amount, ts)`)
})

test('a filter goes into each branch of a union', () => {
  const sql =
    "SELECT * FROM (SELECT order_id FROM orders UNION ALL SELECT order_id FROM dispatches) x WHERE order_id = 'a';"
  expect(pushed(sql)).toBe(`project order_id
  union
    project order_id
      filter order_id = 'a'
        scan orders(order_id, user_id, region, status, amount, ts)
    project order_id
      filter order_id = 'a'
        scan dispatches(order_id, courier, ts)`)
})

test('below an aggregate go conditions on keys, not those on the window or on aggregates', () => {
  const sql = `SELECT * FROM (SELECT region, window_end, COUNT(*) AS n FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)) x
    WHERE region = 'eu' AND n > 1 AND window_end > TIMESTAMP '2026-01-01 00:00:00';`
  expect(pushed(sql)).toBe(`project region, window_end, n
  project region, window_end, count AS n
    filter (count > 1) AND (window_end > TIMESTAMP '2026-01-01 00:00:00')
      window-aggregate tumble 1 min by region
        · count(*)
        · emit on window close
        · append rows, key (region, window_start)
        filter region = 'eu'
          scan orders(order_id, user_id, region, status, amount, ts)`)
})

test('a global aggregate gives its row for no input, so that nothing goes below it', () => {
  const plan = pushed('SELECT COUNT(*) AS n FROM orders HAVING 1 > 2;')
  expect(plan).toBe(explainLogical(bound('SELECT COUNT(*) AS n FROM orders HAVING 1 > 2;')))
})

test('a condition that looks at the clock stays where it is', () => {
  const sql = 'SELECT * FROM (SELECT ts AS at FROM orders) x WHERE at < now();'
  expect(pushed(sql)).toBe(explainLogical(bound(sql)))
})

test('a filter stays above a limit, a TOP-N and a deduplication: it would let other rows through', () => {
  for (const sql of [
    "SELECT * FROM (SELECT region FROM orders LIMIT 5) x WHERE region = 'eu';",
    "SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY region ORDER BY amount) AS rn FROM orders) x WHERE rn <= 2 AND status = 'a';",
    "SELECT * FROM DEDUPLICATE(TABLE dispatches PARTITION BY order_id) WHERE courier = 'a';",
  ]) {
    const text = pushed(sql)
    const filterAt = text.indexOf('filter ')
    const barrier = Math.max(text.indexOf('limit 5'), text.indexOf('top-n'), text.indexOf('deduplicate'))
    expect(filterAt, sql).toBeGreaterThan(-1)
    expect(filterAt, sql).toBeLessThan(barrier)
  }
})
