// Typed expressions as Flink SQL. What they are over is given as text, one piece a column, so that an expression may
// stand over a table, over a join, or over aggregates in HAVING.

import { sameType } from '../../core/type.ts'
import { scalarFunction } from '../bind/functions.ts'
import type { CastExpression, Expression } from '../physical/expression.ts'
import { castSql } from './casts.ts'
import { FUNCTIONS } from './functions.ts'
import { Gap } from './gap.ts'
import { atom, composite, literalSql, operand, quoteName, type Sql } from './text.ts'
import { flinkType } from './types.ts'

export function expressionSql(expression: Expression, columns: readonly Sql[]): Sql {
  const sql = (one: Expression) => expressionSql(one, columns)
  switch (expression.kind) {
    case 'column':
      return columns[expression.index] as Sql
    case 'literal':
      return literalSql(expression.value, expression.type, () => flinkType(expression.type))
    case 'and':
    case 'or':
      return composite(expression.operands.map((one) => operand(sql(one))).join(` ${expression.kind.toUpperCase()} `))
    case 'not':
      return composite(`NOT ${operand(sql(expression.operand))}`)
    case 'is-null':
      return composite(`${operand(sql(expression.operand))} IS ${expression.negated ? 'NOT ' : ''}NULL`)
    case 'case': {
      const branches = expression.branches.map((one) => `WHEN ${sql(one.when).text} THEN ${sql(one.then).text}`)
      return atom(`CASE ${branches.join(' ')} ELSE ${sql(expression.otherwise).text} END`)
    }
    case 'cast':
      return cast(expression, sql(expression.operand))
    case 'field': {
      const { type } = expression.operand
      const name = type.kind === 'struct' ? type.fields[expression.index]?.name : undefined
      return atom(`${operand(sql(expression.operand))}.${quoteName(name ?? '')}`)
    }
    case 'call': {
      const write = Object.hasOwn(FUNCTIONS, expression.function) ? FUNCTIONS[expression.function] : undefined
      if (write === undefined) throw functionGap(expression.function)
      return write(expression.arguments.map(sql), expression, sql)
    }
  }
}

function cast({ operand: from, type, safe }: CastExpression, sql: Sql): Sql {
  if (sameType(from.type, type)) return sql
  return castSql(sql, from.type, type, safe)
}

/** `id` is that of plans; the text may have it under another name. */
function functionGap(id: string): Gap {
  return new Gap(`function "${id}"`, {
    find: (node) => node.kind === 'call' && 'name' in node && scalarFunction(nameOf(node.name))?.id === id,
  })
}

function nameOf(name: unknown): string {
  return typeof name === 'object' && name !== null && 'name' in name ? String(name.name) : ''
}
