-- Visits: clicks of one user with no pause of 30 minutes, cut after 4 hours.
CREATE STREAM clicks (
  user_id BIGINT, page STRING, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '10' SECOND
) WITH (connector = 'file', path = 'examples/clickstream-sessions/data.jsonl') FORMAT PLAIN ENCODE JSON;

SELECT user_id, window_start, window_end, COUNT(*) AS clicks, COUNT(DISTINCT page) AS pages
FROM clicks
GROUP BY user_id, SESSION(ts, INTERVAL '30' MINUTE, MAX => INTERVAL '4' HOUR)
EMIT FINAL;
