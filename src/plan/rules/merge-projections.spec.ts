import { expect, test } from 'vitest'
import { bound } from '../../../test/golden/plan-world.ts'
import { explainLogical } from '../explain.ts'
import { mergeProjections } from './merge-projections.ts'

function merged(sql: string): string {
  return explainLogical(mergeProjections.apply(bound(sql)))
}

test('two projections become one', () => {
  const sql = 'SELECT b + 1 AS c FROM (SELECT user_id * 2 AS b, region FROM orders) x;'
  expect(explainLogical(bound(sql))).toBe(`project b + 1 AS c
  project user_id * 2 AS b, region
    scan orders(order_id, user_id, region, status, amount, ts)`)
  expect(merged(sql)).toBe(`project (user_id * 2) + 1 AS c
  scan orders(order_id, user_id, region, status, amount, ts)`)
})

test('what is read twice is computed once, below', () => {
  const sql = 'SELECT b + b AS c FROM (SELECT user_id * 2 AS b FROM orders) x;'
  expect(merged(sql)).toBe(explainLogical(bound(sql)))
})

test('a projection that changes nothing goes; one that gives another name stays', () => {
  expect(merged('SELECT * FROM dispatches;')).toBe('scan dispatches(order_id, courier, ts)')
  expect(merged('SELECT order_id, courier AS c, ts FROM dispatches;')).toBe(`project order_id, courier AS c, ts
  scan dispatches(order_id, courier, ts)`)
})
