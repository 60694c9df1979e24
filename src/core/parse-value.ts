import { unreachable } from './assert.ts'
import { doubleToDecimal, parseDecimal } from './decimal.ts'
import { EvaluationError } from './evaluation-error.ts'
import { divideExact, parseInteger, power10, remainderExact } from './exact.ts'
import { fromBase64, fromHex } from './format-value.ts'
import { parseInterval } from './interval.ts'
import {
  DATE_MAX,
  MS_PER_DAY,
  parseDate,
  parseTime,
  parseTimestamp,
  roundToMicros,
  TIMESTAMP_MAX,
} from './timestamp.ts'
import { DECIMAL_PRECISION_MAX, type SqlType, typeName } from './type.ts'
import { BIGINT_MAX, BIGINT_MIN, exact, INT_MAX, INT_MIN, type Value } from './value.ts'

/**
 * Text and JSON to values of a type. Both throw EvaluationError with a reason that names the type; casts and formats
 * share
 * these rules.
 */

/** A text to a value, as CAST does. JSON, arrays, maps and structs are read as JSON. */
export function parseValue(type: SqlType, text: string): Value {
  const value = parseScalar(type, text)
  if (value === undefined) throw new EvaluationError(`text is no valid ${typeName(type)}`)
  return value
}

function parseScalar(type: SqlType, text: string): Value | undefined {
  switch (type.kind) {
    case 'boolean':
      return BOOLEAN_TEXTS.get(text.trim().toLowerCase())
    case 'int':
    case 'bigint': {
      const value = parseInteger(text)
      return value === undefined ? undefined : checkRange(type, value)
    }
    case 'double':
      return parseDouble(text)
    case 'decimal':
      return parseDecimal(text, type.precision, type.scale)
    case 'string':
      return text
    case 'bytes':
      return text.startsWith('\\x') ? fromHex(text.slice(2)) : new TextEncoder().encode(text)
    case 'date':
      return parseDate(text) ?? dateOfTimestamp(text)
    case 'time':
      return parseTime(text)
    case 'timestamp':
      return parseTimestamp(text)
    case 'interval':
      return parseInterval(text)
    case 'json':
      return isJsonText(text) ? text : undefined
    case 'array':
    case 'map':
    case 'struct':
      return parseJsonText(type, text)
    case 'null':
      return undefined
    default:
      return unreachable(type)
  }
}

const BOOLEAN_TEXTS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['t', true],
  ['yes', true],
  ['y', true],
  ['on', true],
  ['1', true],
  ['false', false],
  ['f', false],
  ['no', false],
  ['n', false],
  ['off', false],
  ['0', false],
])

function checkRange(type: SqlType, value: number | bigint): number | bigint {
  const fits = type.kind === 'int' ? value >= INT_MIN && value <= INT_MAX : value >= BIGINT_MIN && value <= BIGINT_MAX
  if (!fits) throw new EvaluationError(`${typeName(type)} overflow`)
  return value
}

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ['nan', Number.NaN],
  ['inf', Number.POSITIVE_INFINITY],
  ['+inf', Number.POSITIVE_INFINITY],
  ['infinity', Number.POSITIVE_INFINITY],
  ['+infinity', Number.POSITIVE_INFINITY],
  ['-inf', Number.NEGATIVE_INFINITY],
  ['-infinity', Number.NEGATIVE_INFINITY],
])

function parseDouble(text: string): number | undefined {
  const trimmed = text.trim()
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(trimmed)) {
    const value = Number(trimmed)
    if (!Number.isFinite(value)) throw new EvaluationError('DOUBLE overflow')
    return value + 0
  }
  return SPECIAL_DOUBLES.get(trimmed.toLowerCase())
}

function dateOfTimestamp(text: string): number | undefined {
  const ms = parseTimestamp(text)
  return ms === undefined ? undefined : Math.floor(ms / MS_PER_DAY)
}

