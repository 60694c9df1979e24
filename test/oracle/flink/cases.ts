/** A query that both engines run. `{s}` stands for the seed. */
export interface FlinkCase {
  readonly name: string
  readonly query: string
  readonly format: 'PLAIN' | 'UPSERT'
  /** A view that the query reads. */
  readonly setup?: { readonly view: string; readonly sql: string }
  readonly guarantee?: 'exactly-once' | 'at-least-once'
  readonly differs?: Difference
}

/** Why the results may differ, and are right to. */
export interface Difference {
  readonly reason: string
  /** Set where one side alone may have rows that the other has not. */
  readonly only?: 'weir' | 'flink'
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
  {
    ...window('tumble-offset', "TUMBLE(ts, INTERVAL '1' MINUTE, INTERVAL '7' SECOND)", 'WHERE qty > 0'),
    differs: { reason: 'Flink loses rows of windows with an offset: FLINK-36664' },
  },
  window('hop', "HOP(ts, INTERVAL '30' SECOND, INTERVAL '2' MINUTE)"),
  window('cumulate', "CUMULATE(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)"),
  window('session', "SESSION(ts, INTERVAL '15' SECOND)", 'WHERE ok'),
  {
    name: 'session-gap-exact',
    query: `SELECT user_id, window_start, window_end, COUNT(*) AS n FROM ticks{s}
      GROUP BY user_id, SESSION(ts, INTERVAL '6' SECOND) EMIT FINAL`,
    format: 'PLAIN',
    differs: { reason: 'A row exactly one gap later is in the session in Flink, and begins another in Weir: ADR 0006' },
  },
  {
    name: 'session-of-all',
    query: `SELECT window_start, window_end, COUNT(*) AS n, MAX(amount) AS dearest FROM orders{s}
      GROUP BY SESSION(ts, INTERVAL '10' SECOND) EMIT FINAL`,
    format: 'PLAIN',
  },
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
    name: 'dedup-within',
    query: `SELECT id, region, ts FROM DEDUPLICATE(TABLE orders{s} PARTITION BY id, DESCRIPTOR(ts),
      WITHIN => INTERVAL '1' MINUTE) ALLOWED LATENESS INTERVAL '5' MINUTE`,
    format: 'PLAIN',
    differs: { reason: 'Weir forgets a key after WITHIN; Flink knows it by the clock', only: 'weir' },
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
    name: 'over-late',
    query: `SELECT id, ts, COUNT(*) OVER (PARTITION BY user_id ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS n
      FROM orders{s}`,
    format: 'PLAIN',
    differs: { reason: 'Flink takes a row behind the watermark that is the latest of its key; in Weir it is late' },
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
    differs: { reason: 'Flink passes late rows of a window function on', only: 'flink' },
  },
  {
    name: 'window-of-all',
    query: `SELECT id, window_start, window_end
      FROM TABLE(HOP(TABLE all_orders{s}, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE))`,
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
    name: 'as-of-debezium',
    query: `SELECT e.seq, e.ts, e.source, p.price, p.at FROM events{s} AS e
      LEFT JOIN prices{s} FOR SYSTEM_TIME AS OF e.ts AS p ON e.source = p.product`,
    format: 'PLAIN',
  },
  {
    name: 'nested',
    query: `SELECT seq, source, ts, payload -> 'user' ->> 'id' AS user_id, payload ->> 'product' AS product,
      json_exists(payload, '$.user') AS known, place.city AS city, place.zip + 1 AS zip, scores['a'] AS a,
      cardinality(scores) AS n FROM events{s} WHERE scores['b'] > 2`,
    format: 'PLAIN',
  },
  {
    name: 'functions',
    query: `SELECT id, abs(qty) AS a, round(amount, 1) AS r, ceil(amount) AS c, floor(amount) AS f, power(qty, 2) AS p,
      CAST(amount AS INT) AS whole, CAST(id AS STRING) || ':' || CAST(amount AS STRING) AS label,
      CAST(ok AS STRING) AS ok, nullif(qty, 3) AS q, length(region) AS l, left(region, 1) AS first,
      repeat(region, 2) AS rr, position('u', region) AS at, ends_with(region, 's') AS ends,
      contains(region, '''') AS quote,
      lpad(region, 4, '.') AS pad, md5(region) AS hash, date_trunc('hour', ts) AS hour, extract(DOW FROM ts) AS dow,
      extract(WEEK FROM ts) AS week, timestampdiff(SECOND, ts, TIMESTAMP '2026-01-16 00:00:00') AS rest,
      timestampadd(HOUR, 30, ts) AS later, ts + INTERVAL '1' MONTH AS next, ts - INTERVAL '100' HOUR AS before,
      CAST(ts AS DATE) AS day, CAST('2026-02-28' AS DATE) + 2 AS march, region IS DISTINCT FROM 'eu' AS other,
      array_contains(tags, 'new') AS is_new, cardinality(tags) AS tags, qty / 2 AS half, -qty AS minus,
      'a\\b''c"\`é😀\n' || region AS text, 'c:\\d;' AS path, amount * 0.1 / 7 AS small, CAST(id AS DOUBLE) / 7 AS d FROM orders{s}`,
    format: 'PLAIN',
  },
  {
    name: 'csv',
    query: `SELECT coalesce(sensor, 'none') AS sensor, window_start, COUNT(*) AS n, MAX(value) AS highest FROM readings{s}
      GROUP BY coalesce(sensor, 'none'), TUMBLE(ts, INTERVAL '20' SECOND) EMIT FINAL`,
    format: 'PLAIN',
  },
  {
    name: 'limit',
    query: 'SELECT id, ts FROM orders{s} LIMIT 7',
    format: 'PLAIN',
  },
  {
    name: 'group-of-windows',
    query: `SELECT n, window_start, COUNT(*) AS users FROM (SELECT user_id, window_start, window_end, COUNT(*) AS n
      FROM orders{s} GROUP BY user_id, TUMBLE(ts, INTERVAL '2' MINUTE)) AS w GROUP BY n, window_start, window_end`,
    format: 'PLAIN',
  },
  {
    name: 'top-n-nulls',
    query: `SELECT zone, rn, qty, id FROM (SELECT coalesce(region, 'none') AS zone, qty, id,
      ROW_NUMBER() OVER (PARTITION BY coalesce(region, 'none') ORDER BY qty, id DESC, ts) AS rn FROM orders{s}) AS r
      WHERE rn <= 2`,
    format: 'UPSERT',
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
    name: 'tables-anti',
    query: `SELECT id, name FROM users{s} AS u
      WHERE NOT EXISTS (SELECT 1 FROM accounts{s} AS a WHERE a.user_id = u.id AND a.balance > 100)`,
    format: 'UPSERT',
  },
  {
    name: 'group-of-join',
    query: `SELECT u.tier, COUNT(*) AS users, SUM(a.balance) AS balance FROM users{s} AS u
      FULL JOIN accounts{s} AS a ON a.user_id = u.id WHERE u.tier IS NOT NULL GROUP BY u.tier`,
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
  ...['filter-project', 'tumble', 'session', 'cascade', 'dedup-last', 'top-n-of-windows', 'over-rows'],
  ...['interval-left', 'as-of', 'tables-inner'],
]
