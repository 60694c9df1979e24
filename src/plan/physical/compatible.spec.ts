import { expect, test } from 'vitest'
import { planView } from '../../../test/golden/plan-world.ts'
import { compatible } from './compatible.ts'

function check(before: string, after: string): true | string {
  const view = (query: string) => planView(`CREATE MATERIALIZED VIEW q AS ${query};`).plan
  return compatible(view(before), view(after))
}

const GROUP = 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region'
const TUMBLE = "SELECT region, window_end, COUNT(*) AS n FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)"

test('another filter goes on with the state that there is', () => {
  expect(check(GROUP, "SELECT region, COUNT(*) AS n FROM orders WHERE status = 'a' GROUP BY region")).toBe(true)
})

test('another lateness changes no state', () => {
  expect(check(TUMBLE, `${TUMBLE} ALLOWED LATENESS INTERVAL '1' MINUTE`)).toBe(true)
})

test.each<[string, string, string, RegExp]>([
  ['another key', GROUP, 'SELECT region, COUNT(*) AS n FROM orders GROUP BY region, status', /another key/],
  ['another aggregate', GROUP, 'SELECT region, SUM(user_id) AS n FROM orders GROUP BY region', /another aggregates/],
  ['another window', TUMBLE, TUMBLE.replace("'1' MINUTE", "'2' MINUTE"), /another window/],
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
  ['another result', GROUP, 'SELECT region, COUNT(*) AS m FROM orders GROUP BY region', /sink-1 has another columns/],
])('%s does not', (_, before, after, reason) => {
  expect(check(before, after)).toMatch(reason)
})
