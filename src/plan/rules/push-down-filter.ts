// Filters move towards the sources: below projections, unions and window functions, and below aggregates where they
// look at keys alone. A predicate that looks at a window's bounds stays above it; one that looks at the clock stays.

import { allOf, columnsOf, conjuncts, mapColumns, some, substituteColumns } from '../expression-tree.ts'
import { type JoinNode, join } from '../logical/join.ts'
import type { MatchRecognizeNode } from '../logical/match-recognize.ts'
import {
  filter,
  type GroupAggregateNode,
  type LogicalPlan,
  union,
  type WindowAggregateNode,
  type WindowAssignNode,
} from '../logical/nodes.ts'
import type { UnnestNode } from '../logical/unnest.ts'
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
    case 'unnest':
      return pushBelow(node.predicate, input)
    case 'window-assign':
      // Late rows are told apart after the filter as before it: those that it drops are nobody's.
      return pushBelow(node.predicate, input)
    case 'window-aggregate':
    case 'group-aggregate':
      return pushByKey(node.predicate, input, input.groupBy)
    case 'match-recognize':
      return pushByKey(node.predicate, input, input.partitionBy)
    case 'join':
      return pushIntoJoin(node.predicate, input)
    default:
      return node
  }
}

/** What looks at keys alone, of a node whose first columns are those of its input at `keys`. */
function pushByKey(
  predicate: Expression,
  node: WindowAggregateNode | GroupAggregateNode | MatchRecognizeNode,
  keys: readonly number[],
): LogicalPlan {
  // Of a global aggregate there is one row whatever comes in.
  const movable = (one: Expression) => isOn(one, (index) => index < keys.length)
  return split(predicate, movable, node, (moved) =>
    withInput(
      node,
      push(
        filter(
          node.input,
          mapColumns(moved, (index) => keys[index] as number),
        ),
      ),
    ),
  )
}

/** What looks at the columns of the input alone, of a node that adds columns behind them. */
function pushBelow(predicate: Expression, node: WindowAssignNode | UnnestNode): LogicalPlan {
  const width = node.input.schema.fields.length
  const movable = (one: Expression) => [...columnsOf(one)].every((index) => index < width)
  return split(predicate, movable, node, (moved) => withInput(node, push(filter(node.input, moved))))
}

/**
 * A condition on one side alone goes below the join, unless a row of that side may be NULL for want of a match, which
 * must not be taken for one that fails. A table stays whole: to filter its changes each row would be kept once more.
 */
function pushIntoJoin(predicate: Expression, node: JoinNode): LogicalPlan {
  const { type, left, right } = node
  const width = left.schema.fields.length
  const intoLeft = type !== 'right' && type !== 'full' && left.schema.mode === 'append'
  const intoRight = (type === 'inner' || type === 'right') && right.schema.mode === 'append'
  const onLeft = (one: Expression) => intoLeft && isOn(one, (index) => index < width)
  const onRight = (one: Expression) => intoRight && isOn(one, (index) => index >= width)
  const movable = (one: Expression) => onLeft(one) || onRight(one)
  return split(predicate, movable, node, (moved) => {
    const all = conjuncts(moved)
    const ofRight = all.filter(onRight).map((one) => mapColumns(one, (index) => index - width))
    return join(filtered(node.left, all.filter(onLeft)), filtered(node.right, ofRight), node)
  })
}

function isOn(one: Expression, side: (index: number) => boolean): boolean {
  const columns = [...columnsOf(one)]
  return columns.length > 0 && columns.every(side)
}

function filtered(input: LogicalPlan, conditions: readonly Expression[]): LogicalPlan {
  return conditions.length === 0 ? input : push(filter(input, allOf(conditions)))
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
