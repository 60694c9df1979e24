// Values as other systems put them into numbers and bytes.

import { formatDecimal } from '../../core/decimal.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { divideExact, remainderExact } from '../../core/exact.ts'
import { parseTimestamp, roundToMicros, TIMESTAMP_MAX } from '../../core/timestamp.ts'
import { type ExactInteger, exact } from '../../core/value.ts'

/** Big-endian two's complement, as Java's BigInteger writes it. */
export function unscaled(bytes: Uint8Array): ExactInteger {
  const { length } = bytes
  if (length === 0) return 0
  const negative = (bytes[0] as number) >= 0x80
  if (length <= 6) {
    let value = 0
    for (let i = 0; i < length; i++) value = value * 0x100 + (bytes[i] as number)
    return negative ? value - 0x100 ** length : value
  }
  const value = BigInt(`0x${Buffer.from(bytes.buffer, bytes.byteOffset, length).toString('hex')}`)
  return exact(negative ? value - (1n << BigInt(length * 8)) : value)
}

/** Whole units of a part of a millisecond as milliseconds; below a microsecond they are rounded. */
export function timeValue(units: ExactInteger, perMs: number): number {
  // Divided in two steps where the units are more than a double holds.
  const ms =
    typeof units === 'number'
      ? units / perMs
      : Number(divideExact(units, perMs)) + Number(remainderExact(units, perMs)) / perMs
  if (Math.abs(ms) <= TIMESTAMP_MAX) return roundToMicros(ms)
  throw new EvaluationError('value is no valid TIMESTAMP')
}

/** ISO 8601. */
export function timestampOf(text: string): number {
  const time = parseTimestamp(text)
  if (time !== undefined) return time
  throw new EvaluationError('text is no valid TIMESTAMP')
}

/** Of PostgreSQL's NUMERIC, 16383 digits behind the point. */
const SCALE_MAX = 16_383

/** A number that brings its scale along, as text. */
export function variableDecimal(scale: number, units: ExactInteger): string {
  if (scale >= 0) return formatDecimal(units, Math.min(scale, SCALE_MAX))
  return `${units}${'0'.repeat(Math.min(-scale, SCALE_MAX))}`
}

/** Texts up to here are built by a loop, which is faster than a call of the native decoder. */
const SHORT_TEXT = 24

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8. */
export function textOf(bytes: Uint8Array, start: number, end: number): string {
  if (end - start <= SHORT_TEXT) {
    let text = ''
    let i = start
    for (; i < end; i++) {
      const byte = bytes[i] as number
      if (byte >= 0x80) break
      text += String.fromCharCode(byte)
    }
    if (i === end) return text
  }
  try {
    return utf8Decoder.decode(bytes.subarray(start, end))
  } catch {
    throw new EvaluationError('a text is not valid UTF-8')
  }
}
