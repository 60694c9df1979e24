import { formatDecimal, parseDecimal, rescale } from '../../../core/decimal.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import { absExact, divideExact, multiplyExact, power10, remainderExact, subtractExact } from '../../../core/exact.ts'
import type { SqlType } from '../../../core/type.ts'
import { type ExactInteger, exact, type Value } from '../../../core/value.ts'
import { type BoundCall, type FunctionTable, type ScalarBody, strict, strictBy } from '../function.ts'
import { fitter, scaleOf } from './arithmetic.ts'

/**
 * Mathematical functions. A result that is no number, such as the root of a negative one, is an error; NaN comes out
 * only where NaN went in.
 */
function real(compute: (...values: number[]) => number): ScalarBody {
  return strict((...values: number[]) => {
    const result = compute(...values)
    if (Number.isNaN(result) && !values.some(Number.isNaN) && values.every(Number.isFinite)) {
      throw new EvaluationError('argument is outside of what the function is defined for')
    }
    if (!Number.isFinite(result) && !Number.isNaN(result) && values.every(Number.isFinite)) {
      throw new EvaluationError('DOUBLE overflow')
    }
    return result + 0
  })
}

// ---- rounding ----------------------------------------------------------------------------------------------------

type Rounding = 'round' | 'trunc'

/** Units of 10^-scale to a multiple of 10^-places; halves away from zero, or cut. */
function roundUnits(units: ExactInteger, scale: number, places: number, rounding: Rounding): ExactInteger {
  if (places >= scale) return units
  const dropped = scale - places
  if (dropped > 76) return 0
  if (rounding === 'round') return multiplyExact(rescale(units, dropped, 0), power10(dropped))
  return subtractExact(units, remainderExact(units, power10(dropped)))
}

/** Digits that a double has at most: rounding to more of them changes nothing. */
const DOUBLE_DIGITS = 17
/** From here on every double is a whole number. */
const WHOLE_DOUBLE = 2 ** 53

function roundDouble(value: number, places: number, rounding: Rounding): number {
  if (!Number.isFinite(value) || places > 340) return value
  if (Math.abs(value) >= WHOLE_DOUBLE && places >= 0) return value
  if (places === 0) return roundWhole(value, rounding)
  const size = Math.floor(Math.log10(Math.abs(value) || 1))
  if (size + places > DOUBLE_DIGITS) return value
  if (size + places < -1) return 0
  // By its digits, so that 1.005 is rounded as the number that a user reads and not as the double behind it.
  const scale = Math.max(places, 0) + DOUBLE_DIGITS
  const units = parseDecimal(String(value), 76, Math.min(scale, 60))
  if (units === undefined) return value
  const used = Math.min(scale, 60)
  return Number(formatDecimal(roundUnits(units, used, places, rounding), used)) + 0
}

function roundWhole(value: number, rounding: Rounding): number {
  const whole = Math.trunc(value)
  if (rounding === 'trunc' || Math.abs(value - whole) < 0.5) return whole + 0
  return whole + Math.sign(value)
}

function rounder(rounding: Rounding): ScalarBody {
  return strictBy(({ types, type }: BoundCall) => {
    const [argument] = types as [SqlType]
    if (argument.kind === 'double') return (value: number, places = 0) => roundDouble(value, places, rounding)
    const scale = scaleOf(argument)
    const inRange = fitter(type)
    return (units: ExactInteger, places = 0) =>
      inRange(rescale(roundUnits(units, scale, places, rounding), scale, scaleOf(type)))
  })
}

/** CEIL and FLOOR: the next whole number in one direction. */
function toWhole(direction: 1 | -1): ScalarBody {
  return strictBy(({ types, type }: BoundCall) => {
    const [argument] = types as [SqlType]
    if (argument.kind === 'double') {
      return direction === 1 ? (value: number) => Math.ceil(value) + 0 : (value: number) => Math.floor(value) + 0
    }
    if (argument.kind !== 'decimal') return (value: ExactInteger) => value
    const unit = power10(argument.scale)
    const inRange = fitter(type)
    return (units: ExactInteger) => {
      const whole = divideExact(units, unit)
      const beyond = remainderExact(units, unit) !== 0 && units > 0 === (direction === 1)
      return inRange(rescale(beyond ? subtractExact(whole, -direction) : whole, 0, scaleOf(type)))
    }
  })
}

function abs({ type }: BoundCall): (value: never) => Value {
  if (type.kind === 'double') return (value: number) => Math.abs(value)
  const inRange = fitter(type)
  return (value: ExactInteger) => inRange(absExact(value))
}

// ---- others ------------------------------------------------------------------------------------------------------

/** As in PostgreSQL: 0 below, count + 1 above; the bounds may be the wrong way round. */
function widthBucket(value: number, low: number, high: number, count: number): number {
  if (count <= 0) throw new EvaluationError('number of buckets is not positive')
  if (low === high) throw new EvaluationError('bounds of buckets are equal')
  if (![value, low, high].every((one) => !Number.isNaN(one)) || !Number.isFinite(low) || !Number.isFinite(high)) {
    throw new EvaluationError('bounds of buckets are not finite')
  }
  const forward = low < high
  if (forward ? value < low : value > low) return 0
  if (forward ? value >= high : value <= high) return count + 1
  return Math.min(Math.floor(((value - low) / (high - low)) * count), count - 1) + 1
}

/** The wide integers of SQL have 64 bits, two's complement. */
function bits(compute: (a: bigint, b: bigint) => bigint): ScalarBody {
  return strict((a: ExactInteger, b: ExactInteger = 0) => exact(BigInt.asIntN(64, compute(BigInt(a), BigInt(b)))))
}

function logarithm(base: number, value?: number): number {
  return value === undefined ? Math.log10(base) : Math.log(value) / Math.log(base)
}

export const MATH_FUNCTIONS: FunctionTable = {
  abs: strictBy(abs),
  ceil: toWhole(1),
  floor: toWhole(-1),
  round: rounder('round'),
  trunc: rounder('trunc'),
  sign: strict((value: ExactInteger) => (value > 0 || Number.isNaN(value) ? 1 : value < 0 ? -1 : 0)),
  sqrt: real(Math.sqrt),
  cbrt: real(Math.cbrt),
  exp: real(Math.exp),
  ln: real(Math.log),
  log2: real(Math.log2),
  log10: real(Math.log10),
  log: real(logarithm as (...values: number[]) => number),
  sin: real(Math.sin),
  cos: real(Math.cos),
  tan: real(Math.tan),
  cot: real((value) => 1 / Math.tan(value as number)),
  asin: real(Math.asin),
  acos: real(Math.acos),
  atan: real(Math.atan),
  atan2: real(Math.atan2 as (...values: number[]) => number),
  sinh: real(Math.sinh),
  cosh: real(Math.cosh),
  tanh: real(Math.tanh),
  radians: real((value) => ((value as number) * Math.PI) / 180),
  degrees: real((value) => ((value as number) * 180) / Math.PI),
  power: real((base, exponent) => (base as number) ** (exponent as number)),
  pi: strict(() => Math.PI),
  width_bucket: strict(widthBucket),
  bitand: bits((a, b) => a & b),
  bitor: bits((a, b) => a | b),
  bitxor: bits((a, b) => a ^ b),
  bitnot: bits((a) => ~a),
  shiftleft: bits((a, b) => a << (b & 63n)),
  shiftright: bits((a, b) => a >> (b & 63n)),
}
