import type { Random } from '../harness/random.ts'

/**
 * Random streams and random queries over them, in a form that both engines can be asked in. What is chosen depends on
 * the seed only. Values are picked so that ties, NULLs, empty groups and late rows are common.
 */
export interface StreamSpec {
  readonly partitions: number
  /** The watermark is the event time minus this. */
  readonly delayMs: number
  readonly emit: { readonly kind: 'on-event' } | { readonly kind: 'periodic'; readonly intervalMs: number }
}

export interface StreamEvent {
  /** Consecutive from 0: the order of arrival, and the ledger's number of the row. */
  readonly id: number
  readonly partition: number
  readonly ts: number
  readonly k: string | null
  readonly g: number | null
  readonly b: boolean | null
  readonly i: bigint | null
  /** Decimal text, two digits after the point. */
  readonly d: string | null
  readonly x: number | null
  readonly s: string | null
}

export type Window =
  | { readonly kind: 'tumble'; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'hop'; readonly slideMs: number; readonly sizeMs: number; readonly offsetMs: number }
  | { readonly kind: 'cumulate'; readonly stepMs: number; readonly sizeMs: number }
  | { readonly kind: 'session'; readonly gapMs: number }

/** The same expression for both engines. */
export interface Dialects {
  readonly weir: string
  readonly duck: string
}

export interface Output extends Dialects {
  readonly name: string
  /** Doubles may differ in the last digits (the order of additions); all else must be equal. */
  readonly tolerance: number
  /** Shows the order of arrival, which sessions that merge do not keep: there only the elements must be equal. */
  readonly ordered?: boolean
}

/** Over the rows of the query, which change: an aggregate of aggregates, or the first rows of each partition. */
export type Outer =
  | { readonly kind: 'aggregate'; readonly keys: readonly Output[]; readonly aggregates: readonly Output[] }
  | {
      readonly kind: 'top-n'
      readonly partitionBy: readonly Output[]
      readonly orderBy: string
      readonly limit: number
      readonly withRank: boolean
    }

export interface QuerySpec {
  readonly outer?: Outer | undefined
  readonly window: Window | undefined
  /** `GROUP BY k, TUMBLE(ts, …)`, or `FROM TABLE(TUMBLE(TABLE s, …)) GROUP BY k, window_start, window_end`. */
  readonly spelling: 'group' | 'table-function'
  readonly keys: readonly Output[]
  readonly aggregates: readonly Output[]
  readonly where: string | undefined
  readonly having: Dialects | undefined
  readonly latenessMs: number
  readonly emit: 'final' | 'on-window-close' | 'changes'
}

export interface Workload {
  readonly stream: StreamSpec
  readonly events: readonly StreamEvent[]
  readonly query: QuerySpec
}

export interface WorkloadOptions {
  readonly eventsMax: number
  readonly partitionsMax: number
  /** Periodic watermarks look at the clock when a partition is quiet; without them only the rows count. */
  readonly periodic: boolean
}

export function randomWorkload(random: Random, options: WorkloadOptions): Workload {
  const stream = randomStream(random, options)
  return { stream, events: randomEvents(random, stream, options.eventsMax), query: randomQuery(random) }
}

function randomStream(random: Random, options: WorkloadOptions): StreamSpec {
  const periodic = options.periodic && random.chance(0.4)
  return {
    partitions: random.chance(0.4) ? 1 : random.integer(1, options.partitionsMax),
    delayMs: random.pick([0, 0, 2, 5, 20]),
    emit: periodic ? { kind: 'periodic', intervalMs: random.pick([1, 3, 10]) } : { kind: 'on-event' },
  }
}

export function randomEvents(random: Random, stream: StreamSpec, eventsMax: number): StreamEvent[] {
  const count = random.integer(0, eventsMax)
  const disorderMs = random.pick([0, stream.delayMs, 20, 80, 200])
  const nulls = random.pick([0, 0.1, 0.5])
  const keys = ['a', 'b', 'c', 'ä', '', 'a b'].slice(0, random.integer(1, 6))
  const maybe = <T>(value: T): T | null => (random.chance(nulls) ? null : value)
  const large = random.chance(0.1)
  // Times on a coarse grid meet the ends of windows exactly, where off-by-one errors live.
  const gridMs = random.pick([1, 1, 5, 10])
  const events: StreamEvent[] = []
  let time = random.pick([0, 7, 1000, -30])
  for (let id = 0; id < count; id++) {
    time += random.pick([0, 0, 1, 1, 2, 3, random.chance(0.1) ? 40 : 1]) * (gridMs > 1 ? 3 : 1)
    const integer = BigInt(random.integer(-5, 9)) * (large ? 1_000_000_000_000_007n : 1n)
    events.push({
      id,
      partition: random.integer(0, stream.partitions - 1),
      ts: Math.floor((time - (random.chance(0.4) ? random.integer(0, disorderMs) : 0)) / gridMs) * gridMs,
      k: maybe(random.pick(keys)),
      g: maybe(random.integer(0, 2)),
      b: maybe(random.chance(0.5)),
      i: maybe(integer),
      d: maybe((random.integer(-50_000, 99_999) / 100).toFixed(2)),
      x: maybe(random.pick([0, -1.5, 0.1, 3.25, 1e9, random.fraction() * 100])),
      s: maybe(random.pick(['x', 'y', 'Z', 'weir', 'wall', 'ü', ''])),
    })
  }
  return events
}

