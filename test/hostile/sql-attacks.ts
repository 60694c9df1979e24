// Attacks that are calls: texts that should escape, statements that should be too much, and rights that are not there.

import { WeirClient, WeirError } from '../../clients/typescript/src/index.ts'
import type { Attack } from './attack.ts'
import { hostileTexts } from './hostile-texts.ts'

/** A statement may be refused; it may not take longer. */
const SLOW_MS = 5_000
const DEEP = 20_000

const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`
const named = (text: string) => `"${text.replaceAll('"', '""')}"`

/** What the text must come back as: unpaired surrogates are no characters, and are replaced on the wire. */
const asText = (text: string) => text.toWellFormed()

export const literals: Attack = {
  name: 'literals that should become code',
  async run({ client }, { size, outcome }) {
    for (const text of hostileTexts(size(500))) {
      const sql = `SELECT ${quoted(text)} AS a, CONCAT(${quoted(text)}, 'x') AS b, ${quoted(text)} = ${quoted(text)} AS c`
      const answer = await client.query(sql).toArray().catch(outcome.refused)
      if (!Array.isArray(answer)) continue
      const [row] = answer as Record<string, unknown>[]
      outcome.expect(row?.['a'] === asText(text) && row?.['b'] === `${asText(text)}x` && row?.['c'] === true)
    }
  },
}

export const identifiers: Attack = {
  name: 'names that should become code',
  async run({ client }, { size, outcome }) {
    for (const text of hostileTexts(size(500)).filter((one) => one !== '\u0000')) {
      const name = named(text)
      const sql = `SELECT t.${name} + 1 AS ${name} FROM (SELECT 1 AS ${name}) AS t WHERE t.${name} > 0`
      const answer = await client.query(sql).toArray().catch(outcome.refused)
      if (!Array.isArray(answer)) continue
      const [row] = answer as Record<string, unknown>[]
      const [[key, value] = ['', undefined]] = Object.entries(row ?? {})
      outcome.expect(key === asText(text) && Number(value) === 2)
    }
  },
}

export const rows: Attack = {
  name: 'rows and settings with names of prototypes',
  async run({ client }, { outcome }) {
    const writer = client.ingest('mine')
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      await writer.write(Buffer.from(`{"id":1,"text":"x","${key}":{"polluted":true,"id":9}}`))
    }
    await writer.write(Buffer.from(`${'['.repeat(DEEP)}${']'.repeat(DEEP)}`))
    await writer.write(Buffer.from(`{"id":1,"text":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP)}}`))
    await writer.flush()
    for (const key of ['__proto__', 'constructor', 'hasOwnProperty']) {
      const answer = await client.execute(`SET ${quoted(key)} = 'x'`).catch(outcome.refused)
      outcome.expect(answer === undefined)
    }
    const [row] = await client.query('SELECT 1 AS one').toArray()
    outcome.expect(!('polluted' in (row ?? {})))
  },
}

