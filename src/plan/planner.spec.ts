import { describe, expect, test } from 'vitest'
import type { Query } from '../../grammar/index.ts'
import { planLast, planView, relations, statementsOf } from '../../test/golden/plan-world.ts'
import type { Value } from '../core/value.ts'
import { LIMIT_MAX } from './bind/bind-query.ts'
import { VIEW_NESTING_MAX } from './bind/bind-relation.ts'
import { WINDOWS_PER_ROW_MAX } from './bind/bind-window.ts'
import { COLUMNS_MAX } from './define.ts'
import { explainPhysical } from './explain.ts'
import { decodePlan, encodePlan } from './physical/codec.ts'
import type { FilterStep, PhysicalPlan, ScanStep, Step } from './physical/nodes.ts'
import { defineSource, planQuery } from './planner.ts'

function select(sql: string, parameters?: readonly Value[], catalog = relations()) {
  return planQuery(statementsOf(sql)[0] as Query, catalog, new Map(), parameters)
}

function messages(sql: string, parameters?: readonly Value[]): readonly string[] {
  return select(sql, parameters).diagnostics.map((one) => one.message)
}

function step<K extends Step['kind']>(steps: readonly Step[], kind: K): Extract<Step, { kind: K }> {
  return steps.find((one) => one.kind === kind) as Extract<Step, { kind: K }>
}

describe('push or pull', () => {
  test.each([
    ['SELECT * FROM totals;', true],
    ['SELECT * FROM totals EMIT CHANGES;', false],
    ['SELECT * FROM orders;', false],
    ['SELECT * FROM users;', true],
    ['SELECT region FROM totals UNION ALL SELECT region FROM orders;', false],
    ['WITH t AS (SELECT * FROM totals) SELECT * FROM t;', true],
    ['SELECT * FROM (SELECT * FROM totals) x;', true],
    ['SELECT * FROM large_orders;', false],
    [
      'SELECT * FROM orders_per_region MATCH_RECOGNIZE (ORDER BY window_end MEASURES a.orders AS n PATTERN (a b)) AS m;',
      true,
    ],
    ['SELECT * FROM clicks MATCH_RECOGNIZE (ORDER BY ts MEASURES a.url AS url PATTERN (a b)) AS m;', false],
  ])('%s', (sql, pull) => {
    expect(select(sql).pull).toBe(pull)
  })
})

describe('startup', () => {
  const startup = (sql: string) => (step(planLast(sql).plan.steps, 'scan') as ScanStep).startup.kind

  test('a reader of a stream sees what comes from now on, of a view what it holds, a view all that there is', () => {
    expect(startup('SELECT * FROM orders;')).toBe('latest')
    expect(startup('SELECT * FROM totals EMIT CHANGES;')).toBe('earliest')
    expect(startup('CREATE MATERIALIZED VIEW q AS SELECT * FROM orders;')).toBe('earliest')
  })

  test('SET overrides it, but for tables, which are nothing without their first rows', () => {
    expect(startup("SET 'scan.startup.mode' = 'earliest'; SELECT * FROM orders;")).toBe('earliest')
    expect(startup("SET 'scan.startup.mode' = 'latest'; CREATE MATERIALIZED VIEW q AS SELECT * FROM orders;")).toBe(
      'latest',
    )
    expect(startup("SET 'scan.startup.mode' = 'latest'; SELECT * FROM users EMIT CHANGES;")).toBe('earliest')
  })
})

describe('parameters', () => {
  const literalOf = (parameter: Value) => {
    const { plan } = select('SELECT * FROM orders WHERE order_id = $1 OR CAST($1 AS STRING) = region;', [parameter])
    return plan === undefined ? undefined : JSON.stringify((step(plan.steps, 'filter') as FilterStep).predicate)
  }

  test('stand for constants of their type', () => {
    expect(literalOf('a')).toContain('{"kind":"literal","value":"a","type":{"kind":"string"}}')
    expect(messages('SELECT * FROM orders WHERE user_id = $1;', [12n])).toEqual([])
    expect(messages('SELECT * FROM orders WHERE ts > $1;', ['2026-01-01 00:00:00'])).toEqual([])
    expect(messages('SELECT * FROM orders WHERE user_id = $1;', [1.5])).toEqual([])
    expect(messages('SELECT * FROM orders WHERE order_id = $1;', [null])).toEqual([])
  })

  test('are counted from one, and typed', () => {
    expect(messages('SELECT * FROM orders WHERE order_id = $2;', ['a'])).toEqual(['parameter $2 has no value'])
    expect(messages('SELECT * FROM orders WHERE order_id = $1;', [true])).toEqual([
      "STRING can't be compared with BOOLEAN",
    ])
  })
})

