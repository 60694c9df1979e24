// EXPLAIN: one printer for both plans. Each step is a line, its inputs are indented below it, and what is read or kept
// is named as the user named it.

import type { Field, Schema } from '../core/schema.ts'
import { joinText, logicalJoinText, lookupText, matchOf } from './explain-join.ts'
import { matchDetails, matchState, patternTitle } from './explain-match.ts'
import { neighboursText, overDetails } from './explain-over.ts'
import { scanDetails } from './explain-scan.ts'
import { sinkDetails, sinkTarget } from './explain-sink.ts'
import { windowText } from './explain-window.ts'
import { measureFields } from './logical/match-recognize.ts'
import type { LogicalPlan } from './logical/nodes.ts'
import { inputsOf } from './logical/visit.ts'
import type { Expression } from './physical/expression.ts'
import type { AggregateCall, EmitSpec, LatePolicy, PhysicalPlan, SortKey, Step, UnnestStep } from './physical/nodes.ts'
import { cutIntoStages, exchangeKeys, type Stage } from './physical/stages.ts'
import { frameText, printDuration, printExpression } from './print-expression.ts'

interface Line {
  readonly title: string
  readonly details: readonly (string | undefined)[]
  readonly inputs: readonly Line[]
}

export function explainLogical(plan: LogicalPlan): string {
  return render(logicalLine(plan))
}

export function explainPhysical(plan: PhysicalPlan): string {
  const steps = new Map(plan.steps.map((step) => [step.id, step]))
  const line = (step: Step): Line => {
    const inputs = step.inputs.map((id) => steps.get(id) as Step)
    return { ...physicalLine(step, fieldsOf(inputs)), inputs: inputs.map(line) }
  }
  return `${render(line(plan.steps.at(-1) as Step))}\n${optionsText(plan.options)}`
}

/** How a plan runs over a log whose partitions are read by different tasks. */
export function explainStages(plan: PhysicalPlan): string {
  const stages = cutIntoStages(plan)
  const texts = stages.map((stage) => {
    const byId = new Map(stage.plan.steps.map((step) => [step.id, step]))
    const line = (step: Step): Line => {
      const inputs = step.inputs.map((id) => byId.get(id) as Step)
      return { ...stageLine(step, fieldsOf(inputs), stages), inputs: inputs.map(line) }
    }
    const ends = stage.plan.steps.filter((step) => step.kind === 'sink')
    return [`stage ${stage.number}, ${tasksText(stage)}`, ...ends.map((end) => render(line(end), 1))].join('\n')
  })
  return [...texts, optionsText(plan.options)].join('\n')
}

/** Columns of the inputs, one list each. */
function fieldsOf(inputs: readonly Step[]): readonly (readonly Field[])[] {
  return inputs.map((input) => input.schema.fields)
}

function stageLine(step: Step, inputs: readonly (readonly Field[])[], stages: readonly Stage[]): Omit<Line, 'inputs'> {
  if (step.kind === 'scan' && step.connector.kind === 'exchange') {
    return {
      title: `${step.id} from stage ${stages.find(({ writes }) => writes.includes(step.id))?.number}`,
      details: [],
    }
  }
  if (step.kind === 'sink' && step.connector.kind === 'exchange') {
    const to = stages.find(({ reads }) => reads.includes(step.id))?.number
    return {
      title: `${step.id}${by(exchangeKeys(step.connector), inputs[0] ?? []) || ' to one task'} → stage ${to}`,
      details: [],
    }
  }
  return physicalLine(step, inputs)
}

function tasksText({ plan, single }: Stage): string {
  if (single) return 'one task'
  const inputs = plan.steps.flatMap((step) => (step.kind === 'scan' ? [step.relation || 'one row'] : []))
  return `one task for each partition of ${[...new Set(inputs)].join(' and ')}`
}

function optionsText({ guarantee, checkpointIntervalMs, stateTtlMs }: PhysicalPlan['options']): string {
  const ttl = stateTtlMs === undefined ? '' : `, state kept ${printDuration(stateTtlMs)}`
  return `${guarantee}, checkpoint every ${printDuration(checkpointIntervalMs)}${ttl}`
}

