import { ACCOUNTS, type BenchInput, HALF_OF_ORDERS, ORDERS, PAYMENTS, USERS } from './inputs.ts'

/** What is measured: one materialized view each, over the stream `orders` and what it is joined with. */
export interface BenchQuery {
  readonly name: string
  readonly sql: string
  /** Distinct users in the input. */
  readonly keys: number
  readonly eventsPerSecondOfEventTime: number
  /** The stream `orders`, unless it says otherwise. */
  readonly inputs?: readonly BenchInput[]
  /** Its rows change: a topic holds them by key. */
  readonly changes?: boolean
}

export function inputsOf({ inputs = [ORDERS] }: BenchQuery): readonly BenchInput[] {
  return inputs
}

export const QUERIES: readonly BenchQuery[] = [
  {
    name: 'tumble',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: `SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
      FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE) EMIT FINAL`,
  },
  {
    name: 'hop',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: `SELECT user_id, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
      FROM orders GROUP BY user_id, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE) EMIT FINAL`,
  },
  {
    name: 'session',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: `SELECT user_id, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
      FROM orders GROUP BY user_id, SESSION(ts, INTERVAL '30' SECOND) EMIT FINAL`,
  },
  {
    name: 'session-short',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: `SELECT user_id, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
      FROM orders GROUP BY user_id, SESSION(ts, INTERVAL '10' SECOND) EMIT FINAL`,
  },
  {
    name: 'group',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: 'SELECT user_id, COUNT(*) AS orders, SUM(amount) AS revenue FROM orders GROUP BY user_id',
  },
  {
    name: 'group-1m',
    keys: 1_000_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: "SELECT user_id, COUNT(*) AS orders, SUM(amount) AS revenue FROM orders GROUP BY user_id EMIT CHANGES EVERY INTERVAL '1' SECOND",
  },
  {
    name: 'filter',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    sql: `SELECT order_id, amount FROM orders WHERE region = 'eu-west' AND amount > 990`,
  },
  {
    name: 'stream-table',
    keys: 1_000_000,
    eventsPerSecondOfEventTime: 2_000,
    inputs: [ORDERS, USERS],
    sql: 'SELECT o.order_id, o.amount, u.tier FROM orders o JOIN users u ON o.user_id = u.id',
  },
  {
    name: 'interval',
    keys: 10_000,
    eventsPerSecondOfEventTime: 2_000,
    inputs: [HALF_OF_ORDERS, PAYMENTS],
    sql: `SELECT o.order_id, o.region, p.paid FROM orders o JOIN payments p
      ON o.order_id = p.order_id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '1' MINUTE`,
  },
  {
    name: 'table-table',
    keys: 100_000,
    eventsPerSecondOfEventTime: 2_000,
    inputs: [USERS, ACCOUNTS],
    changes: true,
    sql: 'SELECT a.id, u.id AS owner, u.name, a.balance FROM users u JOIN accounts a ON a.user_id = u.id',
  },
]