test('late rows are the columns of the source and what they were late for', () => {
  const view = planView(
    "CREATE MATERIALIZED VIEW q AS SELECT upper(order_id) AS o, COUNT(*) AS n FROM dispatches GROUP BY upper(order_id), TUMBLE(ts, INTERVAL '1' MINUTE) LATE ROWS INTO late;",
  )
  const [late] = view.lateStreams
  expect(late?.name).toBe('late')
  expect(late?.schema.fields.map((field) => field.name)).toEqual([
    ...['order_id', 'courier', 'ts'],
    ...['_late_by', '_watermark', '_window_start', '_window_end', '_query'],
  ])
  const aggregate = step(view.plan.steps, 'window-aggregate')
  const input = view.plan.steps.find((one) => one.id === aggregate.inputs[0])
  expect(aggregate.latePolicy.columns.map((index) => input?.schema.fields[index]?.name)).toEqual([
    'order_id',
    'courier',
    'ts',
  ])
})

test('a view says what it reads, how much it keeps, and whether a replay gives the same', () => {
  const plain = planView(
    "CREATE MATERIALIZED VIEW q WITH ('retention.ms'='1 day', 'state.ttl'='1 h') AS SELECT * FROM large_orders;",
  )
  expect(plain).toMatchObject({ reads: ['large_orders', 'orders'], retentionMs: 86_400_000, deterministic: true })
  expect(plain.plan.options.stateTtlMs).toBe(3_600_000)
  expect(planView('CREATE MATERIALIZED VIEW q AS SELECT now() AS at FROM orders;').deterministic).toBe(false)
})

test('what is wrong inside of a view is said where the view is named', () => {
  const catalog = relations()
  const schema = { fields: [], key: [], timeColumn: undefined, mode: 'append' } as const
  catalog.add({ kind: 'view', name: 'broken', sql: 'CREATE VIEW broken AS SELECT gone FROM orders', schema })
  const sql = 'SELECT * FROM broken;'
  const [found] = select(sql, undefined, catalog).diagnostics
  expect(found?.message).toBe('stream "orders" has no column "gone", in view "broken"')
  expect(sql.slice(found?.span.start, found?.span.end)).toBe('broken')
})

describe('limits', () => {
  test('views in views', () => {
    const nested = (depth: number) => {
      const catalog = relations()
      const schema = { fields: [], key: [], timeColumn: undefined, mode: 'append' } as const
      for (let i = 1; i <= depth; i++) {
        const sql = `CREATE VIEW v${i} AS SELECT region FROM ${i === 1 ? 'orders' : `v${i - 1}`}`
        catalog.add({ kind: 'view', name: `v${i}`, sql, schema })
      }
      return select(`SELECT * FROM v${depth} EMIT CHANGES;`, undefined, catalog).diagnostics.length
    }
    expect(nested(VIEW_NESTING_MAX)).toBe(0)
    expect(nested(VIEW_NESTING_MAX + 1)).toBe(1)
  })

  test('a view that contains itself', () => {
    const catalog = relations()
    const schema = { fields: [], key: [], timeColumn: undefined, mode: 'append' } as const
    catalog.add({ kind: 'view', name: 'v', sql: 'CREATE VIEW v AS SELECT * FROM v', schema })
    expect(select('SELECT * FROM v;', undefined, catalog).diagnostics[0]?.message).toContain('contains itself')
  })

  test('rows of LIMIT', () => {
    expect(messages(`SELECT * FROM orders LIMIT ${LIMIT_MAX};`)).toEqual([])
    expect(messages(`SELECT * FROM orders LIMIT ${LIMIT_MAX + 1};`)).toHaveLength(1)
  })

  test('windows of a row', () => {
    const hop = (ms: number) =>
      messages(`SELECT COUNT(*) FROM orders GROUP BY HOP(ts, INTERVAL '1' MILLISECOND, INTERVAL '${ms}' MILLISECOND);`)
    expect(hop(WINDOWS_PER_ROW_MAX)).toEqual([])
    expect(hop(WINDOWS_PER_ROW_MAX + 1)).toHaveLength(1)
  })

  test('columns of a stream', () => {
    const create = (count: number) => {
      const columns = Array.from({ length: count }, (_, i) => `c${i} INT`).join(', ')
      return defineSource(statementsOf(`CREATE STREAM s (${columns}) WITH (topic='s');`)[0] as never, relations())
        .diagnostics
    }
    expect(create(COLUMNS_MAX)).toEqual([])
    expect(create(COLUMNS_MAX + 1)).toHaveLength(1)
  })
})

