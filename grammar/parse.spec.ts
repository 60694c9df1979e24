import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import type { Expression, Query, Select, Span, Statement } from './index.ts'
import { parse, parseExpression, print, printExpression, renderDiagnostics } from './index.ts'

function parseOne(text: string): Statement {
  const { statements, diagnostics } = parse(text)
  expect(renderDiagnostics(text, diagnostics)).toBe('')
  expect(statements).toHaveLength(1)
  return statements[0]!
}

function select(text: string): Select {
  const statement = parseOne(text)
  expect(statement.kind).toBe('query')
  return (statement as Query).selects[0]!
}

function expression(text: string): Expression {
  const { expression: parsed, diagnostics } = parseExpression(text)
  expect(renderDiagnostics(text, diagnostics)).toBe('')
  return parsed!
}

/** The canonical text of one statement; printing must be stable. */
function canonical(text: string): string {
  const printed = print(parseOne(text))
  expect(print(parseOne(printed))).toBe(printed)
  return printed
}

describe('the examples of the dialect', () => {
  const text = readFileSync(new URL('../test/golden/parse/dialect-examples.sql', import.meta.url), 'utf8')

  it('all parse and print to what parses to the same text', () => {
    const { statements, diagnostics } = parse(text)
    expect(renderDiagnostics(text, diagnostics)).toBe('')
    expect(statements).toHaveLength(15)
    for (const statement of statements) expect(canonical(print(statement))).toBe(print(statement))
  })

  it('print as they did', async () => {
    const printed = parse(text).statements.map((statement) => `${print(statement)};\n`)
    await expect(printed.join('')).toMatchFileSnapshot('../test/golden/parse/dialect-examples.printed.sql')
  })

  it('each span lies in the one of its parent, and a name covers what it says', () => {
    const check = (node: object, parent: Span) => {
      const span = 'span' in node ? (node.span as Span) : parent
      expect(span.end).toBeGreaterThan(span.start)
      expect(span.start).toBeGreaterThanOrEqual(parent.start)
      expect(span.end).toBeLessThanOrEqual(parent.end)
      if ('kind' in node && node.kind === 'identifier' && 'name' in node) {
        expect(text.slice(span.start, span.end).toLowerCase()).toBe(node.name)
      }
      for (const [key, value] of Object.entries(node)) {
        if (typeof value === 'object' && value !== null && !key.toLowerCase().includes('span')) check(value, span)
      }
    }
    for (const statement of parse(text).statements) check(statement, statement.span)
  })

  it('the ksqlDB spelling of the interval join', () => {
    const { joins } = select(`SELECT o.order_id FROM orders o
      LEFT JOIN payments p WITHIN (0 SECONDS, 10 MINUTES) GRACE PERIOD 1 MINUTE ON o.order_id = p.order_id`)
    expect(joins[0]).toMatchObject({
      type: 'left',
      within: { before: { ms: 0 }, after: { ms: 600_000 }, grace: { ms: 60_000 } },
    })
  })

  it('a watermark from marker events', () => {
    const text = `CREATE STREAM s (kind STRING, ts TIMESTAMP,
      WATERMARK FOR ts AS CASE WHEN kind='flush' THEN ts END EMIT ON EVENT) WITH (connector='memory')`
    expect(canonical(text)).toContain("WATERMARK FOR ts AS CASE WHEN kind = 'flush' THEN ts END EMIT ON EVENT")
  })
})

