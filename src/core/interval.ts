import {
  formatTime,
  INTERVAL_MAX,
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
  roundToMicros,
} from './timestamp.ts'

/**
 * Text of INTERVAL values, which are milliseconds: months and years have no fixed length and are no part of them.
 */
const UNIT_MS: Readonly<Record<string, number>> = {
  us: 0.001,
  microsecond: 0.001,
  ms: 1,
  millisecond: 1,
  s: MS_PER_SECOND,
  sec: MS_PER_SECOND,
  second: MS_PER_SECOND,
  m: MS_PER_MINUTE,
  min: MS_PER_MINUTE,
  minute: MS_PER_MINUTE,
  h: MS_PER_HOUR,
  hour: MS_PER_HOUR,
  d: MS_PER_DAY,
  day: MS_PER_DAY,
  w: 7 * MS_PER_DAY,
  week: 7 * MS_PER_DAY,
}

const PART = /([+-]?\d+(?:\.\d+)?) ?([a-z]+)|([+-]?)(\d{1,9}):(\d{2})(?::(\d{2}(?:\.\d{1,9})?))?/y
const ISO = /^([+-]?)p(?:([\d.]+)w)?(?:([\d.]+)d)?(?:t(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?)?$/

/** An interval text is at most this long; what is longer is no interval, and is not worth the time to read. */
const INTERVAL_TEXT_MAX = 200

/** `5 minutes`, `1 day 02:03:04.5`, `-00:05`, `P1DT2H`; undefined for any other text. */
export function parseInterval(text: string): number | undefined {
  if (text.length > INTERVAL_TEXT_MAX) return undefined
  const lower = text.trim().toLowerCase()
  if (lower === '') return undefined
  return parseIso(lower) ?? parseParts(lower)
}

function parseIso(text: string): number | undefined {
  const match = ISO.exec(text)
  if (match === null || match.slice(2).every((part) => part === undefined)) return undefined
  const [weeks, days, hours, minutes, seconds] = match.slice(2).map((part) => (part === undefined ? 0 : Number(part)))
  const total =
    ((weeks as number) * 7 + (days as number)) * MS_PER_DAY +
    (hours as number) * MS_PER_HOUR +
    (minutes as number) * MS_PER_MINUTE +
    (seconds as number) * MS_PER_SECOND
  return withinRange(match[1] === '-' ? -total : total)
}

function parseParts(text: string): number | undefined {
  let total = 0
  let position = 0
  while (position < text.length) {
    PART.lastIndex = position
    const match = PART.exec(text)
    if (match === null) return undefined
    if (match[2] !== undefined) {
      const unit = UNIT_MS[match[2]] ?? UNIT_MS[match[2].replace(/s$/, '')]
      if (unit === undefined) return undefined
      total += Number(match[1]) * unit
    } else {
      const ms =
        Number(match[4]) * MS_PER_HOUR + Number(match[5]) * MS_PER_MINUTE + Number(match[6] ?? 0) * MS_PER_SECOND
      if (Number(match[5]) > 59 || Number(match[6] ?? 0) >= 60) return undefined
      total += match[3] === '-' ? -ms : ms
    }
    position = PART.lastIndex
    while (text[position] === ' ') position++
  }
  return withinRange(total)
}

function withinRange(ms: number): number | undefined {
  return ms >= -INTERVAL_MAX && ms <= INTERVAL_MAX ? roundToMicros(ms) : undefined
}

/** `1 day 02:03:04.500`, `-00:05:00`; parseInterval reads it back. */
export function formatInterval(ms: number): string {
  const magnitude = Math.abs(ms)
  const days = Math.floor(magnitude / MS_PER_DAY)
  const time = formatTime(roundToMicros(magnitude - days * MS_PER_DAY))
  const sign = ms < 0 ? '-' : ''
  if (days === 0) return `${sign}${time}`
  const dayText = `${sign}${days} ${days === 1 ? 'day' : 'days'}`
  return magnitude === days * MS_PER_DAY ? dayText : `${dayText} ${sign}${time}`
}
