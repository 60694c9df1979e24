// Typed expressions as a reader knows them: names for positions, signs for operators.

import type { Field } from '../core/schema.ts'
import { formatDate, formatTimestamp } from '../core/timestamp.ts'
import { type SqlType, typeName } from '../core/type.ts'
import { isUnknownParameter } from './expression-tree.ts'
import type { Expression, LiteralJson } from './physical/expression.ts'
import type { OverFrame } from './physical/over-step.ts'

const SIGNS: Readonly<Record<string, string>> = {
  add: '+',
  subtract: '-',
  multiply: '*',
  divide: '/',
  modulo: '%',
  equal: '=',
  not_equal: '<>',
  less: '<',
  less_equal: '<=',
  greater: '>',
  greater_equal: '>=',
  is_distinct: 'IS DISTINCT FROM',
  is_not_distinct: 'IS NOT DISTINCT FROM',
  like: 'LIKE',
  not_like: 'NOT LIKE',
  timestamp_add: '+',
  timestamp_subtract: '-',
  timestamp_diff: '-',
  json_get: '->',
  json_get_text: '->>',
}

export function printExpression(expression: Expression, fields: readonly Field[]): string {
  const print = (one: Expression) => printExpression(one, fields)
  /** In parentheses where it is more than a word. */
  const part = (one: Expression) => (isInfix(one) ? `(${print(one)})` : print(one))
  switch (expression.kind) {
    case 'column':
      return fields[expression.index]?.name ?? `#${expression.index}`
    case 'literal':
      return printLiteral(expression.value, expression.type)
    case 'and':
    case 'or':
      return expression.operands.map(part).join(` ${expression.kind.toUpperCase()} `)
    case 'not':
      return `NOT ${part(expression.operand)}`
    case 'is-null':
      return `${part(expression.operand)} IS ${expression.negated ? 'NOT ' : ''}NULL`
    case 'cast':
      return `${expression.safe ? 'TRY_CAST' : 'CAST'}(${print(expression.operand)} AS ${typeName(expression.type)})`
    case 'field': {
      const { type } = expression.operand
      const name = type.kind === 'struct' ? type.fields[expression.index]?.name : undefined
      return `${part(expression.operand)}.${name ?? expression.index}`
    }
    case 'case': {
      const branches = expression.branches.map((one) => `WHEN ${print(one.when)} THEN ${print(one.then)}`)
      return `CASE ${branches.join(' ')} ELSE ${print(expression.otherwise)} END`
    }
    case 'call': {
      if (isUnknownParameter(expression)) return expression.function
      const sign = SIGNS[expression.function]
      const [left, right, third] = expression.arguments
      if (sign !== undefined && left !== undefined && right !== undefined && third === undefined) {
        return `${part(left)} ${sign} ${part(right)}`
      }
      return `${expression.function}(${expression.arguments.map(print).join(', ')})`
    }
  }
}

function isInfix(expression: Expression): boolean {
  if (expression.kind === 'call') return SIGNS[expression.function] !== undefined && expression.arguments.length === 2
  return expression.kind === 'and' || expression.kind === 'or' || expression.kind === 'is-null'
}

function printLiteral(value: LiteralJson, type: SqlType): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'string':
    case 'json':
      return `'${String(value).replaceAll("'", "''")}'`
    case 'interval':
      return printDuration(Number(value))
    case 'timestamp':
      return `TIMESTAMP '${formatTimestamp(Number(value))}'`
    case 'date':
      return `DATE '${formatDate(Number(value))}'`
    case 'decimal':
      return printDecimal(typeof value === 'object' && '$integer' in value ? value.$integer : String(value), type.scale)
    default:
      if (typeof value !== 'object') return String(value)
      return '$integer' in value ? value.$integer : '$double' in value ? value.$double : '…'
  }
}

function printDecimal(units: string, scale: number): string {
  if (scale === 0) return units
  const sign = units.startsWith('-') ? '-' : ''
  const digits = units.replace('-', '').padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

/** `rows 5 preceding`, `range 1 h preceding`, `rows unbounded`. */
export function frameText({ unit, preceding, following }: OverFrame): string {
  const distance = (one: number) => (unit === 'rows' ? String(one) : printDuration(one))
  const from = preceding === undefined ? 'unbounded' : `${distance(preceding)} preceding`
  if (following === undefined) return `${unit} ${from}`
  return `${unit} ${from} to ${distance(Math.abs(following))} ${following < 0 ? 'preceding' : 'following'}`
}

/** The largest unit that divides it: `90 s`, `5 min`. */
export function printDuration(ms: number): string {
  if (ms === 0) return '0 s'
  for (const [unit, length] of DURATION_UNITS) if (ms % length === 0) return `${ms / length} ${unit}`
  return `${ms} ms`
}
