// Expressions: names to positions, types, implicit casts made explicit. What an expression may contain beyond plain
// functions (aggregates, window columns) depends on the clause; the clause says so in its ExpressionContext.

import type { Call, Case, ColumnRef, InList, Interval, Like, Expression as Node, Over } from '../../../grammar/ast.ts'
import { unreachable } from '../../core/assert.ts'
import { BIGINT, BOOLEAN, isInteger, isNumeric, NULL_TYPE, type SqlType, STRING, typeName } from '../../core/type.ts'
import { fail, notSupported } from '../diagnostics.ts'
import { branch, call, literal } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { aggregateFunction } from './aggregates.ts'
import { bindArithmetic, bindNegation } from './bind-arithmetic.ts'
import { bindFunction } from './bind-call.ts'
import { canCast, castTo, coerce, commonTypeOf } from './cast.ts'
import type { Environment } from './environment.ts'
import { bindLiteral, bindParameter } from './literals.ts'
import { fieldOf, type Scope } from './scope.ts'
import { bindType } from './types.ts'
import { WINDOW_FUNCTIONS, windowFunction } from './window-functions.ts'

export interface ExpressionContext {
  readonly environment: Environment
  readonly scope: Scope
  /** The clause, for messages: `WHERE`. */
  readonly clause: string
  /** Binds an aggregate call; undefined where none is allowed. */
  readonly aggregate: ((node: Call) => Expression) | undefined
  /** Columns that are not in the scope but come from the clause itself, such as window_start. */
  readonly column: ((node: ColumnRef) => Expression | undefined) | undefined
  /** Binds a call OVER a window; undefined where there is none. */
  readonly over?: ((node: Call, over: Over) => Expression | undefined) | undefined
  /** Functions that only the clause knows, such as TUMBLE_START. */
  readonly call: ((node: Call) => Expression | undefined) | undefined
}

export function plainContext(environment: Environment, scope: Scope, clause: string): ExpressionContext {
  return { environment, scope, clause, aggregate: undefined, column: undefined, call: undefined }
}

export function bindExpression(node: Node, context: ExpressionContext): Expression {
  switch (node.kind) {
    case 'integer':
    case 'decimal':
    case 'double':
    case 'string':
    case 'boolean':
    case 'null':
    case 'timestamp':
    case 'date':
    case 'time':
    case 'interval':
      return bindLiteral(node)
    case 'column': {
      const bound = context.column?.(node) ?? context.scope.resolve(node)
      context.environment.spans.set(bound, node.span)
      return bound
    }
    case 'parameter':
      return bindParameter(node.name, node.span, context.environment.parameters)
    case 'unary':
      if (node.operator === 'not') return not(bindCondition(node.operand, context, 'operand of NOT'))
      return bindNegation(bindExpression(node.operand, context), node)
    case 'binary':
      return bindBinary(node, context)
    case 'logical':
      return {
        kind: node.operator,
        operands: node.operands.map((one) => bindCondition(one, context, `operand of ${node.operator.toUpperCase()}`)),
        type: BOOLEAN,
      }
    case 'is-null':
      return { kind: 'is-null', operand: bindExpression(node.operand, context), negated: node.negated, type: BOOLEAN }
    case 'is-boolean': {
      const operand = bindCondition(node.operand, context, 'operand of IS')
      const id = node.negated ? 'is_distinct' : 'is_not_distinct'
      return call(id, [operand, literal(node.value, BOOLEAN)], BOOLEAN)
    }
    case 'is-distinct': {
      const [left, right] = comparable(node.left, node.right, context)
      return call(node.negated ? 'is_not_distinct' : 'is_distinct', [left, right], BOOLEAN)
    }
    case 'in-list':
      return bindInList(node, context)
    case 'like':
      return bindLike(node, context)
    case 'between': {
      const operand = bindExpression(node.operand, context)
      const low = compare('greater_equal', operand, bindExpression(node.low, context), node.span)
      const high = compare('less_equal', operand, bindExpression(node.high, context), node.span)
      const both: Expression = { kind: 'and', operands: [low, high], type: BOOLEAN }
      return node.negated ? not(both) : both
    }
    case 'case':
      return bindCase(node, context)
    case 'cast': {
      const operand = bindExpression(node.operand, context)
      const type = bindType(node.type)
      if (!canCast(operand.type, type)) {
        fail(node.span, 'TYPE_MISMATCH', `${typeName(operand.type)} can't be cast to ${typeName(type)}`)
      }
      if (!node.safe) return castTo(operand, type)
      return { kind: 'cast', operand, safe: true, type }
    }
    case 'call':
      return bindCall(node, context)
    case 'field':
      return fieldOf(bindExpression(node.object, context), node.field)
    case 'index':
      return bindIndex(bindExpression(node.object, context), node.index, context)
    case 'json-access': {
      const object = coerce(bindExpression(node.object, context), { kind: 'json' }, node.object.span, 'left side of ->')
      const key = bindExpression(node.key, context)
      const keyType = isInteger(key.type) ? BIGINT : STRING
      const id = node.asText ? 'json_get_text' : 'json_get'
      const type: SqlType = node.asText ? STRING : { kind: 'json' }
      return call(id, [object, coerce(key, keyType, node.key.span, 'a JSON key')], type)
    }
    case 'array': {
      const elements = node.elements.map((one) => bindExpression(one, context))
      const type = commonTypeOf(elements)
      if (type === undefined) fail(node.span, 'TYPE_MISMATCH', 'elements of an array have one type')
      const element = type.kind === 'null' ? STRING : type
      return call(
        'array',
        elements.map((one) => castTo(one, element)),
        { kind: 'array', element },
      )
    }
    case 'map': {
      const keys = node.entries.map((one) => bindExpression(one.key, context))
      const values = node.entries.map((one) => bindExpression(one.value, context))
      const key = commonTypeOf(keys)
      const value = commonTypeOf(values)
      if (key === undefined) fail(node.span, 'TYPE_MISMATCH', 'keys of a map have one type')
      if (value === undefined) fail(node.span, 'TYPE_MISMATCH', 'values of a map have one type')
      const type: SqlType = { kind: 'map', key: orString(key), value: orString(value) }
      const entries = keys.flatMap((one, i) => [castTo(one, type.key), castTo(values[i] as Expression, type.value)])
      return call('map', entries, type)
    }
    case 'struct': {
      const values = node.fields.map((one) => bindExpression(one.value, context))
      const fields = node.fields.map((one, i) => ({ name: one.name.name, type: (values[i] as Expression).type }))
      return call('struct', values, { kind: 'struct', fields })
    }
    case 'in-query':
    case 'exists':
    case 'subquery':
      return notSupported(
        node.span,
        'a subquery in an expression',
        'IN (SELECT …) and EXISTS may be conditions of WHERE, joined by AND; else write it as a relation in FROM.',
      )
    default:
      return unreachable(node)
  }
}

