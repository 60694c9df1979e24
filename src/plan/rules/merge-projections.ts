// Two projections become one, where no computed column would be computed twice; one that changes nothing goes.

import { columnsOf, substituteColumns } from '../expression-tree.ts'
import { type LogicalPlan, project } from '../logical/nodes.ts'
import { transform } from '../logical/visit.ts'
import type { Expression } from '../physical/expression.ts'
import type { Rule } from './rule.ts'

export const mergeProjections: Rule = { name: 'merge-projections', apply: (plan) => transform(plan, merge) }

function merge(node: LogicalPlan): LogicalPlan {
  if (node.kind !== 'project') return node
  if (isIdentity(node)) return node.input
  const { input } = node
  if (input.kind !== 'project' || computesTwice(node.expressions, input.expressions)) return node
  const merged = node.expressions.map((one) =>
    substituteColumns(one, (column) => input.expressions[column.index] as Expression),
  )
  return merge(project(input.input, merged, node.schema.fields))
}

function isIdentity(node: Extract<LogicalPlan, { kind: 'project' }>): boolean {
  const { fields } = node.input.schema
  return (
    node.expressions.length === fields.length &&
    node.expressions.every(
      (one, i) => one.kind === 'column' && one.index === i && fields[i]?.name === node.schema.fields[i]?.name,
    )
  )
}

function computesTwice(outer: readonly Expression[], inner: readonly Expression[]): boolean {
  const uses = new Map<number, number>()
  for (const one of outer) for (const index of columnUses(one)) uses.set(index, (uses.get(index) ?? 0) + 1)
  return [...uses].some(([index, count]) => {
    const kind = inner[index]?.kind
    return count > 1 && kind !== 'column' && kind !== 'literal'
  })
}

/** Positions as often as they are read. */
function columnUses(expression: Expression): readonly number[] {
  const uses: number[] = []
  substituteColumns(expression, (column) => {
    uses.push(column.index)
    return column
  })
  return uses.length > 0 ? uses : [...columnsOf(expression)]
}
