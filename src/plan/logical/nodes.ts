// The logical plan: what a query computes, by position, before it is decided how. One constructor a node: it derives
// what is known of the rows, so that a rule that rebuilds a node can't forget to.

import { assert, must } from '../../core/assert.ts'
import type { Field, Schema } from '../../core/schema.ts'
import type { DurationMs } from '../../core/time.ts'
import { BIGINT, TIMESTAMP } from '../../core/type.ts'
import type { MaterializedRelation, SourceRelation } from '../catalog.ts'
import type { Expression } from '../physical/expression.ts'
import type {
  AggregateCall,
  WindowSpec as AlignedWindow,
  EmitSpec,
  LatePolicy,
  SortKey,
  StartupSpec,
} from '../physical/nodes.ts'
import type { FromChangelogNode, ToChangelogNode } from './changelog.ts'
import type { JoinNode } from './join.ts'
import type { MatchRecognizeNode } from './match-recognize.ts'
import type { OverNode } from './over.ts'
import type { UnnestNode } from './unnest.ts'

export type LogicalPlan =
  | ScanNode
  | FilterNode
  | ProjectNode
  | UnionNode
  | JoinNode
  | WindowAssignNode
  | WindowAggregateNode
  | GroupAggregateNode
  | DeduplicateNode
  | TopNNode
  | LimitNode
  | ThrottleNode
  | UnnestNode
  | OverNode
  | ToChangelogNode
  | FromChangelogNode
  | MatchRecognizeNode

export type WindowSpec =
  | AlignedWindow
  | { readonly kind: 'session'; readonly gapMs: DurationMs; readonly maxMs: DurationMs | undefined }

export interface WindowColumns {
  readonly start: number | undefined
  readonly end: number | undefined
  readonly spec: WindowSpec
  readonly time: 'event' | 'processing'
}

export interface NodeBase {
  /** `mode` says only whether rows change after they came out; with or without the old row is decided in lowering. */
  readonly schema: Schema
  /** Sets of columns that identify a row; the first is the schema's key. */
  readonly keys: readonly (readonly number[])[]
  /** Where the rows come from a window: its bounds, as far as they are still columns. */
  readonly window: WindowColumns | undefined
}

export interface ScanNode extends NodeBase {
  readonly kind: 'scan'
  readonly relation: SourceRelation | MaterializedRelation
  /** Positions in the relation's schema. */
  readonly columns: readonly number[]
  readonly startup: StartupSpec
  /** Reads what is there now, and ends. */
  readonly bounded: boolean
}

export interface FilterNode extends NodeBase {
  readonly kind: 'filter'
  readonly input: LogicalPlan
  readonly predicate: Expression
}

export interface ProjectNode extends NodeBase {
  readonly kind: 'project'
  readonly input: LogicalPlan
  readonly expressions: readonly Expression[]
}

export interface UnionNode extends NodeBase {
  readonly kind: 'union'
  readonly inputs: readonly LogicalPlan[]
}

export interface WindowAssignNode extends NodeBase {
  readonly kind: 'window-assign'
  readonly input: LogicalPlan
  readonly spec: WindowSpec
  readonly time: 'event' | 'processing'
  readonly late: LatePolicy
  /** Only of sessions. */
  readonly partitionBy: readonly number[]
}

export interface WindowAggregateNode extends NodeBase {
  readonly kind: 'window-aggregate'
  readonly input: LogicalPlan
  readonly groupBy: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  readonly spec: WindowSpec
  readonly time: 'event' | 'processing'
  readonly emit: EmitSpec
  readonly late: LatePolicy
}

export interface GroupAggregateNode extends NodeBase {
  readonly kind: 'group-aggregate'
  readonly input: LogicalPlan
  readonly groupBy: readonly number[]
  readonly aggregates: readonly AggregateCall[]
  readonly emit: EmitSpec
}

export interface DeduplicateNode extends NodeBase {
  readonly kind: 'deduplicate'
  readonly input: LogicalPlan
  readonly partitionBy: readonly number[]
  readonly keep: 'first' | 'earliest' | 'last'
  readonly withinMs: DurationMs | undefined
  readonly late: LatePolicy
}

