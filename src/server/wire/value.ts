// Engine values ↔ weir.v1.Value. Exact both ways; `row-encoder.ts` writes the same messages faster, and a property
// test holds the two equal.

import { assert, unreachable } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import { type ParameterValue, TypedParameter } from '../../core/parameter.ts'
import type { SqlType } from '../../core/type.ts'
import { BIGINT_MAX, BIGINT_MIN, type ExactInteger, exact, type Row, type Value } from '../../core/value.ts'
import type { ValueInput, Value as WireValue } from '../proto/weir/v1/Value.ts'

/** Above this many milliseconds, microseconds are no longer safe integers. */
const MILLIS_SAFE = 9_007_199_254_740

export function toWireRow(row: Row, types: readonly SqlType[]): { values: ValueInput[] } {
  return { values: types.map((type, index) => toWireValue(row[index] as Value, type)) }
}

export function toWireValue(value: Value, type: SqlType): ValueInput {
  if (value === null) return { nullValue: 'NULL_VALUE' }
  switch (type.kind) {
    case 'null':
      return { nullValue: 'NULL_VALUE' }
    case 'boolean':
      return { boolValue: value as boolean }
    case 'int':
    case 'bigint':
      return { int64Value: typeof value === 'bigint' ? value.toString() : (value as number) }
    case 'double':
      return { doubleValue: value as number }
    case 'decimal':
      return { decimalValue: decimalText(value as ExactInteger, type.scale) }
    case 'string':
      return { stringValue: value as string }
    case 'bytes':
      return { bytesValue: value as Uint8Array }
    case 'date':
      return { dateDays: value as number }
    case 'time':
      return { timeMicros: String(microsOf(value as number)) }
    case 'timestamp':
      return { timestampMicros: String(microsOf(value as number)) }
    case 'interval':
      return { intervalMillis: Math.round(value as number) }
    case 'json':
      return { jsonValue: value as string }
    case 'array':
      return { listValue: { values: (value as readonly Value[]).map((element) => toWireValue(element, type.element)) } }
    case 'map': {
      const entries = value as readonly (readonly [Value, Value])[]
      const toEntry = ([k, v]: readonly [Value, Value]) => ({
        key: toWireValue(k, type.key),
        value: toWireValue(v, type.value),
      })
      return { mapValue: { entries: entries.map(toEntry) } }
    }
    case 'struct':
      return {
        structValue: toWireRow(
          value as Row,
          type.fields.map((field) => field.type),
        ),
      }
    default:
      return unreachable(type)
  }
}

/**
 * A value from a request, in the engine's form for the member that is set. A decimal stays text, as its scale is known
 * only where it is used.
 */
export function fromWireValue(value: WireValue): Value {
  switch (value.kind) {
    case undefined:
    case 'nullValue':
      return null
    case 'boolValue':
      return value.boolValue as boolean
    case 'int64Value':
      return exact(BigInt(value.int64Value as string))
    case 'doubleValue':
      // One zero: -0 and 0 are the same number to every comparison but not to every hash.
      return (value.doubleValue as number) + 0
    case 'decimalValue':
      return checkDecimal(value.decimalValue as string)
    case 'stringValue':
      return value.stringValue as string
    case 'bytesValue':
      return value.bytesValue as Uint8Array
    case 'timestampMicros':
      return millisOf(value.timestampMicros as string)
    case 'dateDays':
      return value.dateDays as number
    case 'timeMicros':
      return millisOf(value.timeMicros as string)
    case 'intervalMillis':
      return Number(value.intervalMillis)
    case 'jsonValue':
      return value.jsonValue as string
    case 'listValue':
      return (value.listValue?.values ?? []).map(fromWireValue)
    case 'mapValue':
      return (value.mapValue?.entries ?? []).map((entry) => [wireOrNull(entry.key), wireOrNull(entry.value)])
    case 'structValue':
      return (value.structValue?.values ?? []).map(fromWireValue)
    default:
      return unreachable(value.kind)
  }
}

/** As `fromWireValue`, with the type where the engine's form does not tell it. */
export function parameterOf(value: WireValue): ParameterValue {
  const kind = value.kind === undefined ? undefined : TYPED[value.kind]
  return kind === undefined ? fromWireValue(value) : new TypedParameter(kind, fromWireValue(value))
}

const TYPED: Readonly<Partial<Record<NonNullable<WireValue['kind']>, TypedParameter['kind']>>> = {
  doubleValue: 'double',
  decimalValue: 'decimal',
  timestampMicros: 'timestamp',
  dateDays: 'date',
  timeMicros: 'time',
  intervalMillis: 'interval',
}

function wireOrNull(value: WireValue | null): Value {
  return value === null ? null : fromWireValue(value)
}

function checkDecimal(text: string): string {
  if (/^-?\d{1,38}(\.\d{1,38})?$/.test(text)) return text
  throw new AppError('INVALID_ARGUMENT', 'a decimal value is not plain digits with an optional sign and point', {
    hint: 'write it as -12.50, without exponent or spaces',
  })
}

/** 1250 with scale 2 → "12.50". */
export function decimalText(units: ExactInteger, scale: number): string {
  if (scale === 0) return units.toString()
  const negative = units < 0
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  return `${negative ? '-' : ''}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Milliseconds, with microseconds as their fraction → whole microseconds. */
export function microsOf(millis: number): ExactInteger {
  if (millis > -MILLIS_SAFE && millis < MILLIS_SAFE) return Math.round(millis * 1000) + 0
  const micros = BigInt(Math.round(millis)) * 1000n
  assert(micros >= BIGINT_MIN && micros <= BIGINT_MAX, 'a time fits 64 bits of microseconds')
  return micros
}

function millisOf(micros: string): number {
  const whole = exact(BigInt(micros))
  return typeof whole === 'number' ? whole / 1000 : Number(whole / 1000n)
}
