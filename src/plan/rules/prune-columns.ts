// Each step carries what is read above it, and a scan decodes no more: a query that reads three of six columns decodes
// three. Walks from the end with the columns that are needed, and gives back where they went.

import { must } from '../../core/assert.ts'
import { column, columnsOf, mapColumns } from '../expression-tree.ts'
import { fromChangelog, toChangelog, withOp, withoutOp } from '../logical/changelog.ts'
import { isLeftOnly, type JoinMatch, type JoinNode, join } from '../logical/join.ts'
import { type MatchRecognizeNode, matchRecognize, measureFields } from '../logical/match-recognize.ts'
import {
  deduplicate,
  filter,
  groupAggregate,
  type LogicalPlan,
  limit,
  project,
  scan,
  throttle,
  topN,
  union,
  windowAggregate,
  windowAssign,
} from '../logical/nodes.ts'
import { over } from '../logical/over.ts'
import { unnest, unnestNames } from '../logical/unnest.ts'
import { aggregateNames } from '../logical/visit.ts'
import { aggregateColumns, neighbourColumns } from '../physical/check-references.ts'
import { columnsOfValues, type MatchValue } from '../physical/match-steps.ts'
import type { AggregateCall, LatePolicy } from '../physical/nodes.ts'
import type { OverNeighbour } from '../physical/over-step.ts'
import { scannedColumns } from '../scanned-columns.ts'
import type { Rule } from './rule.ts'

export const pruneColumns: Rule = {
  name: 'prune-columns',
  apply: (plan) => {
    const all = plan.schema.fields.map((_, i) => i)
    const pruned = prune(plan, new Set(all))
    return sameColumns(pruned, all) && pruned.changed ? pruned.node : pruned.changed ? restore(plan, pruned) : plan
  },
}

interface Pruned {
  readonly node: LogicalPlan
  /** New position of a column that was needed. */
  readonly to: (index: number) => number
  readonly changed: boolean
}

function sameColumns(pruned: Pruned, all: readonly number[]): boolean {
  return pruned.node.schema.fields.length === all.length && all.every((index) => pruned.to(index) === index)
}

/** The plan's own columns in their order, where the last step gives them in another. */
function restore(plan: LogicalPlan, pruned: Pruned): LogicalPlan {
  const { fields } = plan.schema
  return project(
    pruned.node,
    fields.map((field, i) => column(pruned.to(i), field.type)),
    fields,
  )
}

function prune(node: LogicalPlan, needed: ReadonlySet<number>): Pruned {
  switch (node.kind) {
    case 'scan': {
      const wanted = [...needed].map((index) => must(node.columns[index], 'a scanned column'))
      const columns = scannedColumns(node.relation, wanted)
      const to = (index: number) => columns.indexOf(must(node.columns[index], 'a scanned column'))
      const changed = columns.length !== node.columns.length || columns.some((one, i) => one !== node.columns[i])
      return { node: changed ? scan(node.relation, columns, node.startup, node.bounded) : node, to, changed }
    }
    case 'filter': {
      const input = prune(node.input, new Set([...needed, ...columnsOf(node.predicate)]))
      return rebuilt(node, input, () => filter(input.node, mapColumns(node.predicate, input.to)))
    }
    case 'project':
      return pruneProject(node, needed)
    case 'union':
      return pruneUnion(node, needed)
    case 'join':
      return pruneJoin(node, needed)
    case 'limit': {
      const input = prune(node.input, withKey(node.input, needed))
      return rebuilt(node, input, () => limit(input.node, node.count))
    }
    case 'throttle': {
      const input = prune(node.input, withKey(node.input, needed))
      return rebuilt(node, input, () => throttle(input.node, node.everyMs))
    }
    case 'over': {
      const { neighbours, late } = node
      const own = [...node.partitionBy, ...aggregateColumns(node.aggregates), ...neighbourColumns(neighbours)]
      const read = late === undefined ? own : [...own, ...late.columns]
      return pruneExtension(node, needed, read, (input) =>
        over(input.node, {
          ...node,
          partitionBy: node.partitionBy.map(input.to),
          aggregates: node.aggregates.map((one) => moveAggregate(one, input)),
          neighbours: neighbours?.map((one) => moveNeighbour(one, input)),
          late: late && moveLate(late, input),
        }),
      )
    }
    case 'to-changelog': {
      // All: which rows change does not depend on what is read of them.
      const input = prune(node.input, new Set(node.input.schema.fields.keys()))
      const width = node.input.schema.fields.length
      const to = (index: number) => {
        if (index === 0) return 0
        return index > width ? input.node.schema.fields.length + 1 : input.to(index - 1) + 1
      }
      return { ...rebuilt(node, input, () => toChangelog(input.node, node.op)), to }
    }
    case 'from-changelog': {
      const below = [...withKey(node, needed)].map((index) => withOp(index, node.op))
      const input = prune(node.input, new Set([...below, node.op, ...node.partitionBy]))
      const op = input.to(node.op)
      const to = (index: number) => withoutOp(input.to(withOp(index, node.op)), op)
      return { ...rebuilt(node, input, () => fromChangelog(input.node, op, node.partitionBy.map(input.to))), to }
    }
    case 'match-recognize':
      return pruneMatch(node)
    case 'unnest':
      return pruneExtension(node, needed, columnsOf(node.expression), (input) =>
        unnest(input.node, { ...node, expression: mapColumns(node.expression, input.to) }, unnestNames(node)),
      )
    case 'window-assign':
      return pruneExtension(node, needed, [...node.late.columns, ...node.partitionBy], (input) =>
        windowAssign(input.node, node.spec, node.time, moveLate(node.late, input), node.partitionBy.map(input.to)),
      )
    case 'window-aggregate':
    case 'group-aggregate':
      return pruneAggregate(node, needed)
    case 'deduplicate': {
      const input = prune(node.input, new Set([...needed, ...node.partitionBy, ...node.late.columns]))
      return rebuilt(node, input, () =>
        deduplicate(input.node, {
          ...node,
          partitionBy: node.partitionBy.map(input.to),
          late: moveLate(node.late, input),
        }),
      )
    }
    case 'top-n':
      return pruneTopN(node, needed)
  }
}

