// A logical plan as SELECTs of Flink. Each step takes the SELECT of its input and adds to it what it says; see
// select.ts for when it has to begin another one around it.

import { must } from '../../core/assert.ts'
import type { MaterializedRelation, SourceRelation } from '../catalog.ts'
import type {
  DeduplicateNode,
  FilterNode,
  GroupAggregateNode,
  LogicalPlan,
  ProjectNode,
  ScanNode,
  TopNNode,
  UnionNode,
} from '../logical/nodes.ts'
import type { OverNode } from '../logical/over.ts'
import { type UnnestNode, unnestNames } from '../logical/unnest.ts'
import { printDuration } from '../print-expression.ts'
import { aggregateSql, overSql } from './aggregates.ts'
import { expressionSql } from './expressions.ts'
import { FLINK_VERSION } from './flink-options.ts'
import { findOver, Gap, type Note } from './gap.ts'
import { joinSelect } from './joins.ts'
import {
  BOUNDS,
  derived,
  exposed,
  indent,
  isInlinable,
  isPlainTable,
  type Needs,
  NOTHING,
  outside,
  type Select,
  selectOf,
  selectText,
  TIME,
  uniqueNames,
} from './select.ts'
import { sourceSelect } from './sources.ts'
import { atom, intervalText, quoteName, type Sql } from './text.ts'
import { noteLate, windowAggregateSelect, windowAssignSelect } from './windows.ts'

/** What a script collects while its query is written. */
export interface ScriptContext {
  readonly note: (note: Note) => void
  /** Says that the script has to create the table. */
  readonly useSource: (relation: SourceRelation) => void
  /** The rows of a query that stays, as a view of the script. */
  readonly viewOf: (relation: MaterializedRelation) => Select
  /** A view for a step that takes nothing but a name; its name. */
  readonly addView: (sql: string) => string
  /** A name for a derived table. */
  readonly alias: () => string
}

/** `needs`: what a step above reads of the rows beside their columns. */
export function select(node: LogicalPlan, needs: Needs, context: ScriptContext): Select {
  switch (node.kind) {
    case 'scan':
      return scanSelect(node, context)
    case 'filter':
      return filterSelect(node, needs, context)
    case 'project':
      return projectSelect(node, needs, context)
    case 'union':
      return unionSelect(node, needs, context)
    case 'join':
      return joinSelect(node, needs, context)
    case 'window-assign':
      return windowAssignSelect(node, context)
    case 'window-aggregate':
      return windowAggregateSelect(node, needs, context)
    case 'group-aggregate':
      return groupSelect(node, context)
    case 'deduplicate':
      return deduplicateSelect(node, needs, context)
    case 'top-n':
      return topNSelect(node, needs, context)
    case 'over':
      return overSelect(node, needs, context)
    case 'unnest':
      return unnestSelect(node, needs, context)
    case 'to-changelog':
    case 'from-changelog':
      throw new Gap(`${node.kind.replace('-', '_').toUpperCase()}(…)`, {
        hint: `Flink ${FLINK_VERSION} has no such function.`,
        find: (one) => one.kind === 'changelog-relation',
      })
    case 'match-recognize':
      throw new Gap('MATCH_RECOGNIZE', {
        hint: 'Flink has it, with other preferences of quantifiers: write it by hand.',
        find: (one) => one.kind === 'match-recognize',
      })
    case 'limit': {
      const alias = context.alias()
      const inner = exposed(select(node.input, needs, context), needs)
      const text = `${selectText(inner)}\nLIMIT ${node.count}`
      return outside(relation(text, alias), inner, node.schema.fields.length)
    }
    case 'throttle':
      context.note(everyNote(node.everyMs))
      return select(node.input, needs, context)
  }
}

export function everyNote(everyMs: number): Note {
  return {
    text: `EVERY ${printDuration(everyMs)}: Flink tells each change; 'table.exec.mini-batch.enabled' makes them fewer`,
    find: (node) => node.kind === 'emit',
  }
}

