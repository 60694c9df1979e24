import { describe, expect, test } from 'vitest'
import { bound } from '../../../test/golden/plan-world.ts'
import { BOOLEAN, INT } from '../../core/type.ts'
import { INT_MAX } from '../../core/value.ts'
import { explainLogical } from '../explain.ts'
import { call, column, literal } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { foldConstants, foldExpression } from './fold-constants.ts'

const x: Expression = column(0, BOOLEAN)
const yes = literal(true, BOOLEAN)
const no = literal(false, BOOLEAN)
const unknown = literal(null, BOOLEAN)
const fails = call('equal', [call('divide', [literal(1, INT), literal(0, INT)], INT), literal(1, INT)], BOOLEAN)

function logical(kind: 'and' | 'or', ...operands: readonly Expression[]): Expression {
  return { kind, operands, type: BOOLEAN }
}

test('a filter that always holds goes', () => {
  const sql = 'SELECT order_id FROM dispatches WHERE 1 < 2;'
  expect(explainLogical(bound(sql))).toBe(`project order_id
  filter 1 < 2
    scan dispatches(order_id, courier, ts)`)
  expect(explainLogical(foldConstants.apply(bound(sql)))).toBe(`project order_id
  scan dispatches(order_id, courier, ts)`)
})

describe('logic', () => {
  test.each([
    ['TRUE in AND says nothing', logical('and', yes, x), x],
    ['FALSE in OR says nothing', logical('or', no, x), x],
    ['FALSE ends AND', logical('and', no, x), no],
    ['TRUE ends OR', logical('or', yes, fails), yes],
    ['what may fail before the end still fails', logical('or', fails, yes), logical('or', fails, yes)],
    ['NULL is not FALSE', logical('and', unknown, x), logical('and', unknown, x)],
    ['all TRUE is TRUE', logical('and', yes, yes), yes],
    ['NOT NULL is NULL', { kind: 'not', operand: unknown, type: BOOLEAN } as Expression, unknown],
  ])('%s', (_, before, after) => {
    expect(foldExpression(before)).toEqual(after)
  })
})

describe('arithmetic', () => {
  test('sums of small numbers are worked out, up to the limit of the type', () => {
    const sum = (a: number, b: number) => foldExpression(call('add', [literal(a, INT), literal(b, INT)], INT))
    expect(sum(1, 2)).toEqual(literal(3, INT))
    expect(sum(INT_MAX, 0)).toEqual(literal(INT_MAX, INT))
    expect(sum(INT_MAX, 1)).toEqual(call('add', [literal(INT_MAX, INT), literal(1, INT)], INT))
  })

  test('a division is left to fail at its time', () => {
    expect(foldExpression(fails)).toEqual(fails)
  })
})
