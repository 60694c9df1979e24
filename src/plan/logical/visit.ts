// Walks and rebuilds of logical plans.

import { fromChangelog, toChangelog } from './changelog.ts'
import { type JoinNode, join } from './join.ts'
import { matchRecognize, measureFields } from './match-recognize.ts'
import {
  deduplicate,
  filter,
  type GroupAggregateNode,
  groupAggregate,
  type LogicalPlan,
  limit,
  project,
  type ScanNode,
  throttle,
  topN,
  type UnionNode,
  union,
  type WindowAggregateNode,
  windowAggregate,
  windowAssign,
} from './nodes.ts'
import { over } from './over.ts'
import { unnest, unnestNames } from './unnest.ts'

/** The same node over another input that has the same columns in the same places. */
export function withInput(
  node: Exclude<LogicalPlan, ScanNode | UnionNode | JoinNode>,
  input: LogicalPlan,
): LogicalPlan {
  switch (node.kind) {
    case 'filter':
      return filter(input, node.predicate)
    case 'project':
      return project(input, node.expressions, node.schema.fields)
    case 'window-assign':
      return windowAssign(input, node.spec, node.time, node.late, node.partitionBy)
    case 'window-aggregate':
      return windowAggregate(input, node, aggregateNames(node))
    case 'group-aggregate':
      return groupAggregate(input, node, aggregateNames(node))
    case 'deduplicate':
      return deduplicate(input, node)
    case 'top-n':
      return topN(input, node, node.withRank ? node.schema.fields.at(-1)?.name : undefined)
    case 'limit':
      return limit(input, node.count)
    case 'throttle':
      return throttle(input, node.everyMs)
    case 'over':
      return over(input, node)
    case 'to-changelog':
      return toChangelog(input, node.op)
    case 'from-changelog':
      return fromChangelog(input, node.op, node.partitionBy)
    case 'match-recognize':
      return matchRecognize(input, node, measureFields(node))
    case 'unnest':
      return unnest(input, node, unnestNames(node))
  }
}

export function aggregateNames(node: WindowAggregateNode | GroupAggregateNode): readonly string[] {
  return node.schema.fields.slice(node.schema.fields.length - node.aggregates.length).map((field) => field.name)
}

export function inputsOf(node: LogicalPlan): readonly LogicalPlan[] {
  if (node.kind === 'scan') return []
  if (node.kind === 'join') return [node.left, node.right]
  return node.kind === 'union' ? node.inputs : [node.input]
}

/** Rebuilds a tree from the leaves up. */
export function transform(node: LogicalPlan, change: (node: LogicalPlan) => LogicalPlan): LogicalPlan {
  if (node.kind === 'scan') return change(node)
  if (node.kind === 'union') {
    const inputs = node.inputs.map((input) => transform(input, change))
    const same = inputs.every((input, i) => input === node.inputs[i])
    return change(same ? node : union(inputs, node.schema.fields))
  }
  if (node.kind === 'join') {
    const left = transform(node.left, change)
    const right = transform(node.right, change)
    return change(left === node.left && right === node.right ? node : join(left, right, node))
  }
  const input = transform(node.input, change)
  return change(input === node.input ? node : withInput(node, input))
}
