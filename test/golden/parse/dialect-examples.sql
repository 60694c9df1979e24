-- 0 sources
CREATE STREAM orders (order_id STRING, user_id BIGINT, region STRING, status STRING, amount DECIMAL(12,2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND EMIT PERIODIC INTERVAL '200' MILLISECOND IDLE TIMEOUT INTERVAL '30' SECOND MAX FUTURE INTERVAL '1' MINUTE CLAMP)
WITH (connector='kafka', topic='orders', on_error='dead-letter', dead_letter_topic='orders.dlq') FORMAT PLAIN ENCODE JSON;
CREATE TABLE users (id BIGINT PRIMARY KEY, name STRING, tier STRING, updated_at TIMESTAMP METADATA FROM 'source.ts_ms',
  WATERMARK FOR updated_at AS updated_at IDLE TIMEOUT INTERVAL '30' SECOND)   -- versions the table for AS OF
WITH (connector='kafka', topic='pg.public.users') FORMAT DEBEZIUM ENCODE JSON;

-- 1 orders per region, 1-minute tumbling, one final row per window
CREATE MATERIALIZED VIEW orders_per_region AS
SELECT region, window_start, window_end, COUNT(*) AS orders, SUM(amount) AS revenue
FROM orders GROUP BY region, TUMBLE(ts, INTERVAL '1' MINUTE)
ALLOWED LATENESS INTERVAL '30' SECOND LATE ROWS INTO orders_late EMIT FINAL;

-- 2 error rate, 5-min window sliding 1 min, alert over threshold
CREATE SINK error_alerts AS
SELECT service, window_end, SUM(CASE WHEN status >= 500 THEN 1 ELSE 0 END) * 1.0 / COUNT(*) AS error_rate
FROM requests GROUP BY service, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)
HAVING COUNT(*) >= 20 AND SUM(CASE WHEN status >= 500 THEN 1 ELSE 0 END) * 1.0 / COUNT(*) > 0.05
EMIT FINAL WITH (connector='kafka', topic='alerts', 'sink.delivery-guarantee'='exactly-once') FORMAT PLAIN ENCODE JSON;

-- 3 dispatch dedup by order id, 5-min allowed lateness
CREATE MATERIALIZED VIEW dispatch_once AS
SELECT * FROM DEDUPLICATE(TABLE dispatches PARTITION BY order_id, DESCRIPTOR(ts), WITHIN => INTERVAL '1' HOUR)
ALLOWED LATENESS INTERVAL '5' MINUTE LATE ROWS INTO dispatch_late;

-- 4 user sessions, gap 30 min, capped at 4 h
SELECT user_id, window_start, window_end, COUNT(*) AS clicks FROM clicks
GROUP BY user_id, SESSION(ts, INTERVAL '30' MINUTE, MAX => INTERVAL '4' HOUR) EMIT FINAL;

-- 5 enrichment from Debezium CDC, table version valid at order time
CREATE MATERIALIZED VIEW enriched AS
SELECT o.order_id, o.amount, u.name, u.tier FROM orders o LEFT JOIN users FOR SYSTEM_TIME AS OF o.ts AS u ON o.user_id = u.id;

-- 6 stream-stream interval join; outer row only when the watermark proves no payment
SELECT o.order_id, p.payment_id FROM orders o LEFT JOIN payments p
  ON o.order_id = p.order_id AND p.ts BETWEEN o.ts AND o.ts + INTERVAL '10' MINUTE;
--   ksqlDB spelling, same plan: FROM orders o LEFT JOIN payments p WITHIN (0 SECONDS, 10 MINUTES) GRACE PERIOD 1 MINUTE ON o.order_id = p.order_id

-- 7 table-table (FK), updating result
CREATE MATERIALIZED VIEW user_balance AS
SELECT u.id, u.name, a.balance FROM users u JOIN accounts a ON a.user_id = u.id;

-- 8 top 3 products per 10-min window (TVF form, derived table)
SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY sold DESC) AS rn FROM
  (SELECT product_id, window_start, window_end, SUM(qty) AS sold
   FROM TABLE(TUMBLE(TABLE items, DESCRIPTOR(ts), INTERVAL '10' MINUTE)) GROUP BY product_id, window_start, window_end) x) y WHERE rn <= 3;

-- 9 push subscription with parameter (over gRPC), then pull by key
SELECT region, orders FROM orders_per_region WHERE region = $1 EMIT CHANGES EVERY INTERVAL '1' SECOND;
SELECT * FROM orders_per_region WHERE region = 'eu' AND window_start >= TIMESTAMP '2026-01-01 00:00:00' LIMIT 100;

-- 10 Redis lookup + upsert sink + upgrade dry-run
CREATE TABLE plans (customer_id STRING PRIMARY KEY, plan STRING) WITH (connector='redis', kind='lookup', 'lookup.cache.ttl'='5s');
CREATE SINK latest AS SELECT e.customer_id, p.plan, e.event FROM events e LEFT JOIN plans FOR SYSTEM_TIME AS OF PROCTIME() AS p ON e.customer_id = p.customer_id
WITH (connector='redis', key='customer_id');
EXPLAIN REPLACE CREATE OR REPLACE MATERIALIZED VIEW user_balance AS SELECT u.id, u.name, u.tier, a.balance FROM users u JOIN accounts a ON a.user_id = u.id;
