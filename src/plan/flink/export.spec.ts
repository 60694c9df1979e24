// Queries of the catalog: what is wrong with their text is said at their name, which is all that is in sight.

import { expect, it } from 'vitest'
import type { Explain } from '../../../grammar/index.ts'
import { planView, relations, statementsOf } from '../../../test/golden/plan-world.ts'
import type { Catalog, QueryEntry } from '../catalog.ts'
import { exportFlink } from './export.ts'

const RUNS = "CREATE SINK s AS SELECT region FROM orders WITH (topic = 'out')"

function exported(sql: string) {
  const { plan } = planView(RUNS)
  const entry: QueryEntry = { name: 's', sql, target: 's', kind: 'sink', plan, state: 'running', createdAtMs: 0 }
  const known = relations()
  const catalog: Catalog = {
    relation: (name) => known.relation(name),
    relations: () => known.relations(),
    query: (name) => (name === 's' ? entry : undefined),
    queries: () => [entry],
  }
  const asked = 'EXPLAIN FLINK QUERY s'
  const result = exportFlink(statementsOf(asked)[0] as Explain, catalog, new Map([['time.mode', 'processing']]))
  if ('text' in result) return result.text
  return result.diagnostics.map(({ code, message, span }) => ({ code, message, at: asked.slice(span.start, span.end) }))
}

it('are planned by their own settings, not by those of who asks', () => {
  expect(exported(RUNS)).toContain('INSERT INTO `s`\nSELECT `region`\nFROM `orders`;')
  expect(exported(RUNS)).not.toContain('PROCTIME')
})

it('say what has no equal, and where it is in their text', () => {
  expect(exported("CREATE SINK s AS SELECT region,\n  hash(region) AS h FROM orders WITH (topic = 'out')")).toEqual([
    {
      code: 'NOT_SUPPORTED',
      message: 'Flink SQL has no equal of function "hash", line 2, column 3 of query "s": hash(region)',
      at: 's',
    },
  ])
})

it('say what has become of what they read', () => {
  expect(exported("CREATE SINK s AS SELECT gone FROM orders WITH (topic = 'out')")).toEqual([
    { code: 'UNKNOWN_COLUMN', message: 'stream "orders" has no column "gone", in the text of query "s"', at: 's' },
  ])
})
