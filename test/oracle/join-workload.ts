import type { Random } from '../harness/random.ts'
import { COMPOSED_KINDS, type ComposedKind, randomComposed } from './composed-workload.ts'
import { DISORDERS_MS, type JoinEvent, KEY_PARTS, randomEvents, STREAM, TABLE } from './join-events.ts'
import { randomMatch } from './match-workload.ts'
import { OVER_KINDS, type OverKind, randomOver } from './over-workload.ts'

/**
 * Random streams and tables, and random joins of them, in a form that both engines can be asked in. Ties in time,
 * NULLs, rows without a match, rows with several, changes of the columns that are joined by, and deletes are common.
 */
export interface JoinWorkload {
  readonly kind: JoinKind
  /** Statements for the engine, without the query. */
  readonly setup: string
  readonly query: string
  /** The same over tables in DuckDB: see JoinOracle. */
  readonly expected: string
  readonly events: readonly JoinEvent[]
}

export type JoinKind =
  | 'interval'
  | 'latest'
  | 'as-of'
  | 'tables'
  | 'semi'
  | 'stream-semi'
  | 'latest-rows'
  | 'lateral'
  | 'changelog'
  | 'match'
  | ComposedKind
  | OverKind

/** What a stream finds in a table as it is depends on the order in which they are read; all else does not. */
export const ANY_ORDER_KINDS: readonly JoinKind[] = [
  'interval',
  'as-of',
  'tables',
  'semi',
  'lateral',
  'changelog',
  ...COMPOSED_KINDS,
  'over-range',
]

export const JOIN_KINDS: readonly JoinKind[] = [
  ...new Set<JoinKind>([...ANY_ORDER_KINDS, 'latest', 'latest-rows', 'stream-semi', 'match', ...OVER_KINDS]),
]

export function randomJoin(random: Random, kinds: readonly JoinKind[]): JoinWorkload {
  const kind = random.pick(kinds)
  const disorderMs = random.pick(DISORDERS_MS)
  switch (kind) {
    case 'interval':
      return intervalJoin(random, disorderMs)
    case 'latest':
    case 'as-of':
      return temporalJoin(random, disorderMs, kind)
    case 'tables':
      return tableJoin(random, disorderMs)
    case 'semi':
    case 'stream-semi':
      return semiJoin(random, disorderMs, kind)
    case 'latest-rows':
      return latestRows(random, disorderMs)
    case 'lateral':
      return lateral(random, disorderMs)
    case 'changelog':
      return changelog(random, disorderMs)
    case 'windows':
    case 'chain':
    case 'self':
      return randomComposed(random, disorderMs, kind)
    case 'match':
      return {
        kind,
        setup: STREAM('a', disorderMs),
        ...randomMatch(random),
        events: randomEvents(random, disorderMs, ['a']),
      }
    case 'over-rows':
    case 'over-range':
    case 'over-neighbours':
    case 'ranked':
      return {
        kind,
        setup: STREAM('a', disorderMs),
        ...randomOver(random, kind),
        events: randomEvents(random, disorderMs, ['a']),
      }
  }
}

function intervalJoin(random: Random, disorderMs: number): JoinWorkload {
  const type = random.pick(['', 'LEFT', 'RIGHT', 'FULL'])
  const lower = random.pick([-30, -5, 0, 0, 3])
  const upper = lower + random.pick([0, 1, 10, 50])
  const on = [
    ...random.pick([['a.k = b.k'], ['a.k = b.k', 'a.g = b.g'], ['a.k + 1 = b.k']]),
    ...(random.chance(0.3) ? [random.pick(['a.v < b.v', "b.g <> 'x'", 'a.v + b.v > 3'])] : []),
  ]
  const columns = 'a.id AS a_id, a.v AS a_v, b.id AS b_id, b.g AS b_g'
  const time = `b.ts BETWEEN a.ts + INTERVAL '${lower}' MILLISECOND AND a.ts + INTERVAL '${upper}' MILLISECOND`
  return {
    kind: 'interval',
    setup: [STREAM('a', disorderMs), STREAM('b', disorderMs)].join('\n'),
    query: `SELECT ${columns} FROM a ${type} JOIN b ON ${on.join(' AND ')} AND ${time}`,
    expected: `SELECT ${columns} FROM a ${type} JOIN b ON ${on.join(' AND ')} AND b.ts - a.ts BETWEEN ${lower} AND ${upper}`,
    events: randomEvents(random, disorderMs, ['a', 'b']),
  }
}

