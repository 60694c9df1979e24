import { readUtf8, utf8 } from '../../core/bytes.ts'
import { decimalToDouble, doubleToDecimal, rescale } from '../../core/decimal.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { roundDouble } from '../../core/exact.ts'
import { formatValue, writeJsonValue } from '../../core/format-value.ts'
import { fromJson, parseJsonExact, parseValue } from '../../core/parse-value.ts'
import { MS_PER_DAY, roundToMicros } from '../../core/timestamp.ts'
import { isNumeric, type SqlType, sameType, typeName } from '../../core/type.ts'
import type { ExactInteger, Row, Value } from '../../core/value.ts'
import { fitter, scaleOf } from './functions/arithmetic.ts'
import { checkInterval, checkTimestamp } from './functions/time.ts'

/**
 * CAST of values that are not NULL, as PostgreSQL casts: text is parsed, a double is rounded to even and a decimal
 * half away from zero on its way to an integer, what does not fit is an error. Two as in Flink: a number and a
 * timestamp
 * are milliseconds since 1970 to each other, a text and bytes are UTF-8.
 */
export type Cast = (value: Value) => Value

/** The cast between two types; one that does not exist throws for every value. The identity is `undefined`. */
export function castBody(from: SqlType, to: SqlType): Cast | undefined {
  if (sameType(from, to) || from.kind === 'null') return undefined
  const other = OTHER_CASTS.get(`${from.kind} ${to.kind}`)
  if (other !== undefined) return other
  if (to.kind === 'string') return (value) => formatValue(from, value)
  if (from.kind === 'string') return (value) => parseValue(to, value as string)
  if (to.kind === 'json') return (value) => writeJsonValue(from, value)
  if (from.kind === 'json') return (value) => fromJson(to, parseJsonExact(value as string))
  if (isNumeric(from) && isNumeric(to)) return castNumber(from, to)
  return castNested(from, to) ?? (() => noCast(from, to))
}

function noCast(from: SqlType, to: SqlType): never {
  throw new EvaluationError(`${typeName(from)} cannot be cast to ${typeName(to)}`)
}

function castNumber(from: SqlType, to: SqlType): Cast | undefined {
  if (to.kind === 'double') {
    const scale = scaleOf(from)
    if (from.kind === 'int') return undefined
    return (value) => decimalToDouble(value as ExactInteger, scale)
  }
  const checked = fitter(to)
  const scale = scaleOf(to)
  if (from.kind === 'double') {
    return (value) => {
      const units =
        to.kind === 'decimal' ? doubleToDecimal(value as number, to.precision, scale) : roundDouble(value as number)
      if (units === undefined) throw new EvaluationError(`value does not fit ${typeName(to)}`)
      return checked(units)
    }
  }
  if (from.kind === 'int' && to.kind === 'bigint') return undefined
  const fromScale = scaleOf(from)
  if (fromScale === scale) return (value) => checked(value as ExactInteger)
  return (value) => checked(rescale(value as ExactInteger, fromScale, scale))
}

const identity: Cast = (value) => value
const timeOfDay: Cast = (value) =>
  roundToMicros((value as number) - Math.floor((value as number) / MS_PER_DAY) * MS_PER_DAY)
const wholeMs: Cast = (value) => Math.floor(value as number)

/** Casts between unlike types, by `from to`. */
const OTHER_CASTS: ReadonlyMap<string, Cast> = new Map<string, Cast>([
  ['date timestamp', (value) => (value as number) * MS_PER_DAY],
  ['timestamp date', (value) => Math.floor((value as number) / MS_PER_DAY)],
  ['timestamp time', timeOfDay],
  ['interval time', timeOfDay],
  ['time interval', identity],
  ['timestamp bigint', wholeMs],
  ['interval bigint', wholeMs],
  ['bigint timestamp', (value) => checkTimestamp(Number(value))],
  ['bigint interval', (value) => checkInterval(Number(value))],
  ['boolean int', (value) => (value === true ? 1 : 0)],
  ['boolean bigint', (value) => (value === true ? 1 : 0)],
  ['int boolean', (value) => value !== 0],
  ['bigint boolean', (value) => value !== 0],
  ['string bytes', (value) => utf8(value as string)],
  ['bytes string', (value) => readUtf8Text(value as Uint8Array)],
])

function readUtf8Text(bytes: Uint8Array): string {
  try {
    return readUtf8(bytes, 0, bytes.length, 'bytes')
  } catch {
    throw new EvaluationError('bytes are not valid UTF-8')
  }
}

function castNested(from: SqlType, to: SqlType): Cast | undefined {
  if (from.kind === 'array' && to.kind === 'array') {
    const cast = nullable(castBody(from.element, to.element))
    return (value) => (value as Row).map(cast)
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const key = nullable(castBody(from.key, to.key))
    const item = nullable(castBody(from.value, to.value))
    return (value) => (value as Row).map((entry) => [key((entry as Row)[0] as Value), item((entry as Row)[1] as Value)])
  }
  if (from.kind === 'struct' && to.kind === 'struct' && from.fields.length === to.fields.length) {
    const casts = from.fields.map((field, i) => nullable(castBody(field.type, to.fields[i]?.type ?? field.type)))
    return (value) => casts.map((cast, i) => cast((value as Row)[i] as Value))
  }
  return undefined
}

function nullable(cast: Cast | undefined): Cast {
  if (cast === undefined) return (value) => value
  return (value) => (value === null ? null : cast(value))
}

/** TRY_CAST: NULL where the cast fails. */
export function safeCast(cast: Cast): Cast {
  return (value) => {
    try {
      return cast(value)
    } catch (error) {
      if (error instanceof EvaluationError) return null
      throw error
    }
  }
}
