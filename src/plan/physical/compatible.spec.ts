import { expect, test } from 'vitest'
import { planView } from '../../../test/golden/plan-world.ts'
import { compatible } from './compatible.ts'

function check(before: string, after: string): true | string {
  const view = (query: string) => planView(`CREATE MATERIALIZED VIEW q AS ${query};`).plan
  return compatible(view(before), view(after))
}

const GROUP = 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region'
const TUMBLE = "SELECT region, window_end, COUNT(*) AS n FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)"

const MATCH = `SELECT * FROM clicks MATCH_RECOGNIZE (PARTITION BY user_id ORDER BY ts MEASURES a.url AS url, b.url AS last
  PATTERN (a b+? c) WITHIN INTERVAL '1' HOUR DEFINE a AS url = '/a') AS m`

test('what only changes when and where rows are told goes on with the state that there is', () => {
  expect(check(GROUP, `${GROUP} EMIT CHANGES EVERY INTERVAL '1' SECOND`)).toBe(true)
  expect(check(TUMBLE, `${TUMBLE} LATE ROWS INTO late`)).toBe(true)
  const renamed = 'SELECT r AS region, n FROM (SELECT region AS r, COUNT(*) AS n FROM orders GROUP BY region) x'
  expect(check(GROUP, renamed)).toBe(true)
  expect(check(MATCH, `${MATCH} LATE ROWS INTO late`)).toBe(true)
})

test('a sink outside takes other rows from now on', () => {
  const sink = (query: string) =>
    planView(`CREATE SINK q AS ${query} WITH (topic = 't') FORMAT PLAIN ENCODE JSON;`).plan
  const before = sink('SELECT order_id FROM orders')
  expect(compatible(before, sink("SELECT order_id, amount FROM orders WHERE region = 'eu'"))).toBe(true)
})

test('a store outside has been given rows that others of another form, or elsewhere, would not go with', () => {
  const sink = (query: string, options: string) =>
    planView(`CREATE SINK q AS ${query} WITH (connector = 'postgres', url = 'postgresql://db/shop', ${options});`).plan
  const before = sink(GROUP, `'table' = 'a'`)
  expect(compatible(before, sink(`${GROUP} EMIT CHANGES EVERY INTERVAL '1' SECOND`, `'table' = 'a'`))).toBe(true)
  expect(compatible(before, sink(GROUP, `'table' = 'b'`))).toMatch(/^step sink-1 has another target: postgres b/)
  const more = GROUP.replace('COUNT(*) AS n', 'COUNT(*) AS n, region AS r')
  expect(compatible(before, sink(more, `'table' = 'a'`))).toMatch(/^step sink-1 has another result/)
})

test.each<[string, string, string, RegExp]>([
  [
    'another filter',
    GROUP,
    GROUP.replace('GROUP', "WHERE status = 'a' GROUP"),
    /another filter: \(status = 'a'\) instead of none/,
  ],
  [
    'another filter of plain rows',
    'SELECT order_id FROM orders WHERE amount > 1',
    'SELECT order_id FROM orders WHERE amount > 2',
    /sink-1 has another filter/,
  ],
  ['another HAVING', `${GROUP} HAVING COUNT(*) > 1`, `${GROUP} HAVING COUNT(*) > 2`, /sink-1 has another filter/],
  [
    'another argument of the same name',
    'SELECT region, SUM(v) AS n FROM (SELECT region, user_id * 2 AS v FROM orders) x GROUP BY region',
    'SELECT region, SUM(v) AS n FROM (SELECT region, user_id * 3 AS v FROM orders) x GROUP BY region',
    /another aggregates/,
  ],
  ['another column of the same name', GROUP, GROUP.replace('COUNT(*)', 'COUNT(*) * 2'), /sink-1 has another columns/],
  ['another LIMIT', `${GROUP} LIMIT 1`, `${GROUP} LIMIT 2`, /limit-1 has another count: 2 instead of 1/],
  ['another lateness', TUMBLE, `${TUMBLE} ALLOWED LATENESS INTERVAL '1' MINUTE`, /another allowed lateness/],
  ['another time to come out', TUMBLE, `${TUMBLE} EMIT FINAL`, /another emit: final instead of on-window-close/],
  ['another key', GROUP, 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region, status', /another key/],
  ['another aggregate', GROUP, 'SELECT region, SUM(user_id) AS n FROM orders GROUP BY region', /another aggregates/],
  ['another window', TUMBLE, TUMBLE.replace("'1' MINUTE", "'2' MINUTE"), /another window/],
  ['another pattern', MATCH, MATCH.replace('b+?', 'b'), /another pattern: a b c instead of a b\+\? c/],
  ['another DEFINE', MATCH, MATCH.replace("'/a'", "'/b'"), /another conditions: a AS .*url = '\/b' instead of a AS/],
  ['another WITHIN', MATCH, MATCH.replace("'1' HOUR", "'2' HOUR"), /another within: 2 h instead of 1 h/],
  [
    'another AFTER MATCH',
    MATCH,
    MATCH.replace('PATTERN', 'AFTER MATCH SKIP TO LAST b PATTERN'),
    /another after a match: from its last b instead of past its last row/,
  ],
  [
    'another source',
    GROUP,
    'SELECT courier AS region, COUNT(*) AS n FROM dispatches GROUP BY courier',
    /scan-orders, which has state, is gone/,
  ],
  [
    'a new aggregate step',
    'SELECT region, user_id AS n FROM orders',
    'SELECT region, user_id AS n FROM orders GROUP BY region, user_id',
    /another key|is new/,
  ],
  ['another result', GROUP, 'SELECT region, COUNT(*) AS m FROM orders GROUP BY region', /sink-1 has another result/],
])('%s does not', (_, before, after, reason) => {
  expect(check(before, after)).toMatch(reason)
})
