import { EvaluationError } from '../../core/evaluation-error.ts'
import {
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
} from '../../core/timestamp.ts'

/**
 * Times as text by a pattern: with the letters of Java (Flink, Spark, ksqlDB) or those of PostgreSQL, which are two
 * notations for one list of parts. English names, UTC.
 */
export type TimePattern = readonly PatternPart[]

type PatternPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'field'; readonly field: Field; readonly width: number }

type Field =
  | 'year'
  | 'year-short'
  | 'month'
  | 'month-short-name'
  | 'month-name'
  | 'day'
  | 'day-of-year'
  | 'weekday-short-name'
  | 'weekday-name'
  | 'hour'
  | 'hour-12'
  | 'minute'
  | 'second'
  | 'fraction'
  | 'half-day'
  | 'quarter'
  | 'zone'

const MONTHS = 'January February March April May June July August September October November December'.split(' ')
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')

/** A pattern is at most this long: it is written by hand. */
const PATTERN_LENGTH_MAX = 200

function field(name: Field, width: number): PatternPart {
  return { kind: 'field', field: name, width }
}

function checkPatternLength(text: string): void {
  if (text.length > PATTERN_LENGTH_MAX) throw new EvaluationError(`time pattern is longer than ${PATTERN_LENGTH_MAX}`)
}

/** `yyyy-MM-dd'T'HH:mm:ss.SSS`; throws EvaluationError for a letter that stands for nothing known. */
export function javaPattern(text: string): TimePattern {
  checkPatternLength(text)
  const parts: PatternPart[] = []
  for (const [run, quoted] of text.matchAll(/'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'/g)) {
    if (quoted !== undefined) parts.push({ kind: 'text', text: quoted === '' ? "'" : quoted.replaceAll("''", "'") })
    else if (/^[A-Za-z]/.test(run)) parts.push(javaField(run[0] as string, run.length))
    else if (run === "'") throw new EvaluationError('time pattern has a quote that does not end')
    else parts.push({ kind: 'text', text: run })
  }
  return parts
}

function javaField(letter: string, width: number): PatternPart {
  switch (letter) {
    case 'y':
    case 'u':
      return width === 2 ? field('year-short', 2) : field('year', width)
    case 'M':
    case 'L':
      return width >= 4 ? field('month-name', 0) : width === 3 ? field('month-short-name', 0) : field('month', width)
    case 'd':
      return field('day', width)
    case 'D':
      return field('day-of-year', width)
    case 'E':
      return width >= 4 ? field('weekday-name', 0) : field('weekday-short-name', 0)
    case 'H':
      return field('hour', width)
    case 'h':
      return field('hour-12', width)
    case 'm':
      return field('minute', width)
    case 's':
      return field('second', width)
    case 'S':
      return field('fraction', width)
    case 'a':
      return field('half-day', 0)
    case 'Q':
      return field('quarter', width)
    case 'X':
    case 'x':
    case 'Z':
    case 'z':
      return field('zone', letter === 'X' ? 0 : 1)
    default:
      throw new EvaluationError(`time pattern has the unknown letter "${letter}"`)
  }
}

const POSTGRES_FIELDS: readonly (readonly [string, PatternPart])[] = [
  ['YYYY', field('year', 4)],
  ['YY', field('year-short', 2)],
  ['Month', field('month-name', 0)],
  ['Mon', field('month-short-name', 0)],
  ['MM', field('month', 2)],
  ['MI', field('minute', 2)],
  ['MS', field('fraction', 3)],
  ['DDD', field('day-of-year', 3)],
  ['DD', field('day', 2)],
  ['Day', field('weekday-name', 0)],
  ['Dy', field('weekday-short-name', 0)],
  ['HH24', field('hour', 2)],
  ['HH12', field('hour-12', 2)],
  ['HH', field('hour-12', 2)],
  ['SS', field('second', 2)],
  ['US', field('fraction', 6)],
  ['AM', field('half-day', 0)],
  ['PM', field('half-day', 0)],
  ['Q', field('quarter', 1)],
]