/** A BOOLEAN; `what` names the place. */
export function bindCondition(node: Node, context: ExpressionContext, what: string): Expression {
  return coerce(bindExpression(node, context), BOOLEAN, node.span, what)
}

export function not(operand: Expression): Expression {
  return { kind: 'not', operand, type: BOOLEAN }
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '=': 'equal',
  '<>': 'not_equal',
  '<': 'less',
  '<=': 'less_equal',
  '>': 'greater',
  '>=': 'greater_equal',
}

function bindBinary(node: Extract<Node, { kind: 'binary' }>, context: ExpressionContext): Expression {
  const comparison = COMPARISONS[node.operator]
  if (comparison !== undefined) {
    const [left, right] = comparable(node.left, node.right, context)
    return call(comparison, [left, right], BOOLEAN)
  }
  const months = monthsOf(node.right)
  if (months !== undefined && (node.operator === '+' || node.operator === '-')) {
    const left = coerce(bindExpression(node.left, context), { kind: 'timestamp' }, node.left.span, 'the left side')
    const count = literal(node.operator === '+' ? months.months : -months.months, { kind: 'int' })
    const moved = call('timestamp_add_months', [left, count], left.type)
    if (months.ms === 0) return moved
    const id = node.operator === '+' ? 'timestamp_add' : 'timestamp_subtract'
    return call(id, [moved, literal(months.ms, { kind: 'interval' })], left.type)
  }
  return bindArithmetic(node, bindExpression(node.left, context), bindExpression(node.right, context))
}

function monthsOf(node: Node): Interval | undefined {
  return node.kind === 'interval' && node.months !== 0 ? node : undefined
}

function comparable(a: Node, b: Node, context: ExpressionContext): readonly [Expression, Expression] {
  const left = bindExpression(a, context)
  const right = bindExpression(b, context)
  const type = commonTypeOf([left, right])
  if (type === undefined) return incomparable(left, right, b.span)
  return [castTo(left, type), castTo(right, type)]
}

function compare(id: string, left: Expression, right: Expression, span: Node['span']): Expression {
  const type = commonTypeOf([left, right])
  if (type === undefined) return incomparable(left, right, span)
  return call(id, [castTo(left, type), castTo(right, type)], BOOLEAN)
}

/** How a literal of a type is written, for those who wrote it in another way. */
const WRITTEN: Readonly<Record<string, string>> = {
  timestamp: "TIMESTAMP '2026-01-31 12:00:00'",
  date: "DATE '2026-01-31'",
  time: "TIME '12:00:00'",
}

function incomparable(left: Expression, right: Expression, span: Node['span']): never {
  const type = typeName(left.type)
  const written = WRITTEN[left.type.kind]
  const isText = right.kind === 'literal' && right.type.kind === 'string'
  const ofText = written === undefined ? `The text is no ${type}.` : `Write it like ${written}.`
  const cast = canCast(right.type, left.type) ? `Cast it: CAST(… AS ${type}).` : undefined
  fail(span, 'TYPE_MISMATCH', `${type} can't be compared with ${typeName(right.type)}`, {
    hint: isText ? ofText : cast,
  })
}

