import { EvaluationError } from './evaluation-error.ts'
import { absExact, divideRounded, multiplyExact, power10 } from './exact.ts'
import { type ExactInteger, exact } from './value.ts'

/**
 * Decimals as exact integers of units of 10^-scale: 12.50 with scale 2 is 1250. The scale is in the type, never in
 * the value. Rounding is half away from zero, as in PostgreSQL.
 */

/** True when the units have at most `precision` digits. */
export function fitsPrecision(units: ExactInteger, precision: number): boolean {
  const limit = power10(precision)
  return units < limit && -units < limit
}

/** The units; throws EvaluationError where they have more than `precision` digits. */
export function checkPrecision(units: ExactInteger, precision: number, scale: number): ExactInteger {
  if (fitsPrecision(units, precision)) return units
  throw new EvaluationError(`value does not fit DECIMAL(${precision}, ${scale})`)
}

/** Units of scale `from` as units of scale `to`. */
export function rescale(units: ExactInteger, from: number, to: number): ExactInteger {
  if (from === to) return units
  if (to > from) return multiplyExact(units, power10(to - from))
  return divideRounded(units, power10(from - to))
}

/** An exponent beyond this cannot change the result: the value is 0, or too large for any decimal. */
const EXPONENT_MAX = 1_000

const DECIMAL_TEXT = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/

/**
 * Text (`12.5`, `-.5`, `1.25e3`, spaces around allowed) to units, rounded to the scale. Undefined when it is no
 * number; throws EvaluationError when it has too many digits for the precision.
 */
export function parseDecimal(text: string, precision: number, scale: number): ExactInteger | undefined {
  const match = DECIMAL_TEXT.exec(text.trim())
  if (match === null) return undefined
  const whole = match[2] ?? ''
  const fraction = match[3] ?? ''
  if (whole.length + fraction.length === 0) return undefined
  const exponent = match[4] === undefined ? 0 : Number(match[4])
  const digits = whole + fraction
  const magnitude = digits.length <= 15 ? Number(digits) : exact(BigInt(digits))
  const units = magnitude === 0 ? 0 : shift(magnitude, scale + exponent - fraction.length, precision, scale)
  return checkPrecision(match[1] === '-' && units !== 0 ? multiplyExact(units, -1) : units, precision, scale)
}

function shift(magnitude: ExactInteger, places: number, precision: number, scale: number): ExactInteger {
  if (places > EXPONENT_MAX) throw new EvaluationError(`value does not fit DECIMAL(${precision}, ${scale})`)
  if (places < -EXPONENT_MAX - String(magnitude).length) return 0
  return places >= 0 ? multiplyExact(magnitude, power10(places)) : divideRounded(magnitude, power10(-places))
}

/** `1250` at scale 2 is `12.50`. */
export function formatDecimal(units: ExactInteger, scale: number): string {
  if (scale === 0) return units.toString()
  const digits = absExact(units)
    .toString()
    .padStart(scale + 1, '0')
  const point = digits.length - scale
  return `${units < 0 ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`
}

/** The double nearest to the decimal. */
export function decimalToDouble(units: ExactInteger, scale: number): number {
  // Both operands are exact doubles, so the one rounding of the division is the right one.
  if (typeof units === 'number' && scale <= 22) return units / 10 ** scale
  return Number(formatDecimal(units, scale))
}

/**
 * The decimal nearest to the shortest text of a double, so that 0.1 is 0.1; undefined for NaN and the infinities.
 * Throws EvaluationError when it does not fit.
 */
export function doubleToDecimal(value: number, precision: number, scale: number): ExactInteger | undefined {
  return Number.isFinite(value) ? parseDecimal(String(value), precision, scale) : undefined
}

/** Units of `a / b` at `scale`, rounded; `b` is not 0. */
export function divideDecimal(
  a: ExactInteger,
  aScale: number,
  b: ExactInteger,
  bScale: number,
  scale: number,
): ExactInteger {
  const places = scale + bScale - aScale
  if (places >= 0) return divideRounded(multiplyExact(a, power10(places)), b)
  return divideRounded(a, multiplyExact(b, power10(-places)))
}
