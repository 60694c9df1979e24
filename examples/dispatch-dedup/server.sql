-- On a server, over its own log or over Kafka: each order once in a view, what came too late in a stream of its own.
CREATE STREAM dispatches (
  order_id STRING, courier STRING, ts TIMESTAMP,
  WATERMARK FOR ts AS ts EMIT ON EVENT
) FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW dispatch_once AS
SELECT order_id, courier, ts
FROM DEDUPLICATE(TABLE dispatches PARTITION BY order_id, DESCRIPTOR(ts), WITHIN => INTERVAL '1' HOUR)
ALLOWED LATENESS INTERVAL '5' MINUTE LATE ROWS INTO dispatch_late;

-- Dispatches to try it with: those of query.sql.
CREATE STREAM sample_dispatches (order_id STRING, courier STRING, ts TIMESTAMP)
WITH (connector = 'file', path = 'examples/dispatch-dedup/data.jsonl') FORMAT PLAIN ENCODE JSON;

INSERT INTO dispatches SELECT * FROM sample_dispatches;
