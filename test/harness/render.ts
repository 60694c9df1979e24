import { CHANGE_KIND_NAMES, type ChangeKind } from '../../src/core/batch.ts'
import type { Schema } from '../../src/core/schema.ts'
import type { SqlType } from '../../src/core/type.ts'
import type { Row, Value } from '../../src/core/value.ts'

/** Values as the golden files show them: one line a row, close to JSON, exact, the same for equal values. */
export function renderValue(value: Value, type: SqlType): string {
  if (value === null) return 'null'
  switch (type.kind) {
    case 'decimal':
      return decimalText(value as number | bigint, type.scale)
    case 'string':
    case 'json':
      return JSON.stringify(value)
    case 'bytes':
      return `x'${Buffer.from(value as Uint8Array).toString('hex')}'`
    case 'array':
      return `[${(value as readonly Value[]).map((element) => renderValue(element, type.element)).join(',')}]`
    case 'map':
      return `{${(value as readonly (readonly [Value, Value])[])
        .map(([key, entry]) => `${renderValue(key, type.key)}:${renderValue(entry, type.value)}`)
        .join(',')}}`
    case 'struct':
      return `{${type.fields
        .map(
          (field, i) =>
            `${JSON.stringify(field.name)}:${renderValue((value as readonly Value[])[i] as Value, field.type)}`,
        )
        .join(',')}}`
    default:
      return String(value)
  }
}

export function renderRow(row: Row, schema: Schema): string {
  const fields = schema.fields.map(
    (field, i) => `${JSON.stringify(field.name)}:${renderValue(row[i] as Value, field.type)}`,
  )
  return `{${fields.join(',')}}`
}

export function renderChange(kind: ChangeKind, row: Row, schema: Schema): string {
  return `${CHANGE_KIND_NAMES[kind]} ${renderRow(row, schema)}`
}

/** Own code, so that a fault in the engine's formatter can't hide itself. */
function decimalText(units: number | bigint, scale: number): string {
  const negative = units < 0
  const digits = String(units)
    .replace('-', '')
    .padStart(scale + 1, '0')
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`
  return negative ? `-${text}` : text
}