describe('every kind of statement', () => {
  const connector = "WITH (connector='kafka')"
  it.each<[string, Statement['kind']]>([
    [`CREATE STREAM IF NOT EXISTS s (a INT, b AS a + 1, PRIMARY KEY (a) NOT ENFORCED) ${connector}`, 'create-stream'],
    [
      `CREATE OR REPLACE TABLE t (a INT NOT NULL PRIMARY KEY) ${connector} FORMAT UPSERT ENCODE AVRO (x='y')`,
      'create-table',
    ],
    ["CREATE STREAM s WITH (topic='t') AS SELECT a FROM b EMIT CHANGES", 'create-as'],
    ['CREATE TABLE t AS SELECT a FROM b', 'create-as'],
    ["CREATE MATERIALIZED VIEW IF NOT EXISTS v WITH ('state.ttl'='1h') AS SELECT a FROM b", 'create-materialized-view'],
    ['CREATE OR REPLACE VIEW v AS SELECT a FROM b', 'create-view'],
    [`CREATE SINK s FROM v ${connector}`, 'create-sink'],
    [`CREATE SINK s AS WITH c AS (SELECT 1) SELECT a FROM c ${connector} FORMAT PLAIN ENCODE CSV`, 'create-sink'],
    ['CREATE FUNCTION twice(x INT) RETURNS INT AS x * 2', 'create-function'],
    ["CREATE FUNCTION f() RETURNS STRING LANGUAGE javascript AS 'return 1'", 'create-function'],
    ['CREATE SAVEPOINT s FOR QUERY q', 'create-savepoint'],
    ["INSERT INTO s (a, b) VALUES (1, 'x'), (2, NULL)", 'insert'],
    ['INSERT INTO s SELECT a FROM b', 'insert'],
    ['WITH c AS (SELECT 1) SELECT * FROM c UNION ALL SELECT 2', 'query'],
    ['EXPLAIN SELECT 1', 'explain'],
    ['EXPLAIN ANALYZE QUERY q', 'explain'],
    ['EXPLAIN FLINK QUERY q', 'explain'],
    ["EXPLAIN FLINK (a.b = 'c', d = 1) CREATE SINK s FROM v WITH (connector = 'print')", 'explain'],
    ['EXPLAIN REPLACE CREATE VIEW v AS SELECT 1', 'explain'],
    ['SHOW MATERIALIZED VIEWS', 'show'],
    ['SHOW TOPICS', 'show'],
    ['SHOW VIEWS', 'show'],
    ['DESCRIBE EXTENDED q', 'describe'],
    ['DESCRIBE extended', 'describe'],
    ['DROP MATERIALIZED VIEW IF EXISTS v CASCADE', 'drop'],
    ['DROP STREAM s', 'drop'],
    ["ALTER QUERY q SET ('state.ttl' = INTERVAL '1' HOUR)", 'alter-query'],
    ['ALTER MATERIALIZED VIEW v AS SELECT a FROM s WHERE a > 1 EMIT FINAL', 'alter-query'],
    ['ALTER SINK k AS SELECT a FROM s', 'alter-query'],
    ['ALTER TABLE t ADD COLUMN c ARRAY<STRUCT<a INT, b MAP<STRING, DECIMAL(10, 2)>>>', 'alter-relation'],
    ["ALTER STREAM s SET (topic = 'x')", 'alter-relation'],
    ['PAUSE QUERY q', 'lifecycle'],
    ['RESUME ALL', 'lifecycle'],
    ['TERMINATE QUERY q', 'lifecycle'],
    ["SET 'processing.guarantee' = 'exactly-once'", 'set'],
    ['SET checkpoint.interval = 1000', 'set'],
    ["PRINT 'pg.public.users' FROM BEGINNING LIMIT 3", 'print'],
    ['RESET QUERY q TO EARLIEST', 'reset-query'],
    ['RESET QUERY q TO LATEST', 'reset-query'],
    ["RESET QUERY q TO TIMESTAMP '2026-01-01 00:00:00'", 'reset-query'],
    ["ASSERT NULL VALUES t (id) VALUES ('a')", 'assert-values'],
    ['ASSERT VALUES t VALUES (1, 2)', 'assert-values'],
    ["ADVANCE WATERMARK s TO TIMESTAMP '2026-01-01 00:00:00'", 'advance-watermark'],
    ['ADVANCE WALLCLOCK BY 5 MINUTES', 'advance-wallclock'],
  ])('%s', (text, kind) => {
    expect(parseOne(text).kind).toBe(kind)
    canonical(text)
  })

  it('the last statement of a script may go without its semicolon, and empty ones are nothing', () => {
    expect(parse(';; SELECT 1; -- one\n /* two */ SELECT 2').statements).toHaveLength(2)
    expect(parse(' -- nothing')).toEqual({ statements: [], diagnostics: [] })
  })
})

