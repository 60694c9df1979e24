import { EvaluationError } from './evaluation-error.ts'
import { BIGINT_MAX, BIGINT_MIN, type ExactInteger, exact, INT_MAX, INT_MIN } from './value.ts'

/**
 * Arithmetic on exact integers of any size, in their one form (see value.ts): a number where it is safe, else a
 * bigint. Operands in that form give results in that form, so `===` holds for equal results.
 *
 * The number path relies on this: a sum or product of safe integers that rounds at all is at least 2^53, one above
 * the largest safe integer, so a result within the bound is exact.
 */
export const SAFE_MAX = Number.MAX_SAFE_INTEGER

export function isSafe(value: number): boolean {
  return value >= -SAFE_MAX && value <= SAFE_MAX
}

export function addExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b
    if (isSafe(sum)) return sum
  }
  return exact(BigInt(a) + BigInt(b))
}

export function subtractExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    const difference = a - b
    if (isSafe(difference)) return difference
  }
  return exact(BigInt(a) - BigInt(b))
}

export function multiplyExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    // Adding 0 turns the -0 of `0 * -5` into 0.
    const product = a * b + 0
    if (isSafe(product)) return product
  }
  return exact(BigInt(a) * BigInt(b))
}

export function negateExact(a: ExactInteger): ExactInteger {
  return typeof a === 'number' ? 0 - a : -a
}

export function absExact(a: ExactInteger): ExactInteger {
  return a < 0 ? negateExact(a) : a
}

/** Quotient cut towards zero, as SQL's integer division. The divisor is not 0. */
export function divideExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  // Not Math.trunc(a / b): the quotient may round up to the next integer. The remainder of numbers is exact.
  if (typeof a === 'number' && typeof b === 'number') return (a - (a % b)) / b + 0
  return exact(BigInt(a) / BigInt(b))
}

/** Remainder with the sign of the dividend. The divisor is not 0. */
export function remainderExact(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') return (a % b) + 0
  return exact(BigInt(a) % BigInt(b))
}

/** Quotient rounded half away from zero, as PostgreSQL rounds numeric. The divisor is not 0. */
export function divideRounded(a: ExactInteger, b: ExactInteger): ExactInteger {
  if (typeof a === 'number' && typeof b === 'number') {
    const remainder = a % b
    const quotient = (a - remainder) / b + 0
    if (Math.abs(remainder) * 2 < Math.abs(b)) return quotient
    return a < 0 === b < 0 ? quotient + 1 : quotient - 1
  }
  const dividend = BigInt(a)
  const divisor = BigInt(b)
  const quotient = dividend / divisor
  const remainder = dividend % divisor
  const twice = (remainder < 0n ? -remainder : remainder) * 2n
  if (twice < (divisor < 0n ? -divisor : divisor)) return exact(quotient)
  return exact(dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n)
}

const POWERS: readonly ExactInteger[] = Array.from({ length: 78 }, (_, n) => exact(10n ** BigInt(n)))

/** 10^n for 0 ≤ n ≤ 77, enough for the product of two decimals and its rounding. */
export function power10(n: number): ExactInteger {
  const power = POWERS[n]
  return power === undefined ? exact(10n ** BigInt(n)) : power
}

/** The value as an INT; throws EvaluationError where it does not fit. */
export function checkInt(value: ExactInteger): number {
  if (typeof value === 'number' && value >= INT_MIN && value <= INT_MAX) return value
  throw new EvaluationError('INT overflow')
}

/** The value as a BIGINT; throws EvaluationError where it does not fit. */
export function checkBigint(value: ExactInteger): ExactInteger {
  if (typeof value === 'number' || (value >= BIGINT_MIN && value <= BIGINT_MAX)) return value
  throw new EvaluationError('BIGINT overflow')
}

/** Digits with an optional sign, spaces around allowed; undefined for any other text. */
export function parseInteger(text: string): ExactInteger | undefined {
  const trimmed = text.trim()
  if (!/^[+-]?\d+$/.test(trimmed)) return undefined
  if (trimmed.length <= 15) return Number(trimmed) + 0
  return exact(BigInt(trimmed.startsWith('+') ? trimmed.slice(1) : trimmed))
}

/** The integer nearest to a double, ties to even as PostgreSQL casts; undefined for NaN and the infinities. */
export function roundDouble(value: number): ExactInteger | undefined {
  if (!Number.isFinite(value)) return undefined
  const rounded = roundHalfEven(value)
  return isSafe(rounded) ? rounded : BigInt(rounded)
}

/** Nearest whole number, ties to even. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  const fraction = value - floor
  if (fraction < 0.5) return floor + 0
  if (fraction > 0.5) return floor + 1 + 0
  return (floor % 2 === 0 ? floor : floor + 1) + 0
}