function same(name: string, text: string, tolerance = 0): Output {
  return { name, weir: text, duck: text, tolerance }
}

const KEYS: readonly Output[] = [
  same('k', 'k'),
  same('g', 'g'),
  same('b', 'b'),
  same('k_or', "COALESCE(k, 'none')"),
  same('i_mod', 'i % 3'),
  same('k_upper', 'UPPER(k)'),
  same('size', "CASE WHEN i > 4 THEN 'large' WHEN i > 0 THEN 'small' ELSE 'none' END"),
]

const APPROXIMATE = 1e-9

const AGGREGATES: readonly Output[] = [
  same('n', 'COUNT(*)'),
  same('n_i', 'COUNT(i)'),
  same('n_k', 'COUNT(DISTINCT k)'),
  same('n_even', 'COUNT(DISTINCT i % 2)'),
  same('sum_i', 'SUM(i)'),
  same('sum_d', 'SUM(d)'),
  same('sum_x', 'SUM(x)', APPROXIMATE),
  same('sum_case', 'SUM(CASE WHEN b THEN 1 ELSE 0 END)'),
  same('sum_distinct', 'SUM(DISTINCT i)'),
  same('sum_plus', 'SUM(i + 1) + COUNT(*)'),
  same('avg_i', 'AVG(i)', APPROXIMATE),
  same('avg_x', 'AVG(x)', APPROXIMATE),
  // DuckDB averages decimals as doubles; ours has six digits after the point, rounded.
  same('avg_d', 'AVG(d)', 1e-6),
  same('min_i', 'MIN(i)'),
  same('max_d', 'MAX(d)'),
  same('min_x', 'MIN(x)'),
  same('max_x', 'MAX(x)'),
  same('min_s', 'MIN(s)'),
  same('max_s', 'MAX(s)'),
  same('any_b', 'BOOL_OR(b)'),
  same('all_b', 'BOOL_AND(b)'),
  same('n_filter', 'COUNT(*) FILTER (WHERE i > 2)'),
  same('sum_filter', "SUM(d) FILTER (WHERE s LIKE 'w%' OR b)"),
  same('stddev', 'STDDEV_SAMP(x)', 1e-6),
  same('variance', 'VAR_POP(CAST(g AS DOUBLE))', APPROXIMATE),
  same('median_x', 'MEDIAN(x)', APPROXIMATE),
  { name: 'p90', weir: 'PERCENTILE(x, 0.9)', duck: 'QUANTILE_CONT(x, 0.9)', tolerance: APPROXIMATE },
  {
    name: 'first_i',
    weir: 'FIRST_VALUE(i)',
    duck: 'FIRST(i ORDER BY ts, seq) FILTER (WHERE i IS NOT NULL)',
    tolerance: 0,
  },
  {
    name: 'last_s',
    weir: 'LAST_VALUE(s)',
    duck: 'LAST(s ORDER BY ts, seq) FILTER (WHERE s IS NOT NULL)',
    tolerance: 0,
  },
  { name: 'texts', weir: "STRING_AGG(s, ',')", duck: "STRING_AGG(s, ',' ORDER BY seq)", tolerance: 0, ordered: true },
  { name: 'ids', weir: 'ARRAY_AGG(id)', duck: 'ARRAY_AGG(id ORDER BY seq)', tolerance: 0, ordered: true },
  same('first_by', "ARG_MIN(COALESCE(s, '-'), id)"),
  same('last_by', "ARG_MAX(COALESCE(s, '-'), id)"),
  same('label', "CASE WHEN COUNT(*) > 2 THEN 'many' ELSE 'few' END"),
  same('ratio', 'SUM(CASE WHEN b THEN 1 ELSE 0 END) * 1.0e0 / COUNT(*)', APPROXIMATE),
]

const FILTERS: readonly string[] = [
  'i > 2',
  'b',
  'NOT b',
  'x IS NOT NULL',
  'i % 2 = 0',
  'd BETWEEN 1.00 AND 500.00',
  "s LIKE 'w%'",
  'g IN (0, 2)',
  "k <> 'a' OR k IS NULL",
  'i IS DISTINCT FROM 3',
  'x > 0 AND (b OR i < 5)',
  "CASE WHEN k = 'a' THEN b ELSE g > 0 END",
]

const HAVINGS: readonly Dialects[] = [
  same('', 'COUNT(*) > 1'),
  same('', 'SUM(i) >= 3'),
  same('', 'MIN(d) < 100.00 AND COUNT(*) < 6'),
  same('', 'MAX(x) IS NOT NULL'),
  same('', 'COUNT(DISTINCT s) <> 1'),
]

