-- Orders per region in windows of one minute, one final row a window.
CREATE STREAM orders (
  order_id STRING, region STRING, status STRING, amount DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'file', path = 'examples/live-order-counts/data.jsonl') FORMAT PLAIN ENCODE JSON;

SELECT region, window_start, COUNT(*) AS orders, SUM(amount) AS revenue
FROM orders
GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)
EMIT FINAL;
