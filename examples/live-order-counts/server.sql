-- On a server, over its own log or over Kafka: counts that move with each order.
CREATE STREAM orders (
  order_id STRING, region STRING, status STRING, amount DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW orders_per_region AS
SELECT region, window_start, COUNT(*) AS orders, SUM(amount) AS revenue
FROM orders
GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)
ALLOWED LATENESS INTERVAL '1' DAY
EMIT CHANGES;

-- Orders to try it with: ten a second, up to four seconds out of order. Their clock begins at the time that stands here.
CREATE STREAM sample_orders (
  id STRING, region STRING, status STRING, amount DECIMAL(12, 2), ts TIMESTAMP
) WITH (
  connector = 'datagen', 'rows-per-second' = 10, 'start-time' = '2026-01-15T12:00:00Z', disorder = '4 s', seed = 7,
  'fields.id.kind' = 'uuid',
  'fields.region.values' = 'eu,us,apac', 'fields.region.weights' = '5,3,2',
  'fields.status.values' = 'paid,cancelled', 'fields.status.weights' = '9,1',
  'fields.amount.min' = 5, 'fields.amount.max' = 99.99
);

INSERT INTO orders SELECT * FROM sample_orders;