function rebuilt(node: LogicalPlan, input: Pruned, rebuild: () => LogicalPlan): Pruned {
  return { node: input.changed ? rebuild() : node, to: input.to, changed: input.changed }
}

/** Of a step that adds columns behind those of its input. */
function pruneExtension(
  node: Extract<LogicalPlan, { kind: 'over' | 'unnest' | 'window-assign' }>,
  needed: ReadonlySet<number>,
  read: Iterable<number>,
  rebuild: (input: Pruned) => LogicalPlan,
): Pruned {
  const width = node.input.schema.fields.length
  const below = [...needed].filter((index) => index < width)
  const input = prune(node.input, new Set([...below, ...read]))
  const newWidth = input.node.schema.fields.length
  const to = (index: number) => (index < width ? input.to(index) : newWidth + (index - width))
  return { ...rebuilt(node, input, () => rebuild(input)), to }
}

/** Where rows are told apart by their key, the key is read. */
function withKey(node: LogicalPlan, needed: ReadonlySet<number>): ReadonlySet<number> {
  return node.schema.mode === 'append' ? needed : new Set([...needed, ...node.schema.key])
}

function moveLate(late: LatePolicy, input: Pick<Pruned, 'to'>): LatePolicy {
  return { ...late, columns: late.columns.map(input.to) }
}

function pruneProject(node: Extract<LogicalPlan, { kind: 'project' }>, needed: ReadonlySet<number>): Pruned {
  const kept = node.expressions.map((_, i) => i).filter((i) => needed.has(i))
  const read = new Set<number>()
  for (const i of kept) columnsOf(must(node.expressions[i], 'an expression'), read)
  const input = prune(node.input, read)
  const changed = input.changed || kept.length !== node.expressions.length
  const to = (index: number) => kept.indexOf(index)
  if (!changed) return { node, to, changed }
  const expressions = kept.map((i) => mapColumns(must(node.expressions[i], 'an expression'), input.to))
  const fields = kept.map((i) => must(node.schema.fields[i], 'a field'))
  return { node: project(input.node, expressions, fields), to, changed }
}

function pruneUnion(node: Extract<LogicalPlan, { kind: 'union' }>, needed: ReadonlySet<number>): Pruned {
  const kept = node.schema.fields.map((_, i) => i).filter((i) => needed.has(i))
  const pruned = node.inputs.map((input) => prune(input, new Set(kept)))
  const changed = kept.length !== node.schema.fields.length || pruned.some((one) => one.changed)
  const to = (index: number) => kept.indexOf(index)
  if (!changed) return { node, to, changed }
  const fields = kept.map((i) => must(node.schema.fields[i], 'a field'))
  // Inputs may give more, or in another order: what is joined has the same columns.
  const inputs = pruned.map((one) => {
    const fits = one.node.schema.fields.length === kept.length && kept.every((index, i) => one.to(index) === i)
    return fits
      ? one.node
      : project(
          one.node,
          kept.map((index, i) => column(one.to(index), must(fields[i], 'a field').type)),
          fields,
        )
  })
  return { node: union(inputs, fields), to, changed }
}

