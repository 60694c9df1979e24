import { unreachable } from './assert.ts'
import { fromBase64, toBase64 } from './format-value.ts'
import type { SqlType } from './type.ts'
import { exact, type Row, type Value } from './value.ts'

/**
 * Values as the JSON of stored plans: exact integers beyond 2^53 as `{ "$integer": "…" }`, bytes as
 * `{ "$bytes": base64 }`, NaN and infinities as `{ "$double": "…" }`, all else as it is.
 */
export type LiteralJson =
  | null
  | boolean
  | number
  | string
  | { readonly $integer: string }
  | { readonly $bytes: string }
  | { readonly $double: string }
  | readonly LiteralJson[]

export function valueToLiteral(value: Value): LiteralJson {
  if (typeof value === 'bigint') return { $integer: value.toString() }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $double: String(value) }
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) }
  if (Array.isArray(value)) return value.map(valueToLiteral)
  return value as null | boolean | string
}

/** Throws an Error when the JSON is no literal of the type: a stored plan is damaged. */
export function literalToValue(json: LiteralJson, type: SqlType): Value {
  const value = convert(json)
  if (!isValueOf(type, value)) throw new Error(`literal is no ${type.kind}`)
  return value
}

function convert(json: LiteralJson): Value {
  if (json === null || typeof json !== 'object') return json
  if (Array.isArray(json)) return json.map(convert)
  if ('$integer' in json) return exact(BigInt(json.$integer))
  if ('$double' in json) return Number(json.$double)
  const bytes = '$bytes' in json ? fromBase64(json.$bytes) : undefined
  if (bytes === undefined) throw new Error('literal has an unknown form')
  return bytes
}

/** True when the value has the representation that value.ts gives for the type. */
export function isValueOf(type: SqlType, value: Value): boolean {
  if (value === null) return true
  switch (type.kind) {
    case 'boolean':
      return typeof value === 'boolean'
    case 'int':
    case 'date':
      return Number.isSafeInteger(value)
    case 'bigint':
    case 'decimal':
      return Number.isSafeInteger(value) || (typeof value === 'bigint' && typeof exact(value) === 'bigint')
    case 'double':
    case 'time':
    case 'timestamp':
    case 'interval':
      return typeof value === 'number'
    case 'string':
    case 'json':
      return typeof value === 'string'
    case 'bytes':
      return value instanceof Uint8Array
    case 'array':
      return Array.isArray(value) && value.every((element) => isValueOf(type.element, element))
    case 'struct':
      return (
        Array.isArray(value) &&
        value.length === type.fields.length &&
        type.fields.every((field, i) => isValueOf(field.type, value[i] as Value))
      )
    case 'map':
      return Array.isArray(value) && value.every((entry) => isEntryOf(type.key, type.value, entry))
    case 'null':
      return false
    default:
      return unreachable(type)
  }
}

function isEntryOf(key: SqlType, value: SqlType, entry: Value): boolean {
  if (!Array.isArray(entry) || entry.length !== 2) return false
  const [k, v] = entry as Row
  return k !== null && isValueOf(key, k as Value) && isValueOf(value, v as Value)
}
