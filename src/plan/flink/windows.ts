// Windows as Flink's table functions: TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), …)).

import { must } from '../../core/assert.ts'
import type { LogicalPlan, WindowAggregateNode, WindowAssignNode, WindowSpec } from '../logical/nodes.ts'
import type { LatePolicy } from '../physical/nodes.ts'
import { printDuration } from '../print-expression.ts'
import { aggregateSql } from './aggregates.ts'
import { FLINK_VERSION } from './flink-options.ts'
import { Gap } from './gap.ts'
import { asTable, everyNote, type ScriptContext, select, ungrouped } from './queries.ts'
import { isPlainTable, type Needs, NOTHING, type Select, selectOf, TIME, uniqueNames } from './select.ts'
import { atom, intervalText, type Sql } from './text.ts'

const START = atom('`window_start`')
const END = atom('`window_end`')
const WINDOW_TIME = atom('`window_time`')

export function windowAssignSelect(node: WindowAssignNode, context: ScriptContext): Select {
  if (node.spec.kind === 'session') throw new Gap('SESSION without GROUP BY')
  noteLate(node.late, context)
  if (node.time === 'event') {
    const text = 'late rows of a window function without GROUP BY: Flink passes them on'
    context.note({ text, find: (one) => one.kind === 'window-relation' })
  }
  const input = inWindows(node.input, node.spec, node.time, [], context)
  const names = node.schema.fields.map(({ name }) => name)
  const columns = [...input.columns, START, END]
  return { ...input, columns, names: uniqueNames(names), table: undefined }
}

export function windowAggregateSelect(node: WindowAggregateNode, needs: Needs, context: ScriptContext): Select {
  noteEmit(node, context)
  noteLate(node.late, context)
  const outer = node.input.window?.end
  if (outer !== undefined && node.groupBy.includes(outer)) return sameWindowSelect(node, needs, context)
  const input = inWindows(node.input, node.spec, node.time, node.groupBy, context)
  const keys = node.groupBy.map((index) => must(input.columns[index], 'a key'))
  return grouped(node, input, keys, [START, END], [START.text, END.text])
}

/** Rows that are of a window already, grouped by it: Flink sees that from its bounds among the keys. */
function sameWindowSelect(node: WindowAggregateNode, needs: Needs, context: ScriptContext): Select {
  const inside = { time: needs.time, start: true, end: true }
  const input = ungrouped(select(node.input, inside, context), inside, context)
  const { start, end } = input
  if (start === undefined || end === undefined) throw new Gap('a group by a window whose start is not known')
  const keys = node.groupBy.map((index) => must(input.columns[index], 'a key'))
  return grouped(node, input, keys, [start, end], [start.text, end.text])
}

function grouped(
  node: WindowAggregateNode,
  input: Select,
  keys: readonly Sql[],
  bounds: readonly [Sql, Sql],
  groupBy: readonly string[],
): Select {
  const aggregates = node.aggregates.map((one) => aggregateSql(one, input.columns, node.input.schema))
  const names = node.schema.fields.map(({ name }) => name)
  const [start, end] = bounds
  const made = selectOf(input.from, [...keys, ...bounds, ...aggregates], names, { time: input.time, start, end })
  return { ...made, where: input.where, groupBy: [...new Set([...keys.map(({ text }) => text), ...groupBy])] }
}

/** The rows of a plan with the columns of their windows. */
function inWindows(
  node: LogicalPlan,
  spec: WindowSpec,
  time: 'event' | 'processing',
  keys: readonly number[],
  context: ScriptContext,
): Select {
  noteOffset(spec, context)
  const needs = time === 'event' ? TIME : NOTHING
  const rows = select(node, needs, context)
  const input = time === 'event' ? rows : withClock(rows)
  const of = prepared(input, spec, keys, context)
  const partitionBy = keys.map((index) => must(of.columns[index], 'a key').text)
  const column = time === 'event' ? must(of.time, 'a time').text : must(of.columns.at(-1), 'a clock').text
  const from = `TABLE(${call(spec, must(of.table, 'a table'), column, partitionBy)})`
  const width = node.schema.fields.length
  return {
    ...of,
    from,
    table: undefined,
    columns: of.columns.slice(0, width),
    names: of.names.slice(0, width),
    time: WINDOW_TIME,
    start: START,
    end: END,
  }
}

