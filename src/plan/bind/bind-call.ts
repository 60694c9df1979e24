// Calls of scalar functions: overloads, arguments, and those that are written as something else.

import type { Call, Expression as Node } from '../../../grammar/ast.ts'
import { must } from '../../core/assert.ts'
import { DATE, DOUBLE, decimal, NULL_TYPE, type SqlType, STRING, TIMESTAMP, typeName } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { branch, call, literal } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { aggregateNames } from './aggregates.ts'
import { numbers } from './bind-arithmetic.ts'
import { bindCondition, bindExpression, type ExpressionContext } from './bind-expression.ts'
import { castTo, coerce, commonTypeOf } from './cast.ts'
import { didYouMean } from './did-you-mean.ts'
import { MISSING_FUNCTIONS, scalarFunction, scalarNames } from './functions.ts'
import type { ScalarFunction } from './scalar-function.ts'
import { resolveSignature, usage } from './signature.ts'

/** Units of EXTRACT, DATE_TRUNC and their like, with the spellings that the other systems have. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ...['millisecond', 'second', 'minute', 'hour', 'day', 'week', 'month', 'quarter', 'year', 'microsecond'].flatMap(
    (unit) => [[unit, unit] as const, [`${unit}s`, unit] as const],
  ),
  ...['epoch', 'dow', 'isodow', 'doy', 'decade', 'century'].map((unit) => [unit, unit] as const),
  ['dayofmonth', 'day'],
  ['dayofweek', 'dow'],
  ['dayofyear', 'doy'],
])

const PARTS = new Set([
  ...['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second'],
  ...['dayofmonth', 'dayofweek', 'dayofyear'],
])

export function bindFunction(node: Call, context: ExpressionContext): Expression {
  const rewritten = bindRewritten(node, context)
  if (rewritten !== undefined) return rewritten
  const entry = scalarFunction(node.name.name)
  if (entry === undefined) return unknownFunction(node)
  const named = node.arguments.find((one) => one.name !== undefined)
  if (named !== undefined) fail(named.span, 'TYPE_MISMATCH', `"${node.name.name}" takes its arguments by position`)
  if (entry.nondeterministic) context.environment.found.nondeterministic ??= node.span
  const args = bindArguments(node, entry, context)
  return resolveCall(node, entry, args)
}

function unknownFunction(node: Call): never {
  const name = node.name.name
  const missing = MISSING_FUNCTIONS.get(name)
  if (missing !== undefined)
    fail(node.name.span, 'NOT_SUPPORTED', `function "${name}" is not supported`, { hint: missing })
  fail(node.name.span, 'UNKNOWN_FUNCTION', `there is no function "${name}"`, {
    hint: didYouMean(name, [...scalarNames(), ...aggregateNames()]) ?? 'SHOW FUNCTIONS lists them.',
  })
}

function bindArguments(node: Call, entry: ScalarFunction, context: ExpressionContext): readonly Expression[] {
  const hasUnit = entry.signatures.some((one) => one.parameters[0]?.pattern.kind === 'unit')
  return node.arguments.map((one, i) => (hasUnit && i === 0 ? bindUnit(one.value) : bindExpression(one.value, context)))
}

/** `MINUTE`, `'minute'` or `'minutes'`. */
function bindUnit(node: Node): Expression {
  const written = node.kind === 'string' ? node.value : node.kind === 'column' ? node.path[0]?.name : undefined
  const unit = written === undefined ? undefined : UNITS.get(written.toLowerCase())
  if (unit !== undefined) return literal(unit, STRING)
  fail(node.span, 'INVALID_LITERAL', `${written === undefined ? 'this' : `"${written}"`} is not a unit of time`, {
    hint: written === undefined ? 'Write one, such as MINUTE.' : didYouMean(written, [...UNITS.keys()]),
  })
}

