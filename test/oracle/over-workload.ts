import type { Random } from '../harness/random.ts'

/** No join, but a row meets others by key and time as well. Of rows of one time those that came first come first. */
export type OverKind = 'over-rows' | 'over-range' | 'over-neighbours' | 'ranked'

export const OVER_KINDS: readonly OverKind[] = ['over-rows', 'over-range', 'over-neighbours', 'ranked']

/** A query for each engine over stream `a`: DuckDB is told the order of arrival, and a range as a number. */
interface OverQueries {
  readonly query: string
  readonly expected: string
}

/** One item of the list. */
interface Item {
  readonly weir: string
  readonly duck: string
}

const KEYS = ['PARTITION BY k ', 'PARTITION BY k, g ', 'PARTITION BY id % 3 ', '']

export function randomOver(random: Random, kind: OverKind): OverQueries {
  const by = random.pick(KEYS)
  if (kind === 'ranked') return ranked(random, by)
  const items = kind === 'over-neighbours' ? neighbours(random, by) : aggregates(random, kind, by, true)
  // A second window: another frame, or another key, which is computed behind the first.
  if (random.chance(0.4)) {
    const more = kind === 'over-range' ? 'over-range' : random.pick(['over-rows', 'over-range'] as const)
    items.push(...aggregates(random, more, kind === 'over-range' ? random.pick(KEYS) : by, false))
  }
  const list = (engine: keyof Item) => items.map((one, i) => `${one[engine]} AS x${i}`).join(', ')
  return { query: `SELECT id, v, ${list('weir')} FROM a`, expected: `SELECT id, v, ${list('duck')} FROM a` }
}

function aggregates(random: Random, kind: 'over-rows' | 'over-range', by: string, mayWait: boolean): Item[] {
  const isRows = kind === 'over-rows'
  const unit = isRows ? 'ROWS' : 'RANGE'
  const preceding = random.chance(0.3) ? undefined : random.pick(isRows ? [0, 1, 3] : [0, 5, 50])
  const following = random.chance(0.4) && (mayWait || !isRows) ? random.pick(isRows ? [1, 2] : [1, 20]) : undefined
  // Or not up to the row itself.
  const before = random.pick(isRows ? [1, 2] : [1, 5, 20])
  const isBefore = following === undefined && before <= (preceding ?? before) && random.chance(0.4)
  const distance = (one: number, plain: boolean) => (plain || isRows ? String(one) : `INTERVAL '${one}' MILLISECOND`)
  const over = (order: string, plain: boolean) => {
    const from = preceding === undefined ? 'UNBOUNDED' : distance(preceding, plain)
    const ahead = following === undefined ? 'CURRENT ROW' : `${distance(following, plain)} FOLLOWING`
    const to = isBefore ? `${distance(before, plain)} PRECEDING` : ahead
    return `OVER (${by}ORDER BY ${order} ${unit} BETWEEN ${from} PRECEDING AND ${to})`
  }
  const filter = random.chance(0.3) ? ' FILTER (WHERE id > 2)' : ''
  const calls = [`COUNT(*)${filter}`, `SUM(v)${filter}`, 'MIN(v)', 'MAX(id)', 'COUNT(DISTINCT v)']
  const items = calls.map((one) => ({
    weir: `${one} ${over('ts', false)}`,
    duck: `${one} ${over(isRows ? 'ts, seq' : 'ts', true)}`,
  }))
  if (!isRows) return items
  return [...items, ...['FIRST_VALUE', 'LAST_VALUE'].map((name) => firstOrLast(name, over))]
}

/** The first rows of each key: one by time is a deduplication, the others are a TOP-N. */
function ranked(random: Random, by: string): OverQueries {
  const { weir, duck, limit } = random.pick([
    { weir: 'ts', duck: 'ts, seq', limit: 1 },
    { weir: 'ts DESC', duck: 'ts DESC, seq DESC', limit: 1 },
    { weir: 'ts', duck: 'ts, seq', limit: 2 },
    { weir: 'v DESC NULLS LAST, id', duck: 'v DESC NULLS LAST, id', limit: random.integer(1, 3) },
  ])
  return {
    query: `SELECT id, v FROM (SELECT *, ROW_NUMBER() OVER (${by}ORDER BY ${weir}) AS rn FROM a) x WHERE rn <= ${limit}`,
    expected: `SELECT id, v FROM a QUALIFY ROW_NUMBER() OVER (${by}ORDER BY ${duck}) <= ${limit}`,
  }
}

/** Here they pass NULLs over, as in Flink. */
function firstOrLast(name: string, over: (order: string, plain: boolean) => string): Item {
  return { weir: `${name}(v) ${over('ts', false)}`, duck: `${name}(v IGNORE NULLS) ${over('ts, seq', true)}` }
}

function neighbours(random: Random, by: string): Item[] {
  const calls = [
    ...['LAG', 'LEAD'].map((name) => `${name}(v, ${random.pick([0, 1, 2, 5])}${random.pick(['', ', -1', ', id'])})`),
    ...random.pick([[], ['LAG(g)', 'LEAD(id, 2)']]),
    'ROW_NUMBER()',
  ]
  const ranks = random.pick([[], ['RANK()', 'DENSE_RANK()']])
  return [
    ...calls.map((one) => ({
      weir: `${one} OVER (${by}ORDER BY ts)`,
      duck: `${one} OVER (${by}ORDER BY ts, seq)`,
    })),
    ...ranks.map((one) => ({ weir: `${one} OVER (${by}ORDER BY ts)`, duck: `${one} OVER (${by}ORDER BY ts)` })),
  ]
}
