// What needs no row is worked out once: logic with constants, comparisons and arithmetic of small whole numbers, and
// filters that always hold. Only what can't fail is touched, so that a plan fails where the query would have.

import { BOOLEAN } from '../../core/type.ts'
import { INT_MAX, INT_MIN } from '../../core/value.ts'
import { literal, rewrite } from '../expression-tree.ts'
import { filter, type LogicalPlan, project } from '../logical/nodes.ts'
import { transform } from '../logical/visit.ts'
import type { Expression, LiteralExpression } from '../physical/expression.ts'
import type { Rule } from './rule.ts'

export const foldConstants: Rule = { name: 'fold-constants', apply: (plan) => transform(plan, foldNode) }

function foldNode(node: LogicalPlan): LogicalPlan {
  if (node.kind === 'filter') {
    const predicate = foldExpression(node.predicate)
    if (isLiteral(predicate, true)) return node.input
    return predicate === node.predicate ? node : filter(node.input, predicate)
  }
  if (node.kind === 'project') {
    const expressions = node.expressions.map(foldExpression)
    const same = expressions.every((one, i) => one === node.expressions[i])
    return same ? node : project(node.input, expressions, node.schema.fields)
  }
  return node
}

export function foldExpression(expression: Expression): Expression {
  return rewrite(expression, fold)
}

function fold(node: Expression): Expression {
  switch (node.kind) {
    case 'and':
    case 'or':
      return foldLogical(node)
    case 'not':
      if (node.operand.kind === 'not') return node.operand.operand
      if (node.operand.kind !== 'literal') return node
      return node.operand.value === null ? literal(null, BOOLEAN) : literal(node.operand.value === false, BOOLEAN)
    case 'is-null':
      if (node.operand.kind !== 'literal') return node
      return literal((node.operand.value === null) !== node.negated, BOOLEAN)
    case 'case': {
      const [first, ...others] = node.branches
      if (first === undefined) return node.otherwise
      if (isLiteral(first.when, true)) return first.then
      if (!isLiteral(first.when, false) && !isLiteral(first.when, null)) return node
      return others.length === 0 ? node.otherwise : fold({ ...node, branches: others })
    }
    case 'call':
      return foldCall(node)
    default:
      return node
  }
}

/**
 * TRUE in AND and FALSE in OR say nothing. What decides the whole ends it: operands are evaluated from the left, so
 * that those to its right never are, while those to its left may fail, and stay.
 */
function foldLogical(node: Extract<Expression, { kind: 'and' | 'or' }>): Expression {
  const neutral = node.kind === 'and'
  const operands: Expression[] = []
  for (const one of node.operands) {
    if (isLiteral(one, neutral)) continue
    if (one.kind === node.kind) operands.push(...one.operands)
    else operands.push(one)
    if (isLiteral(one, !neutral)) break
  }
  const [first] = operands
  if (first === undefined) return literal(neutral, BOOLEAN)
  if (operands.length === 1) return first
  const same = operands.length === node.operands.length && operands.every((one, i) => one === node.operands[i])
  return same ? node : { ...node, operands }
}

const COMPARE: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  equal: (a, b) => a === b,
  not_equal: (a, b) => a !== b,
  less: (a, b) => a < b,
  less_equal: (a, b) => a <= b,
  greater: (a, b) => a > b,
  greater_equal: (a, b) => a >= b,
}

const COMPUTE: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  subtract: (a, b) => a - b,
  multiply: (a, b) => a * b,
}

function foldCall(node: Extract<Expression, { kind: 'call' }>): Expression {
  const [left, right] = node.arguments
  if (node.arguments.length !== 2 || left?.kind !== 'literal' || right?.kind !== 'literal') return node
  const compare = COMPARE[node.function]
  const compute = COMPUTE[node.function]
  if (compare === undefined && compute === undefined) return node
  const a = wholeNumber(left)
  const b = wholeNumber(right)
  if (a === undefined || b === undefined) return node
  if (compare !== undefined) return literal(compare(a, b), BOOLEAN)
  const result = (compute as (a: number, b: number) => number)(a, b)
  const fits =
    node.type.kind === 'int'
      ? result >= INT_MIN && result <= INT_MAX
      : node.type.kind === 'bigint' && Number.isSafeInteger(result)
  return fits ? literal(Object.is(result, -0) ? 0 : result, node.type) : node
}

function wholeNumber(node: LiteralExpression): number | undefined {
  const { value, type } = node
  if (type.kind !== 'int' && type.kind !== 'bigint' && type.kind !== 'timestamp' && type.kind !== 'date')
    return undefined
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined
}

function isLiteral(node: Expression, value: boolean | null): boolean {
  return node.kind === 'literal' && node.value === value
}
