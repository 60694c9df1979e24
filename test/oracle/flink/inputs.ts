import type { Random } from '../../harness/random.ts'

/** Records of a topic, in the order in which they are written. */
export interface TopicInput {
  readonly name: string
  readonly records: readonly { readonly key: string | null; readonly value: string | null }[]
}

/** Streams and tables of one seed. `{s}` stands for the seed, so that each has names of its own. */
export const DEFINITIONS = `
CREATE STREAM orders{s} (id BIGINT, region STRING, user_id BIGINT, amount DECIMAL(12, 2), qty INT, score DOUBLE,
  tags ARRAY<STRING>, ok BOOLEAN, ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.orders{s}');
CREATE STREAM all_orders{s} (id BIGINT, region STRING, user_id BIGINT, amount DECIMAL(12, 2), qty INT, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.orders{s}');
CREATE STREAM payments{s} (id BIGINT, order_id BIGINT, paid DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '1' HOUR EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.payments{s}');
CREATE TABLE users{s} (id BIGINT PRIMARY KEY, name STRING, tier STRING, updated_at TIMESTAMP,
  WATERMARK FOR updated_at AS updated_at - INTERVAL '1' HOUR EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.users{s}') FORMAT UPSERT ENCODE JSON;
CREATE STREAM ticks{s} (id BIGINT, user_id BIGINT, ts TIMESTAMP, WATERMARK FOR ts AS ts EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.ticks{s}');
CREATE STREAM events{s} (seq BIGINT, ms BIGINT, payload JSON, place STRUCT<city STRING, zip INT>,
  scores MAP<STRING, BIGINT>, source STRING METADATA FROM 'key', ts AS to_timestamp_ms(ms),
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.events{s}');
CREATE STREAM readings{s} (id BIGINT, sensor STRING, value DOUBLE, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.readings{s}') FORMAT PLAIN ENCODE CSV;
CREATE TABLE prices{s} (product STRING PRIMARY KEY, price DECIMAL(8, 2), at TIMESTAMP METADATA FROM 'source.ts_ms',
  WATERMARK FOR at AS at - INTERVAL '1' HOUR EMIT ON EVENT)
  WITH (connector = 'kafka', topic = '{p}.prices{s}') FORMAT DEBEZIUM ENCODE JSON;
CREATE TABLE accounts{s} (user_id BIGINT PRIMARY KEY, balance DECIMAL(12, 2))
  WITH (connector = 'kafka', topic = '{p}.accounts{s}') FORMAT UPSERT ENCODE JSON;
`

const START_MS = Date.UTC(2026, 0, 15, 12)
const ORDERS = 240
const USERS = 12
/** Mostly within what the watermark waits for; now and then far behind it. */
const DISORDER_MS = 5_000
const LATE_SHARE = 0.06
const LATE_MS_MAX = 180_000

export function randomInputs(random: Random): readonly TopicInput[] {
  const of = (name: string) => random.fork(name)
  return [
    orders(of('orders')),
    payments(of('payments')),
    users(of('users')),
    accounts(of('accounts')),
    ticks(of('ticks')),
    events(of('events')),
    prices(of('prices')),
    readings(of('readings')),
  ]
}

function orders(random: Random): TopicInput {
  let time = START_MS
  const records = Array.from({ length: ORDERS }, (_, i) => {
    // Odd milliseconds, so that no two rows are exactly a gap or a window apart unless a case is about that.
    time += random.chance(0.08) ? random.integer(20_000, 90_000) : random.integer(0, 4_000)
    const behind = random.chance(LATE_SHARE) ? random.integer(DISORDER_MS, LATE_MS_MAX) : random.integer(0, DISORDER_MS)
    return {
      id: random.chance(0.1) ? random.integer(0, i) : i,
      region: random.chance(0.05) ? null : random.pick(['eu', 'us', 'ap', "o'k"]),
      user_id: random.integer(1, USERS + 2),
      amount: random.integer(1, 100_000) / 100,
      qty: random.chance(0.1) ? null : random.integer(-3, 9),
      score: random.integer(0, 1_000) / 8,
      tags: random.some(['new', 'gift', 'big'], 0.4),
      ok: random.chance(0.1) ? null : random.chance(0.8),
      ts: instant(time - behind),
    }
  })
  return { name: 'orders', records: records.map((one) => ({ key: null, value: JSON.stringify(one) })) }
}

