/** A query that both engines run. `{s}` stands for the seed. */
export interface FlinkCase {
  readonly name: string
  readonly query: string
  readonly format: 'PLAIN' | 'UPSERT'
  /** A view that the query reads. */
  readonly setup?: { readonly view: string; readonly sql: string }
  readonly guarantee?: 'exactly-once' | 'at-least-once'
  /** Why the results may differ, and are right to. */
  readonly differs?: string
}

const TOTALS = 'COUNT(*) AS n, SUM(amount) AS revenue, MIN(qty) AS low, MAX(qty) AS high'
const window = (name: string, group: string, more = ''): FlinkCase => ({
  name,
  query: `SELECT region, window_start, window_end, ${TOTALS} FROM orders{s} ${more} GROUP BY region, ${group} EMIT FINAL`,
  format: 'PLAIN',
})

export const CASES: readonly FlinkCase[] = [
  {
    name: 'filter-project',
    query: `SELECT id, upper(region) AS region, amount * qty AS total, amount / 3 AS third, qty % 4 AS rest,
      CASE WHEN score > 60 THEN 'high' WHEN score > 30 THEN 'mid' ELSE 'low' END AS grade,
      coalesce(qty, 0) AS qty0, region || '-' || tags[1] AS label, extract(MINUTE FROM ts) AS minute,
      date_format(ts, 'yyyy-MM-dd HH:mm') AS day, ts
      FROM orders{s} WHERE (region LIKE '%u%' OR region IS NULL) AND id NOT IN (7, 8)`,
    format: 'PLAIN',
  },
  window('tumble', "TUMBLE(ts, INTERVAL '1' MINUTE)"),
  window('tumble-offset', "TUMBLE(ts, INTERVAL '1' MINUTE, INTERVAL '7' SECOND)", 'WHERE qty > 0'),
  window('hop', "HOP(ts, INTERVAL '30' SECOND, INTERVAL '2' MINUTE)"),
  window('cumulate', "CUMULATE(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)"),
  window('session', "SESSION(ts, INTERVAL '15' SECOND)", 'WHERE ok'),
  {
    name: 'tumble-lateness',
    query: `SELECT region, window_start, window_end, ${TOTALS} FROM orders{s}
      GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE) ALLOWED LATENESS INTERVAL '1' MINUTE EMIT FINAL`,
    format: 'PLAIN',
  },
  {
    name: 'session-lateness',
    query: `SELECT user_id, window_start, window_end, COUNT(*) AS n FROM orders{s}
      GROUP BY user_id, SESSION(ts, INTERVAL '40' SECOND) ALLOWED LATENESS INTERVAL '2' MINUTE EMIT FINAL`,
    format: 'PLAIN',
  },
  {
    name: 'aggregates',
    query: `SELECT window_end, COUNT(DISTINCT user_id) AS users, COUNT(qty) AS with_qty, AVG(qty) AS avg_qty,
      AVG(amount) AS avg_amount, AVG(score) AS avg_score, STDDEV_POP(score) AS spread, bool_and(ok) AS all_ok,
      bool_or(ok) AS any_ok, SUM(qty) FILTER (WHERE region = 'eu') AS eu, SUM(amount) * 1.5 / COUNT(*) AS ratio
      FROM orders{s} GROUP BY TUMBLE(ts, INTERVAL '2' MINUTE) HAVING COUNT(*) > 3 EMIT FINAL`,
    format: 'PLAIN',
  },
  {
    name: 'cascade',
    setup: {
      view: 'by_minute{s}',
      sql: `CREATE MATERIALIZED VIEW by_minute{s} AS SELECT region, window_start, window_end, SUM(amount) AS revenue
        FROM orders{s} GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE) EMIT FINAL`,
    },
    query: `SELECT region, window_start, SUM(revenue) AS revenue, COUNT(*) AS minutes FROM by_minute{s}
      GROUP BY region, TUMBLE(window_end, INTERVAL '5' MINUTE) EMIT FINAL`,
    format: 'PLAIN',
  },
  {
    name: 'exactly-once',
    query: `SELECT window_end, COUNT(*) AS n FROM orders{s} GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE) EMIT FINAL`,
    format: 'PLAIN',
    guarantee: 'exactly-once',
  },
  {
    name: 'group',
    query: 'SELECT user_id, COUNT(*) AS n, SUM(amount) AS revenue, MAX(score) AS best FROM orders{s} GROUP BY user_id',
    format: 'UPSERT',
  },
  {
    name: 'group-of-groups',
    query: `SELECT n, COUNT(*) AS users FROM (SELECT user_id, COUNT(*) AS n FROM orders{s} GROUP BY user_id) AS g
      GROUP BY n`,
    format: 'UPSERT',
  },
  {
    name: 'distinct',
    query: 'SELECT DISTINCT user_id, coalesce(qty > 3, false) AS many FROM orders{s}',
    format: 'UPSERT',
  },
  { name: 'distinct-rows', query: 'SELECT DISTINCT region, user_id FROM orders{s}', format: 'PLAIN' },
  {
    name: 'dedup-first',
    query: 'SELECT id, region, amount, ts FROM DEDUPLICATE(TABLE orders{s} PARTITION BY id)',
    format: 'PLAIN',
  },
  {
    name: 'dedup-last',
    query: `SELECT user_id, id, amount FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC) AS rn FROM orders{s}) AS r WHERE rn = 1`,
    format: 'UPSERT',
  },
  {
    name: 'dedup-first-by-time',
    query: `SELECT user_id, id, amount FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts) AS rn FROM orders{s}) AS r WHERE rn = 1`,
    format: 'UPSERT',
  },
  {
    name: 'top-n-of-windows',
    query: `SELECT window_start, region, revenue, rn FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY revenue DESC, region) AS rn FROM (
        SELECT region, window_start, window_end, SUM(amount) AS revenue FROM orders{s}
        GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)) AS w) AS r WHERE rn <= 2`,
    format: 'PLAIN',
  },
  {
    name: 'top-n',
    query: `SELECT user_id, rn, amount, id FROM (
      SELECT *, ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY amount DESC, id, ts) AS rn FROM orders{s}) AS r
      WHERE rn <= 3`,
    format: 'UPSERT',
  },
  {
    name: 'over-rows',
    query: `SELECT id, ts, SUM(amount) OVER (PARTITION BY user_id ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
      AS recent, COUNT(*) OVER (PARTITION BY user_id ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n
      FROM all_orders{s}`,
    format: 'PLAIN',
  },
  {
    name: 'over-range',
    query: `SELECT id, ts, MAX(qty) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '30' SECOND PRECEDING AND CURRENT ROW) AS top,
      SUM(qty) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '30' SECOND PRECEDING AND CURRENT ROW) AS total FROM all_orders{s}`,
    format: 'PLAIN',
  },
  {
    name: 'union-all',
    query: `SELECT id, 'small' AS size FROM orders{s} WHERE amount < 100 UNION ALL
      SELECT id, 'large' FROM orders{s} WHERE amount >= 900`,
    format: 'PLAIN',
  },
  {
    name: 'unnest',
    query: 'SELECT o.id, tag FROM orders{s} AS o CROSS JOIN UNNEST(o.tags) AS t (tag)',
    format: 'PLAIN',
  },
  {
    name: 'unnest-outer',
    query: 'SELECT o.id, tag FROM orders{s} AS o LEFT JOIN UNNEST(o.tags) AS t (tag) ON TRUE',
    format: 'PLAIN',
  },
  {
    name: 'window-alone',
    query: `SELECT id, window_start, window_end FROM TABLE(TUMBLE(TABLE orders{s}, DESCRIPTOR(ts), INTERVAL '1' MINUTE))`,
    format: 'PLAIN',
  },
  {
    name: 'interval-inner',
    query: `SELECT o.id, o.ts, p.id AS payment, p.paid FROM all_orders{s} AS o JOIN payments{s} AS p
      ON o.id = p.order_id AND p.ts BETWEEN o.ts - INTERVAL '2' MINUTE AND o.ts + INTERVAL '10' MINUTE`,
    format: 'PLAIN',
  },
  {
    name: 'interval-left',
    query: `SELECT o.id, o.ts, p.id AS payment, p.paid FROM all_orders{s} AS o LEFT JOIN payments{s} AS p
      ON o.id = p.order_id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '5' MINUTE AND p.paid > 100`,
    format: 'PLAIN',
  },
  {
    name: 'interval-full',
    query: `SELECT o.id, p.id AS payment FROM all_orders{s} AS o FULL JOIN payments{s} AS p
      ON o.id = p.order_id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '3' MINUTE`,
    format: 'PLAIN',
  },
  {
    name: 'as-of',
    query: `SELECT o.id, o.ts, u.name, u.tier FROM all_orders{s} AS o
      LEFT JOIN users{s} FOR SYSTEM_TIME AS OF o.ts AS u ON o.user_id = u.id`,
    format: 'PLAIN',
  },
  {
    name: 'as-of-inner',
    query: `SELECT o.id, o.ts, u.updated_at, u.tier FROM all_orders{s} AS o
      JOIN users{s} FOR SYSTEM_TIME AS OF o.ts AS u ON o.user_id = u.id WHERE u.tier IS NOT NULL`,
    format: 'PLAIN',
  },
  {
    name: 'tables-inner',
    query: 'SELECT u.id, u.name, a.balance FROM users{s} AS u JOIN accounts{s} AS a ON a.user_id = u.id',
    format: 'UPSERT',
  },
  {
    name: 'tables-left',
    query: 'SELECT u.id, u.tier, a.balance FROM users{s} AS u LEFT JOIN accounts{s} AS a ON a.user_id = u.id',
    format: 'UPSERT',
  },
  {
    name: 'tables-semi',
    query: 'SELECT id, name FROM users{s} WHERE id IN (SELECT user_id FROM accounts{s} WHERE balance > 0)',
    format: 'UPSERT',
  },
  {
    name: 'group-of-table',
    query: 'SELECT tier, COUNT(*) AS users FROM users{s} WHERE tier IS NOT NULL GROUP BY tier',
    format: 'UPSERT',
  },
]

/** Those that the test suite runs: one of each operator. */
export const FEW: readonly string[] = [
  ...['filter-project', 'tumble', 'session', 'cascade', 'group', 'dedup-last', 'top-n-of-windows', 'over-rows'],
  ...['interval-left', 'as-of', 'tables-inner'],
]
