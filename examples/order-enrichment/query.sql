-- Orders with the user as the database had it when the order was made: changes come from Debezium.
CREATE TABLE users (
  id BIGINT PRIMARY KEY, name STRING, tier STRING, changed_at TIMESTAMP METADATA FROM 'source.ts_ms',
  WATERMARK FOR changed_at AS changed_at
) WITH (connector = 'file', path = 'examples/order-enrichment/users.jsonl') FORMAT DEBEZIUM ENCODE JSON;

CREATE STREAM orders (
  order_id STRING, user_id BIGINT, amount DECIMAL(12, 2), ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH (connector = 'file', path = 'examples/order-enrichment/data.jsonl') FORMAT PLAIN ENCODE JSON;

SELECT o.order_id, o.amount, u.name, u.tier
FROM orders o LEFT JOIN users FOR SYSTEM_TIME AS OF o.ts AS u ON o.user_id = u.id;
