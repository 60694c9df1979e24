// Literals and parameters as typed constants.

import type { Interval, Literal } from '../../../grammar/ast.ts'
import type { Span } from '../../../grammar/span.ts'
import { type ParameterValue, TypedParameter } from '../../core/parameter.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DECIMAL_PRECISION_MAX,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  NULL_TYPE,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../core/type.ts'
import { BIGINT_MAX, BIGINT_MIN, INT_MAX, INT_MIN } from '../../core/value.ts'
import { fail } from '../diagnostics.ts'
import { literal, unknownParameter } from '../expression-tree.ts'
import type { Expression, LiteralExpression, LiteralJson } from '../physical/expression.ts'
import type { Parameters } from './environment.ts'

export function bindLiteral(node: Literal): LiteralExpression {
  switch (node.kind) {
    case 'integer':
      return integerLiteral(node.value, node.span)
    case 'decimal':
      return decimalLiteral(node.text, node.span)
    case 'double':
      return doubleLiteral(Number(node.text))
    case 'string':
      return literal(node.value, STRING)
    case 'boolean':
      return literal(node.value, BOOLEAN)
    case 'null':
      return literal(null, NULL_TYPE)
    case 'timestamp':
      return literal(node.epochMs, TIMESTAMP)
    case 'date':
      return literal(node.epochDays, DATE)
    case 'time':
      return literal(node.dayMs, TIME)
    case 'interval':
      return literal(fixedMs(node), INTERVAL)
  }
}

/** Milliseconds of an interval without months, which have no fixed length. */
export function fixedMs(node: Interval): number {
  if (node.months === 0) return node.ms
  fail(node.span, 'INVALID_LITERAL', 'an interval of months or years has no fixed length', {
    hint: "Write days, such as INTERVAL '30' DAY; months may only be added to a TIMESTAMP or taken from it.",
  })
}

function integerLiteral(value: bigint, span: Span): LiteralExpression {
  if (value >= BigInt(INT_MIN) && value <= BigInt(INT_MAX)) return literal(Number(value), INT)
  if (value >= BIGINT_MIN && value <= BIGINT_MAX) return literal(integerJson(value), BIGINT)
  const digits = value.toString().replace('-', '').length
  if (digits <= DECIMAL_PRECISION_MAX) return literal(integerJson(value), decimal(digits, 0))
  fail(span, 'INVALID_LITERAL', `the number has more than ${DECIMAL_PRECISION_MAX} digits`)
}

function decimalLiteral(text: string, span: Span): LiteralExpression {
  const [whole = '', fraction = ''] = text.split('.')
  const digits = `${whole}${fraction}`.replace(/^-?0*/, '')
  const precision = Math.max(digits.length, fraction.length, 1)
  if (precision > DECIMAL_PRECISION_MAX) {
    fail(span, 'INVALID_LITERAL', `the number has more than ${DECIMAL_PRECISION_MAX} digits`, {
      hint: 'With an exponent, such as 1.5e0, it is a DOUBLE.',
    })
  }
  const units = BigInt(`${whole}${fraction}`.replace(/^-?$/, '0'))
  return literal(integerJson(units), decimal(precision, fraction.length))
}

function doubleLiteral(value: number): LiteralExpression {
  if (Number.isFinite(value)) return literal(Object.is(value, -0) ? 0 : value, DOUBLE)
  return literal({ $double: String(value) }, DOUBLE)
}

export function integerJson(value: bigint): LiteralJson {
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : { $integer: value.toString() }
}

/** A parameter's value as the constant that would have been written in its place; of any type while it is unknown. */
export function bindParameter(name: number | string, span: Span, parameters: Parameters): Expression {
  if (typeof name === 'string') {
    fail(span, 'NOT_SUPPORTED', `named parameter ":${name}" is not supported yet`, { hint: 'Number them: $1, $2 …' })
  }
  if (parameters === 'unknown') return unknownParameter(name)
  const value = parameters?.[name - 1]
  if (value === undefined) {
    fail(span, 'UNKNOWN_PARAMETER', `parameter $${name} has no value`, {
      hint: `The statement was given ${parameters?.length ?? 0} values; parameters count from $1.`,
    })
  }
  return valueLiteral(value, span)
}

function valueLiteral(value: ParameterValue, span: Span): LiteralExpression {
  if (value instanceof TypedParameter) return typedLiteral(value, span)
  if (value === null) return literal(null, NULL_TYPE)
  switch (typeof value) {
    case 'boolean':
      return literal(value, BOOLEAN)
    case 'string':
      return literal(value, STRING)
    case 'bigint':
      return integerLiteral(value, span)
    case 'number':
      return Number.isSafeInteger(value) ? integerLiteral(BigInt(value), span) : doubleLiteral(value)
    default:
      if (value instanceof Uint8Array) return literal({ $bytes: base64(value) }, BYTES)
      fail(span, 'NOT_SUPPORTED', 'a parameter that is an array is not supported yet')
  }
}

function typedLiteral({ kind, value }: TypedParameter, span: Span): LiteralExpression {
  switch (kind) {
    case 'decimal':
      return decimalLiteral(value as string, span)
    case 'double':
      return doubleLiteral(value as number)
    case 'timestamp':
      return literal(value as number, TIMESTAMP)
    case 'date':
      return literal(value as number, DATE)
    case 'time':
      return literal(value as number, TIME)
    default:
      return literal(value as number, INTERVAL)
  }
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let k = 0; k < 4; k++) {
      const padded = i + k > bytes.length
      text += padded ? '=' : (BASE64[(group >> (18 - 6 * k)) & 63] as string)
    }
  }
  return text
}
