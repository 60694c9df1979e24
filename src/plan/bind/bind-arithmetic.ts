// + - * / % || and the sign: which types go together, and what comes out.
//
// Numbers: both sides are cast to the wider type, INT < BIGINT < DECIMAL < DOUBLE. DECIMAL(p1,s1) and (p2,s2) give
// for + - % the larger scale (operands are cast to it), for * the scale s1+s2 and for / the scale max(6, s1+p2+1), as
// in SQL Server and Flink; * and / take their operands as they are.

import type { Binary, Unary } from '../../../grammar/ast.ts'
import {
  DATE,
  DECIMAL_PRECISION_MAX,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  isNumeric,
  type SqlType,
  type SqlTypeKind,
  STRING,
  TIME,
  TIMESTAMP,
  typeName,
} from '../../core/type.ts'
import { fail } from '../diagnostics.ts'
import { call, literal } from '../expression-tree.ts'
import type { Expression } from '../physical/expression.ts'
import { castTo, commonTypeOf } from './cast.ts'
import { asDecimal } from './coerce.ts'

const NAMES: Readonly<Record<string, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '%': 'modulo',
}

/** Digits after the point that a quotient of decimals has at least. */
const DIVIDE_SCALE_MIN = 6

export function bindArithmetic(node: Binary, left: Expression, right: Expression): Expression {
  if (node.operator === '||') return bindConcat(node, left, right)
  const numeric = (one: Expression) => isNumeric(one.type) || one.type.kind === 'null'
  if (numeric(left) && numeric(right)) return numbers(NAMES[node.operator] as string, left, right)
  return temporal(node, left, right) ?? mismatch(node, left, right)
}

function mismatch(node: Binary, left: Expression, right: Expression): never {
  const text = node.operator === '+' && (left.type.kind === 'string' || right.type.kind === 'string')
  const signature = `${typeName(left.type)} ${node.operator} ${typeName(right.type)}`
  fail(node.span, 'TYPE_MISMATCH', `there is no operator ${signature}`, {
    hint: text ? 'Text is joined with ||.' : undefined,
  })
}

export function numbers(id: string, left: Expression, right: Expression): Expression {
  const wide = left.type.kind === 'double' || right.type.kind === 'double'
  const decimals = left.type.kind === 'decimal' || right.type.kind === 'decimal'
  if (wide || !decimals || left.type.kind === 'null' || right.type.kind === 'null') {
    const common = commonTypeOf([left, right]) ?? DOUBLE
    const type = common.kind === 'null' ? INT : common
    return call(id, [castTo(left, type), castTo(right, type)], type)
  }
  const a = asDecimal(left.type)
  const b = asDecimal(right.type)
  if (id === 'multiply' || id === 'divide') {
    const type =
      id === 'multiply'
        ? boundedDecimal(a.precision + b.precision, a.scale + b.scale)
        : quotient(a.precision - a.scale + b.scale, Math.max(DIVIDE_SCALE_MIN, a.scale + b.precision + 1))
    return call(id, [castTo(left, a), castTo(right, b)], type)
  }
  const scale = Math.max(a.scale, b.scale)
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale)
  const operand = boundedDecimal(whole + scale, scale)
  // A sum may carry one digit more; a remainder is smaller than its divisor.
  const type = id === 'modulo' ? operand : boundedDecimal(whole + scale + 1, scale)
  return call(id, [castTo(left, operand), castTo(right, operand)], type)
}

function boundedDecimal(precision: number, scale: number): SqlType {
  return decimal(Math.min(precision, DECIMAL_PRECISION_MAX), Math.min(scale, DECIMAL_PRECISION_MAX))
}

/** Digits before the point stay; those after it give way, down to DIVIDE_SCALE_MIN. */
function quotient(whole: number, scale: number): SqlType {
  if (whole + scale <= DECIMAL_PRECISION_MAX) return decimal(whole + scale, scale)
  return decimal(DECIMAL_PRECISION_MAX, Math.max(DIVIDE_SCALE_MIN, DECIMAL_PRECISION_MAX - whole))
}

type Rule = readonly [id: string, left: SqlType, right: SqlType, result: SqlType]