function render(line: Line, depth = 0): string {
  const indent = '  '.repeat(depth)
  const details = line.details.filter((one) => one !== undefined && one !== '')
  const own = [`${indent}${line.title}`, ...details.map((one) => `${indent}  · ${one}`)]
  return [...own, ...line.inputs.map((input) => render(input, depth + 1))].join('\n')
}

// ---- logical ----------------------------------------------------------------------------------------------

function logicalLine(node: LogicalPlan): Line {
  const inputs = inputsOf(node).map(logicalLine)
  const fields = inputsOf(node)[0]?.schema.fields ?? []
  const result = rowsOf(node.schema)
  switch (node.kind) {
    case 'scan':
      if (node.relation.name === '') return { title: 'one row', details: [], inputs }
      return { title: `scan ${node.relation.name}(${names(node.schema.fields)})`, details: [result], inputs }
    case 'filter':
      return { title: `filter ${printExpression(node.predicate, fields)}`, details: [], inputs }
    case 'project':
      return { title: `project ${projection(node.expressions, node.schema.fields, fields)}`, details: [], inputs }
    case 'over':
      return {
        title: `over ${frameText(node.frame)}${by(node.partitionBy, fields)}`,
        details: [aggregatesText(node.aggregates, fields), neighboursText(node.neighbours, namesOf(fields))],
        inputs,
      }
    case 'to-changelog':
      return { title: 'to changelog', details: [result], inputs }
    case 'from-changelog':
      return {
        title: `from changelog ${nameOf(node.op, fields)}${by(node.partitionBy, fields)}`,
        details: [result],
        inputs,
      }
    case 'match-recognize': {
      const details = matchDetails(node, fields, measureFields(node))
      return {
        title: `match-recognize ${patternTitle(node)}${by(node.partitionBy, fields)}`,
        details: [...details, lateText(node.late)],
        inputs,
      }
    }
    case 'unnest':
      return { title: `unnest ${unnestText(node, fields)}`, details: [result], inputs }
    case 'throttle':
      return { title: `throttle every ${printDuration(node.everyMs)}`, details: [result], inputs }
    case 'union':
    case 'limit':
      return { title: node.kind === 'limit' ? `limit ${node.count}` : 'union', details: [], inputs }
    case 'join': {
      const { title, details } = logicalJoinText(node)
      const late = 'late' in node.match ? lateText(node.match.late) : undefined
      return { title: `join ${title}`, details: [...details, late, result], inputs }
    }
    case 'window-assign':
      return {
        title: `window-assign ${windowText(node.spec)}`,
        details: [timeText(node.time), lateText(node.late)],
        inputs,
      }
    case 'window-aggregate':
      return {
        title: `window-aggregate ${windowText(node.spec)}${by(node.groupBy, fields)}`,
        details: [
          aggregatesText(node.aggregates, fields),
          timeText(node.time),
          emitText(node.emit),
          lateText(node.late),
          result,
        ],
        inputs,
      }
    case 'group-aggregate':
      return {
        title: `group-aggregate${by(node.groupBy, fields)}`,
        details: [aggregatesText(node.aggregates, fields), emitText(node.emit), result],
        inputs,
      }
    case 'deduplicate':
      return {
        title: `deduplicate keep ${node.keep}${by(node.partitionBy, fields)}`,
        details: [withinText(node.withinMs), lateText(node.late), result],
        inputs,
      }
    case 'top-n':
      return {
        title: `top-n ${node.limit}${by(node.partitionBy, fields)} order by ${order(node.orderBy, fields)}`,
        details: [rankText(node.withRank, node.windowEndColumn, fields), result],
        inputs,
      }
  }
}

// ---- physical ---------------------------------------------------------------------------------------------

