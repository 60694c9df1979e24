// Whether an expression can be NULL. "Yes" is always right, only less useful.

import type { Field } from '../../core/schema.ts'
import type { Expression } from '../physical/expression.ts'

/** Operators and functions that give NULL only for a NULL argument. */
const STRICT = new Set([
  ...['add', 'subtract', 'multiply', 'divide', 'modulo', 'negate'],
  ...['equal', 'not_equal', 'less', 'less_equal', 'greater', 'greater_equal', 'in', 'like', 'not_like'],
  ...['timestamp_add', 'timestamp_subtract', 'timestamp_diff', 'timestamp_add_months', 'date_trunc', 'date_bin'],
  ...[
    'concat',
    'upper',
    'lower',
    'trim',
    'length',
    'substring',
    'abs',
    'ceil',
    'floor',
    'round',
    'extract',
    'epoch_ms',
  ],
])

const NEVER = new Set(['is_distinct', 'is_not_distinct', 'array', 'map', 'struct', 'now', 'concat_ws', 'pi', 'hash'])

export function isNullable(expression: Expression, fields: readonly Field[]): boolean {
  const nullable = (one: Expression) => isNullable(one, fields)
  switch (expression.kind) {
    case 'column':
      return fields[expression.index]?.nullable ?? true
    case 'literal':
      return expression.value === null
    case 'is-null':
      return false
    case 'and':
    case 'or':
      return expression.operands.some(nullable)
    case 'not':
      return nullable(expression.operand)
    case 'cast':
      return expression.safe || nullable(expression.operand)
    case 'field':
      return true
    case 'case':
      return nullable(expression.otherwise) || expression.branches.some((one) => nullable(one.then))
    case 'call':
      if (NEVER.has(expression.function)) return false
      if (expression.function === 'coalesce') return expression.arguments.every(nullable)
      return STRICT.has(expression.function) ? expression.arguments.some(nullable) : true
  }
}
