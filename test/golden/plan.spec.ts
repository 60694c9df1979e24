import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse, renderDiagnostics, type Statement } from '../../grammar/index.ts'
import type { Catalog } from '../../src/plan/catalog.ts'
import { CatalogWith } from '../../src/plan/catalog-with.ts'
import { explainLogical, explainPhysical } from '../../src/plan/explain.ts'
import { decodePlan, encodePlan } from '../../src/plan/physical/codec.ts'
import { compatible } from '../../src/plan/physical/compatible.ts'
import type { PhysicalPlan } from '../../src/plan/physical/nodes.ts'
import {
  checkScript,
  defineSource,
  defineView,
  type LogicalPlans,
  planContinuous,
  planQuery,
} from '../../src/plan/planner.ts'

/**
 * plan/: a script, and how its last statement is planned: as bound, after the rules, as steps.
 * error/: a script, and all that is wrong with it, as the user sees it.
 *
 * Both run over the relations of relations.sql. UPDATE=1 writes the files anew; the diff is reviewed as code.
 */
const UPDATE = process.env['UPDATE'] === '1'
const RELATIONS = readFileSync(join(import.meta.dirname, 'relations.sql'), 'utf8')
const EMPTY: Catalog = { relation: () => undefined, relations: () => [], query: () => undefined, queries: () => [] }

interface Planned {
  readonly plan: PhysicalPlan
  readonly logical: LogicalPlans
}

describe.each(goldens('plan'))('plan/%s', (file) => {
  const { path, sql, expected } = read('plan', file)
  const { plan, logical } = planLast(sql)

  test('is planned like this', () => {
    const parts = [
      `==== bound\n${explainLogical(logical.bound)}\n`,
      `==== optimised\n${explainLogical(logical.optimised)}\n`,
      `==== steps\n${explainPhysical(plan)}\n`,
    ]
    const actual = parts.join('')
    if (UPDATE) writeFileSync(path, `${sql}${actual}`)
    else expect(actual).toBe(expected)
  })

  test('survives storage', () => {
    expect(decodePlan(encodePlan(plan))).toEqual(plan)
  })

  test('can go on with its own state', () => {
    expect(compatible(plan, plan)).toBe(true)
  })

  test('keeps its columns through the rules', () => {
    const columns = ({ schema }: LogicalPlans['bound']) => schema.fields.map(({ name, type }) => ({ name, type }))
    expect(columns(logical.optimised)).toEqual(columns(logical.bound))
  })
})

describe.each(goldens('error'))('error/%s', (file) => {
  const { path, sql, expected } = read('error', file)

  test('is said like this', () => {
    const { statements, diagnostics } = parse(sql)
    const found = [...diagnostics, ...checkScript(statements, relations())]
    const actual = `==== errors\n${renderDiagnostics(sql, found)}\n`
    expect(found.length, 'something is wrong with it').toBeGreaterThan(0)
    if (UPDATE) writeFileSync(path, `${sql}${actual}`)
    else expect(actual).toBe(expected)
  })
})

test('there are cases', () => {
  expect(goldens('plan').length).toBeGreaterThanOrEqual(25)
  expect(goldens('error').length).toBeGreaterThanOrEqual(25)
})

function goldens(folder: string): readonly string[] {
  return readdirSync(join(import.meta.dirname, folder)).filter((name) => name.endsWith('.sql.txt'))
}

function read(folder: string, file: string) {
  const path = join(import.meta.dirname, folder, file)
  const text = readFileSync(path, 'utf8')
  const at = text.search(/^==== /m)
  return { path, sql: at === -1 ? text : text.slice(0, at), expected: at === -1 ? '' : text.slice(at) }
}

function relations(): CatalogWith {
  const catalog = new CatalogWith(EMPTY)
  for (const statement of statementsOf(RELATIONS)) define(statement, catalog)
  return catalog
}

function statementsOf(sql: string): readonly Statement[] {
  const { statements, diagnostics } = parse(sql)
  if (diagnostics.length > 0) throw new Error(renderDiagnostics(sql, diagnostics))
  return statements
}

function planLast(sql: string): Planned {
  const catalog = relations()
  const session = new Map<string, string>()
  const statements = statementsOf(sql)
  for (const statement of statements.slice(0, -1)) {
    if (statement.kind === 'set' && statement.property.value.kind === 'string') {
      session.set(statement.property.key, statement.property.value.value)
    } else define(statement, catalog)
  }
  const last = statements.at(-1) as Statement
  const planned = plan(last, catalog, session)
  if (planned.plan !== undefined) return planned as Planned
  throw new Error(renderDiagnostics(sql, planned.diagnostics))
}

function plan(statement: Statement, catalog: Catalog, session: ReadonlyMap<string, string>) {
  if (statement.kind === 'query') return planQuery(statement, catalog, session, undefined)
  const { plan, diagnostics } = planContinuous(statement as never, catalog, session, { name: 'q', topic: 'q.results' })
  return plan === undefined ? { plan: undefined, diagnostics } : { ...plan, diagnostics }
}

function define(statement: Statement, catalog: CatalogWith): void {
  switch (statement.kind) {
    case 'create-stream':
    case 'create-table':
    case 'create-view': {
      const defined =
        statement.kind === 'create-view' ? defineView(statement, catalog, new Map()) : defineSource(statement, catalog)
      if (defined.relation === undefined) throw new Error(JSON.stringify(defined.diagnostics))
      catalog.add(defined.relation)
      return
    }
    case 'create-materialized-view': {
      const name = statement.name.name
      const { plan, diagnostics } = planContinuous(statement, catalog, new Map(), { name, topic: `${name}.results` })
      if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
      catalog.addResults(name, plan.plan.schema, plan.lateStreams, true)
      return
    }
    default:
      throw new Error(`a golden does not define things with ${statement.kind}`)
  }
}