function physicalLine(step: Step, inputs: readonly (readonly Field[])[]): Omit<Line, 'inputs'> {
  const fields = inputs[0] ?? []
  const result = rowsOf(step.schema)
  switch (step.kind) {
    case 'scan':
      return {
        title: `${step.id} ${step.connector.kind}(${names(step.schema.fields)})`,
        details: [...scanDetails(step), result],
      }
    case 'filter':
      return { title: `${step.id} ${printExpression(step.predicate, fields)}`, details: [] }
    case 'project':
      return { title: `${step.id} ${projection(step.expressions, step.schema.fields, fields)}`, details: [] }
    case 'union':
      return { title: step.id, details: [] }
    case 'limit':
      return { title: `${step.id} ${step.count}`, details: [] }
    case 'throttle':
      return { title: `${step.id} every ${printDuration(step.everyMs)}${by(step.keys, fields)}`, details: [] }
    case 'lookup-join': {
      const { title, details } = lookupText(step, fields)
      return { title: `${step.id} ${title}`, details: [...details, result] }
    }
    case 'interval-join':
    case 'temporal-join':
    case 'table-join': {
      const { title, details } = joinText(step, matchOf(step), fields, inputs[1] ?? [])
      const late = 'latePolicy' in step ? lateText(step.latePolicy) : ttlText(step.ttlMs)
      return { title: `${step.id} ${title}`, details: [...details, late, result] }
    }
    case 'over':
      return {
        title: `${step.id} ${frameText(step.frame)}${by(step.keys, fields)}`,
        details: [
          aggregatesText(step.aggregates, fields),
          neighboursText(step.neighbours, namesOf(fields)),
          ...overDetails(step),
          step.latePolicy && lateText(step.latePolicy),
          result,
        ],
      }
    case 'to-changelog':
      return { title: step.id, details: [result] }
    case 'from-changelog':
      return { title: `${step.id} ${nameOf(step.op, fields)}${by(step.keys, step.schema.fields)}`, details: [result] }
    case 'match-recognize': {
      const details = matchDetails(step, fields, step.schema.fields.slice(step.keys.length))
      return {
        title: `${step.id} ${patternTitle(step)}${by(step.keys, fields)}`,
        details: [...details, lateText(step.latePolicy), matchState(step.withinMs)],
      }
    }
    case 'unnest':
      return { title: `${step.id} ${unnestText(step, fields)}`, details: [result] }
    case 'exchange':
    case 'normalize':
    case 'reorder':
      return { title: `${step.id}${by(step.keys, fields) || ' to one task'}`, details: [] }
    case 'window-assign':
      return {
        title: `${step.id} ${windowText(step.window)}`,
        details: [timeText(step.time), lateText(step.latePolicy)],
      }
    case 'local-aggregate': {
      const window = step.window === undefined ? '' : ` ${windowText(step.window)}`
      return {
        title: `${step.id}${window}${by(step.keys, fields)}`,
        details: [aggregatesText(step.aggregates, fields)],
      }
    }
    case 'window-aggregate':
    case 'session-aggregate': {
      const window =
        step.kind === 'window-aggregate'
          ? step.window
          : { kind: 'session' as const, gapMs: step.gapMs, maxMs: step.maxMs }
      return {
        title: `${step.id} ${windowText(window)}${by(step.keys, fields)}`,
        details: [
          mergesPartials(step) ?? aggregatesText(step.aggregates, fields),
          timeText(step.time),
          emitText(step.emit),
          lateText(step.latePolicy),
          result,
        ],
      }
    }
    case 'group-aggregate':
      return {
        title: `${step.id}${by(step.keys, fields)}`,
        details: [
          mergesPartials(step) ?? aggregatesText(step.aggregates, fields),
          emitText(step.emit),
          ttlText(step.ttlMs),
          result,
        ],
      }
    case 'deduplicate':
      return {
        title: `${step.id} keep ${step.keep}${by(step.keys, fields)}`,
        details: [withinText(step.withinMs), lateText(step.latePolicy), ttlText(step.ttlMs), result],
      }
    case 'top-n':
      return {
        title: `${step.id} ${step.limit}${by(step.partitionBy, fields)} order by ${order(step.orderBy, fields)}`,
        details: [rankText(step.withRank, step.windowEndColumn, fields), ttlText(step.ttlMs), result],
      }
    case 'sink':
      return { title: `${step.id} ${sinkTarget(step.connector)}`, details: [...sinkDetails(step), result] }
  }
}

