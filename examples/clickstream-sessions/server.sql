-- On a server, over its own log or over Kafka: visits while they last. A click may join two of them into one.
CREATE STREAM clicks (
  user_id BIGINT, page STRING, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND IDLE TIMEOUT INTERVAL '1' MINUTE
) FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW visits AS
SELECT user_id, window_start, window_end, COUNT(*) AS clicks, COUNT(DISTINCT page) AS pages
FROM clicks
GROUP BY user_id, SESSION(ts, INTERVAL '30' MINUTE, MAX => INTERVAL '4' HOUR)
ALLOWED LATENESS INTERVAL '1' HOUR
EMIT CHANGES;

INSERT INTO clicks VALUES
  (7, '/', TIMESTAMP '2026-01-15 12:00:00'),
  (7, '/item/3', TIMESTAMP '2026-01-15 12:10:00'),
  (7, '/', TIMESTAMP '2026-01-15 12:50:00'),
  (7, '/checkout', TIMESTAMP '2026-01-15 12:55:00');
