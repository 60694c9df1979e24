-- On a server, over its own log or over Kafka: alerts as a view to subscribe to, and published to the topic "alerts".
CREATE STREAM requests (
  service STRING, status INT, ts TIMESTAMP,
  WATERMARK FOR ts AS ts - INTERVAL '2' SECOND IDLE TIMEOUT INTERVAL '30' SECOND MAX FUTURE INTERVAL '1' MINUTE CLAMP
) FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW error_alerts AS
SELECT service, window_end,
       COUNT(*) AS requests,
       COUNT(*) FILTER (WHERE status >= 500) AS failed,
       ROUND(COUNT(*) FILTER (WHERE status >= 500) * 100.0 / COUNT(*), 1) AS failed_percent
FROM requests
GROUP BY service, HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)
HAVING COUNT(*) >= 20 AND COUNT(*) FILTER (WHERE status >= 500) * 1.0 / COUNT(*) > 0.05
EMIT FINAL;

CREATE SINK published_alerts FROM error_alerts WITH (topic = 'alerts') FORMAT PLAIN ENCODE JSON;

-- Requests to try it with: those of query.sql.
CREATE STREAM sample_requests (service STRING, status INT, ts TIMESTAMP)
WITH (connector = 'file', path = 'examples/error-rate/data.jsonl') FORMAT PLAIN ENCODE JSON;

INSERT INTO requests SELECT * FROM sample_requests;