export function randomWindow(random: Random): Window | undefined {
  const unit = random.pick([1, 3, 5, 10])
  switch (random.pick(['tumble', 'hop', 'session', 'cumulate', 'none'] as const)) {
    case 'tumble':
      return { kind: 'tumble', sizeMs: unit * random.integer(1, 5), offsetMs: random.pick([0, 0, 0, 3]) }
    case 'hop': {
      const slideMs = unit * random.integer(1, 3)
      return { kind: 'hop', slideMs, sizeMs: slideMs * random.integer(1, 5), offsetMs: random.pick([0, 0, 0, 2]) }
    }
    case 'session':
      return { kind: 'session', gapMs: unit * random.integer(1, 3) }
    case 'cumulate': {
      const stepMs = unit * random.integer(1, 3)
      return { kind: 'cumulate', stepMs, sizeMs: stepMs * random.integer(1, 4) }
    }
    default:
      return undefined
  }
}

/** SESSION as a table function makes sessions of its PARTITION BY columns, not of the groups. */
function spellingOf(window: Window | undefined, random: Random): QuerySpec['spelling'] {
  if (window?.kind === 'session') return 'group'
  return window?.kind === 'cumulate' || random.chance(0.3) ? 'table-function' : 'group'
}

const INNER_AGGREGATES: readonly Output[] = [
  same('n', 'COUNT(*)'),
  same('total', 'SUM(i)'),
  same('most', 'MAX(d)'),
  same('least', 'MIN(x)'),
  same('some_b', 'BOOL_OR(b)'),
]

const OUTER_KEYS: readonly Output[] = [
  same('n', 'n'),
  same('n_odd', 'n % 2'),
  same('some_b', 'some_b'),
  same('sign', 'total > 3'),
]

const OUTER_AGGREGATES: readonly Output[] = [
  same('groups', 'COUNT(*)'),
  same('n_total', 'COUNT(total)'),
  same('sum_total', 'SUM(total)'),
  same('max_total', 'MAX(total)'),
  same('min_total', 'MIN(total)'),
  same('max_most', 'MAX(most)'),
  same('sum_most', 'SUM(most)'),
  same('mean_n', 'AVG(n)', APPROXIMATE),
  same('different', 'COUNT(DISTINCT n)'),
  same('any_large', 'BOOL_OR(total > 3)'),
  same('all_large', 'BOOL_AND(total > 3)'),
  same('median_least', 'MEDIAN(least)', APPROXIMATE),
  same('variance_n', 'VAR_POP(CAST(n AS DOUBLE))', 1e-6),
  same('n_filter', 'COUNT(*) FILTER (WHERE most > 10.00)'),
]

/** An aggregate whose groups change, under an operator that has to take rows back. */
function nestedQuery(random: Random): QuerySpec {
  const keys = random.shuffle(KEYS).slice(0, random.integer(1, 2))
  const outer: Outer = random.chance(0.6)
    ? {
        kind: 'aggregate',
        keys: random.shuffle(OUTER_KEYS).slice(0, random.pick([0, 1, 1, 2])),
        aggregates: random.shuffle(OUTER_AGGREGATES).slice(0, random.integer(1, 5)),
      }
    : {
        kind: 'top-n',
        partitionBy: random.some(OUTER_KEYS.slice(1), 0.4),
        // All columns of the key, so that no two rows are equal.
        orderBy: ['n DESC', 'total', ...keys.map((key) => key.name)].map((item) => `${item} NULLS LAST`).join(', '),
        limit: random.integer(1, 3),
        withRank: random.chance(0.5),
      }
  return {
    window: undefined,
    spelling: 'group',
    keys,
    aggregates: INNER_AGGREGATES,
    where: random.chance(0.4) ? random.pick(FILTERS) : undefined,
    having: random.chance(0.4) ? random.pick(HAVINGS) : undefined,
    latenessMs: 0,
    emit: 'changes',
    outer,
  }
}

export function randomQuery(random: Random): QuerySpec {
  if (random.chance(0.2)) return nestedQuery(random)
  const window = randomWindow(random)
  const keys = random.shuffle(KEYS).slice(0, random.pick([0, 1, 1, 1, 2]))
  const aggregates = random.shuffle(AGGREGATES).slice(0, random.integer(1, 5))
  return {
    window,
    spelling: spellingOf(window, random),
    keys,
    aggregates,
    where: random.chance(0.4) ? random.pick(FILTERS) : undefined,
    having: random.chance(0.3) ? random.pick(HAVINGS) : undefined,
    latenessMs: window === undefined ? 0 : random.pick([0, 0, 4, 25]),
    emit: window === undefined ? 'changes' : random.pick(['final', 'on-window-close', 'changes']),
  }
}

/** Columns that identify a row of the result, and the others; without the window's bounds. */
export function resultColumns(query: QuerySpec): {
  readonly keys: readonly Output[]
  readonly others: readonly Output[]
} {
  const { outer } = query
  if (outer === undefined) return { keys: query.keys, others: query.aggregates }
  if (outer.kind === 'aggregate') return { keys: outer.keys, others: outer.aggregates }
  return { keys: query.keys, others: [...query.aggregates, ...(outer.withRank ? [same('rn', 'rn')] : [])] }
}
