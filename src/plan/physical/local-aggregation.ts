import { must } from '../../core/assert.ts'
import type { Field, Schema } from '../../core/schema.ts'
import { BIGINT, BYTES, TIMESTAMP } from '../../core/type.ts'
import type {
  AggregateCall,
  GroupAggregateStep,
  LocalAggregateStep,
  PhysicalPlan,
  Step,
  WindowAggregateStep,
} from './nodes.ts'

/**
 * A plan whose aggregates are done in two phases, for a log whose partitions are read by different tasks: in front of
 * an exchange rows are added up to partials, behind it partials are merged. Where that could give another result, or
 * where what is kept of a group grows with its rows, rows cross the exchange as they are.
 *
 * Ids of steps that have state stay, and so do their forms of state.
 */
export function withLocalAggregation(plan: PhysicalPlan): PhysicalPlan {
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const changed = new Map<string, readonly Step[]>()
  let count = 0
  for (const step of plan.steps) {
    if (step.kind !== 'window-aggregate' && step.kind !== 'group-aggregate') continue
    const exchange = must(byId.get(step.inputs[0] ?? ''), 'an aggregate has an input')
    if (exchange.kind !== 'exchange' || plan.steps.filter(({ inputs }) => inputs.includes(exchange.id)).length > 1) {
      continue
    }
    const input = must(byId.get(exchange.inputs[0] ?? ''), 'an exchange has an input')
    if (!isLocal(step, input.schema)) continue
    const local = localStep(step, input, `local-aggregate-${++count}`)
    const keys = step.keys.map((_, i) => i)
    changed.set(exchange.id, [local, { ...exchange, inputs: [local.id], schema: local.schema, keys }])
    changed.set(step.id, [{ ...step, keys, aggregates: step.aggregates.map(ofPartials), input: 'partials' }])
  }
  return { ...plan, steps: plan.steps.flatMap((step) => changed.get(step.id) ?? [step]) }
}

/** The plan as it was before: what a query means does not depend on how it is done. */
export function withoutLocalAggregation(plan: PhysicalPlan): PhysicalPlan {
  const locals = new Map(plan.steps.flatMap((step) => (step.kind === 'local-aggregate' ? [[step.id, step]] : [])))
  const byId = new Map(plan.steps.map((step) => [step.id, step]))
  const localBefore = (id: string | undefined): LocalAggregateStep | undefined => {
    const exchange = byId.get(id ?? '')
    return exchange?.kind === 'exchange' ? locals.get(exchange.inputs[0] ?? '') : undefined
  }
  const steps = plan.steps.flatMap((step): Step[] => {
    if (step.kind === 'local-aggregate') return []
    if (step.kind === 'exchange') {
      const local = locals.get(step.inputs[0] ?? '')
      if (local === undefined) return [step]
      const { schema } = must(byId.get(local.inputs[0] ?? ''), 'a local aggregate has an input')
      return [{ ...step, inputs: local.inputs, schema, keys: local.keys }]
    }
    if ((step.kind !== 'window-aggregate' && step.kind !== 'group-aggregate') || step.input !== 'partials')
      return [step]
    const { keys, aggregates } = must(localBefore(step.inputs[0]), 'partials come from a local aggregate')
    const { input: _, ...rest } = step
    return [{ ...rest, keys, aggregates }]
  })
  return { ...plan, steps }
}

/**
 * Functions whose accumulators merge to what all rows together would have given, and stay small. COUNT(DISTINCT …),
 * PERCENTILE and the functions that collect keep every value.
 */
const MERGED: ReadonlySet<string> = new Set([
  'count',
  'sum',
  'avg',
  'min',
  'max',
  'stddev_samp',
  'stddev_pop',
  'variance_samp',
  'variance_pop',
  'approx_percentile',
  'approx_count_distinct',
  'bool_and',
  'bool_or',
  'first_value',
  'last_value',
  'arg_min',
  'arg_max',
])

/** Of equal rows these take the first to arrive, which is known within a slice and not between two. */
const BY_ARRIVAL: ReadonlySet<string> = new Set(['arg_min', 'arg_max'])

function isLocal(step: WindowAggregateStep | GroupAggregateStep, input: Schema): boolean {
  if (step.input === 'partials' || input.mode !== 'append') return false
  if (!step.aggregates.every((one) => MERGED.has(one.function) && !one.distinct)) return false
  // Rows of a partial may be on both sides of the moment at which a group is forgotten.
  if (step.kind === 'group-aggregate') return step.ttlMs === undefined
  if (step.time === 'processing' || step.latePolicy.into !== undefined) return false
  return step.window.kind === 'tumble' || !step.aggregates.some((one) => BY_ARRIVAL.has(one.function))
}

function localStep(step: WindowAggregateStep | GroupAggregateStep, input: Step, id: string): LocalAggregateStep {
  const windowed = step.kind === 'window-aggregate'
  const allowedLatenessMs = windowed ? step.latePolicy.allowedLatenessMs : 0
  return {
    kind: 'local-aggregate',
    id,
    version: 1,
    inputs: [input.id],
    schema: partialSchema(step, input.schema),
    keys: step.keys,
    aggregates: step.aggregates,
    window: windowed ? step.window : undefined,
    allowedLatenessMs,
    lateAlone: windowed && step.emit.mode === 'on-window-close' && allowedLatenessMs > 0,
  }
}

/** Where a partial has what it is made of. */
export interface PartialColumns {
  /** Undefined without a window. */
  readonly slice: number | undefined
  readonly partial: number
  readonly rows: number
}

export function partialColumns(keys: number, windowed: boolean): PartialColumns {
  const next = windowed ? keys + 1 : keys
  return { slice: windowed ? keys : undefined, partial: next, rows: next + 1 }
}

function partialSchema({ kind, keys }: WindowAggregateStep | GroupAggregateStep, input: Schema): Schema {
  const slice: readonly Field[] =
    kind === 'window-aggregate' ? [{ name: 'slice_start', type: TIMESTAMP, nullable: false }] : []
  return {
    fields: [
      ...keys.map((key) => must(input.fields[key], 'a key is a column of the input')),
      ...slice,
      { name: 'partial', type: BYTES, nullable: false },
      { name: 'rows', type: BIGINT, nullable: false },
    ],
    key: [],
    timeColumn: undefined,
    mode: 'append',
  }
}

/** Its arguments and its filter have been looked at before. */
function ofPartials(call: AggregateCall): AggregateCall {
  return { ...call, arguments: [], filter: undefined }
}
