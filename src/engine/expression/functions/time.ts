import { EvaluationError } from '../../../core/evaluation-error.ts'
import {
  civilFromDays,
  DATE_MAX,
  daysFromCivil,
  daysInMonth,
  INTERVAL_MAX,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
  parseDate,
  parseTimestamp,
  roundToMicros,
  TIMESTAMP_MAX,
} from '../../../core/timestamp.ts'
import { type SqlType, typeName } from '../../../core/type.ts'
import type { ExactInteger, Value } from '../../../core/value.ts'
import { type BoundCall, type FunctionTable, type ScalarBody, strict, strictBy } from '../function.ts'
import { formatTime, javaPattern, parseTime, postgresPattern, type TimePattern } from '../time-pattern.ts'
import { nonZero } from './arithmetic.ts'

/** Functions of dates and times, in UTC. Weeks are those of ISO 8601: they begin on Monday. */
export function checkTimestamp(ms: number): number {
  if (ms >= -TIMESTAMP_MAX && ms <= TIMESTAMP_MAX) return roundToMicros(ms)
  throw new EvaluationError('TIMESTAMP overflow')
}

function checkDate(days: number): number {
  if (days >= -DATE_MAX && days <= DATE_MAX) return days
  throw new EvaluationError('DATE overflow')
}

export function checkInterval(ms: number): number {
  if (ms >= -INTERVAL_MAX && ms <= INTERVAL_MAX) return roundToMicros(ms)
  throw new EvaluationError('INTERVAL overflow')
}

function timeOfDay(ms: number): number {
  return roundToMicros(ms - Math.floor(ms / MS_PER_DAY) * MS_PER_DAY)
}

// ---- months ------------------------------------------------------------------------------------------------------

/** The same day of another month, or its last one: January 31 and a month is February 28. */
function addMonths(ms: number, months: ExactInteger): number {
  const days = Math.floor(ms / MS_PER_DAY)
  const { year, month, day } = civilFromDays(days)
  const index = year * 12 + month - 1 + Number(months)
  const toYear = Math.floor(index / 12)
  const toMonth = index - toYear * 12 + 1
  const toDay = Math.min(day, daysInMonth(toYear, toMonth))
  return checkTimestamp(daysFromCivil(toYear, toMonth, toDay) * MS_PER_DAY + (ms - days * MS_PER_DAY))
}

/** Whole months from `a` to `b`, cut towards zero. */
function monthsBetween(a: number, b: number): number {
  if (b < a) return 0 - monthsBetween(b, a)
  const from = civilFromDays(Math.floor(a / MS_PER_DAY))
  const to = civilFromDays(Math.floor(b / MS_PER_DAY))
  const months = (to.year - from.year) * 12 + to.month - from.month
  return months > 0 && addMonths(a, months) > b ? months - 1 : months
}

const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['microsecond', 0.001],
  ['millisecond', 1],
  ['second', MS_PER_SECOND],
  ['minute', MS_PER_MINUTE],
  ['hour', MS_PER_HOUR],
  ['day', MS_PER_DAY],
  ['week', 7 * MS_PER_DAY],
])
const UNIT_MONTHS: ReadonlyMap<string, number> = new Map([
  ['month', 1],
  ['quarter', 3],
  ['year', 12],
  ['decade', 120],
  ['century', 1_200],
])

function unknownUnit(): never {
  throw new EvaluationError('unit of time is not one that this function takes')
}

function timestampAdd(unit: string, count: ExactInteger, ms: number): number {
  const months = UNIT_MONTHS.get(unit)
  if (months !== undefined) return addMonths(ms, Number(count) * months)
  return checkTimestamp(ms + Number(count) * (UNIT_MS.get(unit) ?? unknownUnit()))
}

function timestampDiff(unit: string, from: number, to: number): number {
  const months = UNIT_MONTHS.get(unit)
  if (months !== undefined) return Math.trunc(monthsBetween(from, to) / months) + 0
  // In microseconds: a quotient of fractions would be cut just below a whole number.
  const micros = Math.round((to - from) * 1_000)
  return Math.trunc(micros / Math.round((UNIT_MS.get(unit) ?? unknownUnit()) * 1_000)) + 0
}

// ---- parts -------------------------------------------------------------------------------------------------------

function extract({ types }: BoundCall): (unit: string, value: number) => Value {
  const type = types[1] as SqlType
  if (type.kind === 'interval') return intervalPart
  if (type.kind === 'time') return timePart
  if (type.kind === 'date') return (unit, days) => timestampPart(unit, days * MS_PER_DAY)
  return timestampPart
}