function payments(random: Random): TopicInput {
  const records = Array.from({ length: Math.floor(ORDERS * 0.7) }, (_, i) => ({
    id: i,
    order_id: random.integer(0, ORDERS - 1),
    paid: random.integer(1, 100_000) / 100,
    ts: instant(START_MS + random.integer(0, ORDERS * 6_000)),
  }))
  return { name: 'payments', records: records.map((one) => ({ key: null, value: JSON.stringify(one) })) }
}

function users(random: Random): TopicInput {
  let time = START_MS - 60_000
  const records = Array.from({ length: USERS * 6 }, (_, i) => {
    time += random.integer(1, 30_000)
    const id = i < USERS ? i + 1 : random.integer(1, USERS)
    const tier = random.pick(['gold', 'silver', null])
    return { id, name: `user ${id} v${i}`, tier, updated_at: instant(time) }
  })
  return { name: 'users', records: records.map((one) => ({ key: String(one.id), value: JSON.stringify(one) })) }
}

function accounts(random: Random): TopicInput {
  const records = Array.from({ length: USERS * 5 }, () => {
    const user = random.integer(1, USERS + 1)
    const row = { user_id: user, balance: random.integer(-5_000, 50_000) / 100 }
    return { key: String(user), value: random.chance(0.15) ? null : JSON.stringify(row) }
  })
  return { name: 'accounts', records }
}

/** In order and on whole seconds: many are exactly a gap apart. */
function ticks(random: Random): TopicInput {
  let time = START_MS
  const records = Array.from({ length: 80 }, (_, id) => {
    time += random.integer(1, 8) * 1_000
    return { key: null, value: JSON.stringify({ id, user_id: random.integer(1, 3), ts: instant(time) }) }
  })
  return { name: 'ticks', records }
}

const PRODUCTS = ['tea', 'coffee', 'cake']

function events(random: Random): TopicInput {
  const records = Array.from({ length: 100 }, (_, seq) => {
    const user = { id: random.integer(1, 9), "it's": random.pick(['a', null]) }
    const value = {
      seq,
      ms: START_MS + seq * 3_000 - random.integer(0, 10_000),
      payload: random.chance(0.1) ? null : { user, product: random.pick(PRODUCTS) },
      place: random.chance(0.1) ? null : { city: random.pick(['Ulm', 'Bonn', null]), zip: random.integer(1, 99_999) },
      scores: { a: random.integer(1, 9), b: random.integer(1, 9) },
    }
    return { key: random.chance(0.1) ? null : random.pick(PRODUCTS), value: JSON.stringify(value) }
  })
  return { name: 'events', records }
}

function readings(random: Random): TopicInput {
  const records = Array.from({ length: 60 }, (_, id) => {
    const ts = instant(START_MS + id * 2_000 - random.integer(0, 4_000))
      .replace('T', ' ')
      .replace('Z', '')
    const sensor = random.pick(['a', '"b, c"', ''])
    return { key: null, value: `${id},${sensor},${random.integer(0, 99) / 4},${ts}` }
  })
  return { name: 'readings', records }
}

/** As Debezium writes changes of a table with REPLICA IDENTITY FULL. */
function prices(random: Random): TopicInput {
  const now = new Map<string, object>()
  let time = START_MS - 60_000
  const records = Array.from({ length: 40 }, () => {
    time += random.integer(1, 20_000)
    const product = random.pick(PRODUCTS)
    const before = now.get(product) ?? null
    const after = before !== null && random.chance(0.2) ? null : { product, price: random.integer(100, 999) / 100 }
    if (after === null) now.delete(product)
    else now.set(product, after)
    const op = after === null ? 'd' : before === null ? 'c' : 'u'
    const value = { before, after, source: { ts_ms: time }, op, ts_ms: time + 5 }
    return { key: JSON.stringify({ product }), value: JSON.stringify(value) }
  })
  return { name: 'prices', records }
}

function instant(ms: number): string {
  return new Date(ms).toISOString()
}
