// Filters move towards the sources: below projections, unions and window functions, and below aggregates where they
// look at keys alone. A predicate that looks at a window's bounds stays above it; one that looks at the clock stays.

import { allOf, columnsOf, conjuncts, mapColumns, some, substituteColumns } from '../expression-tree.ts'
import { filter, type LogicalPlan, union } from '../logical/nodes.ts'
import { transform, withInput } from '../logical/visit.ts'
import type { Expression } from '../physical/expression.ts'
import type { Rule } from './rule.ts'

export const pushDownFilter: Rule = { name: 'push-down-filter', apply: (plan) => transform(plan, push) }

function push(node: LogicalPlan): LogicalPlan {
  if (node.kind !== 'filter') return node
  const { input } = node
  switch (input.kind) {
    case 'filter':
      return push(filter(input.input, allOf([...conjuncts(input.predicate), ...conjuncts(node.predicate)])))
    case 'project': {
      const { expressions } = input
      const movable = (one: Expression) => [...columnsOf(one)].every((index) => isPlain(expressions[index]))
      return split(node.predicate, movable, input, (predicate) =>
        withInput(input, push(filter(input.input, inline(predicate, expressions)))),
      )
    }
    case 'union': {
      const inputs = input.inputs.map((one) => push(filter(one, node.predicate)))
      return union(inputs, input.schema.fields)
    }
    case 'window-assign': {
      // Late rows are told apart after the filter as before it: those that it drops are nobody's.
      const width = input.input.schema.fields.length
      const movable = (one: Expression) => [...columnsOf(one)].every((index) => index < width)
      return split(node.predicate, movable, input, (predicate) =>
        withInput(input, push(filter(input.input, predicate))),
      )
    }
    case 'window-aggregate':
    case 'group-aggregate': {
      const { groupBy } = input
      // Of a global aggregate there is one row whatever comes in.
      const movable = (one: Expression) => {
        const columns = [...columnsOf(one)]
        return columns.length > 0 && columns.every((index) => index < groupBy.length)
      }
      return split(node.predicate, movable, input, (predicate) =>
        withInput(
          input,
          push(
            filter(
              input.input,
              mapColumns(predicate, (index) => groupBy[index] as number),
            ),
          ),
        ),
      )
    }
    default:
      return node
  }
}

/** What may move goes below; what is left stays above. */
function split(
  predicate: Expression,
  movable: (one: Expression) => boolean,
  input: LogicalPlan,
  pushed: (predicate: Expression) => LogicalPlan,
): LogicalPlan {
  const all = conjuncts(predicate)
  const down = all.filter((one) => movable(one) && !some(one, isClock))
  if (down.length === 0) return filter(input, predicate)
  const rest = all.filter((one) => !down.includes(one))
  const below = pushed(allOf(down))
  return rest.length === 0 ? below : filter(below, allOf(rest))
}

function inline(predicate: Expression, expressions: readonly Expression[]): Expression {
  return substituteColumns(predicate, (node) => expressions[node.index] as Expression)
}

/** Worth evaluating twice: nothing is computed, and nothing can fail. */
function isPlain(expression: Expression | undefined): boolean {
  return expression?.kind === 'column' || expression?.kind === 'literal'
}

function isClock(expression: Expression): boolean {
  return expression.kind === 'call' && expression.function === 'now'
}