function relation(text: string, alias: string): string {
  return `(\n${indent(text)}\n) AS ${quoteName(alias)}`
}

function scanSelect(node: ScanNode, context: ScriptContext): Select {
  const { relation: from, columns } = node
  if (from.name === '') throw new Gap('a query without FROM')
  if ('connector' in from) {
    context.useSource(from)
    return sourceSelect(from, columns)
  }
  if (from.kind !== 'materialized-view') {
    throw new Gap(`${from.kind.replaceAll('-', ' ')} "${from.name}" in FROM`, {
      hint: 'It comes of a query that Weir runs. Flink SQL has no side outputs.',
    })
  }
  const view = context.viewOf(from)
  const at = <T>(list: readonly T[]) => columns.map((index) => must(list[index], 'a column'))
  return { ...view, columns: at(view.columns), names: at(view.names) }
}

/** A select over which an expression may be written: another one around it, where its text would grow too long. */
function open(input: Select, needs: Needs, context: ScriptContext): Select {
  return isInlinable(input) ? input : derived(input, context.alias(), needs)
}

function filterSelect(node: FilterNode, needs: Needs, context: ScriptContext): Select {
  const input = open(select(node.input, needs, context), needs, context)
  const parts = node.predicate.kind === 'and' ? node.predicate.operands : [node.predicate]
  const conditions = parts.map((one) => {
    const { text, atom: plain } = expressionSql(one, input.columns)
    return plain || parts.length === 1 || one.kind !== 'or' ? text : `(${text})`
  })
  if (input.groupBy === undefined) return { ...input, where: [...input.where, ...conditions] }
  return { ...input, having: [...input.having, ...conditions] }
}

function projectSelect(node: ProjectNode, needs: Needs, context: ScriptContext): Select {
  const input = open(select(node.input, needs, context), needs, context)
  const columns = node.expressions.map((one) => expressionSql(one, input.columns))
  return { ...input, columns, names: uniqueNames(node.schema.fields.map(({ name }) => name)) }
}

function unionSelect(node: UnionNode, needs: Needs, context: ScriptContext): Select {
  const inputs = node.inputs.map((input) => exposed(select(input, needs, context), needs))
  const first = must(inputs[0], 'an input')
  const names = node.schema.fields.map(({ name }) => name)
  const named = { ...first, names: uniqueNames([...names, ...first.names.slice(names.length)]) }
  const text = [named, ...inputs.slice(1)].map(selectText).join('\nUNION ALL\n')
  return outside(relation(text, context.alias()), named, names.length)
}

function groupSelect(node: GroupAggregateNode, context: ScriptContext): Select {
  const { emit, groupBy, aggregates } = node
  if (emit.everyMs !== undefined) context.note(everyNote(emit.everyMs))
  const input = ungrouped(select(node.input, NOTHING, context), NOTHING, context)
  const keys = groupBy.map((index) => must(input.columns[index], 'a key'))
  if (aggregates.length === 0 && node.schema.mode === 'append') {
    const names = uniqueNames(node.schema.fields.map(({ name }) => name))
    return firstOfEach({ ...input, columns: keys, names }, [...keys.keys()], NOTHING, context)
  }
  const columns = [...keys, ...aggregates.map((one) => aggregateSql(one, input.columns, node.input.schema))]
  const names = node.schema.fields.map(({ name }) => name)
  const grouped = selectOf(input.from, columns, names)
  return { ...grouped, where: input.where, groupBy: keys.map(({ text }) => text) }
}

/** A select whose rows may be grouped, or numbered. */
export function ungrouped(input: Select, needs: Needs, context: ScriptContext): Select {
  return input.groupBy === undefined && isInlinable(input) ? input : derived(input, context.alias(), needs)
}

