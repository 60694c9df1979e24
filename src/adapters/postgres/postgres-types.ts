// Which column of PostgreSQL a column of a query can be written into, and as what text.

import { unreachable } from '../../core/assert.ts'
import { formatValue, writeJsonValue } from '../../core/format-value.ts'
import { formatIsoTimestamp } from '../../core/timestamp.ts'
import type { SqlType } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'

/** The type of a column that is made. */
export function postgresType(type: SqlType): string {
  switch (type.kind) {
    case 'int':
      return 'integer'
    case 'double':
      return 'double precision'
    case 'decimal':
      return `numeric(${type.precision}, ${type.scale})`
    case 'string':
    case 'null':
      return 'text'
    case 'bytes':
      return 'bytea'
    case 'timestamp':
      return 'timestamp with time zone'
    case 'time':
      return 'time without time zone'
    case 'json':
    case 'array':
    case 'map':
    case 'struct':
      return 'jsonb'
    case 'boolean':
    case 'bigint':
    case 'date':
    case 'interval':
      return type.kind
    default:
      return unreachable(type)
  }
}

const TEXTS = ['text', 'character varying']
const FITTING: Partial<Record<SqlType['kind'], readonly string[]>> = {
  int: ['integer', 'bigint', 'numeric', 'double precision'],
  bigint: ['bigint', 'numeric'],
  decimal: ['numeric'],
  timestamp: ['timestamp with time zone', 'timestamp without time zone'],
  json: ['jsonb', 'json'],
  array: ['jsonb', 'json'],
  map: ['jsonb', 'json'],
  struct: ['jsonb', 'json'],
}

/** `name`: of the column's type without its length. A text may become what a text can be: a uuid, an enum, an address. */
export function fitsInto(type: SqlType, name: string): boolean {
  if (type.kind === 'string' || type.kind === 'null') return true
  return TEXTS.includes(name) || (FITTING[type.kind] ?? [postgresType(type)]).includes(name)
}

/** A value as the text that PostgreSQL casts to the type of the column. */
export function postgresText(type: SqlType, value: Value): string | null {
  if (value === null) return null
  switch (type.kind) {
    case 'timestamp':
      return formatIsoTimestamp(value as number)
    case 'interval':
      return `${value} milliseconds`
    case 'array':
    case 'map':
    case 'struct':
      return writeJsonValue(type, value)
    default:
      return formatValue(type, value)
  }
}