export interface TopNNode extends NodeBase {
  readonly kind: 'top-n'
  readonly input: LogicalPlan
  readonly partitionBy: readonly number[]
  readonly orderBy: readonly SortKey[]
  readonly limit: number
  readonly withRank: boolean
  /** Set where the partition is a window: its rows come out once, when it closes. */
  readonly windowEndColumn: number | undefined
}

export interface LimitNode extends NodeBase {
  readonly kind: 'limit'
  readonly input: LogicalPlan
  readonly count: number
}

/** EVERY over rows that change and have a key. */
export interface ThrottleNode extends NodeBase {
  readonly kind: 'throttle'
  readonly input: LogicalPlan
  readonly everyMs: DurationMs
}

export const NO_LATE_ROWS: LatePolicy = { allowedLatenessMs: 0, into: undefined, columns: [] }

export function scan(
  relation: SourceRelation | MaterializedRelation,
  columns: readonly number[],
  startup: StartupSpec,
  bounded: boolean,
): ScanNode {
  const from = relation.schema
  const fields = columns.map((index) => must(from.fields[index], 'scanned column'))
  const to = positions(columns)
  const keys = from.key.length === 0 ? [] : remapKeys([from.key], to)
  const timeColumn = from.timeColumn === undefined ? undefined : to(from.timeColumn)
  // The table of a view is read as it is now; a log without a table, or of upserts, still has its changes in it.
  const changing = from.mode !== 'append' && !(bounded && hasTable(relation))
  return {
    kind: 'scan',
    relation,
    columns,
    startup,
    bounded,
    schema: { fields, key: keys[0] ?? [], timeColumn, mode: changing ? modeOf(keys) : 'append' },
    keys,
    window: relation.kind === 'materialized-view' ? windowOfView(relation.schema, to) : undefined,
  }
}

/** Whether the rows are kept by key, so that they can be read as they are now. */
export function hasTable(relation: SourceRelation | MaterializedRelation): boolean {
  return relation.kind === 'materialized-view' && relation.schema.key.length > 0
}

/** A view over windows keeps window_end as its time column: its rows are windowed for whoever reads it. */
function windowOfView(schema: Schema, to: (index: number) => number | undefined): WindowColumns | undefined {
  const end = schema.timeColumn
  if (end === undefined || schema.fields[end]?.name !== 'window_end') return undefined
  const start = schema.fields.findIndex((field) => field.name === 'window_start')
  return { start: start === -1 ? undefined : to(start), end: to(end), spec: UNKNOWN_WINDOW, time: 'event' }
}

/**
 * Windows whose size was not kept. Rows of a closed window have the event time window_end − 1 ms, so that windows of
 * one millisecond close at the right moment, whatever the size.
 */
export const UNKNOWN_WINDOW: WindowSpec = { kind: 'tumble', sizeMs: 1, offsetMs: 0 }

export function filter(input: LogicalPlan, predicate: Expression): FilterNode {
  return { kind: 'filter', input, predicate, schema: input.schema, keys: input.keys, window: input.window }
}

/** `fields` gives names and NULL-ability; the types are those of the expressions. */
export function project(
  input: LogicalPlan,
  expressions: readonly Expression[],
  fields: readonly { readonly name: string; readonly nullable: boolean }[],
): ProjectNode {
  assert(expressions.length === fields.length, 'a projection has a field for each expression')
  const to = (index: number) => {
    const at = expressions.findIndex((one) => one.kind === 'column' && one.index === index)
    return at === -1 ? undefined : at
  }
  const keys = remapKeys(input.keys, to)
  const { timeColumn, mode } = input.schema
  return {
    kind: 'project',
    input,
    expressions,
    schema: {
      fields: expressions.map((one, i) => ({ name: fields[i]!.name, type: one.type, nullable: fields[i]!.nullable })),
      key: keys[0] ?? [],
      timeColumn: timeColumn === undefined ? undefined : to(timeColumn),
      mode: mode === 'append' ? 'append' : modeOf(keys),
    },
    keys,
    window: remapWindow(input.window, to),
  }
}

