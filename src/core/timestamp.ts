/**
 * Calendar, text and numbers of DATE, TIME, TIMESTAMP and INTERVAL, in UTC and the proleptic Gregorian calendar. No
 * Date object: this is faster, and the layer has no clock. Texts that are not valid give undefined.
 *
 * A timestamp is milliseconds, with microseconds as a fraction rounded to 1/1000 (see value.ts), so that equal times
 * are equal numbers.
 */
export const MS_PER_SECOND = 1_000
export const MS_PER_MINUTE = 60_000
export const MS_PER_HOUR = 3_600_000
export const MS_PER_DAY = 86_400_000

/** As of JavaScript's Date: ±100 million days around 1970. Beyond it milliseconds lose exactness. */
export const TIMESTAMP_MAX = 8.64e15
export const DATE_MAX = 100_000_000
/** As far as a timestamp is from 1970 at most; whole milliseconds are exact up to here. */
export const INTERVAL_MAX = 8.64e15

export interface CivilDate {
  readonly year: number
  /** 1–12. */
  readonly month: number
  /** 1–31. */
  readonly day: number
}

/** Days since 1970-01-01 of a date (Howard Hinnant's algorithm); the day may be beyond the month's end. */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

export function civilFromDays(days: number): CivilDate {
  const z = days + 719_468
  const era = Math.floor(z / 146_097)
  const dayOfEra = z - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shifted = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shifted < 10 ? shifted + 3 : shifted - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return { year, month, day: dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1 }
}

export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

export function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

/** The one number of a time with a fraction: rounded to whole microseconds. */
export function roundToMicros(ms: number): number {
  return Math.floor(ms) === ms ? ms + 0 : Math.round(ms * 1_000) / 1_000 + 0
}

// Sign and six digits, or four digits: the years that ISO 8601 and JavaScript write.
const DATE_TEXT = /^(\d{4}|[+-]\d{6})-(\d{1,2})-(\d{1,2})$/
const TIME_TEXT = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?$/
const TIMESTAMP_TEXT =
  /^(\d{4}|[+-]\d{6})-(\d{1,2})-(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)? ?(Z|z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$/

/** `YYYY-MM-DD` to days since 1970-01-01. */
export function parseDate(text: string): number | undefined {
  const match = DATE_TEXT.exec(text.trim())
  return match === null ? undefined : civil(match[1], match[2], match[3])
}

/** `HH:MM[:SS[.fraction]]` to milliseconds of the day. */
export function parseTime(text: string): number | undefined {
  const match = TIME_TEXT.exec(text.trim())
  return match === null ? undefined : timeOfDay(match[1], match[2], match[3], match[4])
}

/**
 * ISO 8601 or `YYYY-MM-DD HH:MM:SS[.fraction]`, the time optional, to milliseconds. A zone offset is converted to
 * UTC; without one the text is UTC. Digits below a microsecond are rounded.
 */
export function parseTimestamp(text: string): number | undefined {
  const fast = parseIsoTimestamp(text)
  if (fast !== undefined) return fast
  const match = TIMESTAMP_TEXT.exec(text.trim())
  if (match === null) return undefined
  const days = civil(match[1], match[2], match[3])
  const time = match[4] === undefined ? 0 : timeOfDay(match[4], match[5], match[6], match[7])
  const offset = zoneOffset(match[8])
  if (days === undefined || time === undefined || offset === undefined) return undefined
  const ms = roundToMicros(days * MS_PER_DAY + time - offset)
  return ms >= -TIMESTAMP_MAX && ms <= TIMESTAMP_MAX ? ms : undefined
}

function civil(yearText: string | undefined, monthText: string | undefined, dayText: string | undefined) {
  const year = Number(yearText)
  const month = Number(monthText)
  const day = Number(dayText)
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined
  const days = daysFromCivil(year, month, day)
  return days >= -DATE_MAX && days <= DATE_MAX ? days : undefined
}

function timeOfDay(
  hourText: string | undefined,
  minuteText: string | undefined,
  secondText: string | undefined,
  fractionText: string | undefined,
): number | undefined {
  const hour = Number(hourText)
  const minute = Number(minuteText)
  const second = secondText === undefined ? 0 : Number(secondText)
  if (hour > 23 || minute > 59 || second > 59) return undefined
  const ms = (hour * 60 + minute) * MS_PER_MINUTE + second * MS_PER_SECOND
  if (fractionText === undefined) return ms
  return ms + Math.round(Number(fractionText.padEnd(9, '0')) / 1_000) / 1_000
}

function zoneOffset(zone: string | undefined): number | undefined {
  if (zone === undefined || !/^[+-]/.test(zone)) return 0
  const hours = Number(zone.slice(1, 3))
  const minutes = zone.length > 3 ? Number(zone.slice(-2)) : 0
  if (hours > 15 || minutes > 59) return undefined
  const ms = hours * MS_PER_HOUR + minutes * MS_PER_MINUTE
  return zone.startsWith('-') ? -ms : ms
}

/** The form that almost all records have, `YYYY-MM-DD?HH:MM:SS[.fff][Z]`, without a regular expression. */
function parseIsoTimestamp(text: string): number | undefined {
  const { length } = text
  if (length < 19 || length > 24) return undefined
  const separator = text.charCodeAt(10)
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || (separator !== 84 && separator !== 32)) return undefined
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  const end = text.charCodeAt(length - 1) === 90 ? length - 1 : length
  let fraction = 0
  if (end === 23 && text.charCodeAt(19) === 46) fraction = digits(text, 20, 23)
  else if (end !== 19) return undefined
  const year = digits(text, 0, 4)
  const month = digits(text, 5, 7)
  const day = digits(text, 8, 10)
  const hour = digits(text, 11, 13)
  const minute = digits(text, 14, 16)
  const second = digits(text, 17, 19)
  // A part that is not digits is NaN, and no comparison with NaN holds.
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month))) return undefined
  if (!(hour <= 23 && minute <= 59 && second <= 59 && fraction >= 0)) return undefined
  return daysFromCivil(year, month, day) * MS_PER_DAY + ((hour * 60 + minute) * 60 + second) * 1_000 + fraction
}