function overSelect(node: OverNode, needs: Needs, context: ScriptContext): Select {
  const input = ungrouped(select(node.input, { ...needs, ...TIME }, context), { ...needs, ...TIME }, context)
  noteLate(node.late, context)
  const { unit, preceding, following } = node.frame
  if (following !== undefined) {
    throw new Gap('a frame that does not end with the row', {
      hint: 'Frames of Flink end with the current row.',
      find: findOver(({ over }) => over.frame !== undefined && over.frame.to.edge !== 'current-row'),
    })
  }
  if ((node.neighbours ?? []).length > 0) {
    throw new Gap('LAG or LEAD', {
      hint: 'Weir tells them in the order of event time; Flink has no LEAD over a stream.',
      find: findOver((one) => one.name.name === 'lag' || one.name.name === 'lead'),
    })
  }
  const from =
    preceding === undefined
      ? 'UNBOUNDED PRECEDING'
      : preceding === 0 && unit === 'rows'
        ? '0 PRECEDING'
        : `${unit === 'rows' ? preceding : intervalText(preceding)} PRECEDING`
  const time = must(input.time, 'a time').text
  const window = `${partition(node.partitionBy, input)}ORDER BY ${time} ${unit.toUpperCase()} BETWEEN ${from} AND CURRENT ROW`
  const added = node.aggregates.map((one) => overSql(one, input.columns, node.input.schema, window))
  const names = uniqueNames(node.schema.fields.map(({ name }) => name))
  const inner = { ...input, columns: [...input.columns, ...added], names, table: undefined }
  return derived(inner, context.alias(), needs)
}

function partition(columns: readonly number[], { columns: all }: Select): string {
  const list = columns.map((index) => must(all[index], 'a column').text)
  return list.length === 0 ? '' : `PARTITION BY ${list.join(', ')} `
}

/** `SELECT … FROM (SELECT …, ROW_NUMBER() OVER (…) AS n FROM …) WHERE n <= limit`: the form that Flink recognises. */
function numbered(input: Select, over: string, limit: number, rankName: string, needs: Needs, context: ScriptContext) {
  const number = atom(`ROW_NUMBER() OVER (${over})`)
  const width = input.columns.length
  const names = uniqueNames([...input.names, rankName])
  const inner = { ...input, columns: [...input.columns, number], names, table: undefined }
  const outer = derived(inner, context.alias(), needs)
  const rank = must(outer.columns[width], 'a rank').text
  return { ...outer, where: [limit === 1 ? `${rank} = 1` : `${rank} <= ${limit}`] }
}

function topNSelect(node: TopNNode, needs: Needs, context: ScriptContext): Select {
  const windowed = node.windowEndColumn !== undefined
  const inside = windowed ? { ...needs, ...BOUNDS } : needs
  const input = ungrouped(select(node.input, inside, context), inside, context)
  const { fields } = node.input.schema
  // By both bounds of the window: else it is no TOP-N of windows for Flink, which would tell rows before the close.
  const bounds = windowed ? [input.start, input.end].flatMap((one) => one?.text ?? []) : []
  const keys = node.partitionBy.map((index) => must(input.columns[index], 'a column').text)
  const partitionBy = [...new Set([...keys, ...bounds])]
  const order = node.orderBy.map(({ column, descending, nullsFirst }) => {
    const nulls = fields[column]?.nullable === false ? '' : ` NULLS ${nullsFirst ? 'FIRST' : 'LAST'}`
    return `${must(input.columns[column], 'a column').text} ${descending ? 'DESC' : 'ASC'}${nulls}`
  })
  const over = `${partitionBy.length === 0 ? '' : `PARTITION BY ${partitionBy.join(', ')} `}ORDER BY ${order.join(', ')}`
  const rankName = node.withRank ? must(node.schema.fields.at(-1), 'a rank').name : 'row_number'
  const ranked = numbered(input, over, node.limit, rankName, inside, context)
  return { ...ranked, ...firstColumns(ranked, node.schema.fields.length) }
}

