import { decimalToDouble, divideDecimal } from '../../core/decimal.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { addExact, subtractExact } from '../../core/exact.ts'
import { roundToMicros } from '../../core/timestamp.ts'
import { BIGINT, DECIMAL_PRECISION_MAX, DOUBLE, decimal, INTERVAL, type SqlType } from '../../core/type.ts'
import type { ExactInteger, Value } from '../../core/value.ts'
import { fitter, scaleOf } from '../expression/functions/arithmetic.ts'
import type { Aggregate, AggregateBinding } from './aggregate.ts'

/**
 * SUM and AVG. Integers and decimals are exact, so the order of rows and retractions does not matter. Doubles carry
 * the rounding error of each addition along (Knuth's two-sum), and count NaN and the infinities beside the sum, so that
 * a retraction of them leaves the rest as it was.
 */
export interface ExactSumState {
  sum: ExactInteger
  count: number
}

export function sum(binding: AggregateBinding): Aggregate<ExactSumState> | Aggregate<DoubleSumState> {
  const [type] = binding.types as [SqlType]
  if (type.kind === 'double') return doubleSum(totalOf)
  if (type.kind === 'interval') return intervalSum((total) => total)
  const inRange = fitter(binding.type)
  return exactSum(type, inRange, (total) => inRange(total))
}

export function avg(binding: AggregateBinding): Aggregate<ExactSumState> | Aggregate<DoubleSumState> {
  const [type] = binding.types as [SqlType]
  if (type.kind === 'double') return doubleSum((state) => totalOf(state) / state.count)
  if (type.kind === 'interval') return intervalSum((total, count) => roundToMicros(total / count))
  return exactSum(type, (total) => total, averageOf(type, binding.type))
}

/** The mean of exact values as the result type wants it. */
export function averageOf(type: SqlType, result: SqlType): (total: ExactInteger, count: number) => Value {
  const scale = scaleOf(type)
  if (result.kind === 'decimal') {
    const inRange = fitter(result)
    return (total, count) => inRange(divideDecimal(total, scale, count, 0, result.scale))
  }
  return (total, count) => decimalToDouble(total, scale) / count
}

function exactSum(
  type: SqlType,
  inRange: (total: ExactInteger) => ExactInteger,
  finish: (total: ExactInteger, count: number) => Value,
): Aggregate<ExactSumState> {
  return {
    ignoresNulls: true,
    stateTypes: [decimal(DECIMAL_PRECISION_MAX, scaleOf(type)), BIGINT],
    create: () => ({ sum: 0, count: 0 }),
    check: (state, value) => {
      inRange(addExact(state.sum, value as ExactInteger))
    },
    add: (state, value) => {
      state.sum = addExact(state.sum, value as ExactInteger)
      state.count++
    },
    retract: (state, value) => {
      state.sum = subtractExact(state.sum, value as ExactInteger)
      state.count--
    },
    merge: (into, from) => {
      into.sum = addExact(into.sum, from.sum)
      into.count += from.count
    },
    finish: (state) => (state.count === 0 ? null : finish(state.sum, state.count)),
    toState: (state) => [state.sum, state.count],
    fromState: ([total, rows]) => ({ sum: total as ExactInteger, count: rows as number }),
  }
}

function intervalSum(finish: (total: number, count: number) => number): Aggregate<ExactSumState> {
  return {
    ignoresNulls: true,
    stateTypes: [INTERVAL, BIGINT],
    create: () => ({ sum: 0, count: 0 }),
    add: (state, value) => {
      state.sum = roundToMicros((state.sum as number) + (value as number))
      state.count++
    },
    retract: (state, value) => {
      state.sum = roundToMicros((state.sum as number) - (value as number))
      state.count--
    },
    merge: (into, from) => {
      into.sum = roundToMicros((into.sum as number) + (from.sum as number))
      into.count += from.count
    },
    finish: (state) => (state.count === 0 ? null : finish(state.sum as number, state.count)),
    toState: (state) => [state.sum, state.count],
    fromState: ([total, rows]) => ({ sum: total as number, count: rows as number }),
  }
}

export interface DoubleSumState {
  sum: number
  /** What rounding has taken from the sum so far. */
  error: number
  /** All values, those that are not finite too. */
  count: number
  nans: number
  infinities: number
  negativeInfinities: number
}

export function totalOf(state: DoubleSumState): number {
  if (state.nans > 0 || (state.infinities > 0 && state.negativeInfinities > 0)) return Number.NaN
  if (state.infinities > 0) return Number.POSITIVE_INFINITY
  if (state.negativeInfinities > 0) return Number.NEGATIVE_INFINITY
  return state.sum + state.error + 0
}

function doubleSum(finish: (state: DoubleSumState) => number): Aggregate<DoubleSumState> {
  return {
    ignoresNulls: true,
    stateTypes: [DOUBLE, DOUBLE, BIGINT, BIGINT, BIGINT, BIGINT],
    create: () => ({ sum: 0, error: 0, count: 0, nans: 0, infinities: 0, negativeInfinities: 0 }),
    check: (state, value) => {
      if (Number.isFinite(value)) checkTotal(state.sum + (value as number))
    },
    add: (state, value) => {
      state.count++
      if (Number.isFinite(value)) addFinite(state, value as number)
      else countSpecial(state, value as number, 1)
    },
    retract: (state, value) => {
      state.count--
      if (Number.isFinite(value)) addFinite(state, -(value as number))
      else countSpecial(state, value as number, -1)
      if (state.count === 0) {
        state.sum = 0
        state.error = 0
      }
    },
    merge: (into, from) => {
      addFinite(into, from.sum)
      into.error += from.error
      into.count += from.count
      into.nans += from.nans
      into.infinities += from.infinities
      into.negativeInfinities += from.negativeInfinities
    },
    finish: (state) => (state.count === 0 ? null : checkTotal(finish(state), state)),
    toState: (s) => [s.sum, s.error, s.count, s.nans, s.infinities, s.negativeInfinities],
    fromState: (state) => {
      const [total, error, rows, nans, infinities, negativeInfinities] = state as readonly number[] as SixNumbers
      return { sum: total, error, count: rows, nans, infinities, negativeInfinities }
    },
  }
}

type SixNumbers = readonly [number, number, number, number, number, number]

/** An infinity that no value was is an overflow. */
function checkTotal(total: number, state?: DoubleSumState): number {
  const special = state !== undefined && state.nans + state.infinities + state.negativeInfinities > 0
  if (!special && !Number.isFinite(total)) throw new EvaluationError('DOUBLE overflow')
  return total
}

function addFinite(state: DoubleSumState, value: number): void {
  const total = state.sum + value
  const part = total - state.sum
  state.error += state.sum - (total - part) + (value - part)
  state.sum = total
}

function countSpecial(state: DoubleSumState, value: number, step: 1 | -1): void {
  if (value > 0) state.infinities += step
  else if (value < 0) state.negativeInfinities += step
  else state.nans += step
}
