// The SQL of the demo, as its user would type it.

import { DISORDER_MS_MAX } from './orders.ts'

export const LIVE_STREAM = 'demo_orders'
/** A stream of its own: the check at the end knows every order that is in it. */
export const FINAL_STREAM = 'demo_orders_once'
export const LIVE_VIEW = 'demo_orders_live'
export const FINAL_VIEW = 'demo_orders_per_region'

/** Short windows, so that a person sees several of them close. */
export const LIVE_WINDOW_MS = 10_000
export const FINAL_WINDOW_MS = 60_000

function createStream(name: string): string {
  return `CREATE STREAM IF NOT EXISTS ${name} (
  order_id STRING, region STRING, amount DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '${DISORDER_MS_MAX / 1000}' SECOND
) WITH (connector = 'embedded', partitions = '1') FORMAT PLAIN ENCODE JSON;`
}

export const CREATE_LIVE_STREAM = createStream(LIVE_STREAM)

/** In a directory that is used again, nothing of the last run may be counted. */
export const CREATE_FINAL_STREAM = `DROP MATERIALIZED VIEW IF EXISTS ${FINAL_VIEW};
DROP STREAM IF EXISTS ${FINAL_STREAM};
${createStream(FINAL_STREAM)}`

export const CREATE_LIVE_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${LIVE_VIEW} AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM ${LIVE_STREAM}
GROUP BY region, TUMBLE(ts, INTERVAL '${LIVE_WINDOW_MS / 1000}' SECOND)
EMIT CHANGES;`

export const CREATE_FINAL_VIEW = `CREATE MATERIALIZED VIEW IF NOT EXISTS ${FINAL_VIEW} AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM ${FINAL_STREAM}
GROUP BY region, TUMBLE(ts, INTERVAL '${FINAL_WINDOW_MS / 60_000}' MINUTE)
EMIT FINAL;`