describe('what users of the other systems type', () => {
  it.each([
    "SELECT Q.price * 0.908 AS price, DATE_FORMAT(dateTime, 'yyyy-MM-dd'), HOUR(ts), IF(a, 1, 2) FROM bid AS Q",
    `SELECT p.name FROM auction AS a, person AS p INNER JOIN c USING (id) WHERE a.seller = p.id
       AND (p.state = 'or' OR p.state = 'id') AND a.ts BETWEEN p.ts AND p.ts + INTERVAL '10' SECOND`,
    `SELECT b.bidder, COUNT(*), SESSION_START(b.dateTime, INTERVAL '10' SECOND) FROM bid b
       GROUP BY b.bidder, SESSION(b.dateTime, INTERVAL '10' SECOND)`,
    `INSERT INTO q5 SELECT auction, num FROM (SELECT auction, count(*) AS num FROM TABLE(HOP(TABLE bid,
       DESCRIPTOR(dateTime), INTERVAL '2' SECOND, INTERVAL '10' SECOND)) GROUP BY auction, window_start) AS x
       JOIN y ON x.num >= y.maxn`,
    `SELECT *, PROCTIME() AS p FROM bid b JOIN side FOR SYSTEM_TIME AS OF b.p AS s ON MOD(b.auction, 10000) = s.key`,
    "SELECT COUNT(*) FROM bid GROUP BY TUMBLE(PROCTIME(), INTERVAL '1' MINUTE)",
    "SELECT * FROM TABLE(TUMBLE(TABLE bid, DESCRIPTOR(PROCTIME()), INTERVAL '1' MINUTE))",
    'SELECT count(*) filter (where price < 10000) AS rank1, count(distinct bidder) FROM bid GROUP BY channel',
    `SELECT userid, count(*) FROM pageviews WINDOW TUMBLING (SIZE 1 HOUR, RETENTION 7 DAYS) GROUP BY userid
       EMIT CHANGES LIMIT 5`,
    `SELECT address->city, STRUCT(a := 1)->a, tags[1] FROM users u FULL OUTER JOIN o WITHIN 7 DAYS ON u.id = o.id
       EMIT CHANGES`,
    "SELECT data->>'id', (data -> 'a')::jsonb, ts::timestamp with time zone AS t FROM s CROSS JOIN UNNEST(xs) AS x (v)",
    "CREATE SINK s AS SELECT a::timestamp WITH (connector='kafka')",
    'SELECT (SELECT max(a) FROM t), EXISTS (SELECT 1), a IN (SELECT b FROM u) FROM v WHERE NOT EXISTS (SELECT 2)',
  ])('%s', (text) => {
    canonical(text)
  })
})

describe('names', () => {
  const words = `region orders status plan key topic name type kind ts date time timestamp size count first last value
    format row rows query stream view sink session hop tumble interval map array struct max year day second json bytes
    values set of to by if grace late allowed filter over late partition window_start emit_at primary watermark`
  it.each(words.split(/\s+/))('%s is a column', (word) => {
    const item = select(`SELECT ${word}, t.${word}, SUM(${word}) AS ${word} FROM t WHERE ${word} > 1`).items[0]
    expect(item).toMatchObject({ expression: { kind: 'column', path: [{ name: word }] } })
    parseOne(`CREATE STREAM s (${word} INT, x AS ${word} + 1) WITH (a=1)`)
    parseOne(`SELECT a FROM ${word} JOIN b AS ${word} ON ${word}.id = 1`)
  })

  it.each(['for', 'window', 'within', 'emit', 'with', 'union', 'limit', 'format', 'grace', 'allowed', 'late'])(
    '%s is never an alias without AS',
    (word) => {
      expect(parse(`SELECT a ${word}`).diagnostics).toHaveLength(1)
      expect(parse(`SELECT a FROM t ${word}`).diagnostics).toHaveLength(1)
    },
  )

  it('fold to lower case unless quoted by either quote', () => {
    expect(canonical('SELECT Orders."Id", `Na``me` FROM Orders AS "T"')).toBe(
      'SELECT orders."Id", "Na`me" FROM orders AS "T"',
    )
  })
})

