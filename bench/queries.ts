/** What is measured: one materialized view each, over the stream `orders`. */
export interface BenchQuery {
  readonly name: string
  readonly sql: string
  /** Distinct users in the input. */
  readonly keys: number
  readonly eventsPerSecondOfEventTime: number
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
]
