-- The share of failed requests over the last five minutes, looked at each minute; only what is above 5 %.
CREATE STREAM requests (
  service STRING, status INT, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND
) WITH (connector = 'file', path = 'examples/error-rate/data.jsonl') FORMAT PLAIN ENCODE JSON;

SELECT service, window_end,
       COUNT(*) AS requests,
       COUNT(*) FILTER (WHERE status >= 500) AS failed,
       ROUND(COUNT(*) FILTER (WHERE status >= 500) * 100.0 / COUNT(*), 1) AS failed_percent
FROM requests
GROUP BY service, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)
HAVING COUNT(*) >= 20 AND COUNT(*) FILTER (WHERE status >= 500) * 1.0 / COUNT(*) > 0.05
EMIT FINAL;
