-- A read model of two tables of a database, of their changes as Debezium tells them: each order with its user.
CREATE TABLE members (id BIGINT PRIMARY KEY, name STRING, tier STRING)
WITH (connector = 'file', path = 'examples/cdc-read-model/users.jsonl') FORMAT DEBEZIUM ENCODE JSON;

CREATE TABLE purchases (id BIGINT PRIMARY KEY, user_id BIGINT, amount DECIMAL(12, 2), status STRING)
WITH (connector = 'file', path = 'examples/cdc-read-model/orders.jsonl') FORMAT DEBEZIUM ENCODE JSON;

CREATE MATERIALIZED VIEW purchases_with_members AS
SELECT p.id AS id, p.amount AS amount, p.status AS status, m.name AS name, m.tier AS tier
FROM purchases p LEFT JOIN members m ON p.user_id = m.id;