function bindInList(node: InList, context: ExpressionContext): Expression {
  const all = [node.operand, ...node.list].map((one) => bindExpression(one, context))
  const type = commonTypeOf(all)
  if (type === undefined) {
    fail(node.span, 'TYPE_MISMATCH', 'the values of IN and its left side have one type', {
      detail: `They are ${[...new Set(all.map((one) => typeName(one.type)))].join(', ')}.`,
    })
  }
  const found = call(
    'in',
    all.map((one) => castTo(one, type)),
    BOOLEAN,
  )
  return node.negated ? not(found) : found
}

function bindLike(node: Like, context: ExpressionContext): Expression {
  const parts = node.escape === undefined ? [node.operand, node.pattern] : [node.operand, node.pattern, node.escape]
  const bound = parts.map((one) => coerce(bindExpression(one, context), STRING, one.span, 'an operand of LIKE'))
  const folded = node.ignoreCase ? bound.map((one) => call('lower', [one], STRING)) : bound
  return call(node.negated ? 'not_like' : 'like', folded, BOOLEAN)
}

function bindCase(node: Case, context: ExpressionContext): Expression {
  const conditions = node.branches.map((one) => {
    if (node.operand === undefined) return bindCondition(one.when, context, 'WHEN')
    const [left, right] = comparable(node.operand, one.when, context)
    return call('equal', [left, right], BOOLEAN)
  })
  const results = node.branches.map((one) => bindExpression(one.then, context))
  const otherwise = node.otherwise ? bindExpression(node.otherwise, context) : literal(null, NULL_TYPE)
  const type = commonTypeOf([...results, otherwise])
  if (type === undefined) {
    fail(node.span, 'TYPE_MISMATCH', 'the branches of CASE have one type', {
      detail: `They are ${[...new Set([...results, otherwise].map((one) => typeName(one.type)))].join(', ')}.`,
    })
  }
  const to = orString(type)
  return {
    kind: 'case',
    branches: conditions.map((when, i) => branch(when, castTo(results[i] as Expression, to))),
    otherwise: castTo(otherwise, to),
    type: to,
  }
}

/** A bare NULL that stays without a type becomes a string. */
function orString(type: SqlType): SqlType {
  return type.kind === 'null' ? STRING : type
}

function bindCall(node: Call, context: ExpressionContext): Expression {
  const special = context.call?.(node)
  if (special !== undefined) return special
  const name = node.name.name
  if (node.over !== undefined) {
    const bound = context.over?.(node, node.over)
    if (bound !== undefined) return bound
    notInWindow(node)
  }
  if (windowFunction(name) !== undefined) {
    fail(node.span, 'INVALID_QUERY', `"${name}" needs a window`, {
      hint: `${windowFunction(name)?.usage} OVER (PARTITION BY … ORDER BY ts)`,
    })
  }
  if (aggregateFunction(name) !== undefined) {
    if (context.aggregate !== undefined) return context.aggregate(node)
    fail(node.span, 'INVALID_AGGREGATE', `an aggregate is not allowed in ${context.clause}`, {
      hint: context.clause === 'WHERE' ? 'HAVING filters after aggregation.' : undefined,
    })
  }
  if (node.star) fail(node.span, 'TYPE_MISMATCH', `only COUNT takes *, not ${name}`)
  const filter = node.filter ?? (node.distinct ? node : node.orderBy[0])
  if (filter !== undefined) fail(filter.span, 'INVALID_AGGREGATE', `"${name}" is not an aggregate`)
  return bindFunction(node, context)
}

function notInWindow({ name, span }: Call): never {
  if (aggregateFunction(name.name) === undefined && windowFunction(name.name) === undefined) {
    const names = WINDOW_FUNCTIONS.map((one) => one.id.toUpperCase()).join(', ')
    fail(span, 'INVALID_QUERY', `"${name.name}" can't be used OVER a window`, {
      hint: `Aggregates can, and ${names}.`,
    })
  }
  return notSupported(
    span,
    'OVER here',
    'It may stand in the list of a SELECT without GROUP BY and TOP-N: put one of them in a subquery in FROM.',
  )
}

function bindIndex(object: Expression, index: Node, context: ExpressionContext): Expression {
  const key = bindExpression(index, context)
  const { type } = object
  if (type.kind === 'array')
    return call('array_get', [object, coerce(key, BIGINT, index.span, 'an index')], type.element)
  if (type.kind === 'map') return call('map_get', [object, coerce(key, type.key, index.span, 'the key')], type.value)
  if (type.kind === 'json') {
    const keyType = isNumeric(key.type) ? BIGINT : STRING
    return call('json_get', [object, coerce(key, keyType, index.span, 'a JSON key')], type)
  }
  fail(index.span, 'TYPE_MISMATCH', `${typeName(type)} has no elements`)
}