/** Rows that are left out must not join sessions; other windows may be filtered afterwards. */
function prepared(input: Select, spec: WindowSpec, keys: readonly number[], context: ScriptContext): Select {
  if (spec.kind !== 'session') {
    const isOpen = input.table !== undefined && input.groupBy === undefined
    return isOpen ? input : asTable(input, TIME, context)
  }
  // Partitions are columns, not expressions.
  const isByColumns = keys.every((index) => /^`(?:[^`]|``)+`$/.test(input.columns[index]?.text ?? ''))
  return isPlainTable(input) && isByColumns ? input : asTable({ ...input, table: undefined }, TIME, context)
}

/** The clock as a column that a window may go by. */
function withClock(input: Select): Select {
  const columns = [...input.columns, atom('PROCTIME()')]
  return { ...input, columns, names: uniqueNames([...input.names, 'clock']), table: undefined }
}

function call(spec: WindowSpec, table: string, time: string, partitionBy: readonly string[]): string {
  const keys = partitionBy.length === 0 ? '' : ` PARTITION BY (${partitionBy.join(', ')})`
  const args = (...lengths: readonly number[]) =>
    [`TABLE ${table}${spec.kind === 'session' ? keys : ''}`, `DESCRIPTOR(${time})`, ...lengths.map(intervalText)].join(
      ', ',
    )
  const offset = (ms: number) => (ms === 0 ? [] : [ms])
  switch (spec.kind) {
    case 'tumble':
      return `TUMBLE(${args(spec.sizeMs, ...offset(spec.offsetMs))})`
    case 'hop':
      if (spec.sizeMs % spec.slideMs !== 0) {
        throw new Gap('HOP whose size is no multiple of its slide', { find: isWindow('hop') })
      }
      return `HOP(${args(spec.slideMs, spec.sizeMs, ...offset(spec.offsetMs))})`
    case 'cumulate':
      return `CUMULATE(${args(spec.stepMs, spec.sizeMs, ...offset(spec.offsetMs))})`
    case 'session':
      if (spec.maxMs !== undefined) {
        throw new Gap('MAX of SESSION', {
          find: isWindow('session'),
          hint: 'A session of Flink has no greatest length.',
        })
      }
      return `SESSION(${args(spec.gapMs)})`
  }
}

function isWindow(kind: string): (node: { readonly kind: string }) => boolean {
  return (node) => node.kind === kind
}

function noteEmit({ emit, late }: WindowAggregateNode, context: ScriptContext): void {
  const find = (node: { readonly kind: string }) => node.kind === 'emit'
  if (emit.everyMs !== undefined) context.note(everyNote(emit.everyMs))
  if (emit.mode === 'changes') {
    context.note({ text: 'EMIT CHANGES of a window: Flink tells its row once, when the window closes', find })
  } else if (emit.mode === 'on-window-close' && late.allowedLatenessMs > 0) {
    const text = `the row of a window comes ${printDuration(late.allowedLatenessMs)} after its end, and is not revised`
    context.note({ text, find: undefined })
  }
}

/** https://issues.apache.org/jira/browse/FLINK-36664 */
function noteOffset(spec: WindowSpec, context: ScriptContext): void {
  if (!('offsetMs' in spec) || spec.offsetMs === 0) return
  const text = `a window with an offset: aggregates of Flink ${FLINK_VERSION} may lose rows of it (FLINK-36664)`
  context.note({ text, find: (node) => node.kind === spec.kind })
}

export function noteLate(late: LatePolicy | undefined, context: ScriptContext): void {
  if (late?.into === undefined) return
  const text = `LATE ROWS INTO "${late.into}": Flink SQL has no side output, and drops late rows`
  context.note({ text, find: (node) => node.kind === 'late-rows' })
}
