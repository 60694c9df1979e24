// How rows stand in Redis: one key each, with a JSON object or a hash as its value.

import { must } from '../../core/assert.ts'
import { formatValue, writeJsonObject } from '../../core/format-value.ts'
import type { Schema } from '../../core/schema.ts'
import { formatIsoTimestamp } from '../../core/timestamp.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row, Value } from '../../core/value.ts'

/**
 * `prefix` and the text of the key, several parts with a colon between them. What could be taken for another key is
 * escaped: a percent sign always, a colon where there are several parts, and NULL is `%N`.
 */
export function redisKey(prefix: string, types: readonly SqlType[], values: Row): string {
  const several = types.length > 1
  return `${prefix}${types.map((type, i) => part(type, values[i] as Value, several)).join(':')}`
}

function part(type: SqlType, value: Value, several: boolean): string {
  if (value === null) return '%N'
  const text = textOf(type, value).replaceAll('%', '%25')
  return several ? text.replaceAll(':', '%3A') : text
}

/** From a row of a schema with a key. */
export function redisKeyOf(prefix: string, { fields, key }: Schema): (row: Row) => string {
  const types = key.map((column) => must(fields[column], 'a key column').type)
  return (row) =>
    redisKey(
      prefix,
      types,
      key.map((column) => row[column] as Value),
    )
}

/** A time as JSON has it, so that it reads the same wherever it stands. */
function textOf(type: SqlType, value: Value): string {
  return type.kind === 'timestamp' ? formatIsoTimestamp(value as number) : formatValue(type, value)
}

export function redisJson({ fields }: Schema, row: Row): string {
  return writeJsonObject(fields, row)
}

/** The fields of a hash: each column that is not NULL, as its text. */
export function redisHash({ fields }: Schema, row: Row): Record<string, string> {
  const hash: Record<string, string> = {}
  for (const [i, { name, type }] of fields.entries()) {
    const value = row[i] as Value
    if (value !== null) hash[name] = textOf(type, value)
  }
  return hash
}
