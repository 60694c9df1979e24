import { describe, expect, test } from 'vitest'
import { planView } from '../../../test/golden/plan-world.ts'
import { explainStages } from '../explain.ts'
import { compatible } from './compatible.ts'
import { withLocalAggregation, withoutLocalAggregation } from './local-aggregation.ts'
import type { PhysicalPlan } from './nodes.ts'
import { sameStages } from './stages.ts'

const TUMBLE = "SELECT region, window_end, COUNT(*) AS n FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)"
const GROUP = 'SELECT region, SUM(amount) AS total FROM orders GROUP BY region'

function plan(query: string): PhysicalPlan {
  return planView(`CREATE MATERIALIZED VIEW q AS ${query};`).plan
}

function staged(query: string): PhysicalPlan {
  return withLocalAggregation(plan(query))
}

function hasLocal({ steps }: PhysicalPlan): boolean {
  return steps.some(({ kind }) => kind === 'local-aggregate')
}

test('a plan in stages says which task adds up, which merges, and by what rows meet', () => {
  expect(
    explainStages(staged(TUMBLE))
      .split('\n')
      .filter((line) => !/^ *· /.test(line)),
  ).toEqual([
    'stage 0, one task for each partition of orders',
    '  exchange-1 by region → stage 1',
    '    local-aggregate-1 tumble 1 min by region',
    '      scan-orders embedded(region, ts)',
    'stage 1, one task for each partition of exchange-1',
    '  sink-1 result q.results',
    '    project-1 region, window_end, count AS n',
    '      window-aggregate-1 tumble 1 min by region',
    '        exchange-1 from stage 0',
    'exactly-once, checkpoint every 1 s',
  ])
})

describe('rows are added up before they meet', () => {
  test.each([
    ['in a window', TUMBLE],
    ['without one', GROUP],
    ['without a key', 'SELECT COUNT(*) AS n FROM orders'],
    ['the first of a tumbling window', TUMBLE.replace('COUNT(*)', 'ARG_MIN(order_id, amount)')],
  ])('%s', (_, query) => {
    const local = staged(query)
    expect(hasLocal(local)).toBe(true)
    expect(withoutLocalAggregation(local)).toEqual(plan(query))
    expect(compatible(plan(query), local)).toBe(true)
  })

  test.each([
    ['where late rows are kept one by one', `${TUMBLE} LATE ROWS INTO late`],
    ['where all values are kept', GROUP.replace('SUM(amount)', 'COUNT(DISTINCT user_id)')],
    ['where the order of rows shows', GROUP.replace('SUM(amount)', 'ARRAY_AGG(amount)')],
    [
      'of a window that others share rows with, where the first of equals counts',
      "SELECT region, ARG_MAX(order_id, amount) AS n FROM orders GROUP BY region, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)",
    ],
    ['of a session', "SELECT region, COUNT(*) AS n FROM orders GROUP BY region, SESSION(ts, INTERVAL '1' MINUTE)"],
    ['where rows are taken back', `SELECT total, COUNT(*) AS n FROM (${GROUP}) x GROUP BY total`],
  ])('but not %s', (_, query) => {
    const steps = staged(query).steps.filter(({ kind }) => kind === 'local-aggregate')
    // Of the query within the query, the inner one may.
    expect(steps.length).toBe(query.includes(GROUP) && query !== GROUP ? 1 : 0)
  })
})

describe('tasks that run go on', () => {
  test('while the rows between them stay as they are', () => {
    expect(sameStages(staged(TUMBLE), staged(`${TUMBLE} EMIT FINAL`))).toBe(true)
  })

  test.each([
    ['rows of another form', TUMBLE, `${TUMBLE} LATE ROWS INTO late`, 'other rows would go through exchange-1'],
    ['another stage', GROUP, `SELECT COUNT(*) AS n FROM (${GROUP}) x`, 'it has 3 stages instead of 2'],
    ['a stage less', GROUP, 'SELECT region FROM orders', 'it has 1 stages instead of 2'],
  ])('but not with %s', (_, before, after, reason) => {
    expect(sameStages(staged(before), staged(after))).toBe(reason)
  })
})

test('rows that move from one partition of a top-n to another meet in one task', () => {
  const ranked = (by: string) =>
    plan(`SELECT region, total FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY ${by} ORDER BY total DESC) AS rn
      FROM (${GROUP}) x) y WHERE rn <= 2`)
  const meetBy = (by: string) => ranked(by).steps.flatMap((step) => (step.kind === 'exchange' ? [step.keys] : []))
  expect(meetBy('total')).toEqual([[0], []])
  expect(meetBy('region')).toEqual([[0]])
})
