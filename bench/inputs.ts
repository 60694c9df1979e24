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
  /** A table that is read before the clock starts, since the query reads it before all else. */
  readonly loaded?: boolean
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
  row: (i, { keys }) =>
    `{"id":${mix(i) % keys},"user_id":${mix(i + (FIRST_EVENT_MS % 1_000)) % keys},"balance":${mix(i + 7) % 100_000}}`,
}