function digits(text: string, start: number, end: number): number {
  let value = 0
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

/** `2026-02-28`; years outside 0–9999 have a sign and six digits. */
export function formatDate(days: number): string {
  const { year, month, day } = civilFromDays(days)
  const text = year >= 0 && year <= 9_999 ? pad(year, 4) : `${year < 0 ? '-' : '+'}${pad(Math.abs(year), 6)}`
  return `${text}-${pad(month, 2)}-${pad(day, 2)}`
}

/** `10:20:30`, with `.fff` or `.ffffff` where there is a fraction. */
export function formatTime(ms: number): string {
  const whole = Math.floor(ms)
  const micros = Math.round((ms - whole) * 1_000)
  const seconds = Math.floor(whole / 1_000)
  const text = `${pad(Math.floor(seconds / 3_600), 2)}:${pad(Math.floor(seconds / 60) % 60, 2)}:${pad(seconds % 60, 2)}`
  if (micros !== 0) return `${text}.${pad((whole % 1_000) * 1_000 + micros, 6)}`
  return whole % 1_000 === 0 ? text : `${text}.${pad(whole % 1_000, 3)}`
}

/** `2026-02-28 10:20:30`, with `.fff` or `.ffffff` where there is a fraction; as tables and CAST show it. */
export function formatTimestamp(ms: number, separator = ' '): string {
  if (ms === Number.POSITIVE_INFINITY) return 'infinity'
  if (ms === Number.NEGATIVE_INFINITY) return '-infinity'
  const days = Math.floor(ms / MS_PER_DAY)
  return `${formatDate(days)}${separator}${formatTime(roundToMicros(ms - days * MS_PER_DAY))}`
}

/** `2026-02-28T10:20:30.000Z`: at least milliseconds, so that texts of one precision sort as the times do. */
export function formatIsoTimestamp(ms: number): string {
  if (!Number.isFinite(ms)) return formatTimestamp(ms)
  return `${formatTimestamp(ms, 'T')}${Math.floor(ms) === ms && ms % 1_000 === 0 ? '.000' : ''}Z`
}