describe('windows', () => {
  it.each([
    "FROM TABLE(TUMBLE(TABLE items, DESCRIPTOR(ts), INTERVAL '10' MINUTE))",
    "FROM TUMBLE(items, ts, INTERVAL '10 minutes')",
    'FROM TUMBLE(TABLE items, ts, 10 MINUTES) AS w',
    "FROM TUMBLE(DATA => TABLE items, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '10' MINUTE)",
    "FROM TUMBLE(SIZE => INTERVAL '10' MINUTE, DATA => TABLE items, TIMECOL => DESCRIPTOR(ts))",
  ])('one node for SELECT 1 %s', (from) => {
    expect(select(`SELECT 1 ${from}`).from).toMatchObject({
      kind: 'window-relation',
      window: { kind: 'tumble', size: { ms: 600_000 }, offset: undefined },
      input: { kind: 'named-relation', name: { name: 'items' } },
      time: { path: [{ name: 'ts' }] },
    })
  })

  it('slide comes before size, or by name in any order', () => {
    const window = { kind: 'hop', slide: { ms: 60_000 }, size: { ms: 300_000 } }
    const group = (text: string) => select(`SELECT 1 FROM t GROUP BY ${text}`).groupBy[0]
    expect(group("HOP(ts, INTERVAL '1' MINUTE, INTERVAL '5' MINUTE)")).toMatchObject({ window })
    expect(group("HOP(ts, SIZE => INTERVAL '5' MINUTE, SLIDE => INTERVAL '1' MINUTE)")).toMatchObject({ window })
    expect(
      select('SELECT 1 FROM t WINDOW HOPPING (SIZE 5 MINUTES, ADVANCE BY 1 MINUTE, GRACE PERIOD 1 HOUR)').window,
    ).toMatchObject({ window, grace: { ms: 3_600_000 }, retention: undefined })
  })

  it('PARTITION BY of a table argument stops before the time column', () => {
    const from = (text: string) => select(`SELECT 1 FROM ${text}`).from
    const partitionBy = [{ path: [{ name: 'a' }] }, { path: [{ name: 'b' }] }]
    const session = "INTERVAL '1' MINUTE)"
    expect(from(`SESSION(TABLE t PARTITION BY a, b, DESCRIPTOR(ts), ${session}`)).toMatchObject({ partitionBy })
    expect(from(`SESSION(TABLE t PARTITION BY (a, b), ts, ${session}`)).toMatchObject({ partitionBy })
    expect(from(`SESSION(TABLE t PARTITION BY a, b, ts, ${session}`)).toMatchObject({
      partitionBy,
      time: { path: [{ name: 'ts' }] },
    })
  })

  it('DEDUPLICATE_KEEP_FIRST with named arguments', () => {
    expect(select('SELECT * FROM DEDUPLICATE_KEEP_FIRST(INPUT => TABLE t PARTITION BY id) AS d').from).toMatchObject({
      kind: 'deduplicate-relation',
      alias: { name: 'd' },
      within: undefined,
    })
  })

  it('LATERAL before UNNEST, which is so anyway, and before a subquery', () => {
    const [joined] = select('SELECT 1 FROM t CROSS JOIN LATERAL UNNEST(t.a) AS u (x)').joins
    expect(joined).toMatchObject({ relation: { kind: 'unnest-relation', columns: [{ name: 'x' }] } })
    const [first, second] = select(
      'SELECT 1 FROM t, LATERAL (SELECT 1 AS a) u LEFT JOIN LATERAL (SELECT 2) v ON TRUE',
    ).joins
    expect(first).toMatchObject({ relation: { kind: 'derived-relation', lateral: true } })
    expect(second).toMatchObject({ type: 'left', relation: { lateral: true } })
    expect(select('SELECT 1 FROM lateral').from).toMatchObject({ kind: 'named-relation' })
  })

  it('TO_CHANGELOG and FROM_CHANGELOG', () => {
    expect(select('SELECT * FROM to_changelog(input => TABLE t, op => DESCRIPTOR(kind)) c').from).toMatchObject({
      kind: 'changelog-relation',
      direction: 'to',
      input: { name: { name: 't' } },
      op: { path: [{ name: 'kind' }] },
      alias: { name: 'c' },
    })
    expect(select('SELECT * FROM FROM_CHANGELOG(TABLE t PARTITION BY a, b)').from).toMatchObject({
      direction: 'from',
      partitionBy: [{ path: [{ name: 'a' }] }, { path: [{ name: 'b' }] }],
      op: undefined,
    })
    expect(select('SELECT to_changelog FROM from_changelog').from).toMatchObject({ kind: 'named-relation' })
  })

  it('trailing clauses of a query', () => {
    const text =
      "SELECT a FROM t GRACE PERIOD 5 SECONDS LATE ROWS DROP EMIT ON WINDOW CLOSE EVERY INTERVAL '1' SECOND LIMIT 3"
    expect(parseOne(text)).toMatchObject({
      lateness: { ms: 5000 },
      late: { into: undefined },
      emit: { mode: 'on-window-close', every: { ms: 1000 } },
      limit: 3n,
    })
  })
})

