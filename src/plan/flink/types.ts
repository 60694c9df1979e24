import type { SqlType } from '../../core/type.ts'
import { Gap } from './gap.ts'
import { quoteName } from './text.ts'

/**
 * Types as Flink writes them. A TIMESTAMP is UTC in Weir: within a query it is one without a zone, so that window
 * bounds and literals are of the same type; in a record it is an instant, which JSON has with a Z.
 */
export function flinkType(type: SqlType, timestamp = 'TIMESTAMP(3)'): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'timestamp':
      return timestamp
    case 'time':
      return 'TIME(3)'
    // Flink has JSON as text, and functions for it.
    case 'json':
      return 'STRING'
    case 'array':
      return `ARRAY<${flinkType(type.element, timestamp)}>`
    case 'map':
      return `MAP<${flinkType(type.key, timestamp)}, ${flinkType(type.value, timestamp)}>`
    case 'struct':
      return `ROW<${type.fields.map((one) => `${quoteName(one.name)} ${flinkType(one.type, timestamp)}`).join(', ')}>`
    case 'interval':
      throw new Gap('a column of type INTERVAL', { hint: 'Write it as a number: timestampdiff(SECOND, a, b).' })
    case 'null':
      return 'STRING'
    default:
      return type.kind.toUpperCase()
  }
}

/** Of a column in a record. */
export function recordType(type: SqlType): string {
  return flinkType(type, 'TIMESTAMP_LTZ(3)')
}

/** Whether a value has to be cast between a record and a query. */
export function hasTimestamp(type: SqlType): boolean {
  return hasKind(type, 'timestamp')
}

/** Whether a type is one of the kind, or has one in it. */
export function hasKind(type: SqlType, kind: SqlType['kind']): boolean {
  switch (type.kind) {
    case 'array':
      return hasKind(type.element, kind)
    case 'map':
      return hasKind(type.key, kind) || hasKind(type.value, kind)
    case 'struct':
      return type.fields.some((field) => hasKind(field.type, kind))
    default:
      return type.kind === kind
  }
}
