import { unreachable } from '../../core/assert.ts'
import type { Row, Value } from '../../core/value.ts'
import type { CallExpression, CaseExpression, Expression, LogicalExpression } from '../../plan/physical/expression.ts'
import { castBody, safeCast } from './cast.ts'
import type { EvalContext } from './context.ts'
import type { Body } from './function.ts'
import { scalarBody } from './functions.ts'
import { boundCall, literalOf } from './literals.ts'

/**
 * The interpreted twin of compile.ts: one closure a node, one row at a time, no generated code. It is what runs with
 * code generation off, what runs expressions that are too large to compile, and what the compiler is tested against.
 */
export type ScalarEvaluator = (row: Row, context: EvalContext) => Value

export function interpret(expression: Expression): ScalarEvaluator {
  switch (expression.kind) {
    case 'column': {
      const { index } = expression
      return (row) => row[index] as Value
    }
    case 'literal': {
      const value = literalOf(expression) as Value
      return () => value
    }
    case 'call':
      return interpretCall(expression)
    case 'and':
    case 'or':
      return interpretLogical(expression)
    case 'not': {
      const operand = interpret(expression.operand)
      return (row, context) => {
        const value = operand(row, context)
        return value === null ? null : !value
      }
    }
    case 'is-null': {
      const operand = interpret(expression.operand)
      const { negated } = expression
      return (row, context) => (operand(row, context) === null) !== negated
    }
    case 'case':
      return interpretCase(expression)
    case 'cast': {
      const operand = interpret(expression.operand)
      const cast = castBody(expression.operand.type, expression.type)
      if (cast === undefined) return operand
      const body = expression.safe ? safeCast(cast) : cast
      return (row, context) => {
        const value = operand(row, context)
        return value === null ? null : body(value)
      }
    }
    case 'field': {
      const operand = interpret(expression.operand)
      const { index } = expression
      return (row, context) => {
        const struct = operand(row, context)
        return struct === null ? null : ((struct as Row)[index] as Value)
      }
    }
    default:
      return unreachable(expression)
  }
}

function interpretCall(call: CallExpression): ScalarEvaluator {
  if (call.function === 'now') return (_row, context) => context.nowMs
  const operands = call.arguments.map(interpret)
  if (call.function === 'coalesce') return coalesce(operands)
  const implementation = scalarBody(call.function)
  const body: Body = implementation.bind(boundCall(call))
  if (!implementation.strict) return (row, context) => body(...operands.map((operand) => operand(row, context)))
  return (row, context) => {
    const values: Value[] = []
    for (const operand of operands) values.push(operand(row, context))
    return values.includes(null) ? null : body(...values)
  }
}

function coalesce(operands: readonly ScalarEvaluator[]): ScalarEvaluator {
  return (row, context) => {
    for (const operand of operands) {
      const value = operand(row, context)
      if (value !== null) return value
    }
    return null
  }
}

function interpretLogical(expression: LogicalExpression): ScalarEvaluator {
  const operands = expression.operands.map(interpret)
  const decisive = expression.kind === 'or'
  return (row, context) => {
    let result: Value = !decisive
    for (const operand of operands) {
      const value = operand(row, context)
      if (value === decisive) return decisive
      if (value === null) result = null
    }
    return result
  }
}

function interpretCase(expression: CaseExpression): ScalarEvaluator {
  const branches = expression.branches.map(({ when, then }) => [interpret(when), interpret(then)] as const)
  const otherwise = interpret(expression.otherwise)
  return (row, context) => {
    for (const [when, result] of branches) if (when(row, context) === true) return result(row, context)
    return otherwise(row, context)
  }
}
