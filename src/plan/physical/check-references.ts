// Whether what a stored plan refers to exists.

import { columnsOf } from '../expression-tree.ts'
import type { JoinStep, LookupJoinStep } from './join-steps.ts'
import { columnsOfValues, type MatchRecognizeStep, variablesOf } from './match-steps.ts'
import type { AggregateCall, PhysicalPlan, Step } from './nodes.ts'
import type { OverNeighbour } from './over-step.ts'

/** Every step after its inputs, every column within its input; else what is wrong. */
export function wrongReference(plan: PhysicalPlan): string | undefined {
  const widths = new Map<string, number>()
  for (const one of plan.steps) {
    if (widths.has(one.id)) return `two steps have the id ${one.id}`
    const inputs = one.inputs.map((id) => widths.get(id))
    const wrongMatch = one.kind === 'match-recognize' ? wrongPartOfMatch(one) : undefined
    if (wrongMatch !== undefined) return wrongMatch
    const wrongJoin = isJoin(one)
      ? wrongColumnOfJoin(one, inputs)
      : one.kind === 'lookup-join'
        ? wrongColumnOfLookup(one, inputs)
        : undefined
    if (wrongJoin !== undefined) return wrongJoin
    if (inputs.includes(undefined)) return `an input of step ${one.id} does not come before it`
    if (inputs.length === 0 && one.kind !== 'scan') return `step ${one.id} has no input`
    const width = one.kind === 'scan' ? one.fields.length + one.computed.length : Math.min(...(inputs as number[]))
    const beyond = columnsRead(one).find((index) => index >= width)
    if (beyond !== undefined) return `step ${one.id} reads column ${beyond} of ${width}`
    widths.set(one.id, one.schema.fields.length)
  }
  return undefined
}

function isJoin(one: Step): one is JoinStep {
  return one.kind === 'interval-join' || one.kind === 'temporal-join' || one.kind === 'table-join'
}

/** Variables and values have numbers of their own. */
function wrongPartOfMatch(one: MatchRecognizeStep): string | undefined {
  const { variables, conditions, values, measures, pattern, afterMatch } = one
  if (conditions.length !== variables.length) {
    return `step ${one.id} has ${conditions.length} conditions for ${variables.length} variables`
  }
  const value = [...conditions, ...measures]
    .flatMap((each) => [...columnsOf(each)])
    .find((each) => each >= values.length)
  if (value !== undefined) return `step ${one.id} reads value ${value} of ${values.length}`
  const after = 'variable' in afterMatch ? [afterMatch.variable] : []
  const named = [...variablesOf(pattern), ...after, ...values.flatMap((each) => each.variable ?? [])]
  const variable = named.find((each) => each >= variables.length)
  return variable === undefined ? undefined : `step ${one.id} has no variable ${variable}`
}

/** The two sides have columns of their own. */
function wrongColumnOfJoin(one: JoinStep, [left = 0, right = 0]: readonly (number | undefined)[]): string | undefined {
  const { leftKeys, rightKeys, condition } = one
  if (one.inputs.length !== 2) return `step ${one.id} joins ${one.inputs.length} inputs`
  if (leftKeys.length === 0 || leftKeys.length !== rightKeys.length) {
    return `step ${one.id} joins ${leftKeys.length} columns with ${rightKeys.length}`
  }
  const late = 'latePolicy' in one ? one.latePolicy.columns : []
  // What comes late to a lookup is a row of the stream.
  const [lateLeft, lateBoth] = one.kind === 'interval-join' ? [[], late] : [late, []]
  const read: readonly (readonly [readonly number[], number])[] = [
    [[...leftKeys, ...lateLeft], left],
    [rightKeys, right],
    [[...lateBoth, ...(condition === undefined ? [] : columnsOf(condition))], left + right],
  ]
  for (const [columns, width] of read) {
    const beyond = columns.find((index) => index >= width)
    if (beyond !== undefined) return `step ${one.id} reads column ${beyond} of ${width}`
  }
  return undefined
}

function wrongColumnOfLookup(one: LookupJoinStep, [left = 0]: readonly (number | undefined)[]): string | undefined {
  const { leftKeys, keys, columns, condition } = one
  if (keys.length === 0 || keys.length !== leftKeys.length) {
    return `step ${one.id} looks up ${keys.length} columns by ${leftKeys.length}`
  }
  const beyond =
    keys.find((index) => index >= columns.length) ??
    [...(condition === undefined ? [] : columnsOf(condition))].find((index) => index >= left + columns.length)
  return beyond === undefined ? undefined : `step ${one.id} reads column ${beyond} of ${left + columns.length}`
}

function columnsRead(one: Step): readonly number[] {
  switch (one.kind) {
    case 'scan':
      return [
        ...one.computed.flatMap((each) => [...columnsOf(each)]),
        ...(one.watermark === undefined ? [] : [one.watermark.timeColumn, ...columnsOf(one.watermark.expression)]),
      ]
    case 'filter':
      return [...columnsOf(one.predicate)]
    case 'from-changelog':
      return [one.op, ...one.keys]
    case 'unnest':
      return [...columnsOf(one.expression)]
    case 'project':
      return one.expressions.flatMap((each) => [...columnsOf(each)])
    case 'exchange':
    case 'normalize':
    case 'reorder':
    case 'throttle':
      return one.keys
    case 'window-assign':
      return one.latePolicy.columns
    case 'window-aggregate':
    case 'session-aggregate':
      return [...one.keys, ...one.latePolicy.columns, ...aggregateColumns(one.aggregates)]
    case 'local-aggregate':
    case 'group-aggregate':
      return [...one.keys, ...aggregateColumns(one.aggregates)]
    case 'over':
      return [
        ...one.keys,
        ...aggregateColumns(one.aggregates),
        ...neighbourColumns(one.neighbours),
        ...(one.latePolicy?.columns ?? []),
      ]
    case 'match-recognize':
      return [...one.keys, ...one.latePolicy.columns, ...columnsOfValues(one.values)]
    case 'deduplicate':
      return [...one.keys, ...one.latePolicy.columns]
    case 'top-n': {
      const end = one.windowEndColumn
      return [...one.partitionBy, ...one.orderBy.map((key) => key.column), ...(end === undefined ? [] : [end])]
    }
    case 'lookup-join':
      return one.leftKeys
    case 'interval-join':
    case 'temporal-join':
    case 'table-join':
    case 'to-changelog':
    case 'union':
    case 'limit':
    case 'sink':
      return []
  }
}

/** What aggregates read of their input. */
export function aggregateColumns(aggregates: readonly AggregateCall[]): readonly number[] {
  return aggregates.flatMap((one) => (one.filter === undefined ? one.arguments : [...one.arguments, one.filter]))
}

export function neighbourColumns(neighbours: readonly OverNeighbour[] = []): readonly number[] {
  return neighbours.flatMap(({ argument, otherwise }) => (otherwise === undefined ? [argument] : [argument, otherwise]))
}
