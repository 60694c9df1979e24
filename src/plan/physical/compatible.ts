// Can a changed query go on with the state of the one that it replaces? State belongs to a step by its id, and its form
// follows from the step's parameters: where these are the same, what was kept means the same.

import type { Schema } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import { typeName } from '../../core/type.ts'
import type { AggregateCall, PhysicalPlan, SortKey, Step } from './nodes.ts'

/** True, or the reason why not. */
export function compatible(before: PhysicalPlan, after: PhysicalPlan): true | string {
  const steps = new Map(after.steps.map((step) => [step.id, step]))
  for (const old of before.steps) {
    const shape = stateShape(old, before)
    if (shape === undefined) continue
    const next = steps.get(old.id)
    if (next === undefined) return `step ${old.id}, which has state, is gone`
    const nextShape = stateShape(next, after)
    for (const [what, value] of Object.entries(shape)) {
      if (nextShape?.[what] !== value)
        return `step ${old.id} has another ${what}: ${nextShape?.[what] ?? 'none'} instead of ${value}`
    }
  }
  const added = after.steps.find((step) => {
    const known = before.steps.some((old) => old.id === step.id)
    return !known && stateShape(step, after) !== undefined
  })
  return added === undefined ? true : `step ${added.id} is new, and would begin without the rows of the past`
}

/** What state means, by name; undefined for steps without state. What only changes the output is left out. */
function stateShape(step: Step, plan: PhysicalPlan): Readonly<Record<string, string>> | undefined {
  const input = plan.steps.find((one) => one.id === step.inputs[0])?.schema
  switch (step.kind) {
    case 'scan':
      return { source: `${step.connector.kind} ${step.connector.options['topic'] ?? step.relation}` }
    case 'normalize':
      return { key: columns(step.keys, input), columns: allColumns(step.schema) }
    case 'window-aggregate':
      return { window: JSON.stringify(step.window), time: step.time, ...grouped(step.keys, step.aggregates, input) }
    case 'session-aggregate':
      return {
        gap: `${step.gapMs} ms`,
        'maximum length': `${step.maxMs ?? 'no'} ms`,
        time: step.time,
        ...grouped(step.keys, step.aggregates, input),
      }
    case 'group-aggregate':
      return grouped(step.keys, step.aggregates, input)
    case 'deduplicate':
      return { key: columns(step.keys, input), row: step.keep }
    case 'top-n':
      return {
        partition: columns(step.partitionBy, input),
        order: order(step.orderBy, input),
        limit: String(step.limit),
        columns: input === undefined ? '' : allColumns(input),
      }
    case 'sink':
      if (step.connector.kind !== 'result') return undefined
      return { key: columns(step.schema.key, step.schema), columns: allColumns(step.schema) }
    case 'filter':
    case 'project':
    case 'union':
    case 'exchange':
    case 'window-assign':
    case 'limit':
    case 'throttle':
      return undefined
  }
}

function grouped(
  keys: readonly number[],
  aggregates: readonly AggregateCall[],
  input: Schema | undefined,
): Readonly<Record<string, string>> {
  return { key: columns(keys, input), aggregates: aggregates.map((one) => aggregateText(one, input)).join(', ') }
}

function aggregateText(one: AggregateCall, input: Schema | undefined): string {
  const filter = one.filter === undefined ? '' : ` filter ${columns([one.filter], input)}`
  const constants =
    one.constants.length === 0 ? '' : `; ${JSON.stringify(one.constants.map((each) => 'value' in each && each.value))}`
  return `${one.function}(${one.distinct ? 'distinct ' : ''}${columns(one.arguments, input)}${constants})${filter}`
}

function columns(positions: readonly number[], schema: Schema | undefined): string {
  return `(${positions.map((index) => columnText(schema?.fields[index])).join(', ')})`
}

function allColumns(schema: Schema): string {
  return `(${schema.fields.map(columnText).join(', ')})`
}

function columnText(field: { readonly name: string; readonly type: SqlType } | undefined): string {
  return field === undefined ? '?' : `${field.name} ${typeName(field.type)}`
}

function order(keys: readonly SortKey[], schema: Schema | undefined): string {
  return keys.map((key) => `${columns([key.column], schema)}${key.descending ? ' desc' : ''}`).join(', ')
}