/** `YYYY-MM-DD HH24:MI:SS.MS`, text in double quotes as it is; letters that are no field stand for themselves. */
export function postgresPattern(text: string): TimePattern {
  checkPatternLength(text)
  const parts: PatternPart[] = []
  let position = 0
  while (position < text.length) {
    const quoted = /^"([^"]*)"/.exec(text.slice(position))
    const known = POSTGRES_FIELDS.find(([name]) => text.startsWith(name, position))
    if (quoted !== null) parts.push({ kind: 'text', text: quoted[1] as string })
    else if (known !== undefined) parts.push(known[1])
    else parts.push({ kind: 'text', text: text[position] as string })
    position += quoted !== null ? quoted[0].length : known !== undefined ? known[0].length : 1
  }
  return parts
}

// ---- time to text ------------------------------------------------------------------------------------------------

interface TimeParts {
  readonly year: number
  readonly month: number
  readonly day: number
  readonly days: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  /** Of the second. */
  readonly micros: number
}

export function formatTime(ms: number, pattern: TimePattern): string {
  const days = Math.floor(ms / MS_PER_DAY)
  const whole = Math.floor(ms)
  const ofDay = whole - days * MS_PER_DAY
  const parts: TimeParts = {
    ...civilFromDays(days),
    days,
    hour: Math.floor(ofDay / MS_PER_HOUR),
    minute: Math.floor(ofDay / MS_PER_MINUTE) % 60,
    second: Math.floor(ofDay / MS_PER_SECOND) % 60,
    micros: (ofDay % 1_000) * 1_000 + Math.round((ms - whole) * 1_000),
  }
  let text = ''
  for (const part of pattern) text += part.kind === 'text' ? part.text : formatField(part.field, part.width, parts)
  return text
}

function formatField(name: Field, width: number, parts: TimeParts): string {
  const number = (value: number): string => String(value).padStart(width, '0')
  switch (name) {
    case 'year':
      return number(parts.year)
    case 'year-short':
      return number(((parts.year % 100) + 100) % 100)
    case 'month':
      return number(parts.month)
    case 'month-name':
      return MONTHS[parts.month - 1] as string
    case 'month-short-name':
      return (MONTHS[parts.month - 1] as string).slice(0, 3)
    case 'day':
      return number(parts.day)
    case 'day-of-year':
      return number(parts.days - daysFromCivil(parts.year, 1, 1) + 1)
    case 'weekday-name':
      return WEEKDAYS[(((parts.days + 3) % 7) + 7) % 7] as string
    case 'weekday-short-name':
      return (WEEKDAYS[(((parts.days + 3) % 7) + 7) % 7] as string).slice(0, 3)
    case 'hour':
      return number(parts.hour)
    case 'hour-12':
      return number(parts.hour % 12 === 0 ? 12 : parts.hour % 12)
    case 'minute':
      return number(parts.minute)
    case 'second':
      return number(parts.second)
    case 'fraction':
      return String(parts.micros).padStart(6, '0').padEnd(9, '0').slice(0, width)
    case 'half-day':
      return parts.hour < 12 ? 'AM' : 'PM'
    case 'quarter':
      return number(Math.ceil(parts.month / 3))
    case 'zone':
      return width === 0 ? 'Z' : '+0000'
  }
}

// ---- text to time ------------------------------------------------------------------------------------------------

/** Milliseconds; throws EvaluationError where the text does not follow the pattern. */
export function parseTime(text: string, pattern: TimePattern): number {
  const values = new Map<Field, number>()
  let position = 0
  for (const [i, part] of pattern.entries()) {
    if (part.kind === 'text') {
      if (!text.startsWith(part.text, position)) throw mismatch()
      position += part.text.length
      continue
    }
    // Digits that directly follow each other, as in yyyyMMdd, have their width; else there may be more.
    const next = pattern[i + 1]
    const exact = next !== undefined && next.kind === 'field' && !NOT_DIGITS.has(next.field)
    const [value, length] = parseField(part.field, part.width, exact, text.slice(position, position + 40))
    values.set(part.field, value)
    position += length
  }
  if (position !== text.length) throw mismatch()
  return timeOf(values)
}