function temporalJoin(random: Random, disorderMs: number, kind: 'latest' | 'as-of'): JoinWorkload {
  const type = random.pick(['', 'LEFT'])
  const condition = random.chance(0.3) ? random.pick(['a.v < t.v', "t.g <> 'x'", 't.v IS NOT NULL']) : undefined
  const byTwo = random.chance(0.3)
  const on = byTwo ? `a.k = t.id AND a.k % ${KEY_PARTS} = t.r` : 'a.k = t.id'
  const columns = 'a.id AS a_id, a.k AS a_k, t.g AS t_g, t.v AS t_v'
  const and = condition === undefined ? '' : ` AND ${condition}`
  const table = kind === 'latest' ? 't' : 't FOR SYSTEM_TIME AS OF a.ts AS t'
  const before = kind === 'latest' ? 'c.seq < a.seq' : 'c.ts <= a.ts'
  const last = kind === 'latest' ? 'c.seq' : 'c.ts, c.seq'
  // The last change before the row, and what it left.
  const version =
    `(SELECT a.seq AS a_seq, c.* FROM a JOIN t_changes c ON c.id = a.k AND ${before}` +
    ` QUALIFY ROW_NUMBER() OVER (PARTITION BY a.seq ORDER BY ${last
      .split(', ')
      .map((one) => `${one} DESC`)
      .join(', ')}) = 1)`
  return {
    kind,
    setup: [STREAM('a', disorderMs), TABLE('t', disorderMs, byTwo ? 'id, r' : 'id')].join('\n'),
    query: `SELECT ${columns} FROM a ${type} JOIN ${table} ON ${on}${and}`,
    expected: `SELECT ${columns} FROM a ${type} JOIN ${version} t ON t.a_seq = a.seq AND NOT t.deleted${and}`,
    events: randomEvents(random, disorderMs, ['a', 't']),
  }
}

/** By columns that several rows of the table may have in common. */
function latestRows(random: Random, disorderMs: number): JoinWorkload {
  const type = random.pick(['', 'LEFT'])
  const on = random.pick(['a.k = t.k', 'a.g = t.g', 'a.k = t.k AND a.g = t.g', 'a.k = t.k + 1'])
  const condition = random.chance(0.4) ? ` AND ${random.pick(['a.v < t.v', "t.g <> 'x'", 't.v IS NOT NULL'])}` : ''
  const columns = 'a.id AS a_id, a.k AS a_k, t.id AS t_id, t.g AS t_g, t.v AS t_v'
  const rows =
    '(SELECT a.seq AS a_seq, c.* FROM a JOIN t_changes c ON c.seq < a.seq' +
    ' QUALIFY ROW_NUMBER() OVER (PARTITION BY a.seq, c.id ORDER BY c.seq DESC) = 1)'
  return {
    kind: 'latest-rows',
    setup: [STREAM('a', disorderMs), TABLE('t', disorderMs)].join('\n'),
    query: `SELECT ${columns} FROM a ${type} JOIN t ON ${on}${condition}`,
    expected: `SELECT ${columns} FROM a ${type} JOIN ${rows} t ON t.a_seq = a.seq AND NOT t.deleted AND ${on}${condition}`,
    events: randomEvents(random, disorderMs, ['a', 't', 't']),
  }
}

function tableJoin(random: Random, disorderMs: number): JoinWorkload {
  const type = random.pick(['', 'LEFT', 'RIGHT', 'FULL'])
  const on = random.pick([
    't.id = u.id',
    't.k = u.id',
    't.id = u.k',
    't.k = u.k',
    't.g = u.g',
    't.k = u.k AND t.g = u.g',
    't.id = u.id AND t.r = u.r',
    't.k = u.id AND t.v = u.r',
  ])
  const key = on.includes('u.r') ? 'r, id' : 'id'
  const condition = random.chance(0.3) ? ` AND ${random.pick(['t.v < u.v', "u.g <> 'x'", 't.v > 2'])}` : ''
  const columns = 't.id AS t_id, t.v AS t_v, u.id AS u_id, u.g AS u_g'
  const joined = `SELECT ${columns} FROM t ${type} JOIN u ON ${on}${condition}`
  const query = random.pick([
    joined,
    joined,
    `SELECT t_v, u_g FROM (${joined}) j WHERE t_v > 2 OR t_v IS NULL`,
    `SELECT u_g, COUNT(*) AS n, SUM(t_v) AS total, MIN(t_id) AS least FROM (${joined}) j GROUP BY u_g`,
    `SELECT t_id, a.v AS a_v, u_g FROM (${joined}) j LEFT JOIN t a ON a.id = j.u_id`,
  ])
  return {
    kind: 'tables',
    setup: [TABLE('t', disorderMs, key), TABLE('u', disorderMs, key)].join('\n'),
    query: `${query} EMIT CHANGES`,
    expected: query,
    events: randomEvents(random, disorderMs, ['t', 'u']),
  }
}

