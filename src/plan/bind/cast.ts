// Casts that the binder writes, and which casts a user may write.

import type { Span } from '../../../grammar/span.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { parseValue } from '../../core/parse-value.ts'
import { parseDate, parseTime, parseTimestamp } from '../../core/timestamp.ts'
import { isInteger, isNumeric, NULL_TYPE, type SqlType, STRING, sameType, typeName } from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { isUnknownParameter, literal } from '../expression-tree.ts'
import type { Expression, LiteralExpression, LiteralJson } from '../physical/expression.ts'
import { castCost, commonType } from './coerce.ts'
import { integerJson } from './literals.ts'

/** To a type that the caller knows to be reachable; nothing where it is the type already. */
export function castTo(expression: Expression, type: SqlType): Expression {
  if (sameType(expression.type, type)) return expression
  if (isUnknownParameter(expression)) return { ...expression, type }
  if (expression.kind === 'literal') {
    if (expression.value === null) return literal(null, type)
    const value = literalAs(expression, type)
    if (value !== undefined) return literal(value, type)
  }
  return { kind: 'cast', operand: expression, safe: false, type }
}

/** The constant in another type, where that loses nothing; undefined leaves it to the engine. */
function literalAs(expression: LiteralExpression, type: SqlType): LiteralJson | undefined {
  const { value, type: from } = expression
  if (typeof value === 'string' && from.kind === 'string') return parseLiteral(value, type)
  const units =
    typeof value === 'number'
      ? value
      : typeof value === 'object' && value !== null && '$integer' in value
        ? value
        : undefined
  if (units === undefined || (!isInteger(from) && from.kind !== 'decimal')) return undefined
  const scale = from.kind === 'decimal' ? from.scale : 0
  if (type.kind === 'bigint' && scale === 0 && typeof units === 'number') return units
  // Both numbers are exact, so that the quotient is the nearest double.
  if (type.kind === 'double' && typeof units === 'number' && scale <= 22) return units / 10 ** scale
  if (type.kind === 'decimal' && type.scale >= scale) {
    const exact = BigInt(typeof units === 'number' ? units : units.$integer) * 10n ** BigInt(type.scale - scale)
    return exact.toString().replace('-', '').length <= type.precision ? integerJson(exact) : undefined
  }
  return undefined
}

function parseLiteral(text: string, type: SqlType): LiteralJson | undefined {
  switch (type.kind) {
    case 'timestamp':
      return parseTimestamp(text)
    case 'date':
      return parseDate(text)
    case 'time':
      return parseTime(text)
    default:
      return undefined
  }
}

/** Types that a literal string becomes where such a value is wanted: `ts > '2026-01-01'`. */
const FROM_LITERAL = new Set(['timestamp', 'date', 'time', 'interval', 'json', 'boolean'])

/** A constant that is wrong would be wrong for every row: it is a fault of the statement, and said at once. */
function fromLiteral(expression: Expression, type: SqlType): boolean {
  return (
    expression.kind === 'literal' &&
    expression.type.kind === 'string' &&
    typeof expression.value === 'string' &&
    (FROM_LITERAL.has(type.kind) || isNumeric(type)) &&
    isTextOf(type, expression.value)
  )
}

function isTextOf(type: SqlType, text: string): boolean {
  try {
    parseValue(type, text)
    return true
  } catch (error) {
    if (error instanceof EvaluationError) return false
    throw error
  }
}

/** Implicit cast to a wanted type, or a diagnostic: `what` names the place. */
export function coerce(expression: Expression, type: SqlType, span: Span, what: string): Expression {
  if (castCost(expression.type, type) !== undefined || fromLiteral(expression, type)) return castTo(expression, type)
  fail(span, 'TYPE_MISMATCH', `${what} is ${typeName(type)}, not ${typeName(expression.type)}`, {
    hint: canCast(expression.type, type) ? `Cast it: CAST(… AS ${typeName(type)}).` : undefined,
  })
}

/** The type that all can become, or undefined. Literal strings go with the rest. */
export function commonTypeOf(expressions: readonly Expression[]): SqlType | undefined {
  let common: SqlType | undefined = NULL_TYPE
  for (const one of expressions) {
    if (one.kind === 'literal' && one.type.kind === 'string') continue
    common = common && commonType(common, one.type)
  }
  if (common === undefined) return undefined
  for (const one of expressions) {
    if (!(one.kind === 'literal' && one.type.kind === 'string')) continue
    const joined = commonType(common, STRING)
    if (joined !== undefined) common = joined
    else if (!fromLiteral(one, common)) return undefined
  }
  return common
}

/** Whether CAST may be written between two types; the value may still fail. */
export function canCast(from: SqlType, to: SqlType): boolean {
  if (castCost(from, to) !== undefined || (isNumeric(from) && isNumeric(to))) return true
  if (to.kind === 'string' || from.kind === 'json') return true
  if (from.kind === 'string') return to.kind !== 'map' && to.kind !== 'struct' && to.kind !== 'array'
  if (to.kind === 'json') return true
  const pair = `${from.kind}→${to.kind}`
  if (OTHER_CASTS.has(pair)) return true
  if (from.kind === 'array' && to.kind === 'array') return canCast(from.element, to.element)
  if (from.kind === 'map' && to.kind === 'map') return canCast(from.key, to.key) && canCast(from.value, to.value)
  if (from.kind === 'struct' && to.kind === 'struct') {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((field, i) => canCast(field.type, to.fields[i]?.type ?? field.type))
    )
  }
  return false
}

const OTHER_CASTS = new Set([
  'timestamp→date',
  'timestamp→time',
  'boolean→int',
  'boolean→bigint',
  'int→boolean',
  'bigint→boolean',
  'bytes→string',
])
