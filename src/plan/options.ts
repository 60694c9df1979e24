// Options in WITH (…): one type a kind of value. What is stored is normal: durations in milliseconds, sizes in bytes.

import type { Literal, Property } from '../../grammar/ast.ts'
import { parseSecretReference } from '../core/secret-reference.ts'
import { parseTimestamp } from '../core/timestamp.ts'
import { parseBytes, parseDuration } from './bind/session.ts'
import type { Diagnostics } from './diagnostics.ts'
import { fail } from './diagnostics.ts'

/** A normal form of a value, or undefined with what it has to be. */
export interface OptionType {
  readonly expects: string
  readonly normalize: (text: string) => string | undefined
}

export const text: OptionType = { expects: 'a text', normalize: (value) => (value === '' ? undefined : value) }
export const flag: OptionType = {
  expects: 'true or false',
  normalize: (value) => (/^(true|false)$/i.test(value) ? value.toLowerCase() : undefined),
}
export const duration: OptionType = {
  expects: "a duration, such as '5s', '200 ms' or '7 days'",
  normalize: (value) => parseDuration(value)?.toString(),
}
export const bytes: OptionType = {
  expects: "a size, such as '512 MB'",
  normalize: (value) => parseBytes(value)?.toString(),
}
export const share: OptionType = {
  expects: 'a number from 0 to 1',
  normalize: (value) => (Number(value) >= 0 && Number(value) <= 1 && value !== '' ? value : undefined),
}
export const anyNumber: OptionType = {
  expects: 'a number',
  normalize: (value) => (value !== '' && Number.isFinite(Number(value)) ? value : undefined),
}

export const secret: OptionType = {
  expects: `a reference to a secret, '\${env:NAME}' or '\${file:PATH}', never the secret itself`,
  normalize: (value) => (parseSecretReference(value) === undefined ? undefined : value),
}

/** A number above 0. */
export function numberTo(max: number): OptionType {
  return {
    expects: `a number above 0, at most ${max}`,
    normalize: (value) => (value !== '' && Number(value) > 0 && Number(value) <= max ? value : undefined),
  }
}

export const time: OptionType = {
  expects: 'a time, such as 2026-01-01T00:00:00Z, or milliseconds since 1970',
  normalize: (value) => (/^-?\d{1,15}$/.test(value) ? value : parseTimestamp(value)?.toString()),
}
/** Also the empty text. */
export const anyText: OptionType = { expects: 'a text', normalize: (value) => value }
export const character: OptionType = {
  expects: "one character, such as ';' or '\\t'",
  normalize: (value) => {
    const one = value === '\\t' ? '\t' : value
    return [...one].length === 1 && !/["\r\n]/.test(one) ? one : undefined
  },
}

export function integer(min: number, max: number): OptionType {
  return {
    expects: `a whole number from ${min} to ${max}`,
    normalize: (value) => {
      const number = Number(value)
      return /^-?\d+$/.test(value) && number >= min && number <= max ? value : undefined
    },
  }
}

export function oneOf(...values: readonly string[]): OptionType {
  return {
    expects: `one of ${values.join(', ')}`,
    normalize: (value) => values.find((one) => one === value.toLowerCase().replaceAll('_', '-')),
  }
}

/** Names that Flink, ksqlDB and RisingWave have for the same option. */
export const ALIASES: Readonly<Record<string, string>> = {
  kafka_topic: 'topic',
  'retention-ms': 'retention.ms',
  'value.format': 'format',
  value_format: 'format',
  'schema.registry.url': 'schema.registry',
  'avro-confluent.url': 'schema.registry',
  'value.avro-confluent.url': 'schema.registry',
  'debezium-avro-confluent.url': 'schema.registry',
  'schema.registry.username': 'schema.registry.user',
  'avro-confluent.subject': 'subject',
  'value.avro-confluent.subject': 'subject',
  value_schema_id: 'schema.id',
  'csv.field-delimiter': 'csv.delimiter',
  'csv.null-literal': 'csv.null',
  'properties.compression.type': 'compression',
  'table-name': 'table',
  'table.name': 'table',
  'lookup.partial-cache.max-rows': 'lookup.cache.max-rows',
  'lookup.partial-cache.expire-after-write': 'lookup.cache.ttl',
  'rows.per.second': 'rows-per-second',
  'datagen.rows.per.second': 'rows-per-second',
}

/** By key, aliases resolved. */
export function properties(list: readonly Property[], diagnostics: Diagnostics): Map<string, Property> {
  const all = new Map<string, Property>()
  for (const property of list) {
    const key = ALIASES[property.key] ?? property.key
    if (all.has(key)) diagnostics.error(property.keySpan, 'DUPLICATE_NAME', `option "${key}" is given twice`)
    all.set(key, property)
  }
  return all
}

/** An option by a name that the user wrote: `constructor` is none. */
export function own<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined
}

/** The value of an option as text: options are strings in plans. */
export function literalText(value: Literal): string {
  switch (value.kind) {
    case 'string':
      return value.value
    case 'integer':
      return value.value.toString()
    case 'decimal':
    case 'double':
      return value.text
    case 'boolean':
      return String(value.value)
    case 'interval':
      if (value.months === 0) return `${value.ms} ms`
      return fail(value.span, 'INVALID_OPTION', 'a month has no fixed length')
    default:
      return fail(value.span, 'INVALID_OPTION', 'an option is a text, a number, a flag or an interval')
  }
}