describe('parameters without values', () => {
  const sql = 'SELECT order_id FROM orders WHERE region = $1 AND amount > $2;'

  test('have values to run, and may be unknown to be looked at', () => {
    expect(messages(sql)).toContain('parameter $1 has no value')
    const { plan } = planQuery(statementsOf(sql)[0] as Query, relations(), new Map(), 'unknown')
    expect(plan && explainPhysical(plan)).toContain('(region = $1) AND (amount > $2)')
  })

  test('that are unknown are never stored', () => {
    const { plan } = planQuery(statementsOf(sql)[0] as Query, relations(), new Map(), 'unknown')
    expect(() => decodePlan(encodePlan(plan as PhysicalPlan))).toThrow("a stored plan can't be read")
  })
})

describe('CREATE STREAM', () => {
  const source = (sql: string) => defineSource(statementsOf(sql)[0] as never, relations()).relation

  test('has defaults: an embedded topic of its name, plain JSON, watermarks each 200 ms', () => {
    const stream = source("CREATE STREAM s (x INT, ts TIMESTAMP, WATERMARK FOR ts) WITH (connector='embedded');")
    expect(stream).toMatchObject({
      connector: { kind: 'embedded', options: { topic: 's', partitions: '1' } },
      format: { envelope: 'plain', encoding: 'json' },
      watermark: {
        timeColumn: 1,
        emit: { kind: 'periodic', intervalMs: 200 },
        expression: { kind: 'column', index: 1 },
      },
      schema: { timeColumn: 1, mode: 'append', key: [] },
      onError: 'skip',
    })
  })

  test('takes the options of Flink for the watermark, and keeps sizes as numbers', () => {
    const stream = source(
      "CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts AS ts) WITH (topic='t', 'scan.watermark.idle-timeout'='30 s', 'scan.watermark.emit.strategy'='on-event', 'retention.ms'='7 days', 'retention.bytes'='1 GB');",
    )
    expect(stream?.watermark).toMatchObject({ idleTimeoutMs: 30_000, emit: { kind: 'on-event' } })
    expect(stream).toMatchObject({ retentionMs: 604_800_000, retentionBytes: 1024 ** 3 })
    expect(Object.keys(stream?.connector.options ?? {})).not.toContain('scan.watermark.idle-timeout')
  })

  test('a dead-letter topic means that bad records go there', () => {
    expect(source("CREATE STREAM s (x INT) WITH (topic='s', dead_letter_topic='d');")?.onError).toBe('dead-letter')
  })

  test('a table has upserts and a key that is never NULL', () => {
    const table = source("CREATE TABLE t (a INT, b STRING, PRIMARY KEY (b, a)) WITH (topic='t');")
    expect(table?.schema).toMatchObject({ key: [1, 0], mode: 'upsert' })
    expect(table?.schema.fields.map((field) => field.nullable)).toEqual([false, false])
    expect(table?.format.envelope).toBe('upsert')
  })
})