function resolveCall(node: Call, entry: ScalarFunction, args: readonly Expression[]): Expression {
  const resolved = resolveSignature(entry.signatures, argumentTypes(entry, args))
  if (resolved === undefined) {
    const given = args.map((one) => typeName(one.type)).join(', ')
    fail(node.span, 'TYPE_MISMATCH', `there is no ${entry.id}(${given})`, {
      hint: usage(entry),
    })
  }
  const types = resolved.argumentTypes
  const cast = args.map((one, i) => castTo(one, orString(must(types[i], 'a type an argument'))))
  // The operator || is NULL when either side is; concat() takes NULL for no text.
  if (entry.id === 'concat' && resolved.type.kind === 'string') {
    return call('concat', cast.map(emptyForNull), STRING)
  }
  const type = entry.resultType?.(types) ?? resolved.type
  return narrowed(entry, call(entry.id, cast, orString(type)))
}

function emptyForNull(expression: Expression): Expression {
  if (expression.kind === 'literal') return expression.value === null ? literal('', STRING) : expression
  return call('coalesce', [expression, literal('', STRING)], STRING)
}

/** Literal strings go where dates are wanted, if no signature takes them as they are. */
function argumentTypes(entry: ScalarFunction, args: readonly Expression[]): readonly SqlType[] {
  const types = args.map((one) => one.type)
  const untyped = args.map((one) => one.kind === 'literal' && one.type.kind === 'string')
  if (!untyped.includes(true) || resolveSignature(entry.signatures, types) !== undefined) return types
  // What NULL can become, a literal string can be parsed as: the cast then says what is wrong with it.
  const guessed = types.map((type, i) => (untyped[i] ? NULL_TYPE : type))
  return resolveSignature(entry.signatures, guessed)?.argumentTypes ?? types
}

/** round(x, 2) of a decimal with a literal has that scale. */
function narrowed(entry: ScalarFunction, bound: Extract<Expression, { kind: 'call' }>): Expression {
  if ((entry.id !== 'round' && entry.id !== 'trunc') || bound.type.kind !== 'decimal') return bound
  const digits = bound.arguments[1]
  const { precision, scale } = bound.type
  const places = digits === undefined ? 0 : digits.kind === 'literal' ? digits.value : undefined
  if (typeof places !== 'number' || places < 0 || places >= scale) return bound
  return castTo(bound, decimal(Math.max(precision - scale + places, 1), places))
}

function orString(type: SqlType): SqlType {
  return type.kind === 'null' ? STRING : type
}

function bindRewritten(node: Call, context: ExpressionContext): Expression | undefined {
  const name = node.name.name
  const args = node.arguments.map((one) => one.value)
  const [first, second, third] = args
  if (PARTS.has(name) && first !== undefined && args.length === 1) {
    const entry = must(scalarFunction('extract'), 'extract')
    const unit = literal(must(UNITS.get(name), 'a unit'), STRING)
    return resolveCall(node, entry, [unit, bindExpression(first, context)])
  }
  if (name === 'if' && first !== undefined && second !== undefined && args.length <= 3) {
    const when = bindCondition(first, context, 'the condition of if')
    const results = [second, third].map((one) =>
      one === undefined ? literal(null, NULL_TYPE) : bindExpression(one, context),
    )
    const type = commonTypeOf(results)
    if (type === undefined) fail(node.span, 'TYPE_MISMATCH', 'both results of if have one type')
    const [yes, no] = results.map((one) => castTo(one, orString(type))) as [Expression, Expression]
    return { kind: 'case', branches: [branch(when, yes)], otherwise: no, type: orString(type) }
  }
  if (name === 'mod' && first !== undefined && second !== undefined && args.length === 2) {
    const [left, right] = [bindExpression(first, context), bindExpression(second, context)]
    return numbers('modulo', numberOf(left, first), numberOf(right, second))
  }
  if (name === 'typeof' && first !== undefined && args.length === 1) {
    return literal(typeName(bindExpression(first, context).type), STRING)
  }
  if (name === 'date' && first !== undefined && args.length === 1) {
    return castTo(coerce(bindExpression(first, context), TIMESTAMP, first.span, 'the argument of date'), DATE)
  }
  if (name === 'current_date' && args.length === 0) {
    context.environment.found.nondeterministic ??= node.span
    return castTo(call('now', [], TIMESTAMP), DATE)
  }
  return undefined
}

function numberOf(expression: Expression, node: Node): Expression {
  const { kind } = expression.type
  if (kind === 'int' || kind === 'bigint' || kind === 'decimal' || kind === 'double') return expression
  return coerce(expression, DOUBLE, node.span, 'the argument of mod')
}
