// Values of rows as text, and as numbers for charts.

import { ChangeKind, type Column, type Type, Type_Kind, type Value } from './proto/weir/v1/types_pb.ts'

/** Of one cell; what is longer is cut with an ellipsis. */
const TEXT_CHARS_MAX = 500
const DAY_MS = 86_400_000
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
/** Of a watermark: the largest 64-bit number is the end of time. */
const END_OF_TIME = 2n ** 63n - 1n

export function textOf(value: Value | undefined, type?: Type): string {
  const text = fullText(value, type)
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX - 1)}…` : text
}

function fullText(value: Value | undefined, type?: Type): string {
  const kind = value?.kind
  switch (kind?.case) {
    case undefined:
    case 'nullValue':
      return 'NULL'
    case 'timestampMicros':
      return timeText(kind.value)
    case 'dateDays':
      return new Date(kind.value * DAY_MS).toISOString().slice(0, 10)
    case 'timeMicros':
      return new Date(Number(kind.value / 1000n)).toISOString().slice(11, 23)
    case 'intervalMillis':
      return `${kind.value} ms`
    case 'bytesValue':
      return bytesText(kind.value)
    case 'listValue':
      return `[${kind.value.values.map((one) => fullText(one, type?.element)).join(', ')}]`
    case 'mapValue':
      return `{${kind.value.entries.map(({ key, value: of }) => `${fullText(key)}: ${fullText(of)}`).join(', ')}}`
    case 'structValue':
      return `{${kind.value.values.map((one, i) => `${type?.fields[i]?.name ?? i}: ${fullText(one)}`).join(', ')}}`
    default:
      return String(kind?.value)
  }
}

/** Text where the bytes are text, as they are for JSON and CSV. */
function bytesText(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return `0x${[...bytes.subarray(0, TEXT_CHARS_MAX / 2)].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`
  }
}

/** Undefined for what is no number. */
export function numberOf(value: Value | undefined): number | undefined {
  const kind = value?.kind
  switch (kind?.case) {
    case 'doubleValue':
      return kind.value
    case 'int64Value':
      return Number(kind.value)
    case 'decimalValue':
      return Number(kind.value)
    default:
      return undefined
  }
}

const NUMBERS: ReadonlySet<Type_Kind> = new Set([Type_Kind.INT, Type_Kind.BIGINT, Type_Kind.DOUBLE, Type_Kind.DECIMAL])

export function isNumber({ type }: Column): boolean {
  return type !== undefined && NUMBERS.has(type.kind)
}

/** Microseconds since the epoch as `2026-01-01 12:00:05.250`. */
export function timeText(micros: bigint): string {
  if (micros === END_OF_TIME) return 'at its end'
  const date = new Date(Number(micros / 1000n))
  if (Number.isNaN(date.getTime())) return String(micros)
  return date
    .toISOString()
    .slice(0, -1)
    .replace('T', ' ')
    .replace(/\.000$/, '')
}

export const CHANGE_SIGNS: Readonly<Record<ChangeKind, string>> = {
  [ChangeKind.UNSPECIFIED]: '+I',
  [ChangeKind.INSERT]: '+I',
  [ChangeKind.UPDATE_BEFORE]: '-U',
  [ChangeKind.UPDATE_AFTER]: '+U',
  [ChangeKind.DELETE]: '-D',
}

/** 1234567 as `1.23 M`: three digits say enough of a rate. */
export function short(figure: number): string {
  const units = ['', ' k', ' M', ' G', ' T']
  let unit = 0
  let rest = figure
  while (Math.abs(rest) >= 1000 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return `${unit === 0 && Number.isInteger(rest) ? rest : rest.toPrecision(3)}${units[unit]}`
}

export function bytesCount(count: bigint): string {
  return `${short(Number(count))}B`
}

export function milliseconds(ms: number): string {
  if (ms < SECOND_MS) return `${Math.round(ms)} ms`
  if (ms < MINUTE_MS) return `${(ms / SECOND_MS).toFixed(1)} s`
  if (ms < HOUR_MS) return `${(ms / MINUTE_MS).toFixed(1)} min`
  if (ms < 2 * DAY_MS) return `${(ms / HOUR_MS).toFixed(1)} h`
  return `${Math.round(ms / DAY_MS)} d`
}

/** 0.9995 as `99.95 %`. */
export function percent(share: number): string {
  return `${Number((100 * share).toFixed(2))} %`
}
