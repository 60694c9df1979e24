import { FIRST_EVENT_MS, mix, ORDERS_COLUMNS, type OrdersOptions, order } from './orders.ts'

/** What a query reads: a stream or a table, all of it in the log before the clock starts. */
export interface BenchInput {
  readonly name: string
  readonly kind: 'STREAM' | 'TABLE'
  readonly columns: string
  /** `FORMAT … ENCODE …`. */
  readonly format: string
  readonly rows: (options: OrdersOptions) => number
  /** A row as JSON text; a function of its number alone. */
  readonly row: (i: number, options: OrdersOptions) => string
  /** Of a table: changes of one key lie in one partition, in order. */
  readonly keyOf?: (i: number, options: OrdersOptions) => number
  /** A table that is read before the clock starts, since the query reads it before all else. */
  readonly loaded?: boolean
}

export const PARTITIONS = 4
/** Rows of one input that are written together, to all partitions. */
const ROUND_ROWS = 20_000

/** All rows of an input as they are appended: in rounds, each with its rows by partition. */
export function* rounds(input: BenchInput, options: OrdersOptions): Generator<readonly string[][]> {
  const total = input.rows(options)
  for (let first = 0; first < total; first += ROUND_ROWS) {
    const partitions: string[][] = Array.from({ length: PARTITIONS }, () => [])
    for (let i = first; i < Math.min(total, first + ROUND_ROWS); i++) {
      const partition = input.keyOf?.(i, options) ?? Math.floor(((i - first) * PARTITIONS) / ROUND_ROWS)
      partitions[partition % PARTITIONS]?.push(input.row(i, options))
    }
    yield partitions
  }
}

/** Share of `events` that an input has where there are two that flow. */
const half = ({ events }: OrdersOptions): number => Math.ceil(events / 2)

export const ORDERS: BenchInput = {
  name: 'orders',
  kind: 'STREAM',
  columns: ORDERS_COLUMNS,
  format: 'FORMAT PLAIN ENCODE JSON',
  rows: ({ events }) => events,
  row: order,
}

export const HALF_OF_ORDERS: BenchInput = { ...ORDERS, rows: half }

/** One payment for each order, up to ten seconds after it. */
export const PAYMENTS: BenchInput = {
  name: 'payments',
  kind: 'STREAM',
  columns: "order_id STRING, paid DECIMAL(12,2), ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '15' SECOND",
  format: 'FORMAT PLAIN ENCODE JSON',
  rows: half,
  row: (i, options) => {
    const { order_id, amount, ts } = JSON.parse(order(i, options)) as { order_id: string; amount: number; ts: number }
    return `{"order_id":"${order_id}","paid":${amount},"ts":${ts + (mix(i + 1) % 10_000)}}`
  },
}

export const USERS: BenchInput = {
  name: 'users',
  kind: 'TABLE',
  columns: 'id BIGINT PRIMARY KEY, name STRING, tier STRING',
  format: 'FORMAT UPSERT ENCODE JSON',
  rows: ({ keys }) => keys,
  keyOf: (i) => i,
  row: (i) => `{"id":${i},"name":"user ${i}","tier":"${['gold', 'silver', 'iron'][mix(i) % 3]}"}`,
  loaded: true,
}

/** Changes of accounts, each of one of as many as there are users, which may go to another user. */
export const ACCOUNTS: BenchInput = {
  name: 'accounts',
  kind: 'TABLE',
  columns: 'id BIGINT PRIMARY KEY, user_id BIGINT, balance BIGINT',
  format: 'FORMAT UPSERT ENCODE JSON',
  rows: ({ events }) => events,
  keyOf: (i, options) => account(i, options).id,
  row: (i, options) => JSON.stringify(account(i, options)),
}

/** What change `i` makes of its account. */
export function account(i: number, { keys }: OrdersOptions) {
  return {
    id: mix(i) % keys,
    user_id: mix(i + (FIRST_EVENT_MS % 1_000)) % keys,
    balance: mix(i + 7) % 100_000,
  }
}