// ---- parts ------------------------------------------------------------------------------------------------

/** `upsert rows, key (region)`; nothing for plain rows without a key. */
function rowsOf(schema: Schema): string | undefined {
  const key = schema.key.map((index) => schema.fields[index]?.name).join(', ')
  if (schema.mode === 'append' && key === '') return undefined
  return `${schema.mode} rows${key === '' ? '' : `, key (${key})`}`
}

function names(fields: readonly Field[]): string {
  return fields.map((field) => field.name).join(', ')
}

function nameOf(index: number, fields: readonly Field[]): string {
  return fields[index]?.name ?? `#${index}`
}

function namesOf(fields: readonly Field[]): readonly string[] {
  return fields.map((field) => field.name)
}

function by(keys: readonly number[], fields: readonly Field[]): string {
  return keys.length === 0 ? '' : ` by ${keys.map((key) => nameOf(key, fields)).join(', ')}`
}

function projection(expressions: readonly Expression[], output: readonly Field[], input: readonly Field[]): string {
  return expressions
    .map((one, i) => {
      const text = printExpression(one, input)
      const name = output[i]?.name
      return text === name ? text : `${text} AS ${name}`
    })
    .join(', ')
}

function timeText(time: 'event' | 'processing'): string | undefined {
  return time === 'processing' ? 'by processing time' : undefined
}

function emitText(emit: EmitSpec): string {
  const every = emit.everyMs === undefined ? '' : ` every ${printDuration(emit.everyMs)}`
  return `emit ${emit.mode.replaceAll('-', ' ')}${every}`
}

function lateText(late: LatePolicy): string | undefined {
  const lateness =
    late.allowedLatenessMs === 0 ? undefined : `allowed lateness ${printDuration(late.allowedLatenessMs)}`
  const into = late.into === undefined ? undefined : `late rows into ${late.into}`
  return [lateness, into].filter((one) => one !== undefined).join(', ') || undefined
}

function withinText(withinMs: number | undefined): string | undefined {
  return withinMs === undefined ? undefined : `within ${printDuration(withinMs)}`
}

function ttlText(ttlMs: number | undefined): string | undefined {
  return ttlMs === undefined ? undefined : `state kept ${printDuration(ttlMs)}`
}

function rankText(withRank: boolean, windowEnd: number | undefined, fields: readonly Field[]): string | undefined {
  const parts = [
    withRank ? 'with row number' : undefined,
    windowEnd === undefined ? undefined : `when ${nameOf(windowEnd, fields)} has passed`,
  ]
  return parts.filter((one) => one !== undefined).join(', ') || undefined
}

function order(keys: readonly SortKey[], fields: readonly Field[]): string {
  return keys.map((key) => `${nameOf(key.column, fields)}${key.descending ? ' desc' : ''}`).join(', ')
}

function mergesPartials(step: Step): string | undefined {
  return 'input' in step && step.input === 'partials' ? 'merges partials' : undefined
}

function aggregatesText(aggregates: readonly AggregateCall[], fields: readonly Field[]): string | undefined {
  if (aggregates.length === 0) return undefined
  return aggregates
    .map((one) => {
      const args = [
        ...one.arguments.map((index) => nameOf(index, fields)),
        ...one.constants.map((constant) => printExpression(constant, fields)),
      ]
      const list = args.length === 0 && one.function === 'count' ? '*' : args.join(', ')
      const filter = one.filter === undefined ? '' : ` filter ${nameOf(one.filter, fields)}`
      return `${one.function}(${one.distinct ? 'distinct ' : ''}${list})${filter}`
    })
    .join(', ')
}

function unnestText(
  { expression, ordinality, outer }: Pick<UnnestStep, 'expression' | 'ordinality' | 'outer'>,
  fields: readonly Field[],
): string {
  return `${printExpression(expression, fields)}${ordinality ? ' with ordinality' : ''}${outer ? ', outer' : ''}`
}