/** By operator and operand types; the types in the rule are what the operands are cast to. */
const TEMPORAL: Readonly<Record<string, Rule>> = {
  'timestamp+interval': ['timestamp_add', TIMESTAMP, INTERVAL, TIMESTAMP],
  'timestamp-interval': ['timestamp_subtract', TIMESTAMP, INTERVAL, TIMESTAMP],
  'timestamp-timestamp': ['timestamp_diff', TIMESTAMP, TIMESTAMP, INTERVAL],
  'timestamp-date': ['timestamp_diff', TIMESTAMP, TIMESTAMP, INTERVAL],
  'date-timestamp': ['timestamp_diff', TIMESTAMP, TIMESTAMP, INTERVAL],
  'date+interval': ['timestamp_add', TIMESTAMP, INTERVAL, TIMESTAMP],
  'date-interval': ['timestamp_subtract', TIMESTAMP, INTERVAL, TIMESTAMP],
  'date+int': ['date_add', DATE, INT, DATE],
  'date-int': ['date_subtract', DATE, INT, DATE],
  'date-date': ['date_diff', DATE, DATE, INT],
  'time+interval': ['time_add', TIME, INTERVAL, TIME],
  'time-interval': ['time_subtract', TIME, INTERVAL, TIME],
  'time-time': ['time_diff', TIME, TIME, INTERVAL],
  'interval+interval': ['interval_add', INTERVAL, INTERVAL, INTERVAL],
  'interval-interval': ['interval_subtract', INTERVAL, INTERVAL, INTERVAL],
  'interval*number': ['interval_multiply', INTERVAL, DOUBLE, INTERVAL],
  'interval/number': ['interval_divide', INTERVAL, DOUBLE, INTERVAL],
}

function temporal(node: Binary, left: Expression, right: Expression): Expression | undefined {
  const { operator } = node
  const rule = temporalRule(operator, left.type, right.type)
  if (rule !== undefined) return call(rule[0], [castTo(left, rule[1]), castTo(right, rule[2])], rule[3])
  if (operator !== '+' && operator !== '*') return undefined
  const swapped = temporalRule(operator, right.type, left.type)
  return swapped && call(swapped[0], [castTo(right, swapped[1]), castTo(left, swapped[2])], swapped[3])
}

function temporalRule(operator: string, left: SqlType, right: SqlType): Rule | undefined {
  const exact = TEMPORAL[`${left.kind}${operator}${right.kind}`]
  if (exact !== undefined) return exact
  return isNumeric(right) ? TEMPORAL[`${left.kind}${operator}number`] : undefined
}

/** Joined text, or bytes, or arrays. Beside text anything that prints as one scalar is text. */
function bindConcat(node: Binary, left: Expression, right: Expression): Expression {
  const kinds: readonly SqlTypeKind[] = [left.type.kind, right.type.kind]
  if (kinds.includes('array')) {
    const type = commonTypeOf([left, right])
    if (type !== undefined) return call('array_concat', [castTo(left, type), castTo(right, type)], type)
    return mismatch(node, left, right)
  }
  if (left.type.kind === 'bytes' && right.type.kind === 'bytes') return call('concat', [left, right], left.type)
  if (kinds.includes('string') || kinds.every((kind) => kind === 'null')) {
    // Unlike concat(), || is NULL when either side is.
    return call('concat', [castTo(left, STRING), castTo(right, STRING)], STRING)
  }
  fail(node.span, 'TYPE_MISMATCH', `there is no operator ${typeName(left.type)} || ${typeName(right.type)}`, {
    hint: 'At least one side of || is text; cast one: CAST(… AS STRING).',
  })
}

export function bindNegation(operand: Expression, node: Unary): Expression {
  if (!isNumeric(operand.type) && operand.type.kind !== 'interval') {
    fail(node.span, 'TYPE_MISMATCH', `a sign stands before a number or an interval, not ${typeName(operand.type)}`)
  }
  if (node.operator === '+') return operand
  if (operand.kind === 'literal' && typeof operand.value === 'number' && operand.value !== 0) {
    return literal(-operand.value, operand.type)
  }
  return call('negate', [operand], operand.type)
}
