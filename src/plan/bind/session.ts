// Options of a session (SET) and of a query (WITH): which exist, and what they may be.

import type { DurationMs } from '../../core/time.ts'
import type { StartupSpec } from '../physical/nodes.ts'
import { didYouMean } from './did-you-mean.ts'

export interface SessionOptions {
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'at-most-once'
  readonly checkpointIntervalMs: DurationMs
  readonly stateTtlMs: DurationMs | undefined
  readonly timeMode: 'event' | 'processing'
  /** Undefined: each kind of query has its own default. */
  readonly startup: StartupSpec | undefined
  /** The log ends, for this query, where it ended when the query began. */
  readonly boundedInput: boolean
  /** How long a row of a stream waits for a table whose watermark stands still, in a join AS OF event time. */
  readonly joinWaitMs: DurationMs
}

export const CHECKPOINT_INTERVAL_DEFAULT_MS = 1000
export const JOIN_WAIT_DEFAULT_MS = 60_000

const DEFAULTS: SessionOptions = {
  guarantee: 'exactly-once',
  checkpointIntervalMs: CHECKPOINT_INTERVAL_DEFAULT_MS,
  stateTtlMs: undefined,
  timeMode: 'event',
  startup: undefined,
  boundedInput: false,
  joinWaitMs: JOIN_WAIT_DEFAULT_MS,
}

export const SESSION_KEYS: readonly string[] = [
  'processing.guarantee',
  'checkpoint.interval',
  'state.ttl',
  'time.mode',
  'join.wait',
  'scan.startup.mode',
  'scan.startup.timestamp-millis',
  'scan.bounded.mode',
]

/** A value that an option can't have: what it may be. */
export class InvalidOption extends Error {
  readonly key: string

  constructor(key: string, expected: string) {
    super(`option "${key}" ${expected}`)
    this.key = key
  }
}

/** Later settings win. Keys that are no session options are left out: they are someone else's. Throws InvalidOption. */
export function sessionOptions(...settings: readonly ReadonlyMap<string, string>[]): SessionOptions {
  const all = new Map(settings.flatMap((one) => [...one]))
  const ttl = all.get('state.ttl')
  const interval = all.get('checkpoint.interval')
  const wait = all.get('join.wait')
  return {
    guarantee: oneOf(
      all,
      'processing.guarantee',
      ['exactly-once', 'at-least-once', 'at-most-once'],
      DEFAULTS.guarantee,
    ),
    checkpointIntervalMs:
      interval === undefined ? DEFAULTS.checkpointIntervalMs : duration('checkpoint.interval', interval),
    stateTtlMs: ttl === undefined || ttl === '0' ? undefined : duration('state.ttl', ttl),
    timeMode: oneOf(all, 'time.mode', ['event', 'processing'], DEFAULTS.timeMode),
    startup: startupOption(all.get('scan.startup.mode'), all.get('scan.startup.timestamp-millis')),
    boundedInput: oneOf(all, 'scan.bounded.mode', ['unbounded', 'latest-offset'], 'unbounded') === 'latest-offset',
    joinWaitMs: wait === undefined ? DEFAULTS.joinWaitMs : duration('join.wait', wait),
  }
}

/** What is wrong with one setting, by itself: SET says it at once, and not each query after it. */
export function checkSetting(
  key: string,
  value: string,
): { readonly message: string; readonly hint?: string } | undefined {
  if (!SESSION_KEYS.includes(key)) {
    const hint = didYouMean(key, SESSION_KEYS) ?? `There are: ${SESSION_KEYS.join(', ')}.`
    return { message: `there is no session option "${key}"`, hint }
  }
  try {
    // The time of the mode "timestamp" is a setting of its own, and may come after it.
    sessionOptions(
      new Map([
        ['scan.startup.timestamp-millis', '0'],
        [key, value],
      ]),
    )
    return undefined
  } catch (error) {
    if (error instanceof InvalidOption) return { message: error.message }
    throw error
  }
}

function oneOf<T extends string>(all: ReadonlyMap<string, string>, key: string, values: readonly T[], fallback: T): T {
  const value = all.get(key)
  if (value === undefined) return fallback
  const found = values.find((one) => one === value.toLowerCase().replaceAll('_', '-'))
  if (found === undefined) throw new InvalidOption(key, `is one of ${values.join(', ')}`)
  return found
}

/** `earliest`, `latest`, `timestamp` with the time beside it; Flink's `earliest-offset` and `latest-offset` too. */
export function startupOption(mode: string | undefined, timestamp: string | undefined): StartupSpec | undefined {
  switch (mode) {
    case undefined:
      return undefined
    case 'earliest':
    case 'earliest-offset':
      return { kind: 'earliest' }
    case 'latest':
    case 'latest-offset':
      return { kind: 'latest' }
    case 'timestamp': {
      const timestampMs = Number(timestamp)
      if (timestamp === undefined || !Number.isFinite(timestampMs)) {
        throw new InvalidOption('scan.startup.timestamp-millis', 'is needed: milliseconds since 1970')
      }
      return { kind: 'timestamp', timestampMs }
    }
    default:
      throw new InvalidOption('scan.startup.mode', 'is one of earliest, latest, timestamp')
  }
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
}

/** `200`, `200 ms`, `5s`, `7 days`: without a unit it is milliseconds. */
export function parseDuration(text: string): DurationMs | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const unit = match[2] === '' ? 1 : UNIT_MS[match[2] as string]
  const ms = unit === undefined ? Number.NaN : Number(match[1]) * unit
  return Number.isSafeInteger(ms) ? ms : undefined
}

function duration(key: string, text: string): DurationMs {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0) throw new InvalidOption(key, "is a duration, such as '5s' or '200 ms'")
  return ms
}

const UNIT_BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1024,
  mb: 1024 ** 2,
  gb: 1024 ** 3,
  tb: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
}

/** `1048576`, `512 MB`, `1GiB`. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim().toLowerCase())
  if (match === null) return undefined
  const unit = match[2] === '' ? 1 : UNIT_BYTES[match[2] as string]
  const bytes = unit === undefined ? Number.NaN : Math.round(Number(match[1]) * unit)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