/** Of each side what is joined by, what tells its rows apart and when they happened, beside what is read above. */
function pruneJoin(node: JoinNode, needed: ReadonlySet<number>): Pruned {
  const width = node.left.schema.fields.length
  const late = 'late' in node.match ? node.match.late.columns : []
  const read = new Set([...needed, ...late, ...(node.condition === undefined ? [] : columnsOf(node.condition))])
  const side = (input: LogicalPlan, keys: readonly number[], of: readonly number[]) => {
    const { timeColumn } = input.schema
    const time = timeColumn === undefined ? [] : [timeColumn]
    return prune(input, withKey(input, new Set([...of, ...keys, ...time])))
  }
  const ofLeft = [...read].filter((index) => index < width)
  const ofRight = [...read].filter((index) => index >= width).map((index) => index - width)
  const left = side(node.left, node.leftKeys, ofLeft)
  const right = side(node.right, node.rightKeys, ofRight)
  const newWidth = left.node.schema.fields.length
  const to = (index: number) => (index < width ? left.to(index) : right.to(index - width) + newWidth)
  const changed = left.changed || right.changed
  if (!changed) return { node, to, changed }
  const match: JoinMatch =
    'late' in node.match ? { ...node.match, late: moveLate(node.match.late, { to }) } : node.match
  const pruned = join(left.node, right.node, {
    type: node.type,
    leftKeys: node.leftKeys.map(left.to),
    rightKeys: node.rightKeys.map(right.to),
    condition: node.condition && mapColumns(node.condition, to),
    match,
  })
  return { node: pruned, to: isLeftOnly(node.type) ? left.to : to, changed }
}

type Aggregate = Extract<LogicalPlan, { kind: 'window-aggregate' | 'group-aggregate' }>

function pruneAggregate(node: Aggregate, needed: ReadonlySet<number>): Pruned {
  const first = node.schema.fields.length - node.aggregates.length
  const keptAggregates = node.aggregates.map((_, i) => i).filter((i) => needed.has(first + i))
  const read = new Set([...node.groupBy, ...(node.kind === 'window-aggregate' ? node.late.columns : [])])
  const kept = keptAggregates.map((i) => must(node.aggregates[i], 'an aggregate'))
  for (const index of aggregateColumns(kept)) read.add(index)
  const input = prune(node.input, read)
  const changed = input.changed || keptAggregates.length !== node.aggregates.length
  const to = (index: number) => (index < first ? index : first + keptAggregates.indexOf(index - first))
  if (!changed) return { node, to, changed }
  const names = aggregateNames(node)
  const aggregates = kept.map((one) => moveAggregate(one, input))
  const keptNames = keptAggregates.map((i) => must(names[i], 'a name'))
  const groupBy = node.groupBy.map(input.to)
  const rebuilt =
    node.kind === 'group-aggregate'
      ? groupAggregate(input.node, { ...node, groupBy, aggregates }, keptNames)
      : windowAggregate(input.node, { ...node, groupBy, aggregates, late: moveLate(node.late, input) }, keptNames)
  return { node: rebuilt, to, changed }
}

/** What it gives is little: all of it stays, and what no variable looks at goes. */
function pruneMatch(node: MatchRecognizeNode): Pruned {
  const { partitionBy, values, late } = node
  const input = prune(node.input, new Set([...partitionBy, ...columnsOfValues(values), ...late.columns]))
  const { node: pruned, changed } = rebuilt(node, input, () => {
    const moved = values.map((one): MatchValue => {
      if (one.kind === 'row') return { ...one, column: input.to(one.column) }
      return { ...one, call: moveAggregate(one.call, input) }
    })
    const of = { ...node, partitionBy: partitionBy.map(input.to), values: moved, late: moveLate(late, input) }
    return matchRecognize(input.node, of, measureFields(node))
  })
  return { node: pruned, to: (index) => index, changed }
}

function moveAggregate(one: AggregateCall, input: Pruned): AggregateCall {
  return {
    ...one,
    arguments: one.arguments.map(input.to),
    filter: one.filter === undefined ? undefined : input.to(one.filter),
  }
}

function moveNeighbour({ argument, offset, otherwise }: OverNeighbour, input: Pruned): OverNeighbour {
  return { argument: input.to(argument), offset, otherwise: otherwise === undefined ? undefined : input.to(otherwise) }
}

function pruneTopN(node: Extract<LogicalPlan, { kind: 'top-n' }>, needed: ReadonlySet<number>): Pruned {
  const rank = node.input.schema.fields.length
  const end = node.windowEndColumn
  const read = new Set([...needed].filter((index) => index < rank))
  for (const index of [...node.partitionBy, ...node.orderBy.map((key) => key.column)]) read.add(index)
  if (end !== undefined) read.add(end)
  // Without the rank a row that keeps its place in the first n does not change when others move.
  const withRank = node.withRank && needed.has(rank)
  const input = prune(node.input, withKey(node.input, read))
  const changed = input.changed || withRank !== node.withRank
  const to = (index: number) => (index < rank ? input.to(index) : input.node.schema.fields.length)
  if (!changed) return { node, to, changed }
  const of = {
    partitionBy: node.partitionBy.map(input.to),
    orderBy: node.orderBy.map((key) => ({ ...key, column: input.to(key.column) })),
    limit: node.limit,
    withRank,
    windowEndColumn: end === undefined ? undefined : input.to(end),
  }
  return { node: topN(input.node, of, node.withRank ? node.schema.fields.at(-1)?.name : undefined), to, changed }
}
