// A value of the engine as text: for people (tables, CSV) and as JSON. Exact where the value is: a BIGINT keeps all
// its digits and a DECIMAL its scale, also in JSON, where both are numbers of arbitrary length (RFC 8259 §6).

import { assert, unreachable } from '../core/assert.ts'
import type { Field, Schema } from '../core/schema.ts'
import type { SqlType } from '../core/type.ts'
import type { ExactInteger, Row, Value } from '../core/value.ts'

const MS_PER_DAY = 86_400_000
/** The time values that Date can show: ±100 million days. */
const DATE_MS_MAX = 8.64e15

/** `NULL` for SQL NULL; text as it is; the inside of arrays, maps and structs as JSON. */
export function valueText(value: Value, type: SqlType): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'string':
    case 'json':
      return String(value)
    case 'timestamp':
      return timestampText(value as number)
    case 'bytes':
      return `\\x${Buffer.from(value as Uint8Array).toString('hex')}`
    case 'double':
    case 'boolean':
    case 'int':
    case 'bigint':
      return String(value)
    case 'decimal':
      return decimalText(value as ExactInteger, type.scale)
    case 'date':
      return dateText(value as number)
    case 'time':
      return timeText(value as number)
    case 'interval':
      return intervalText(value as number)
    case 'array':
    case 'map':
    case 'struct':
      return valueJson(value, type)
    case 'null':
      return 'NULL'
    default:
      return unreachable(type)
  }
}

/** The value as a JSON text. Timestamps are ISO 8601 in UTC, bytes base64, NaN and infinities strings. */
export function valueJson(value: Value, type: SqlType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'boolean':
    case 'int':
    case 'bigint':
      return String(value)
    case 'decimal':
      return decimalText(value as ExactInteger, type.scale)
    case 'double':
      return Number.isFinite(value as number) ? String(value) : JSON.stringify(String(value))
    case 'json':
      return String(value)
    case 'bytes':
      return JSON.stringify(Buffer.from(value as Uint8Array).toString('base64'))
    case 'timestamp':
      return JSON.stringify(isoText(value as number))
    case 'string':
    case 'date':
    case 'time':
    case 'interval':
      return JSON.stringify(valueText(value, type))
    case 'array':
      return `[${(value as readonly Value[]).map((item) => valueJson(item, type.element)).join(',')}]`
    case 'map':
      return mapJson(value as readonly Value[], type.key, type.value)
    case 'struct':
      return objectJson(type.fields, value as readonly Value[])
    case 'null':
      return 'null'
    default:
      return unreachable(type)
  }
}

/** One row as a JSON object, columns in their order. */
export function rowJson(schema: Schema, row: Row): string {
  return objectJson(schema.fields, row)
}

/** Numbers stand at the right of their column. */
export function isRightAligned(field: Field): boolean {
  const kind = field.type.kind
  return kind === 'int' || kind === 'bigint' || kind === 'double' || kind === 'decimal'
}

/** 12.50 for 1250 units of 10^-2. */
export function decimalText(units: ExactInteger, scale: number): string {
  const negative = units < 0
  const digits = (negative ? -units : units).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${negative ? '-' : ''}${whole}${scale === 0 ? '' : `.${digits.slice(digits.length - scale)}`}`
}

/** `2026-01-31 12:00:05`, with a fraction only where there is one. */
export function timestampText(ms: number): string {
  const iso = isoText(ms)
  return iso.replace('T', ' ').replace(/(\.0+)?Z$/, '')
}

/** The time of the day alone, for footers: `12:00:05`. */
export function clockText(ms: number): string {
  return Number.isFinite(ms) ? isoText(ms).slice(-13, -5) : String(ms)
}

/** `1 day 02:03:04.5`: what INTERVAL accepts again. */
export function intervalText(ms: number): string {
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  const days = Math.floor(size / MS_PER_DAY)
  const rest = timeText(size - days * MS_PER_DAY)
  if (days === 0) return `${sign}${rest}`
  return `${sign}${days} day${days === 1 ? '' : 's'} ${rest}`
}

function objectJson(fields: readonly { readonly name: string; readonly type: SqlType }[], row: readonly Value[]) {
  assert(row.length === fields.length, 'a row has one value for each field')
  const parts = fields.map((field, at) => `${JSON.stringify(field.name)}:${valueJson(row[at] as Value, field.type)}`)
  return `{${parts.join(',')}}`
}

/** Maps become objects; keys that are not text are written as their text. */
function mapJson(entries: readonly Value[], key: SqlType, value: SqlType): string {
  const parts = entries.map((entry) => {
    const [k, v] = entry as readonly [Value, Value]
    return `${JSON.stringify(valueText(k, key))}:${valueJson(v, value)}`
  })
  return `{${parts.join(',')}}`
}

/** ISO 8601 with three digits of fraction, or six where the value has microseconds. */
function isoText(ms: number): string {
  if (!Number.isFinite(ms) || Math.abs(ms) > DATE_MS_MAX) return String(ms)
  const whole = Math.floor(ms)
  const iso = new Date(whole).toISOString()
  const micros = Math.round((ms - whole) * 1000)
  return micros === 0 ? iso : iso.replace('Z', `${String(micros).padStart(3, '0')}Z`)
}

function dateText(days: number): string {
  return isoText(days * MS_PER_DAY).slice(0, -14)
}

function timeText(msOfDay: number): string {
  return isoText(msOfDay)
    .slice(11)
    .replace(/(\.0+)?Z$/, '')
}