export function union(inputs: readonly LogicalPlan[], fields: readonly Field[]): UnionNode {
  const append = inputs.every((input) => input.schema.mode === 'append')
  const times = new Set(inputs.map((input) => input.schema.timeColumn))
  const window = inputs[0]?.window
  const sameWindow = inputs.every((input) => JSON.stringify(input.window) === JSON.stringify(window))
  return {
    kind: 'union',
    inputs,
    schema: {
      fields,
      key: [],
      timeColumn: times.size === 1 ? inputs[0]?.schema.timeColumn : undefined,
      mode: append ? 'append' : 'retract',
    },
    keys: [],
    window: sameWindow ? window : undefined,
  }
}

export function windowAssign(
  input: LogicalPlan,
  spec: WindowSpec,
  time: 'event' | 'processing',
  late: LatePolicy,
  partitionBy: readonly number[] = [],
): WindowAssignNode {
  const start = input.schema.fields.length
  const keys = input.keys.map((key) => [...key, start + 1])
  return {
    kind: 'window-assign',
    input,
    spec,
    time,
    late,
    partitionBy,
    schema: {
      fields: [...input.schema.fields, ...WINDOW_FIELDS],
      key: keys[0] ?? [],
      timeColumn: time === 'event' ? start + 1 : undefined,
      mode: input.schema.mode === 'append' ? 'append' : modeOf(keys),
    },
    keys,
    window: { start, end: start + 1, spec, time },
  }
}

export const WINDOW_FIELDS: readonly Field[] = [
  { name: 'window_start', type: TIMESTAMP, nullable: false },
  { name: 'window_end', type: TIMESTAMP, nullable: false },
]

export function windowAggregate(
  input: LogicalPlan,
  of: Pick<WindowAggregateNode, 'groupBy' | 'aggregates' | 'spec' | 'time' | 'emit' | 'late'>,
  names: readonly string[] = [],
): WindowAggregateNode {
  const count = of.groupBy.length
  const byKey = of.groupBy.map((_, i) => i)
  // Where a window ends says where it began; the other way round that holds for all but CUMULATE.
  const byStart = of.spec.kind === 'cumulate' ? [] : [[...byKey, count]]
  // A group of rows that are windowed already, by their window, is of that window: see Grouping.
  const outer = windowAmongKeys(input, of.groupBy)
  const keys = [...(outer === undefined ? [] : [byKey]), ...byStart, [...byKey, count + 1]]
  return {
    ...of,
    kind: 'window-aggregate',
    input,
    schema: {
      fields: [...groupFields(input, of.groupBy), ...WINDOW_FIELDS, ...aggregateFields(of.aggregates, names)],
      key: keys[0] as readonly number[],
      timeColumn: of.time === 'event' ? (outer?.end ?? count + 1) : undefined,
      mode: revises(of) ? 'upsert' : 'append',
    },
    keys,
    window: outer ?? { start: count, end: count + 1, spec: of.spec, time: of.time },
  }
}

function windowAmongKeys(input: LogicalPlan, groupBy: readonly number[]): WindowColumns | undefined {
  const { window } = input
  if (window?.end === undefined || !groupBy.includes(window.end)) return undefined
  const start = window.start === undefined ? -1 : groupBy.indexOf(window.start)
  return { ...window, start: start === -1 ? undefined : start, end: groupBy.indexOf(window.end) }
}

/** Whether rows that came out of a window may change. */
function revises(of: Pick<WindowAggregateNode, 'time' | 'emit' | 'late'>): boolean {
  if (of.emit.mode === 'changes') return true
  return of.emit.mode === 'on-window-close' && of.time === 'event' && of.late.allowedLatenessMs > 0
}

