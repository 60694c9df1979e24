import { unreachable } from './assert.ts'
import { formatDecimal } from './decimal.ts'
import { formatInterval } from './interval.ts'
import { formatDate, formatIsoTimestamp, formatTime, formatTimestamp } from './timestamp.ts'
import type { SqlType } from './type.ts'
import type { ExactInteger, Row, Value } from './value.ts'

/**
 * A value as a user reads it in tables and CSV, and as CAST(… AS STRING) gives it. NULL is `NULL`: where that is not
 * wanted the caller looks first. Arrays, maps and structs are shown as JSON.
 */
export function formatValue(type: SqlType, value: Value): string {
  if (value === null) return 'NULL'
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'true' : 'false'
    case 'int':
    case 'bigint':
      return String(value)
    case 'double':
      return formatDouble(value as number)
    case 'decimal':
      return formatDecimal(value as ExactInteger, type.scale)
    case 'string':
    case 'json':
      return value as string
    case 'bytes':
      return `\\x${toHex(value as Uint8Array)}`
    case 'date':
      return formatDate(value as number)
    case 'time':
      return formatTime(value as number)
    case 'timestamp':
      return formatTimestamp(value as number)
    case 'interval':
      return formatInterval(value as number)
    case 'array':
    case 'map':
    case 'struct':
      return writeJsonValue(type, value)
    case 'null':
      return 'NULL'
    default:
      return unreachable(type)
  }
}

/**
 * A value as JSON text, exact: integers and decimals are written with all their digits, also where a reader that
 * parses numbers as doubles would lose some. NaN and infinities, which JSON has not, are strings; timestamps are ISO
 * 8601, bytes base64, maps objects with the keys' text.
 */
export function writeJsonValue(type: SqlType, value: Value): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'boolean':
      return value === true ? 'true' : 'false'
    case 'int':
    case 'bigint':
      return String(value)
    case 'double':
      return Number.isFinite(value) ? String(value) : `"${formatDouble(value as number)}"`
    case 'decimal':
      return formatDecimal(value as ExactInteger, type.scale)
    case 'string':
      return JSON.stringify(value)
    case 'json':
      return value as string
    case 'bytes':
      return `"${toBase64(value as Uint8Array)}"`
    case 'timestamp':
      return `"${formatIsoTimestamp(value as number)}"`
    case 'date':
    case 'time':
    case 'interval':
      return `"${formatValue(type, value)}"`
    case 'array':
      return `[${(value as Row).map((element) => writeJsonValue(type.element, element)).join(',')}]`
    case 'struct':
      return writeJsonObject(type.fields, value as Row)
    case 'map':
      return `{${(value as Row).map((entry) => writeEntry(type.key, type.value, entry as Row)).join(',')}}`
    case 'null':
      return 'null'
    default:
      return unreachable(type)
  }
}

/** One JSON object with the names as keys: a row of a schema, a struct. */
export function writeJsonObject(
  fields: readonly { readonly name: string; readonly type: SqlType }[],
  row: Row,
): string {
  let text = '{'
  for (let i = 0; i < fields.length; i++) {
    const { name, type } = fields[i] as { readonly name: string; readonly type: SqlType }
    text += `${i === 0 ? '' : ','}${JSON.stringify(name)}:${writeJsonValue(type, row[i] as Value)}`
  }
  return `${text}}`
}

function writeEntry(keyType: SqlType, valueType: SqlType, [key, value]: Row): string {
  return `${JSON.stringify(formatValue(keyType, key as Value))}:${writeJsonValue(valueType, value as Value)}`
}

/** The shortest text that reads back as the same double. */
export function formatDouble(value: number): string {
  return String(value)
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

export function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** Undefined unless the text is pairs of hexadecimal digits. */
export function fromHex(text: string): Uint8Array | undefined {
  return /^(?:[0-9a-fA-F]{2})*$/.test(text) ? new Uint8Array(Buffer.from(text, 'hex')) : undefined
}

/** Undefined unless the text is base64, with or without padding. */
export function fromBase64(text: string): Uint8Array | undefined {
  const bare = text.replace(/={1,2}$/, '')
  if (!/^[A-Za-z0-9+/_-]*$/.test(bare) || bare.length % 4 === 1) return undefined
  return new Uint8Array(Buffer.from(bare, 'base64'))
}
