import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, print, type Query, renderDiagnostics, type Statement } from '../../grammar/index.ts'
import { bindQuery } from '../../src/plan/bind/bind-query.ts'
import { NO_CLAUSES } from '../../src/plan/bind/clauses.ts'
import { newEnvironment } from '../../src/plan/bind/new-environment.ts'
import type { Catalog } from '../../src/plan/catalog.ts'
import { CatalogWith } from '../../src/plan/catalog-with.ts'
import { Diagnostics } from '../../src/plan/diagnostics.ts'
import type { LogicalPlan } from '../../src/plan/logical/nodes.ts'
import type { PhysicalPlan } from '../../src/plan/physical/nodes.ts'
import {
  type ContinuousPlan,
  defineSource,
  defineView,
  type LogicalPlans,
  planContinuous,
  planQuery,
} from '../../src/plan/planner.ts'

/** SQL to plans over the relations of relations.sql: what goldens and specs of the planner begin with. */
const RELATIONS = readFileSync(join(import.meta.dirname, 'relations.sql'), 'utf8')
const EMPTY: Catalog = { relation: () => undefined, relations: () => [], query: () => undefined, queries: () => [] }

export interface PlannedLast {
  readonly plan: PhysicalPlan
  readonly logical: LogicalPlans
}

export function relations(): CatalogWith {
  const catalog = new CatalogWith(EMPTY)
  for (const statement of statementsOf(RELATIONS)) define(statement, catalog)
  return catalog
}

export function statementsOf(sql: string): readonly Statement[] {
  const { statements, diagnostics } = parse(sql)
  if (diagnostics.length > 0) throw new Error(renderDiagnostics(sql, diagnostics))
  return statements
}

/** The last statement's plan, after the others have been done; SET included. */
export function planLast(sql: string, catalog: CatalogWith = relations()): PlannedLast {
  const session = new Map<string, string>()
  const statements = statementsOf(sql)
  for (const statement of statements.slice(0, -1)) {
    if (statement.kind === 'set' && statement.property.value.kind === 'string') {
      session.set(statement.property.key, statement.property.value.value)
    } else define(statement, catalog)
  }
  const last = statements.at(-1) as Statement
  if (last.kind !== 'query') return continuous(sql, last, catalog, session)
  const planned = planQuery(last, catalog, session, undefined)
  if (planned.plan === undefined) throw new Error(renderDiagnostics(sql, planned.diagnostics))
  return planned
}

/** A continuous statement's plan with all that goes with it. */
export function planView(sql: string, catalog: CatalogWith = relations()): ContinuousPlan {
  return continuous(sql, statementsOf(sql)[0] as Statement, catalog, new Map())
}

function continuous(
  sql: string,
  statement: Statement,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
): ContinuousPlan {
  const target = { name: 'q', topic: 'q.results' }
  const { plan, diagnostics } = planContinuous(statement as never, catalog, session, target)
  if (plan === undefined) throw new Error(renderDiagnostics(sql, diagnostics))
  return plan
}

/** A query as it is bound, before any rule. */
export function bound(sql: string): LogicalPlan {
  const diagnostics = new Diagnostics()
  const environment = newEnvironment({ catalog: relations(), diagnostics })
  const plan = diagnostics.attempt(() => bindQuery(statementsOf(sql)[0] as Query, environment, NO_CLAUSES))
  if (plan === undefined || diagnostics.failed) throw new Error(renderDiagnostics(sql, diagnostics.all))
  return plan
}

export function define(statement: Statement, catalog: CatalogWith): void {
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
      catalog.addResults(name, plan.plan.schema, plan.lateStreams, false)
      const { schema } = plan.plan
      catalog.add({ kind: 'materialized-view', name, schema, sql: print(statement), topic: '', query: name })
      return
    }
    default:
      throw new Error(`a golden does not define things with ${statement.kind}`)
  }
}