/** Fields whose text does not begin with a digit. */
const NOT_DIGITS: ReadonlySet<Field> = new Set([
  'month-name',
  'month-short-name',
  'weekday-name',
  'weekday-short-name',
  'half-day',
  'zone',
])

function mismatch(): EvaluationError {
  return new EvaluationError('text does not follow the time pattern')
}

function parseField(name: Field, width: number, exact: boolean, rest: string): readonly [number, number] {
  switch (name) {
    case 'month-name':
      return named(MONTHS, rest, undefined)
    case 'month-short-name':
      return named(MONTHS, rest, 3)
    case 'weekday-name':
      return named(WEEKDAYS, rest, undefined)
    case 'weekday-short-name':
      return named(WEEKDAYS, rest, 3)
    case 'half-day': {
      const half = rest.slice(0, 2).toUpperCase()
      if (half !== 'AM' && half !== 'PM') throw mismatch()
      return [half === 'PM' ? 1 : 0, 2]
    }
    case 'zone':
      return parseZone(rest)
    case 'fraction': {
      const match = new RegExp(`^\\d{${exact ? width : 1},${width}}`).exec(rest)
      if (match === null) throw mismatch()
      return [Math.round(Number(match[0].padEnd(9, '0')) / 1_000), match[0].length]
    }
    default: {
      const most = exact || width > 1 ? Math.max(width, 1) : name === 'year' ? 6 : 3
      const match = new RegExp(`^\\d{${exact ? Math.max(width, 1) : 1},${most}}`).exec(rest)
      if (match === null) throw mismatch()
      return [Number(match[0]), match[0].length]
    }
  }
}

/** Position from 1 of the name that the text starts with. */
function named(names: readonly string[], rest: string, letters: number | undefined): readonly [number, number] {
  const at = names.findIndex((name) => rest.toLowerCase().startsWith(name.slice(0, letters).toLowerCase()))
  if (at < 0) throw mismatch()
  return [at + 1, (names[at] as string).slice(0, letters).length]
}

/** Milliseconds east of UTC. */
function parseZone(rest: string): readonly [number, number] {
  const match = /^(?:Z|UTC|GMT|([+-])(\d{2}):?(\d{2})?)/.exec(rest)
  if (match === null) throw mismatch()
  if (match[1] === undefined) return [0, match[0].length]
  const ms = Number(match[2]) * MS_PER_HOUR + Number(match[3] ?? 0) * MS_PER_MINUTE
  return [match[1] === '-' ? -ms : ms, match[0].length]
}

function timeOf(values: ReadonlyMap<Field, number>): number {
  const short = values.get('year-short')
  const year = values.get('year') ?? (short === undefined ? 1970 : short + (short < 70 ? 2000 : 1900))
  const month = values.get('month') ?? values.get('month-name') ?? values.get('month-short-name') ?? 1
  const day = values.get('day') ?? 1
  const minute = values.get('minute') ?? 0
  const second = values.get('second') ?? 0
  const half = values.get('half-day')
  const hour12 = values.get('hour-12')
  const hour = values.get('hour') ?? (hour12 === undefined ? 0 : (hour12 % 12) + (half === 1 ? 12 : 0))
  const validDate = month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
  if (!validDate || hour > 23 || minute > 59 || second > 59) throw new EvaluationError('there is no such time')
  const ofYear = values.get('day-of-year')
  const days = ofYear === undefined ? daysFromCivil(year, month, day) : daysFromCivil(year, 1, 1) + ofYear - 1
  const ms = hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND
  return days * MS_PER_DAY + ms + (values.get('fraction') ?? 0) / 1_000 - (values.get('zone') ?? 0)
}
