-- Dispatch events come at least once: each order must be dispatched exactly once, also when an event is 5 minutes late.
CREATE STREAM dispatches (
  order_id STRING, courier STRING, ts TIMESTAMP,
  WATERMARK FOR ts AS ts EMIT ON EVENT
) WITH (connector = 'file', path = 'examples/dispatch-dedup/data.jsonl') FORMAT PLAIN ENCODE JSON;

SELECT order_id, courier, ts
FROM DEDUPLICATE(TABLE dispatches PARTITION BY order_id, DESCRIPTOR(ts), WITHIN => INTERVAL '1' HOUR)
ALLOWED LATENESS INTERVAL '5' MINUTE;
