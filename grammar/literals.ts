// Reads the text inside INTERVAL, TIMESTAMP, DATE and TIME literals. Pure arithmetic on digits: no Date, so neither
// the machine's zone nor its clock can have a part in what a query means.

import { TIME_UNITS, type TimeUnitKeyword } from './keywords.ts'

export interface IntervalParts {
  readonly months: number
  readonly ms: number
}

export const UNIT_MS: Readonly<Record<Exclude<TimeUnitKeyword, 'month' | 'year'>, number>> = {
  millisecond: 1,
  second: 1_000,
  minute: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
  week: 604_800_000,
}

const UNIT_ALIASES: Readonly<Record<string, TimeUnitKeyword>> = {
  ms: 'millisecond',
  msec: 'millisecond',
  s: 'second',
  sec: 'second',
  m: 'minute',
  min: 'minute',
  h: 'hour',
  hr: 'hour',
  d: 'day',
  w: 'week',
  mon: 'month',
  y: 'year',
}

/** The unit of that spelling: singular, plural or short. */
export function timeUnitOf(word: string): TimeUnitKeyword | undefined {
  const lower = word.toLowerCase()
  const singular = lower.length > 2 && lower.endsWith('s') ? lower.slice(0, -1) : lower
  return TIME_UNITS.find((unit) => unit === singular) ?? UNIT_ALIASES[lower] ?? UNIT_ALIASES[singular]
}

/** `amount` is digits with an optional sign and point. Undefined when the result is no whole, exact number. */
export function intervalOf(amount: string, unit: TimeUnitKeyword): IntervalParts | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$|^([+-]?)\.(\d+)$/.exec(amount)
  if (match === null || amount.length > 30) return undefined
  const sign = (match[1] ?? match[4]) === '-' ? -1n : 1n
  const fraction = match[3] ?? match[5] ?? ''
  const digits = BigInt((match[2] ?? '') + fraction)
  const isMonths = unit === 'month' || unit === 'year'
  const scale = isMonths ? (unit === 'year' ? 12n : 1n) : BigInt(UNIT_MS[unit])
  const scaled = digits * scale
  const divisor = 10n ** BigInt(fraction.length)
  if (scaled % divisor !== 0n) return undefined
  const value = Number((sign * scaled) / divisor)
  if (!Number.isSafeInteger(value)) return undefined
  return isMonths ? { months: value, ms: 0 } : { months: 0, ms: value }
}

/** `5 minutes`, `1 hour 30 min`, `1h30m`. */
export function intervalOfText(text: string): IntervalParts | undefined {
  const rest = text.trim()
  const term = /\s*([+-]?(?:\d+\.?\d*|\.\d+))\s*([a-zA-Z]+)/y
  let months = 0
  let ms = 0
  let end = 0
  for (let match = term.exec(rest); match !== null; match = term.exec(rest)) {
    const unit = timeUnitOf(match[2]!)
    const part = unit && intervalOf(match[1]!, unit)
    if (part === undefined) return undefined
    months += part.months
    ms += part.ms
    end = term.lastIndex
  }
  if (end === 0 || end !== rest.length) return undefined
  return Number.isSafeInteger(ms) && Number.isSafeInteger(months) ? { months, ms } : undefined
}

const DATE = String.raw`(\d{4})-(\d{2})-(\d{2})`
const TIME = String.raw`(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?`
const DATE_ONLY = new RegExp(`^${DATE}$`)
const TIME_ONLY = new RegExp(`^${TIME}$`)
const TIMESTAMP = new RegExp(`^${DATE}(?:[ T]${TIME})?(?: ?(Z|[+-]\\d{2}:?\\d{2}))?$`)

export function epochDaysOf(text: string): number | undefined {
  const match = DATE_ONLY.exec(text)
  return match === null ? undefined : daysOf(match[1]!, match[2]!, match[3]!)
}

export function dayMsOf(text: string): number | undefined {
  const match = TIME_ONLY.exec(text)
  return match === null ? undefined : timeOf(match[1]!, match[2]!, match[3], match[4])
}

export function epochMsOf(text: string): number | undefined {
  const match = TIMESTAMP.exec(text)
  if (match === null) return undefined
  const days = daysOf(match[1]!, match[2]!, match[3]!)
  const time = match[4] === undefined ? 0 : timeOf(match[4], match[5]!, match[6], match[7])
  const zone = zoneMsOf(match[8])
  if (days === undefined || time === undefined || zone === undefined) return undefined
  return days * UNIT_MS.day + time - zone
}

function zoneMsOf(zone: string | undefined): number | undefined {
  if (zone === undefined || zone === 'Z') return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  if (hours > 18 || minutes > 59) return undefined
  return (zone.startsWith('-') ? -1 : 1) * (hours * UNIT_MS.hour + minutes * UNIT_MS.minute)
}

function timeOf(hour: string, minute: string, second = '0', fraction = ''): number | undefined {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)]
  if (h > 23 || m > 59 || s > 59) return undefined
  const ms = Number(fraction.padEnd(3, '0').slice(0, 3))
  return h * UNIT_MS.hour + m * UNIT_MS.minute + s * UNIT_MS.second + ms
}

/** Days since 1970-01-01 in the Gregorian calendar; years are counted from March so that leap days come last. */
function daysOf(yearText: string, monthText: string, dayText: string): number | undefined {
  const [year, month, day] = [Number(yearText), Number(monthText), Number(dayText)]
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  const length = lengths[month - 1]
  if (length === undefined || day < 1 || day > length) return undefined
  const marchYear = month > 2 ? year : year - 1
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400)
  return marchYear * 365 + leapDays + dayOfYear - 719_468
}