/** Subqueries that speak of the row before them: DuckDB has them too. */
function lateral(random: Random, disorderMs: number): JoinWorkload {
  const on = random.pick(['u.k = t.k', 'u.k = t.id', 'u.g = t.g AND u.k = t.k'])
  const own = random.chance(0.4) ? " AND u.g <> 'x'" : ''
  const order = random.pick(['v NULLS LAST, u_id', 'u.v DESC NULLS LAST, u.id', 'u.id DESC'])
  const subquery = random.pick([
    `SELECT u.id AS u_id, v FROM u WHERE ${on}${own} ORDER BY ${order} LIMIT ${random.integer(1, 3)}`,
    `SELECT u.id AS u_id, v FROM u WHERE ${on}${own} AND u.v < t.v`,
    'SELECT a.id + 1 AS u_id, a.v * 2 AS v WHERE a.v > 1',
  ])
  const left = subquery.includes(' FROM ') ? 't' : 'a'
  const join = random.pick(['CROSS JOIN', 'LEFT JOIN', 'JOIN'])
  const condition = random.pick(['TRUE', 'x.v < 4', `x.u_id <> ${left}.v`])
  const query =
    `SELECT ${left}.id AS l_id, ${left}.v AS l_v, x.u_id, x.v AS x_v FROM ${left} ${join} LATERAL (${subquery}) AS x` +
    (join === 'CROSS JOIN' ? '' : ` ON ${condition}`)
  return {
    kind: 'lateral',
    setup: [STREAM('a', disorderMs), TABLE('t', disorderMs), TABLE('u', disorderMs)].join('\n'),
    query: `${query} EMIT CHANGES`,
    expected: query,
    events: randomEvents(random, disorderMs, [left, 'u', 'u']),
  }
}

function semiJoin(random: Random, disorderMs: number, kind: 'semi' | 'stream-semi'): JoinWorkload {
  const left = kind === 'semi' ? 't' : 'a'
  const not = random.pick(['', 'NOT '])
  const isIn = random.chance(0.5)
  // A subquery that may give NULL is refused behind NOT IN, and a row with NULL is never NOT IN, not even in nothing.
  const column = isIn && not !== '' ? 'id' : random.pick(['id', 'k'])
  const filter = random.pick(['', " AND u.g <> 'x'", ...(isIn ? [] : ['', ` AND u.v < ${left}.v`])])
  // A stream asks what the table has by then; DuckDB is shown the changes that had come.
  const had =
    '(SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY id ORDER BY seq DESC) AS rn FROM u_changes c' +
    ' WHERE c.seq < a.seq) WHERE rn = 1 AND NOT deleted)'
  const source = (duck: boolean) => (duck && kind === 'stream-semi' ? had : 'u')
  const sql = (duck: boolean) => {
    const from = `FROM ${source(duck)} u`
    const test = isIn
      ? `${duck ? `${left}.k IS NOT NULL AND ` : ''}${left}.k ${not}IN (SELECT u.${column} ${from} WHERE TRUE${filter})`
      : `${not}EXISTS (SELECT 1 ${from} WHERE u.${column} = ${left}.k${filter})`
    return `SELECT ${left}.id AS l_id, ${left}.v AS l_v FROM ${left} WHERE ${test}`
  }
  return {
    kind,
    setup: [kind === 'semi' ? TABLE('t', disorderMs) : STREAM('a', disorderMs), TABLE('u', disorderMs)].join('\n'),
    query: `${sql(false)} EMIT CHANGES`,
    expected: sql(true),
    events: randomEvents(random, disorderMs, [left, 'u']),
  }
}

/** The changes of a table one by one, and the table that comes of them again. */
function changelog(random: Random, disorderMs: number): JoinWorkload {
  const which = random.pick([
    { op: 'INSERT', v: 'c.v', where: 'NOT c.deleted AND COALESCE(c.was_deleted, true)' },
    { op: 'UPDATE_BEFORE', v: 'c.was.v', where: 'NOT c.deleted AND NOT c.was_deleted AND c.was <> c.now' },
    { op: 'UPDATE_AFTER', v: 'c.v', where: 'NOT c.deleted AND NOT c.was_deleted AND c.was <> c.now' },
    { op: 'DELETE', v: 'c.was.v', where: 'c.deleted' },
    undefined,
  ])
  const changes = 'TO_CHANGELOG(TABLE t) c'
  const again = 'FROM_CHANGELOG(TABLE (SELECT op, id, g, v FROM TO_CHANGELOG(TABLE t)) PARTITION BY id)'
  // Rows of structs are told apart with NULLs as values.
  const row = "{id: id, k: COALESCE(k, -1), g: COALESCE(g, ''), v: v, w: COALESCE(v, -1), ts: ts}"
  const rows =
    `(SELECT *, ${row} AS now, LAG(deleted) OVER w AS was_deleted, LAG(${row}) OVER w AS was` +
    ' FROM t_changes WINDOW w AS (PARTITION BY id ORDER BY seq)) c'
  const group = (from: string) => `SELECT g, COUNT(*) AS n, SUM(v) AS total FROM ${from} GROUP BY g`
  return {
    kind: 'changelog',
    setup: TABLE('t', disorderMs),
    query:
      which === undefined ? `${group(again)} EMIT CHANGES` : `SELECT id, v FROM ${changes} WHERE op = '${which.op}'`,
    expected: which === undefined ? group('t') : `SELECT c.id, ${which.v} FROM ${rows} WHERE ${which.where}`,
    events: randomEvents(random, disorderMs, ['t']),
  }
}