/** True for one JSON value with nothing behind it. */
export function isJsonText(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** A number of a JSON text that a double does not hold exactly: kept as its digits. */
class NumberText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** JSON.parse that loses no digit of large or long numbers. Throws EvaluationError where the text is no JSON. */
export function parseJsonExact(text: string): unknown {
  try {
    if (!/\d[\d.]{15}/.test(text)) return JSON.parse(text)
    return JSON.parse(text, keepDigits as (this: unknown, key: string, value: unknown) => unknown)
  } catch {
    throw new EvaluationError('text is no valid JSON')
  }
}

function keepDigits(this: unknown, _key: string, value: unknown, context: { readonly source?: string }): unknown {
  return typeof value === 'number' && context.source !== undefined && context.source.length > 15
    ? new NumberText(context.source)
    : value
}

/** JSON text to a value of the type; exact. */
export function parseJsonText(type: SqlType, text: string): Value {
  return fromJson(type, parseJsonExact(text))
}

/**
 * What JSON.parse or parseJsonExact gave, as a value of the type; writeJsonValue is the reverse. Missing fields of a
 * struct are NULL, unknown ones are left out. Throws EvaluationError where it does not fit.
 */
export function fromJson(type: SqlType, json: unknown): Value {
  if (json === null || json === undefined) return null
  switch (type.kind) {
    case 'string':
      return typeof json === 'string' ? json.toWellFormed() : typeof json === 'object' ? jsonText(json) : String(json)
    case 'json':
      return jsonText(json)
    case 'bytes':
      if (typeof json === 'string') return fromBase64(json) ?? fail(type)
      return fail(type)
    case 'array':
      if (!Array.isArray(json)) return fail(type)
      return json.map((element) => fromJson(type.element, element))
    case 'map':
      return Object.entries(plainObject(type, json)).map(([key, value]) => [
        parseValue(type.key, key),
        fromJson(type.value, value),
      ])
    case 'struct': {
      const object = plainObject(type, json)
      return type.fields.map(({ name, type: fieldType }) =>
        Object.hasOwn(object, name) ? fromJson(fieldType, object[name]) : null,
      )
    }
    case 'boolean':
      return typeof json === 'boolean' ? json : typeof json === 'string' ? parseValue(type, json) : fail(type)
    case 'timestamp':
    case 'date':
    case 'time':
    case 'interval':
      return typeof json === 'number'
        ? timeFromJson(type, json)
        : typeof json === 'string'
          ? parseValue(type, json)
          : fail(type)
    case 'int':
    case 'bigint':
    case 'double':
    case 'decimal':
      return numberFromJson(type, json)
    case 'null':
      return null
    default:
      return unreachable(type)
  }
}

/** Milliseconds, or days for a date. */
function timeFromJson(type: SqlType, json: number): number {
  if (type.kind === 'date') return Number.isInteger(json) && Math.abs(json) <= DATE_MAX ? json : fail(type)
  if (type.kind === 'time') return json >= 0 && json < MS_PER_DAY ? roundToMicros(json) : fail(type)
  return Math.abs(json) <= TIMESTAMP_MAX ? roundToMicros(json) : fail(type)
}

function numberFromJson(type: SqlType, json: unknown): Value {
  if (json instanceof NumberText) return numberFromText(type, json.text)
  if (typeof json === 'string') return parseValue(type, json)
  if (typeof json !== 'number') return fail(type)
  if (type.kind === 'double') return json + 0
  if (type.kind === 'decimal') return doubleToDecimal(json, type.precision, type.scale) ?? fail(type)
  if (!Number.isInteger(json)) return fail(type)
  return checkRange(type, exact(BigInt(json)))
}

/** Digits after the point that a whole number in JSON may have, such as 1.000 or 1000e-3. */
const WHOLE_SCALE = 18

function numberFromText(type: SqlType, text: string): Value {
  if (type.kind !== 'int' && type.kind !== 'bigint') return parseValue(type, text)
  const units = parseDecimal(text, 2 * DECIMAL_PRECISION_MAX, WHOLE_SCALE)
  if (units === undefined || remainderExact(units, power10(WHOLE_SCALE)) !== 0) return fail(type)
  return checkRange(type, divideExact(units, power10(WHOLE_SCALE)))
}

function plainObject(type: SqlType, json: unknown): Readonly<Record<string, unknown>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || json instanceof NumberText) return fail(type)
  return json as Readonly<Record<string, unknown>>
}

/** JSON text of what parseJsonExact gave; numbers keep their digits. */
export function jsonText(json: unknown): string {
  if (json instanceof NumberText) return json.text
  if (Array.isArray(json)) return `[${json.map(jsonText).join(',')}]`
  if (typeof json === 'object' && json !== null) {
    return `{${Object.entries(json)
      .map(([key, value]) => `${JSON.stringify(key)}:${jsonText(value)}`)
      .join(',')}}`
  }
  return JSON.stringify(json) ?? 'null'
}

function fail(type: SqlType): never {
  throw new EvaluationError(`JSON value is no valid ${typeName(type)}`)
}