describe('expressions', () => {
  it.each([
    ['a OR b AND NOT c = d', 'a OR b AND NOT c = d'],
    ['(a OR b) AND c', '(a OR b) AND c'],
    ['a - (b - c) - d', 'a - (b - c) - d'],
    ['a || b + c * -d::int', 'a || b + c * -CAST(d AS INT)'],
    ['(a + b) * c', '(a + b) * c'],
    ['NOT (a IS NOT NULL)', 'NOT a IS NOT NULL'],
    ['a BETWEEN 1 AND 2 AND b NOT IN (1, 2)', 'a BETWEEN 1 AND 2 AND b NOT IN (1, 2)'],
    ["j -> 'a' ->> 0", "j -> 'a' ->> 0"],
    ['s->field', '(s).field'],
    ['EXTRACT(HOUR FROM ts)', "extract('hour', ts)"],
    ['CURRENT_TIMESTAMP', 'current_timestamp()'],
    ["MAP('a' := 1)", "MAP['a', 1]"],
    ['left(a, 1)', '"left"(a, 1)'],
    [
      'count(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c DESC NULLS LAST ROWS 3 PRECEDING)',
      'count(DISTINCT a) FILTER (WHERE b) OVER (ORDER BY c DESC NULLS LAST ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)',
    ],
    ['array_agg(a ORDER BY b)', 'array_agg(a ORDER BY b)'],
    ['- -5', '- -5'],
    ['-(5)', '-(5)'],
    ["INTERVAL '90' MINUTE", "INTERVAL '90' MINUTE"],
    ["INTERVAL '1h 30 min'", "INTERVAL '90' MINUTE"],
    ["INTERVAL '1.5' HOUR", "INTERVAL '90' MINUTE"],
    ["INTERVAL '2 years'", "INTERVAL '2' YEAR"],
  ])('%s', (text, printed) => expect(printExpression(expression(text))).toBe(printed))

  it('AND chains are flat, also through parentheses', () => {
    expect(expression('a AND (b AND c) AND d')).toMatchObject({ kind: 'logical', operands: [{}, {}, {}, {}] })
  })

  it('spans take in parentheses and point at the text', () => {
    const text = 'SELECT\n  (a + b) * c FROM t'
    const item = select(text).items[0]
    expect(item).toMatchObject({ expression: { span: { start: 9, end: 20, line: 2, column: 3 } } })
  })

  it('a minus is part of the number, so that the smallest BIGINT can be written', () => {
    expect(expression('-9223372036854775808')).toMatchObject({ kind: 'integer', value: -9223372036854775808n })
  })

  it.each([
    ["TIMESTAMP '2026-01-31 12:00:00.123456'", { epochMs: Date.UTC(2026, 0, 31, 12, 0, 0, 123) }],
    ["TIMESTAMP '2026-01-31T12:00:00+02:00'", { epochMs: Date.UTC(2026, 0, 31, 10) }],
    ["TIMESTAMP '1969-12-31 23:59:59.999'", { epochMs: -1 }],
    ["DATE '2000-02-29'", { epochDays: 11_016 }],
    ["TIME '01:00:00'", { dayMs: 3_600_000 }],
  ])('%s', (text, value) => expect(expression(text)).toMatchObject(value))

  it('MATCH_RECOGNIZE', () => {
    const text = `SELECT * FROM ticker MATCH_RECOGNIZE (PARTITION BY symbol ORDER BY ts MEASURES a.price AS first_price
      ONE ROW PER MATCH AFTER MATCH SKIP PAST LAST ROW PATTERN (A B+? (C | D){2,3}) WITHIN INTERVAL '1' HOUR
      DEFINE b AS b.price < 10) AS mr`
    expect(select(text).from).toMatchObject({ kind: 'match-recognize', alias: { name: 'mr' }, rows: 'one' })
    canonical(text)
  })
})

describe('a stream without a connector', () => {
  it('parses with WITH, with FORMAT alone, and with neither', () => {
    expect(canonical('create stream s (a int)')).toBe('CREATE STREAM s (a INT)')
    expect(canonical('create stream s (a int) format plain encode csv')).toBe(
      'CREATE STREAM s (a INT) FORMAT PLAIN ENCODE CSV',
    )
    expect(canonical("create stream s (a int) with (topic = 't')")).toBe("CREATE STREAM s (a INT) WITH (topic = 't')")
  })
})
