// Values of the TypeScript client as values of the engine, and the types that SQL names.

import type { SqlValue } from '../../clients/typescript/src/values.ts'
import { parseExpression } from '../../grammar/index.ts'
import { parseDecimal } from '../core/decimal.ts'
import { parseDate, parseTime, roundToMicros } from '../core/timestamp.ts'
import { NULL_TYPE, type SqlType } from '../core/type.ts'
import { exact, type Value } from '../core/value.ts'
import { bindType } from '../plan/bind/types.ts'

/** `DECIMAL(12, 2)` as a type; undefined for one that this version does not know. */
export function typeOfText(text: string): SqlType | undefined {
  if (text === 'NULL') return NULL_TYPE
  const { expression } = parseExpression(`CAST(NULL AS ${text})`)
  return expression?.kind === 'cast' ? bindType(expression.type) : undefined
}

/** The client gave the value for this type; one that does not fit (a newer server) is shown as its text. */
export function coreValue(type: SqlType, value: SqlValue): Value {
  if (value === null) return null
  if (value instanceof Date) return value.getTime()
  switch (type.kind) {
    case 'decimal':
      return parseDecimal(String(value), type.precision, type.scale) ?? String(value)
    case 'date':
      return parseDate(String(value)) ?? String(value)
    case 'time':
      return parseTime(String(value)) ?? String(value)
    case 'timestamp':
      return typeof value === 'bigint' ? roundToMicros(Number(value) / 1000) : String(value)
    case 'array':
      return (value as readonly SqlValue[]).map((element) => coreValue(type.element, element))
    case 'map':
      return [...(value as ReadonlyMap<SqlValue, SqlValue>)].map(([key, element]) => [
        coreValue(type.key, key),
        coreValue(type.value, element),
      ])
    case 'struct': {
      const object = value as Readonly<Record<string, SqlValue>>
      return type.fields.map((field) => coreValue(field.type, object[field.name] ?? null))
    }
    default:
      return typeof value === 'bigint' ? exact(value) : (value as Value)
  }
}
