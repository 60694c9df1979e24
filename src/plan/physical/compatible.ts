// Can a changed query go on with the state of the one that it replaces? State belongs to a step by its id. Its form
// follows from the step's parameters, and what it means from how the rows came to be that went into it: through which
// filters, computed how, from what. Only where all of this is the same would the query that starts anew have come to
// the same state.

import { must } from '../../core/assert.ts'
import type { Field, Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import { typeName } from '../../core/type.ts'
import { matchTexts } from '../explain-match.ts'
import { neighboursText } from '../explain-over.ts'
import { sinkTarget } from '../explain-sink.ts'
import { isExternalStore } from '../external-stores.ts'
import { frameText, printExpression } from '../print-expression.ts'
import type { Expression } from './expression.ts'
import type { JoinStep } from './join-steps.ts'
import { withoutLocalAggregation } from './local-aggregation.ts'
import type { AggregateCall, EmitSpec, LatePolicy, PhysicalPlan, SortKey, Step } from './nodes.ts'
import { patternOf, topicOf } from './scan-topics.ts'

/** True, or the reason why not. What a sink outside has been given stays: only its future rows may differ. */
export function compatible(before: PhysicalPlan, after: PhysicalPlan): true | string {
  // Whether rows are added up before they meet changes nothing about what is kept of them.
  const old = statesOf(withoutLocalAggregation(before))
  const next = statesOf(withoutLocalAggregation(after))
  for (const [id, shape] of old) {
    const now = next.get(id)
    if (now === undefined) return `step ${id}, which has state, is gone`
    for (const [what, value] of Object.entries(shape)) {
      if (now[what] !== value)
        return `step ${id} has another ${what}: ${now[what] || 'none'} instead of ${value || 'none'}`
    }
  }
  for (const id of next.keys()) {
    if (!old.has(id)) return `step ${id} is new, and would begin without the rows of the past`
  }
  return true
}

type Shape = Readonly<Record<string, string>>

/** What state means, by step and then by name; steps without state are left out. */
function statesOf(plan: PhysicalPlan): ReadonlyMap<string, Shape> {
  const rows = new Map<string, Rows>()
  const states = new Map<string, Shape>()
  for (const step of plan.steps) {
    const inputs = step.inputs.map((id) => must(rows.get(id), 'an input'))
    rows.set(step.id, rowsAfter(step, inputs))
    const shape = stateShape(step, inputs)
    if (shape !== undefined) states.set(step.id, shape)
  }
  return states
}

/** How rows came to be, from the last step with state on: each column, and what they passed. */
interface Rows {
  readonly columns: readonly string[]
  readonly filters: readonly string[]
  readonly schema: Schema
}

function rowsAfter(step: Step, inputs: readonly Rows[]): Rows {
  const { schema } = step
  const [input] = inputs
  const own = { columns: schema.fields.map((field) => `${step.id}.${field.name}`), filters: [], schema }
  switch (step.kind) {
    case 'scan':
      return { ...own, columns: schema.fields.map((field) => field.name) }
    case 'filter':
      return { ...of(input), filters: [...of(input).filters, textOf(step.predicate, of(input))] }
    case 'project':
      return { columns: step.expressions.map((one) => textOf(one, of(input))), filters: of(input).filters, schema }
    case 'union':
      return {
        columns: schema.fields.map((_, i) => inputs.map((one) => one.columns[i]).join(' and ')),
        filters: inputs.flatMap((one, i) => one.filters.map((filter) => `${filter} in part ${i + 1}`)),
        schema,
      }
    case 'to-changelog': {
      const added = step.timed ? ['change', 'time of the change'] : ['change']
      const [change = '', ...time] = added.map((one) => `${one} of ${of(input).columns.join(', ')}`)
      return { ...of(input), columns: [change, ...of(input).columns, ...time], schema }
    }
    case 'from-changelog': {
      const { columns } = of(input)
      const filters = [...of(input).filters, `as ${columns[step.op]} says`]
      return { columns: columns.filter((_, i) => i !== step.op), filters, schema }
    }
    case 'unnest': {
      const elements = schema.fields
        .slice(of(input).columns.length)
        .map((_, i) => `element ${i} of ${textOf(step.expression, of(input))}`)
      const filters = [
        ...of(input).filters,
        ...(step.outer ? [] : [`elements of ${textOf(step.expression, of(input))}`]),
      ]
      return { columns: [...of(input).columns, ...elements], filters, schema }
    }
    case 'window-assign': {
      const window = `${JSON.stringify(step.window)} by ${step.time} time`
      return { ...of(input), columns: [...of(input).columns, `start of ${window}`, `end of ${window}`], schema }
    }
    case 'exchange':
    case 'throttle':
    case 'limit':
    case 'sink':
      return { ...of(input), schema }
    case 'normalize':
    case 'reorder':
    case 'interval-join':
    case 'temporal-join':
    case 'table-join':
    case 'lookup-join':
    case 'local-aggregate':
    case 'window-aggregate':
    case 'session-aggregate':
    case 'group-aggregate':
    case 'deduplicate':
    case 'top-n':
    case 'over':
    case 'match-recognize':
      return own
  }
}

function of(input: Rows | undefined): Rows {
  return must(input, 'the step has an input')
}

/** An expression over what its columns stand for. */
function textOf(expression: Expression, rows: Rows): string {
  const { columns } = rows
  if (expression.kind === 'column') return columns[expression.index] ?? '?'
  return `(${printExpression(expression, namedFields(rows))})`
}

/** The fields by what they stand for. */
function namedFields({ columns, schema }: Rows): readonly Field[] {
  return schema.fields.map((field, i) => ({ ...field, name: columns[i] ?? field.name }))
}

function stateShape(step: Step, inputs: readonly Rows[]): Shape | undefined {
  const [input] = inputs
  switch (step.kind) {
    case 'scan':
      return { source: `${step.connector.kind} ${patternOf(step) ?? topicOf(step)}` }
    case 'normalize':
    case 'reorder':
      return { key: texts(step.keys, of(input)), columns: allColumns(of(input)), ...filtered(of(input)) }
    case 'interval-join':
      return {
        ...joined(step, inputs),
        interval: `${step.lowerMs} ms to ${step.upperMs} ms`,
        'allowed lateness': `${step.latePolicy.allowedLatenessMs} ms`,
      }
    case 'temporal-join':
      return {
        ...joined(step, inputs),
        row: step.row,
        'allowed lateness': `${step.latePolicy.allowedLatenessMs} ms`,
      }
    case 'lookup-join':
      // Rows wait there for their answer; which one is asked for is none of the state.
      return { columns: allColumns(of(input)), ...filtered(of(input)) }
    case 'table-join':
      return { ...joined(step, inputs), 'time to live': `${step.ttlMs ?? 'no'} ms` }
    case 'window-aggregate':
      return {
        window: JSON.stringify(step.window),
        time: step.time,
        ...closing(step.emit, step.latePolicy),
        ...grouped(step.keys, step.aggregates, of(input)),
      }
    case 'session-aggregate':
      return {
        gap: `${step.gapMs} ms`,
        'maximum length': `${step.maxMs ?? 'no'} ms`,
        time: step.time,
        ...closing(step.emit, step.latePolicy),
        ...grouped(step.keys, step.aggregates, of(input)),
      }
    case 'group-aggregate':
      return { ...grouped(step.keys, step.aggregates, of(input)), 'time to live': `${step.ttlMs ?? 'no'} ms` }
    case 'deduplicate':
      return {
        key: texts(step.keys, of(input)),
        row: step.keep,
        columns: step.keep === 'first' ? '' : allColumns(of(input)),
        time: `${step.withinMs ?? 'no'} ms`,
        'allowed lateness': `${step.latePolicy.allowedLatenessMs} ms`,
        'time to live': `${step.ttlMs ?? 'no'} ms`,
        ...filtered(of(input)),
      }
    case 'top-n':
      return {
        partition: texts(step.partitionBy, of(input)),
        order: order(step.orderBy, of(input)),
        limit: String(step.limit),
        columns: allColumns(of(input)),
        'time to live': `${step.ttlMs ?? 'no'} ms`,
        ...filtered(of(input)),
      }
    case 'sink':
      if (step.connector.kind !== 'result' && !isExternalStore(step.connector.kind)) return undefined
      return {
        // Rows on their way to a store outside are kept as those of a view are, and are not all there are of them.
        target: isExternalStore(step.connector.kind) ? sinkTarget(step.connector) : '',
        key: step.schema.key.map((index) => step.schema.fields[index]?.name).join(', '),
        result: step.schema.fields.map(fieldText).join(', '),
        columns: allColumns(of(input)),
        ...filtered(of(input)),
      }
    case 'over':
      return {
        ...grouped(step.keys, step.aggregates, of(input)),
        frame: frameText(step.frame),
        neighbours: neighboursText(step.neighbours, of(input).columns) ?? '',
        columns: allColumns(of(input)),
      }
    case 'match-recognize':
      return {
        key: texts(step.keys, of(input)),
        ...matchTexts(step, namedFields(of(input))),
        columns: allColumns(of(input)),
        ...filtered(of(input)),
      }
    case 'limit':
      return { count: String(step.count), ...filtered(of(input)) }
    case 'filter':
    case 'project':
    case 'union':
    case 'to-changelog':
    case 'from-changelog':
    case 'unnest':
    case 'exchange':
    case 'local-aggregate':
    case 'window-assign':
    case 'throttle':
      return undefined
  }
}

/** When windows come out, which decides what of them is kept; where late rows go does not. */
function closing({ mode }: EmitSpec, { allowedLatenessMs }: LatePolicy): Shape {
  return { emit: mode, 'allowed lateness': `${allowedLatenessMs} ms` }
}

function grouped(keys: readonly number[], aggregates: readonly AggregateCall[], input: Rows): Shape {
  return {
    key: texts(keys, input),
    aggregates: aggregates.map((one) => aggregateText(one, input)).join(', '),
    ...filtered(input),
  }
}

function joined(step: JoinStep, [left, right]: readonly Rows[]): Shape {
  const [l, r] = [of(left), of(right)]
  const both = {
    columns: [...l.columns, ...r.columns],
    filters: [],
    schema: { ...l.schema, fields: [...l.schema.fields, ...r.schema.fields] },
  }
  return {
    join: step.type,
    key: `${texts(step.leftKeys, l)} and ${texts(step.rightKeys, r)}`,
    condition: step.condition === undefined ? '' : textOf(step.condition, both),
    columns: `${allColumns(l)} and ${allColumns(r)}`,
    filter: `${filtered(l)['filter']} and ${filtered(r)['filter']}`,
    input: `${filtered(l)['input']} and ${filtered(r)['input']}`,
  }
}

/** Which rows went in, and whether they may be taken back. */
function filtered({ filters, schema }: Rows): Shape {
  return { filter: filters.join(' and '), input: schema.mode === 'append' ? 'rows' : 'changes' }
}

function aggregateText(one: AggregateCall, input: Rows): string {
  const filter = one.filter === undefined ? '' : ` filter ${texts([one.filter], input)}`
  const constants =
    one.constants.length === 0 ? '' : `; ${JSON.stringify(one.constants.map((each) => 'value' in each && each.value))}`
  return `${one.function}(${one.distinct ? 'distinct ' : ''}${texts(one.arguments, input)}${constants})${filter}`
}

function texts(positions: readonly number[], { columns, schema }: Rows): string {
  return positions.map((index) => `${columns[index]} ${typeText(schema.fields[index]?.type)}`).join(', ')
}

function allColumns(rows: Rows): string {
  return texts(
    rows.columns.map((_, i) => i),
    rows,
  )
}

function fieldText({ name, type, nullable }: Field): string {
  return `${name} ${typeName(type)}${nullable ? '' : ' not null'}`
}

function typeText(type: SqlType | undefined): string {
  return type === undefined ? '?' : typeName(type)
}

function order(keys: readonly SortKey[], input: Rows): string {
  return keys
    .map(({ column, descending, nullsFirst }) => {
      return `${texts([column], input)}${descending ? ' desc' : ''}${nullsFirst ? ' nulls first' : ''}`
    })
    .join(', ')
}