function timestampPart(unit: string, ms: number): number {
  const days = Math.floor(ms / MS_PER_DAY)
  if (unit === 'epoch') return Math.floor(ms / MS_PER_SECOND)
  if (CLOCK_UNITS.has(unit)) return timePart(unit, ms - days * MS_PER_DAY)
  const { year, month, day } = civilFromDays(days)
  switch (unit) {
    case 'day':
      return day
    case 'month':
      return month
    case 'quarter':
      return Math.ceil(month / 3)
    case 'year':
      return year
    case 'decade':
      return Math.floor(year / 10)
    case 'century':
      return Math.ceil(year / 100)
    case 'doy':
      return days - daysFromCivil(year, 1, 1) + 1
    case 'dow':
      return weekday(days) % 7
    case 'isodow':
      return weekday(days)
    case 'week':
      return isoWeek(days)
    default:
      return unknownUnit()
  }
}

/** 1 for Monday to 7 for Sunday. */
export function weekday(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1
}

/** Week 1 is the one with the year's first Thursday. */
function isoWeek(days: number): number {
  const thursday = days - weekday(days) + 4
  const { year } = civilFromDays(thursday)
  return Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1
}

const CLOCK_UNITS = new Set(['hour', 'minute', 'second', 'millisecond', 'microsecond'])

/** Milliseconds and microseconds include the seconds, as in PostgreSQL. */
function timePart(unit: string, ms: number): number {
  switch (unit) {
    case 'hour':
      return Math.floor(ms / MS_PER_HOUR)
    case 'minute':
      return Math.floor(ms / MS_PER_MINUTE) % 60
    case 'second':
      return Math.floor(ms / MS_PER_SECOND) % 60
    case 'millisecond':
      return Math.floor(ms % MS_PER_MINUTE)
    case 'microsecond':
      return Math.round((ms % MS_PER_MINUTE) * 1_000)
    case 'epoch':
      return Math.floor(ms / MS_PER_SECOND)
    default:
      return unknownUnit()
  }
}

function intervalPart(unit: string, ms: number): number {
  const magnitude = Math.abs(ms)
  const sign = ms < 0 ? -1 : 1
  if (unit === 'day') return Math.floor(magnitude / MS_PER_DAY) * sign + 0
  const part = unit === 'epoch' ? timePart(unit, magnitude) : timePart(unit, magnitude % MS_PER_DAY)
  return part * sign + 0
}

function dateTrunc(unit: string, ms: number): number {
  const days = Math.floor(ms / MS_PER_DAY)
  if (unit === 'week') return (days - weekday(days) + 1) * MS_PER_DAY
  const months = UNIT_MONTHS.get(unit)
  if (months !== undefined) {
    const { year, month } = civilFromDays(days)
    // Centuries begin with the year 1, as in PostgreSQL.
    const shift = unit === 'century' ? 12 : 0
    const index = Math.floor((year * 12 + month - 1 - shift) / months) * months + shift
    return daysFromCivil(Math.floor(index / 12), (index % 12) + 1, 1) * MS_PER_DAY
  }
  const size = UNIT_MS.get(unit) ?? unknownUnit()
  return size < 1 ? ms : Math.floor(ms / size) * size
}

function dateBin(size: number, ms: number, origin = 0): number {
  if (!(size > 0)) throw new EvaluationError('interval of date_bin is not positive')
  return checkTimestamp(Math.floor((ms - origin) / size) * size + origin)
}

// ---- making ------------------------------------------------------------------------------------------------------

function makeDate(year: number, month: number, day: number): number {
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) {
    throw new EvaluationError('there is no such date')
  }
  return checkDate(daysFromCivil(year, month, day))
}

function makeTimestamp(y: number, month: number, day: number, hour: number, minute: number, second: number): number {
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || !(second >= 0 && second < 60)) {
    throw new EvaluationError('there is no such time of day')
  }
  const ms = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND
  return checkTimestamp(makeDate(y, month, day) * MS_PER_DAY + Math.round(ms * 1_000) / 1_000)
}

function toTimestamp({ types, constants }: BoundCall): (...values: never[]) => Value {
  if (types[0]?.kind !== 'string') {
    return (seconds: ExactInteger) => checkTimestamp(Math.round(Number(seconds) * 1_000_000) / 1_000)
  }
  const pattern = patternOf(constants[1], javaPattern)
  return (text: string, patternText?: string) => {
    if (patternText !== undefined) return checkTimestamp(parseTime(text, pattern(patternText)))
    return parseTimestamp(text) ?? notA({ kind: 'timestamp' })
  }
}