export const bombs: Attack = {
  name: 'statements that are too deep, too long, too many',
  async run({ client }, { outcome }) {
    const many = (count: number, text: (i: number) => string) => Array.from({ length: count }, (_, i) => text(i))
    const statements = [
      `SELECT ${'('.repeat(DEEP)}1${')'.repeat(DEEP)} AS a`,
      `SELECT ${'NOT '.repeat(DEEP)}TRUE AS a`,
      `SELECT ${'-'.repeat(0)}${'- '.repeat(DEEP)}1 AS a`,
      `SELECT ${'['.repeat(DEEP)}`,
      `SELECT ${'CASE WHEN TRUE THEN '.repeat(2_000)}1${' END'.repeat(2_000)} AS a`,
      `SELECT ${'SELECT ('.repeat(2_000)}`,
      `SELECT * FROM ${'(SELECT * FROM '.repeat(1_000)}mine${') AS t'.repeat(1_000)}`,
      `SELECT ${many(10_000, (i) => `${i} = ${i}`).join(' AND ')} AS a`,
      `SELECT ${many(10_000, (i) => `${i}`).join(' + ')} AS a`,
      `SELECT ${many(20_000, (i) => `${i} AS c${i}`).join(', ')}`,
      `SELECT 1 IN (${many(30_000, String).join(', ')}) AS a`,
      `SELECT * FROM mine_all a0 ${many(50, (i) => `JOIN mine_all a${i + 1} ON a0.id = a${i + 1}.id`).join(' ')}`,
      many(5_000, () => 'SELECT 1 AS a').join('; '),
      many(500, (i) => `WITH c${i} AS (SELECT 1 AS a)`).join(' '),
      `WITH ${many(100, (i) => `c${i + 1} AS (SELECT a.* FROM c${i} a, c${i} b)`).join(', ')} SELECT * FROM c100`,
      `CREATE STREAM mine_deep (a ${'ARRAY<'.repeat(2_000)}BIGINT${'>'.repeat(2_000)})`,
      `CREATE STREAM mine_wide (${many(20_000, (i) => `c${i} BIGINT`).join(', ')})`,
      `SELECT ${quoted('x'.repeat(3_000_000))} AS a`,
      `SELECT * FROM mine EMIT CHANGES LIMIT ${'9'.repeat(10_000)}`,
      `SELECT 1e${'9'.repeat(1_000)} AS a`,
      `/*${'*'.repeat(1_000_000)}`,
      `${'/* '.repeat(DEEP)}`,
      `SELECT CAST(${quoted('9'.repeat(100_000))} AS DECIMAL(38, 2)) AS a`,
      `SELECT REPEAT('x', 2000000000) AS a`,
      `SELECT LPAD('x', 2000000000, 'y') AS a`,
    ]
    for (const sql of statements) {
      const startMs = performance.now()
      for (const call of [() => client.validate(sql), () => client.execute(sql), () => client.explain(sql)]) {
        await call().catch(outcome.refused)
      }
      outcome.expect(performance.now() - startMs < SLOW_MS)
    }
  },
}

export const patterns: Attack = {
  name: 'patterns made to be slow',
  async run({ client }, { outcome }) {
    const subject = quoted(`${'a'.repeat(5_000)}!`)
    const statements = [
      `SELECT ${subject} LIKE ${quoted(`${'%a'.repeat(2_000)}%b`)} AS a`,
      `SELECT ${subject} LIKE ${quoted(`${'a%'.repeat(2_000)}`)} AS a`,
      `SELECT ${subject} LIKE ${quoted(`%${'_%'.repeat(2_000)}b`)} AS a`,
      `SELECT ${subject} ILIKE ${quoted(`${'%A'.repeat(2_000)}%b`)} AS a`,
      ...['(a+)+$', '(a|a)*$', '(.*a){30}b', '([a-z]+)*\\1'].flatMap((pattern) => [
        `SELECT REGEXP_LIKE(${subject}, ${quoted(pattern)}) AS a`,
        `SELECT REGEXP_REPLACE(${subject}, ${quoted(pattern)}, 'x') AS a`,
        `CREATE STREAM mine_pattern (id BIGINT) WITH ('topic-pattern' = ${quoted(pattern)})`,
      ]),
    ]
    for (const sql of statements) {
      const startMs = performance.now()
      await client.execute(sql).catch(outcome.refused)
      outcome.expect(performance.now() - startMs < SLOW_MS)
    }
  },
}

