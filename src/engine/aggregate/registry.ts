import type { SqlType } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import type { AggregateCall } from '../../plan/physical/nodes.ts'
import { interpret } from '../expression/interpret.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'
import { approxCountDistinct } from './approx-count-distinct.ts'
import { approxPercentile } from './approx-percentile.ts'
import { argMax, argMin } from './arg-min-max.ts'
import { boolAnd, boolOr } from './bool.ts'
import { arrayAgg, collectValues, stringAgg } from './collect.ts'
import { count } from './count.ts'
import { distinct } from './distinct.ts'
import { firstValue, lastValue } from './first-last.ts'
import { max, min } from './min-max.ts'
import { median, percentile } from './percentile.ts'
import { rank } from './rank.ts'
import { avg, sum } from './sum.ts'
import { variance } from './variance.ts'

/** Any aggregate; what it keeps is known to itself only. */
export type AnyAggregate = Aggregate<unknown>

// Accumulators are opaque to everyone but the aggregate that made them, so the one cast is here.
const FUNCTIONS = new Map<string, (binding: AggregateBinding) => unknown>([
  ['count', count],
  ['sum', sum],
  ['avg', avg],
  ['min', min],
  ['max', max],
  ['stddev_samp', () => variance(false, true)],
  ['stddev_pop', () => variance(true, true)],
  ['variance_samp', () => variance(false, false)],
  ['variance_pop', () => variance(true, false)],
  ['percentile', percentile],
  ['approx_percentile', approxPercentile],
  ['median', median],
  ['first_value', firstValue],
  ['last_value', lastValue],
  ['array_agg', arrayAgg],
  ['collect_set', (binding) => distinct(collectValues(binding), binding.types[0] as SqlType)],
  ['string_agg', stringAgg],
  ['rank', () => rank(false)],
  ['dense_rank', () => rank(true)],
  ['bool_and', boolAnd],
  ['bool_or', boolOr],
  ['arg_min', argMin],
  ['arg_max', argMax],
  [
    'approx_count_distinct',
    // Registers forget nothing, so rows that may be taken away are counted exactly.
    (binding) =>
      binding.retractable ? distinct(count(binding), binding.types[0] as SqlType) : approxCountDistinct(binding),
  ],
])

/** Functions whose result depends on which row came first: groups that are merged can't tell. */
const SHOW_ARRIVAL: ReadonlySet<string> = new Set(['array_agg', 'collect_set', 'string_agg', 'arg_min', 'arg_max'])

export function showsArrival(call: AggregateCall): boolean {
  return SHOW_ARRIVAL.has(call.function)
}

/** Functions whose result is the same with and without DISTINCT. */
const DISTINCT_ANYWAY: ReadonlySet<string> = new Set([
  'min',
  'max',
  'bool_and',
  'bool_or',
  'first_value',
  'last_value',
  'arg_min',
  'arg_max',
  'collect_set',
  'approx_count_distinct',
])

export function aggregateOf(call: AggregateCall, retractable: boolean): AnyAggregate {
  const make = FUNCTIONS.get(call.function)
  if (make === undefined) throw new Error(`aggregate "${call.function}" has no body`)
  const aggregate = make({
    types: call.argumentTypes,
    type: call.type,
    constants: call.constants.map(constantOf),
    retractable,
  }) as AnyAggregate
  if (!call.distinct || DISTINCT_ANYWAY.has(call.function)) return aggregate
  return distinct(aggregate, call.argumentTypes[0] as SqlType) as AnyAggregate
}

/** True when the call goes through the DISTINCT wrapper. */
export function needsDistinct(call: AggregateCall): boolean {
  return call.distinct && !DISTINCT_ANYWAY.has(call.function)
}

export function aggregateIds(): readonly string[] {
  return [...FUNCTIONS.keys()]
}

/** The binder has checked that it is constant; an implicit cast may be around the literal. */
function constantOf(expression: Expression): Value {
  return interpret(expression)([], { nowMs: Number.NaN })
}
