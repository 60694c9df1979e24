// Walks and rewrites of typed expressions, shared by the binder and the rules.

import { unreachable } from '../core/assert.ts'
import { BOOLEAN, NULL_TYPE, type SqlType } from '../core/type.ts'
import type {
  CallExpression,
  CaseExpression,
  ColumnExpression,
  Expression,
  LiteralExpression,
  LiteralJson,
} from './physical/expression.ts'

export function column(index: number, type: SqlType): ColumnExpression {
  return { kind: 'column', index, type }
}

export function literal(value: LiteralJson, type: SqlType): LiteralExpression {
  return { kind: 'literal', value, type }
}

export function call(id: string, args: readonly Expression[], type: SqlType): CallExpression {
  return { kind: 'call', function: id, arguments: args, type }
}

export function branch(when: Expression, then: Expression): CaseExpression['branches'][number] {
  return { when, then }
}

/** The conjunction; TRUE for none. */
export function allOf(operands: readonly Expression[]): Expression {
  if (operands.length === 0) return literal(true, BOOLEAN)
  if (operands.length === 1) return operands[0] as Expression
  return {
    kind: 'and',
    operands: operands.flatMap((one) => (one.kind === 'and' ? one.operands : [one])),
    type: BOOLEAN,
  }
}

/** What has to hold for the whole to hold. */
export function conjuncts(expression: Expression): readonly Expression[] {
  return expression.kind === 'and' ? expression.operands : [expression]
}

/** The direct parts, from the left. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return []
    case 'call':
      return expression.arguments
    case 'and':
    case 'or':
      return expression.operands
    case 'not':
    case 'is-null':
    case 'cast':
    case 'field':
      return [expression.operand]
    case 'case':
      return [...expression.branches.flatMap((branch) => [branch.when, branch.then]), expression.otherwise]
    default:
      return unreachable(expression)
  }
}

/** The same node over other parts, which come in the order of childrenOf. */
export function withChildren(expression: Expression, children: readonly Expression[]): Expression {
  switch (expression.kind) {
    case 'column':
    case 'literal':
      return expression
    case 'call':
      return { ...expression, arguments: children }
    case 'and':
    case 'or':
      return { ...expression, operands: children }
    case 'not':
    case 'is-null':
    case 'cast':
    case 'field':
      return { ...expression, operand: children[0] as Expression }
    case 'case':
      return {
        ...expression,
        branches: expression.branches.map((_, i) =>
          branch(children[2 * i] as Expression, children[2 * i + 1] as Expression),
        ),
        otherwise: children[children.length - 1] as Expression,
      }
    default:
      return unreachable(expression)
  }
}

/** Rewrites from the leaves up; nodes without a change stay the same objects. */
export function rewrite(expression: Expression, change: (node: Expression) => Expression): Expression {
  const children = childrenOf(expression)
  const rewritten = children.map((child) => rewrite(child, change))
  const same = rewritten.every((child, i) => child === children[i])
  return change(same ? expression : withChildren(expression, rewritten))
}

/** Each column replaced by an expression over something else. */
export function substituteColumns(expression: Expression, by: (column: ColumnExpression) => Expression): Expression {
  return rewrite(expression, (node) => (node.kind === 'column' ? by(node) : node))
}

export function mapColumns(expression: Expression, position: (index: number) => number): Expression {
  return substituteColumns(expression, (node) => column(position(node.index), node.type))
}

/** Positions that are read, added to `into`. */
export function columnsOf(expression: Expression, into: Set<number> = new Set()): Set<number> {
  if (expression.kind === 'column') into.add(expression.index)
  for (const child of childrenOf(expression)) columnsOf(child, into)
  return into
}

export function some(expression: Expression, test: (node: Expression) => boolean): boolean {
  return test(expression) || childrenOf(expression).some((child) => some(child, test))
}

export function sameExpression(a: Expression, b: Expression): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b)
}

/**
 * A parameter whose value is not known yet: `$1`, a name that no function has. Plans with one are only looked at; the
 * codec stores none, and the engine runs none.
 */
export function unknownParameter(index: number): CallExpression {
  return call(`$${index}`, [], NULL_TYPE)
}

export function isUnknownParameter(expression: Expression): boolean {
  return expression.kind === 'call' && /^\$\d/.test(expression.function)
}
