import { literalToValue } from '../../core/literal.ts'
import type { Value } from '../../core/value.ts'
import type { CallExpression, Expression } from '../../plan/physical/expression.ts'
import type { BoundCall } from './function.ts'

/** The value of a literal; undefined for any other expression. */
export function literalOf(expression: Expression): Value | undefined {
  return expression.kind === 'literal' ? literalToValue(expression.value, expression.type) : undefined
}

export function boundCall(call: CallExpression): BoundCall {
  return {
    types: call.arguments.map((argument) => argument.type),
    type: call.type,
    constants: call.arguments.map(literalOf),
  }
}
