-- What the goldens of plan/ and error/ read.
CREATE STREAM orders (order_id STRING, user_id BIGINT, region STRING, status STRING, amount DECIMAL(12,2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND EMIT PERIODIC INTERVAL '200' MILLISECOND IDLE TIMEOUT INTERVAL '30' SECOND MAX FUTURE INTERVAL '1' MINUTE CLAMP)
WITH (topic='orders', on_error='dead-letter', dead_letter_topic='orders_dlq') FORMAT PLAIN ENCODE JSON;

CREATE STREAM requests (service STRING, status INT, latency_ms DOUBLE, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH (topic='requests');

CREATE STREAM dispatches (order_id STRING, courier STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (topic='dispatches');

CREATE STREAM clicks (user_id BIGINT, url STRING, ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (topic='clicks');

CREATE STREAM items (product_id BIGINT, qty INT, price DECIMAL(10,2), ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (topic='items');

-- Event time is computed; there are nested values and metadata.
CREATE STREAM events (id STRING NOT NULL, payload JSON, tags ARRAY<STRING>, place STRUCT<city STRING, zip INT>, ms BIGINT,
  ts AS to_timestamp_ms(ms), key STRING METADATA, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND EMIT ON EVENT) WITH (topic='events');

-- Without event time.
CREATE STREAM logs (line STRING, level INT, at TIMESTAMP) WITH (topic='logs');

CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING, tier STRING) WITH (topic='users');

CREATE MATERIALIZED VIEW orders_per_region AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE) EMIT FINAL;

CREATE MATERIALIZED VIEW totals AS SELECT region, COUNT(*) AS orders FROM orders GROUP BY region;

CREATE VIEW large_orders AS SELECT order_id, region, amount, ts FROM orders WHERE amount > 100;
CREATE TABLE plans (id STRING PRIMARY KEY, plan STRING, price DECIMAL(8, 2))
WITH (connector='redis', url='redis://cache', kind='lookup', 'lookup.cache.ttl'='5s');
