/**
 * SQL types as data. They are part of stored plans: a kind is never renamed or reused.
 */
export type SqlType =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'int' }
  | { readonly kind: 'bigint' }
  | { readonly kind: 'double' }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'string' }
  | { readonly kind: 'bytes' }
  | { readonly kind: 'date' }
  | { readonly kind: 'time' }
  | { readonly kind: 'timestamp' }
  | { readonly kind: 'interval' }
  | { readonly kind: 'json' }
  | { readonly kind: 'array'; readonly element: SqlType }
  | { readonly kind: 'map'; readonly key: SqlType; readonly value: SqlType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] }
  /** The type of a bare NULL; it coerces to every other type. */
  | { readonly kind: 'null' }

export interface StructField {
  readonly name: string
  readonly type: SqlType
}

export type SqlTypeKind = SqlType['kind']

export const BOOLEAN: SqlType = { kind: 'boolean' }
export const INT: SqlType = { kind: 'int' }
export const BIGINT: SqlType = { kind: 'bigint' }
export const DOUBLE: SqlType = { kind: 'double' }
export const STRING: SqlType = { kind: 'string' }
export const BYTES: SqlType = { kind: 'bytes' }
export const DATE: SqlType = { kind: 'date' }
export const TIME: SqlType = { kind: 'time' }
export const TIMESTAMP: SqlType = { kind: 'timestamp' }
export const INTERVAL: SqlType = { kind: 'interval' }
export const JSON_TYPE: SqlType = { kind: 'json' }
export const NULL_TYPE: SqlType = { kind: 'null' }

/** Decimals carry at most 38 digits, as in Flink, Kafka Connect and most databases. */
export const DECIMAL_PRECISION_MAX = 38

export function decimal(precision: number, scale: number): SqlType {
  return { kind: 'decimal', precision, scale }
}

export function arrayOf(element: SqlType): SqlType {
  return { kind: 'array', element }
}

/** The type as a user writes it: `DECIMAL(12, 2)`, `ARRAY<STRING>`. */
export function typeName(type: SqlType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`
    case 'array':
      return `ARRAY<${typeName(type.element)}>`
    case 'map':
      return `MAP<${typeName(type.key)}, ${typeName(type.value)}>`
    case 'struct':
      return `STRUCT<${type.fields.map((field) => `${field.name} ${typeName(field.type)}`).join(', ')}>`
    default:
      return type.kind.toUpperCase()
  }
}

export function sameType(a: SqlType, b: SqlType): boolean {
  return typeName(a) === typeName(b)
}

export function isNumeric(type: SqlType): boolean {
  return type.kind === 'int' || type.kind === 'bigint' || type.kind === 'double' || type.kind === 'decimal'
}

export function isInteger(type: SqlType): boolean {
  return type.kind === 'int' || type.kind === 'bigint'
}