function firstColumns({ columns, names }: Select, count: number): Pick<Select, 'columns' | 'names'> {
  return { columns: columns.slice(0, count), names: names.slice(0, count) }
}

const ARRIVAL = 'arrival'

function deduplicateSelect(node: DeduplicateNode, needs: Needs, context: ScriptContext): Select {
  const { keep, withinMs, late } = node
  const find = (one: { readonly kind: string }) => one.kind === 'deduplicate-relation'
  if (withinMs !== undefined) {
    const text = `WITHIN ${printDuration(withinMs)}: Flink knows each key for ever, or for 'table.exec.state.ttl' by the clock`
    context.note({ text, find })
  }
  if (late.allowedLatenessMs > 0 || late.into !== undefined) {
    context.note({ text: 'late rows of DEDUPLICATE: Flink has none, and takes each for what it is', find })
  }
  const inside = keep === 'first' ? needs : { ...needs, ...TIME }
  const input = ungrouped(select(node.input, inside, context), inside, context)
  if (keep === 'first') return firstOfEach(input, node.partitionBy, needs, context)
  const over = `${partition(node.partitionBy, input)}ORDER BY ${must(input.time, 'a time').text}${keep === 'last' ? ' DESC' : ''}`
  const kept = numbered(input, over, 1, 'row_number', needs, context)
  return { ...kept, ...firstColumns(kept, input.columns.length) }
}

/** The first row to arrive of each key: a query that Flink knows to only add rows. */
function firstOfEach(input: Select, keys: readonly number[], needs: Needs, context: ScriptContext): Select {
  const names = uniqueNames([...input.names, ARRIVAL])
  const timed = derived({ ...input, columns: [...input.columns, atom('PROCTIME()')], names }, context.alias(), needs)
  const width = input.columns.length
  const over = `${partition(keys, timed)}ORDER BY ${must(timed.columns[width], 'arrival').text} ASC`
  const first = numbered(timed, over, 1, 'row_number', needs, context)
  return { ...first, ...firstColumns(first, width) }
}

function unnestSelect(node: UnnestNode, needs: Needs, context: ScriptContext): Select {
  if (node.ordinality) {
    throw new Gap('UNNEST … WITH ORDINALITY', { find: (one) => one.kind === 'unnest-relation' })
  }
  const input = select(node.input, needs, context)
  const list = expressionSql(node.expression, input.columns)
  const width = input.columns.length
  const alias = context.alias()
  const names = uniqueNames([...input.names, 'elements'])
  const left = derived(
    ungrouped({ ...input, columns: [...input.columns, list], names }, needs, context),
    alias,
    needs,
    true,
  )
  const elements = context.alias()
  const added = uniqueNames(unnestNames(node))
  const aliased = `UNNEST(${must(left.columns[width], 'a list').text}) AS ${quoteName(elements)} (${added.map(quoteName).join(', ')})`
  const from = node.outer ? `${left.from}\nLEFT JOIN ${aliased} ON TRUE` : `${left.from}\nCROSS JOIN ${aliased}`
  const of = (name: string): Sql => atom(`${quoteName(elements)}.${quoteName(name)}`)
  const columns = [...left.columns.slice(0, width), ...added.map(of)]
  return selectOf(
    from,
    columns,
    node.schema.fields.map(({ name }) => name),
    left,
  )
}

/** A name that stands for the rows, for what takes nothing else. */
export function asTable(input: Select, needs: Needs, context: ScriptContext): Select {
  if (isPlainTable(input)) return input
  const inner = exposed(input, needs)
  const renamed = { ...inner, names: uniqueNames(inner.names.map(freeName)) }
  const name = quoteName(context.addView(selectText(renamed)))
  return { ...outside(name, renamed, input.columns.length), table: name }
}

/** Window functions add columns by these names. */
function freeName(name: string): string {
  return /^window_(start|end|time)$/.test(name) ? `_${name}` : name
}
