// The SQL of the demo, as its user would type it.

import { DISORDER_MS_MAX } from './orders.ts'

export const STREAM = 'demo_orders'
export const LIVE_VIEW = 'demo_orders_live'
export const FINAL_VIEW = 'demo_orders_per_region'

/** Short windows, so that a person sees several of them close. */
export const LIVE_WINDOW_MS = 10_000
export const FINAL_WINDOW_MS = 60_000

export const CREATE_STREAM = `CREATE STREAM IF NOT EXISTS ${STREAM} (
  order_id STRING, region STRING, amount DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '${DISORDER_MS_MAX / 1000}' SECOND
) WITH (connector = 'embedded', partitions = '1') FORMAT PLAIN ENCODE JSON;`

export const CREATE_LIVE_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${LIVE_VIEW} AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM ${STREAM}
GROUP BY region, TUMBLE(ts, INTERVAL '${LIVE_WINDOW_MS / 1000}' SECOND)
EMIT CHANGES;`

export const CREATE_FINAL_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${FINAL_VIEW} AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM ${STREAM}
GROUP BY region, TUMBLE(ts, INTERVAL '${FINAL_WINDOW_MS / 60_000}' MINUTE)
EMIT FINAL;`
