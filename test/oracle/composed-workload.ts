import type { Random } from '../harness/random.ts'
import { type JoinEvent, randomEvents, STREAM, TABLE } from './join-events.ts'

/** Joins of windows, joins of joins, and joins of a relation with itself. */
export type ComposedKind = 'windows' | 'chain' | 'self'

export const COMPOSED_KINDS: readonly ComposedKind[] = ['windows', 'chain', 'self']

interface ComposedWorkload {
  readonly kind: ComposedKind
  readonly setup: string
  readonly query: string
  readonly expected: string
  readonly events: readonly JoinEvent[]
}

interface Queries {
  readonly query: string
  readonly expected: string
}

const KINDS_OF_JOIN = ['', 'LEFT', 'RIGHT', 'FULL']

export function randomComposed(random: Random, disorderMs: number, kind: ComposedKind): ComposedWorkload {
  const queries = { windows, chain, self }[kind](random)
  const text = `${queries.query} `
  const streams = (['a', 'b'] as const).filter((name) => text.includes(` ${name} `))
  const tables = (['t', 'u'] as const).filter((name) => text.includes(` ${name} `))
  return {
    kind,
    setup: [...streams.map((name) => STREAM(name, disorderMs)), ...tables.map((name) => TABLE(name, disorderMs))].join(
      '\n',
    ),
    ...queries,
    events: randomEvents(random, disorderMs, [...streams, ...tables]),
  }
}

/** Rows or counts of the same window of two streams. */
function windows(random: Random): Queries {
  const type = random.pick(KINDS_OF_JOIN)
  const sizeMs = random.pick([5, 10, 50])
  const and = random.pick(['', '', ' AND x.v <> y.v'])
  const counted = and === '' && random.chance(0.5)
  const keys = random.pick([['k'], ['k', 'g']])
  const columns = counted ? `${keys.join(', ')}, COUNT(*) AS n, SUM(v) AS total` : 'id, k, g, v'
  const groups = counted ? `GROUP BY ${keys.join(', ')}, window_start, window_end` : ''
  const weir = (name: string) =>
    `(SELECT ${columns}, window_start, window_end FROM TABLE(TUMBLE(TABLE ${name} ,` +
    ` DESCRIPTOR(ts), INTERVAL '${sizeMs}' MILLISECOND)) ${groups})`
  const duck = (name: string) =>
    `(SELECT ${columns}, window_start, window_end FROM (SELECT *, FLOOR(ts / ${sizeMs}) AS window_start,` +
    ` window_start + 1 AS window_end FROM ${name}) ${groups})`
  const list = counted ? ['k', 'n', 'total'] : ['id', 'v']
  const sql = (side: (name: string) => string) =>
    `SELECT ${['x', 'y'].flatMap((one) => list.map((name) => `${one}.${name} AS ${one}_${name}`)).join(', ')}` +
    ` FROM ${side('a')} x ${type} JOIN ${side('b')} y ON ${keys.map((key) => `x.${key} = y.${key}`).join(' AND ')}` +
    ` AND x.window_start = y.window_start AND x.window_end = y.window_end${and}`
  return { query: sql(weir), expected: sql(duck) }
}

function chain(random: Random): Queries {
  const [first, second] = [random.pick(KINDS_OF_JOIN), random.pick(KINDS_OF_JOIN)]
  const outer = random.pick(['', 'LEFT'])
  const [before, behind] = [random.pick([0, 5]), random.pick([0, 10, 30])]
  const between = (row: string, other: string, plain: boolean) =>
    plain
      ? `${row}.ts BETWEEN ${other}.ts - ${before} AND ${other}.ts + ${behind}`
      : `${row}.ts BETWEEN ${other}.ts - INTERVAL '${before}' MILLISECOND` +
        ` AND ${other}.ts + INTERVAL '${behind}' MILLISECOND`
  const streams = (plain: boolean) => `a  ${outer} JOIN b  ON a.k = b.k AND ${between('b', 'a', plain)}`
  const version =
    '(SELECT a.seq AS a_seq, c.* FROM a JOIN t_changes c ON c.id = a.k AND c.ts <= a.ts' +
    ' QUALIFY ROW_NUMBER() OVER (PARTITION BY a.seq ORDER BY c.ts DESC, c.seq DESC) = 1)'
  const list = 'a.id AS a_id, b.id AS b_id'
  const third = (plain: boolean) =>
    `SELECT ${list}, c.id AS c_id FROM ${streams(plain)} ${outer} JOIN a c ON a.g = c.g AND ${between('c', 'a', plain)}`
  return random.pick([
    // A join of three streams: the time of the first join's rows is that of a.
    { query: third(false), expected: third(true) },
    {
      query: `SELECT ${list}, t.v FROM ${streams(false)} LEFT JOIN t FOR SYSTEM_TIME AS OF a.ts AS t ON a.k = t.id`,
      expected: `SELECT ${list}, t.v FROM ${streams(true)} LEFT JOIN ${version} t ON a.seq = t.a_seq AND NOT t.deleted`,
    },
    ...[
      `t ${first} JOIN u ON t.k = u.id ${second} JOIN t AS c ON u.k = c.id`,
      `t ${first} JOIN u ON t.k = u.k AND t.g = u.g ${second} JOIN u AS c ON u.v = c.v AND c.g <> 'x'`,
    ].map((from) => {
      const query = `SELECT t.id AS t_id, u.id AS u_id, u.v AS u_v, c.id AS c_id FROM ${from}`
      return { query, expected: query }
    }),
  ])
}

function self(random: Random): Queries {
  const type = random.pick(KINDS_OF_JOIN)
  const ms = random.pick([0, 5, 30])
  const list = 'x.id AS x_id, x.v AS x_v, y.id AS y_id, y.g AS y_g'
  const streams = `SELECT ${list} FROM a x ${type} JOIN a y ON x.k = y.k AND x.id <> y.id AND`
  const on = random.pick(['x.k = y.id', 'x.k = y.k AND x.id < y.id', 'x.g = y.g AND x.v = y.v', 'x.id = y.id'])
  const tables = `SELECT ${list} FROM t x ${type} JOIN t y ON ${on}`
  return random.pick([
    {
      query: `${streams} y.ts BETWEEN x.ts AND x.ts + INTERVAL '${ms}' MILLISECOND`,
      expected: `${streams} y.ts BETWEEN x.ts AND x.ts + ${ms}`,
    },
    { query: tables, expected: tables },
  ])
}