function toDate({ constants }: BoundCall): (...values: never[]) => Value {
  const pattern = patternOf(constants[1], javaPattern)
  return (text: string, patternText?: string) => {
    if (patternText !== undefined) return Math.floor(parseTime(text, pattern(patternText)) / MS_PER_DAY)
    return parseDate(text) ?? notA({ kind: 'date' })
  }
}

function notA(type: SqlType): never {
  throw new EvaluationError(`text is no valid ${typeName(type)}`)
}

function fromEpoch(value: ExactInteger, precision: number): number {
  if (precision === 0) return checkTimestamp(Number(value) * 1_000)
  if (precision === 3) return checkTimestamp(Number(value))
  if (precision === 6) return checkTimestamp(Number(value) / 1_000)
  throw new EvaluationError('precision is none of 0, 3 and 6')
}

/** Patterns that are literals are read once; a bad one is an error of each row, as one from a column is. */
function patternOf(constant: Value | undefined, parse: (text: string) => TimePattern): (text: string) => TimePattern {
  let known: TimePattern | undefined
  let knownText: Value | undefined
  return (text) => {
    if (known !== undefined && knownText === text) return known
    const pattern = parse(text)
    if (constant === text) {
      known = pattern
      knownText = text
    }
    return pattern
  }
}

function formatter(parse: (text: string) => TimePattern): ScalarBody {
  return strictBy(({ constants }) => {
    const pattern = patternOf(constants[1], parse)
    return (ms: number, text: string) => formatTime(ms, pattern(text))
  })
}

function fromUnixtime({ constants }: BoundCall): (...values: never[]) => Value {
  const pattern = patternOf(constants[1], javaPattern)
  const usual = javaPattern('yyyy-MM-dd HH:mm:ss')
  return (seconds: ExactInteger, text?: string) =>
    formatTime(checkTimestamp(Number(seconds) * 1_000), text === undefined ? usual : pattern(text))
}

const difference = strict((a: number, b: number) => checkInterval(a - b))

export const TIME_FUNCTIONS: FunctionTable = {
  timestamp_add: strict((ms: number, interval: number) => checkTimestamp(ms + interval)),
  timestamp_subtract: strict((ms: number, interval: number) => checkTimestamp(ms - interval)),
  timestamp_diff: difference,
  timestamp_add_months: strict(addMonths),
  date_subtract: strict((days: number, count: number) => checkDate(days - count)),
  date_diff: strict((a: number, b: number) => a - b),
  time_add: strict((time: number, interval: number) => timeOfDay(time + interval)),
  time_subtract: strict((time: number, interval: number) => timeOfDay(time - interval)),
  time_diff: difference,
  interval_add: strict((a: number, b: number) => checkInterval(a + b)),
  interval_subtract: difference,
  interval_multiply: strict((interval: number, factor: number) => checkInterval(interval * factor)),
  interval_divide: strict((interval: number, divisor: number) => checkInterval(interval / Number(nonZero(divisor)))),
  extract: strictBy(extract),
  date_trunc: strict(dateTrunc),
  date_bin: strict(dateBin),
  timestampadd: strict(timestampAdd),
  timestampdiff: strict(timestampDiff),
  date_add: strictBy(({ types }) =>
    types[0]?.kind === 'date'
      ? (days: number, count: number) => checkDate(days + count)
      : (ms: number, interval: number) => checkTimestamp(ms + interval),
  ),
  age: difference,
  last_day: strict((days: number) => {
    const { year, month } = civilFromDays(days)
    return daysFromCivil(year, month, daysInMonth(year, month))
  }),
  to_timestamp: strictBy(toTimestamp),
  to_timestamp_ms: strict((ms: ExactInteger) => checkTimestamp(Number(ms))),
  to_timestamp_ltz: strict(fromEpoch),
  to_date: strictBy(toDate),
  epoch_ms: strict((ms: number) => Math.floor(ms)),
  unix_timestamp: strict((ms: number) => Math.floor(ms / 1_000)),
  from_unixtime: strictBy(fromUnixtime),
  date_format: formatter(javaPattern),
  to_char: formatter(postgresPattern),
  make_date: strict(makeDate),
  make_timestamp: strict(makeTimestamp),
}
