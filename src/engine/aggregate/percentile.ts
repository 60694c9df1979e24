import { EvaluationError } from '../../core/evaluation-error.ts'
import { DOUBLE } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'
import { sortedValues } from './min-max.ts'
import type { SortedMultiset } from './sorted-multiset.ts'

/** Exact percentile as PostgreSQL's percentile_cont: between two values by distance. */
export function percentile({ constants }: AggregateBinding): Aggregate<SortedMultiset> {
  const fraction = fractionOf(constants[0] ?? null)
  return { ...sortedValues(DOUBLE), finish: (set) => interpolate(set, fraction) }
}

export function median(): Aggregate<SortedMultiset> {
  return { ...sortedValues(DOUBLE), finish: (set) => interpolate(set, 0.5) }
}

/** The constant is checked when the query starts: it is a fault of the statement, not of a row. */
export function fractionOf(value: Value): number {
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw new EvaluationError('fraction of a percentile is not between 0 and 1')
}

function interpolate(set: SortedMultiset, fraction: number): Value {
  if (set.total === 0) return null
  const position = fraction * (set.total - 1)
  const below = Math.floor(position)
  const low = set.at(below) as number
  if (position === below) return low
  const high = set.at(below + 1) as number
  return low === high ? low : low + (high - low) * (position - below) + 0
}