export function groupAggregate(
  input: LogicalPlan,
  of: Pick<GroupAggregateNode, 'groupBy' | 'aggregates' | 'emit'>,
  names: readonly string[] = [],
): GroupAggregateNode {
  const byKey = of.groupBy.map((_, i) => i)
  const keys = byKey.length === 0 ? [] : [byKey]
  // Without aggregates (DISTINCT) a row never changes once it is out, as long as no row is taken back.
  const append = of.emit.mode === 'final' || (of.aggregates.length === 0 && input.schema.mode === 'append')
  return {
    ...of,
    kind: 'group-aggregate',
    input,
    schema: {
      fields: [...groupFields(input, of.groupBy), ...aggregateFields(of.aggregates, names)],
      key: byKey,
      timeColumn: undefined,
      mode: append ? 'append' : modeOf(keys),
    },
    keys,
    window: undefined,
  }
}

export function deduplicate(
  input: LogicalPlan,
  of: Pick<DeduplicateNode, 'partitionBy' | 'keep' | 'withinMs' | 'late'>,
): DeduplicateNode {
  return {
    ...of,
    kind: 'deduplicate',
    input,
    schema: { ...input.schema, key: of.partitionBy, mode: of.keep === 'first' ? 'append' : 'upsert' },
    keys: of.keep === 'first' ? [of.partitionBy, ...input.keys] : [of.partitionBy],
    window: input.window,
  }
}

export function topN(
  input: LogicalPlan,
  of: Pick<TopNNode, 'partitionBy' | 'orderBy' | 'limit' | 'withRank' | 'windowEndColumn'>,
  rankName = 'row_number',
): TopNNode {
  const rank = input.schema.fields.length
  const byRank = of.withRank ? [[...of.partitionBy, rank]] : []
  const byPartition = of.limit === 1 && of.partitionBy.length > 0 ? [of.partitionBy] : []
  const all = [...byPartition, ...byRank, ...input.keys]
  // Rows that change are told apart by one key only: an update of rank 2 is a new row there, which says nothing of
  // the old one by any other key.
  const keys = of.windowEndColumn === undefined ? all.slice(0, 1) : all
  const fields = of.withRank
    ? [...input.schema.fields, { name: rankName, type: BIGINT, nullable: false }]
    : input.schema.fields
  return {
    ...of,
    kind: 'top-n',
    input,
    schema: {
      fields,
      key: keys[0] ?? [],
      timeColumn: input.schema.timeColumn,
      mode: of.windowEndColumn === undefined ? modeOf(keys) : 'append',
    },
    keys,
    window: input.window,
  }
}

export function limit(input: LogicalPlan, count: number): LimitNode {
  return { kind: 'limit', input, count, schema: input.schema, keys: input.keys, window: input.window }
}

export function throttle(input: LogicalPlan, everyMs: DurationMs): ThrottleNode {
  assert(input.schema.key.length > 0, 'rows whose changes are held back have a key')
  return { kind: 'throttle', input, everyMs, schema: input.schema, keys: input.keys, window: input.window }
}

function groupFields(input: LogicalPlan, groupBy: readonly number[]): readonly Field[] {
  return groupBy.map((index) => must(input.schema.fields[index], 'grouped column'))
}

function aggregateFields(aggregates: readonly AggregateCall[], names: readonly string[]): readonly Field[] {
  return aggregates.map((one, i) => ({
    name: names[i] ?? one.function,
    type: one.type,
    nullable: one.function !== 'count' && one.function !== 'approx_count_distinct',
  }))
}

/** Without a key a change can't be told from another row: then the old row has to come along. */
export function modeOf(keys: readonly (readonly number[])[]): 'upsert' | 'retract' {
  return keys.length === 0 ? 'retract' : 'upsert'
}

function positions(columns: readonly number[]): (index: number) => number | undefined {
  const to = new Map(columns.map((index, at) => [index, at]))
  return (index) => to.get(index)
}

function remapKeys(
  keys: readonly (readonly number[])[],
  to: (index: number) => number | undefined,
): readonly (readonly number[])[] {
  const remapped = keys.map((key) => key.map(to))
  return remapped.filter((key): key is number[] => key.every((index) => index !== undefined))
}

function remapWindow(
  window: WindowColumns | undefined,
  to: (index: number) => number | undefined,
): WindowColumns | undefined {
  if (window === undefined) return undefined
  return {
    start: window.start === undefined ? undefined : to(window.start),
    end: window.end === undefined ? undefined : to(window.end),
    spec: window.spec,
    time: window.time,
  }
}