export const rights: Attack = {
  name: 'what the attacker has no right to',
  async run({ client, address }, { outcome }) {
    const statements = [
      'SELECT * FROM secrets',
      'SELECT * FROM secret EMIT CHANGES',
      'SELECT (SELECT MAX(text) FROM secrets) AS a',
      'SELECT 1 AS a WHERE EXISTS (SELECT 1 FROM secrets)',
      'WITH mine AS (SELECT * FROM secrets) SELECT * FROM mine',
      'WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets',
      'SELECT * FROM mine_all m JOIN secrets s ON m.id = s.id',
      'SELECT text FROM mine_all UNION ALL SELECT text FROM secrets',
      'SELECT * FROM (SELECT * FROM secrets) AS mine',
      'DESCRIBE secrets',
      'DESCRIBE EXTENDED secret',
      'EXPLAIN SELECT * FROM secrets',
      'EXPLAIN QUERY secrets',
      'EXPLAIN ANALYZE QUERY secrets',
      "PRINT 'secret' FROM BEGINNING LIMIT 1",
      "PRINT 'mine' FROM BEGINNING LIMIT 1",
      'CREATE VIEW mine_view AS SELECT * FROM secrets',
      'CREATE MATERIALIZED VIEW mine_copy AS SELECT * FROM secret',
      "CREATE STREAM mine_topic (id BIGINT, text STRING) WITH (topic = 'secret')",
      "CREATE STREAM mine_topic (id BIGINT, text STRING) WITH (kafka_topic = 'secret')",
      "CREATE STREAM mine_topics (id BIGINT, text STRING) WITH ('topic-pattern' = 'secre.')",
      "CREATE STREAM mine_file (line STRING) WITH (connector = 'file', path = '/etc/passwd', format = 'csv')",
      "CREATE SINK mine_sink FROM secret WITH (connector = 'embedded', topic = 'mine')",
      "CREATE SINK mine_sink FROM mine WITH (connector = 'embedded', topic = 'secret')",
      'INSERT INTO mine SELECT id, text FROM secret',
      "INSERT INTO secret VALUES (2, 'x')",
      'DROP STREAM secret CASCADE',
      'DROP MATERIALIZED VIEW secrets',
      'TERMINATE ALL',
      'PAUSE QUERY secrets',
      'RESET QUERY secrets TO EARLIEST',
      'CREATE OR REPLACE MATERIALIZED VIEW secrets AS SELECT id, text FROM mine',
      `CREATE STREAM mine_registry (id BIGINT) WITH (format = 'avro', 'schema.registry' = 'http://${address}',
        'schema.registry.user' = 'u', 'schema.registry.password' = '\${file:/etc/passwd}')`,
    ]
    for (const sql of statements) {
      for (const call of [
        () => client.execute(sql),
        () => client.explain(sql),
        () => client.validate(sql),
        () => client.query(sql, [], { timeoutMs: 2_000 }).toArray(),
      ]) {
        const answer = await call().catch(outcome.refused)
        // Some are no statements for the method: then they are refused as such.
        outcome.expect(answer === undefined)
        outcome.heard(answer)
      }
    }
    for (const call of [
      () => client.subscribe('secrets', { reconnectAttemptsMax: 0 })[Symbol.asyncIterator]().next(),
      () => client.describeObject('secret'),
      () => client.describeQuery('secrets'),
      () => client.pauseQuery('secrets'),
      () => client.dropQuery('secret'),
    ]) {
      outcome.expect((await call().catch(outcome.refused)) === undefined)
    }
    for (const kind of [undefined, 'stream', 'query', 'topic'] as const) {
      const names = (await client.listObjects(kind)).map(({ name }) => name)
      outcome.expect(!names.some((name) => /secret|public/.test(name)))
    }
    for (const token of ['weir_x', '', 'a.b.c', `${'x'.repeat(4_000)}`, '__proto__']) {
      await using stranger = await WeirClient.connect(address, { token })
      const answer = await stranger.execute('SELECT 1 AS a').catch(outcome.refused)
      outcome.expect(answer === undefined)
    }
  },
}

export function textOf(error: unknown): string {
  return error instanceof WeirError ? `${error.message} ${error.hint} ${JSON.stringify(error.metadata)}` : String(error)
}
