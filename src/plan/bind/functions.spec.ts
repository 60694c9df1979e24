import { describe, expect, test } from 'vitest'
import { parse } from '../../../grammar/index.ts'
import { define, relations } from '../../../test/golden/plan-world.ts'
import type { CatalogWith } from '../catalog-with.ts'
import { planQuery } from '../planner.ts'
import { AGGREGATE_FUNCTIONS } from './aggregates.ts'
import { MISSING_FUNCTIONS, REWRITTEN_FUNCTIONS, SCALAR_FUNCTIONS, scalarFunction } from './functions.ts'

/** The names that examples use, with each of the types that they have there. */
const COLUMNS = `payload JSON, tags ARRAY<STRING>, attributes MAP<STRING, STRING>, name STRING, nick STRING, region STRING,
  body BYTES, d DATE, due DATE, today DATE, t TIME, opens TIME, closes TIME, ts TIMESTAMP, arrived TIMESTAMP, sent TIMESTAMP,
  ms BIGINT, x DOUBLE, amount DECIMAL(12, 2), price DECIMAL(12, 2), latency DOUBLE, user_id BIGINT, item STRING, ok BOOLEAN,
  failed BOOLEAN, k ARRAY<STRING>, v ARRAY<INT>`
const VARIANTS = ['BIGINT', 'STRING', 'TIMESTAMP', 'ARRAY<BIGINT>']

function worlds(): readonly CatalogWith[] {
  return VARIANTS.map((type) => {
    const catalog = relations()
    const { statements } = parse(`CREATE STREAM examples (a ${type}, b ${type}, ${COLUMNS}) WITH (topic='x');`)
    for (const statement of statements) define(statement, catalog)
    return catalog
  })
}

const catalogs = worlds()

/** What is wrong with an expression in every world, or undefined. */
function problem(example: string): string | undefined {
  const { statements, diagnostics } = parse(`SELECT ${example} AS result FROM examples;`)
  const [query] = statements
  if (query?.kind !== 'query') return diagnostics.map((one) => one.message).join('; ')
  const found = catalogs.map((catalog) => planQuery(query, catalog, new Map(), undefined))
  return found.some((one) => one.plan !== undefined) ? undefined : found[0]?.diagnostics[0]?.message
}

describe.each(SCALAR_FUNCTIONS.filter((one) => one.callable))('$id', ({ id, example, doc, aliases }) => {
  test('has an example that can be bound', () => {
    expect(problem(example)).toBeUndefined()
    expect(example).toMatch(new RegExp(`^${id}\\(`))
  })

  test('is found by all its names, and said in a line', () => {
    for (const name of [id, ...aliases]) expect(scalarFunction(name)?.id).toBe(id)
    expect(doc.length).toBeGreaterThan(3)
    expect(doc).not.toMatch(/\.$/)
  })
})

test.each(AGGREGATE_FUNCTIONS.map((one) => [one.id, one.example]))(
  'aggregate %s has an example that can be bound',
  (_, example) => {
    expect(problem(example)).toBeUndefined()
  },
)

test('every name means one function', () => {
  const callable = SCALAR_FUNCTIONS.filter((one) => one.callable)
  const names = [
    ...callable.flatMap((one) => [one.id, ...one.aliases]),
    ...AGGREGATE_FUNCTIONS.flatMap((one) => [one.id, ...one.aliases]),
    ...REWRITTEN_FUNCTIONS.map((one) => one.name),
    ...MISSING_FUNCTIONS.keys(),
  ]
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([])
  const ids = SCALAR_FUNCTIONS.map((one) => one.id)
  expect(new Set(ids).size).toBe(ids.length)
})

test.each(['year(ts)', 'if(ok, 1, 2)', 'mod(user_id, 7)', 'typeof(ts)', 'date(ts)', 'current_date()'])(
  '%s can be bound',
  (example) => {
    expect(problem(example)).toBeUndefined()
  },
)
