/**
 * The workload that all benchmarks share: JSON orders of about 108 bytes, by seed, slightly out of order. The same
 * bytes at every run, so that figures of different days and of other systems can be compared.
 */
export interface OrdersOptions {
  readonly events: number
  /** Distinct users. */
  readonly keys: number
  readonly eventsPerSecondOfEventTime: number
}

export const REGIONS = ['eu-west', 'eu-north', 'us-east', 'us-west', 'ap-south', 'ap-east', 'sa-east', 'af-south']
const STATUSES = ['created', 'paid', 'shipped', 'cancelled']
/** Orders arrive up to this much later than ordered by time. */
const DISORDER_MS = 2_000
export const FIRST_EVENT_MS = Date.UTC(2026, 0, 1)

/** One order as JSON text; a function of its number alone. */
export function order(i: number, options: OrdersOptions): string {
  const random = mix(i)
  const region = REGIONS[random % REGIONS.length]
  const status = STATUSES[(random >>> 4) % STATUSES.length]
  const user = mix(i + 0x5bd1e995) % options.keys
  const cents = mix(i ^ 0x2545f491) % 100_000
  const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`
  const ts = Math.floor(FIRST_EVENT_MS + (i * 1000) / options.eventsPerSecondOfEventTime - (random % DISORDER_MS))
  return `{"order_id":"o-${String(i).padStart(9, '0')}","user_id":${user},"region":"${region}","status":"${status}","amount":${amount},"ts":${ts}}`
}

/** A 32-bit hash (splitmix): cheap, and the same everywhere. */
export function mix(value: number): number {
  let x = (value + 0x9e3779b9) | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

export const ORDERS_COLUMNS = `order_id STRING, user_id BIGINT, region STRING, status STRING, amount DECIMAL(12,2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`
