import type { JoinKind } from './join-workload.ts'

/**
 * Every kind of join, and what holds it to account: a golden case, which runs whole, with checkpoints, and killed and
 * restored; queries of the oracle, in one task and in stages; the same in the simulation. join-matrix.spec.ts finds
 * them.
 */
export interface MatrixRow {
  readonly join: string
  readonly golden: string
  readonly kind: JoinKind
  /** In the query of the oracle. */
  readonly query: RegExp
}

function outer(
  join: string,
  kind: JoinKind,
  from: string,
  goldens: readonly [string, string, string, string],
): MatrixRow[] {
  return ['', 'LEFT', 'RIGHT', 'FULL'].map((type, i) => ({
    join: `${join}, ${type === '' ? 'INNER' : type}`,
    golden: goldens[i] as string,
    kind,
    query: new RegExp(`${from} ${type} JOIN`),
  }))
}

const row = (join: string, golden: string, kind: JoinKind, query: RegExp): MatrixRow => ({ join, golden, kind, query })

export const JOIN_MATRIX: readonly MatrixRow[] = [
  ...outer('two streams within an interval', 'interval', ' a', [
    'join-interval-inner',
    'join-interval-left',
    'join-interval-right',
    'join-interval-full',
  ]),
  ...outer('the same window of two streams', 'windows', ' x', [
    'join-windows-late',
    'join-windows',
    'join-windows-right',
    'join-windows-full',
  ]),
  row('a stream and the latest row', 'join-chain', 'latest', /FROM a {2}JOIN t ON/),
  row('a stream and the latest row, LEFT', 'join-latest', 'latest', /FROM a LEFT JOIN t ON/),
  row('a stream and the latest rows by another column', 'join-latest-rows-view', 'latest-rows', /FROM a {2}JOIN t/),
  row('the same, LEFT', 'join-latest-rows', 'latest-rows', /FROM a LEFT JOIN t/),
  row('FOR SYSTEM_TIME AS OF', 'join-as-of-inner', 'as-of', /FROM a {2}JOIN t FOR SYSTEM_TIME/),
  row('FOR SYSTEM_TIME AS OF, LEFT', 'join-as-of', 'as-of', /FROM a LEFT JOIN t FOR SYSTEM_TIME/),
  ...outer('two tables', 'tables', ' t', [
    'join-table-inner',
    'join-table-left',
    'join-table-right',
    'join-full-tables',
  ]),
  row('two tables by a foreign key', 'join-table-inner', 'tables', /t\.k = u\.id/),
  row('a key of two columns', 'join-two-columns', 'tables', /t\.id = u\.id AND t\.r = u\.r/),
  row('IN over tables', 'join-in-values', 'semi', /t\.k IN \(/),
  row('NOT IN over tables', 'join-not-in-tables', 'semi', /t\.k NOT IN \(/),
  row('EXISTS over tables', 'join-semi-tables', 'semi', /WHERE EXISTS/),
  row('NOT EXISTS over tables', 'join-anti-tables', 'semi', /WHERE NOT EXISTS/),
  row('IN and NOT EXISTS of a stream', 'join-in-table', 'stream-semi', /FROM a WHERE (a\.k IN|NOT EXISTS)/),
  row('a chain of streams and a table', 'join-chain', 'chain', /JOIN b .* JOIN t FOR SYSTEM_TIME/),
  row('a chain of three streams', 'join-chain-streams', 'chain', /JOIN b .* JOIN a c/),
  row('a chain of three tables', 'join-chain-tables', 'chain', /FROM t .*JOIN u .* JOIN/),
  row('a stream with itself', 'join-self-stream', 'self', /FROM a x/),
  row('a table with itself', 'join-self-table', 'self', /FROM t x/),
  row('a subquery behind LATERAL', 'lateral-top-n', 'lateral', /FROM t .*LATERAL/),
]
