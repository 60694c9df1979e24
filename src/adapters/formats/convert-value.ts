import { checkPrecision, decimalToDouble, doubleToDecimal, rescale } from '../../core/decimal.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { checkInt } from '../../core/exact.ts'
import { formatValue, writeJsonValue } from '../../core/format-value.ts'
import { parseValue } from '../../core/parse-value.ts'
import { DATE_MAX, MS_PER_DAY, TIMESTAMP_MAX } from '../../core/timestamp.ts'
import { type SqlType, sameType, typeName } from '../../core/type.ts'
import type { ExactInteger, Value } from '../../core/value.ts'
import { Incompatible } from './schema-faults.ts'

/**
 * From the type that a schema says a value has to the type that a column was declared with. Whatever loses nothing is
 * allowed, as is a text for whatever it can be cast to; a value that does not fit throws EvaluationError. Chosen once a
 * column, not once a value.
 */
export type Convert = (value: Value) => Value

/** Undefined where the value can stay as it is. */
export type Conversion = Convert | undefined

/** For values that are not NULL. @throws Incompatible */
export function conversion(from: SqlType, to: SqlType): Conversion {
  if (sameType(from, to)) return undefined
  const convert = to.kind === 'json' ? toJson(from) : (SCALARS[from.kind]?.(from, to) ?? between(from, to))
  if (convert === undefined) throw new Incompatible(`expected ${typeName(to)}, found ${typeName(from)}`)
  return convert === AS_IS ? undefined : convert
}

const AS_IS: Convert = (value) => value

function toJson(from: SqlType): Convert {
  // A text in a JSON column is JSON, as in CAST; quoting it would be the guess that nobody can undo.
  if (from.kind === 'string') return (value) => parseValue({ kind: 'json' }, value as string)
  return (value) => writeJsonValue(from, value)
}

type Scalars = (from: SqlType, to: SqlType) => Convert | undefined

const SCALARS: Partial<Record<SqlType['kind'], Scalars>> = {
  int: (_, to) => integerTo(to),
  bigint: (_, to) => (to.kind === 'int' ? (value) => checkInt(value as ExactInteger) : integerTo(to)),
  double: (_, to) =>
    to.kind === 'decimal'
      ? (value) => doubleToDecimal(value as number, to.precision, to.scale) ?? notFinite(to)
      : undefined,
  decimal: (from, to) => {
    const { scale } = from as Extract<SqlType, { kind: 'decimal' }>
    if (to.kind === 'decimal') {
      return (value) => checkPrecision(rescale(value as ExactInteger, scale, to.scale), to.precision, to.scale)
    }
    if (to.kind === 'double') return (value) => decimalToDouble(value as ExactInteger, scale)
    return undefined
  },
  string: (_, to) =>
    to.kind === 'bytes' ? (value) => Buffer.from(value as string) : (value) => parseValue(to, value as string),
  bytes: (_, to) => (to.kind === 'string' ? (value) => textOf(value as Uint8Array) : undefined),
  date: (_, to) => (to.kind === 'timestamp' ? (value) => (value as number) * MS_PER_DAY : undefined),
  timestamp: (_, to) => (to.kind === 'date' ? (value) => Math.floor((value as number) / MS_PER_DAY) : undefined),
}

/** Whole numbers as times are what JSON takes them for: milliseconds, and days for a date. */
function integerTo(to: SqlType): Convert | undefined {
  switch (to.kind) {
    case 'bigint':
      return AS_IS
    case 'double':
      return (value) => Number(value)
    case 'decimal':
      return (value) => checkPrecision(rescale(value as ExactInteger, 0, to.scale), to.precision, to.scale)
    case 'timestamp':
      return within(to, -TIMESTAMP_MAX, TIMESTAMP_MAX)
    case 'date':
      return within(to, -DATE_MAX, DATE_MAX)
    case 'time':
      return within(to, 0, MS_PER_DAY - 1)
    default:
      return undefined
  }
}

function within(type: SqlType, min: number, max: number): Convert {
  return (value) => {
    if (typeof value === 'number' && value >= min && value <= max) return value
    throw new EvaluationError(`value is no valid ${typeName(type)}`)
  }
}

/** Any scalar as a text; parts of arrays, maps and structs by themselves. */
function between(from: SqlType, to: SqlType): Convert | undefined {
  if (to.kind === 'string') return (value) => formatValue(from, value)
  if (from.kind === 'array' && to.kind === 'array') {
    const element = nullable(conversion(from.element, to.element))
    return (value) => (value as readonly Value[]).map(element)
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const key = nullable(conversion(from.key, to.key))
    const convert = nullable(conversion(from.value, to.value))
    return (value) =>
      (value as readonly (readonly [Value, Value])[]).map(([name, one]) => [key(name), convert(one)] as const)
  }
  if (from.kind === 'struct' && to.kind === 'struct') {
    const parts = to.fields.map(({ name, type }) => {
      const index = fieldIndex(from.fields, name)
      const field = from.fields[index]
      return { index, convert: field === undefined ? AS_IS : nullable(conversion(field.type, type)) }
    })
    return (value) =>
      parts.map(({ index, convert }) => (index < 0 ? null : convert((value as readonly Value[])[index] as Value)))
  }
  return undefined
}

function nullable(convert: Conversion): Convert {
  return convert === undefined ? AS_IS : (value) => (value === null ? null : convert(value))
}

/**
 * The field that a column is about: the one of its very name, else the only one whose name differs in case alone, since
 * SQL folds what is not quoted. -1 where there is none.
 */
export function fieldIndex(fields: readonly { readonly name: string }[], name: string): number {
  const exactly = fields.findIndex((field) => field.name === name)
  if (exactly >= 0) return exactly
  const folded = name.toLowerCase()
  const similar = fields.flatMap((field, i) => (field.name.toLowerCase() === folded ? [i] : []))
  return similar.length === 1 ? (similar[0] as number) : -1
}

/** Names of columns for the fields of a schema: folded, as SQL would write them, where that leaves them different. */
export function columnNames(fields: readonly { readonly name: string }[]): readonly string[] {
  const folded = fields.map(({ name }) => name.toLowerCase())
  return new Set(folded).size === folded.length ? folded : fields.map(({ name }) => name)
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOf(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes)
  } catch {
    throw new EvaluationError('it is not valid UTF-8')
  }
}

function notFinite(type: SqlType): never {
  throw new EvaluationError(`value is no valid ${typeName(type)}`)
}
