import type { AlterQuery, Explain, Identifier, Statement } from '../../grammar/index.ts'
import { errorAt, type Query } from '../../grammar/index.ts'
import type { ParameterValue } from '../core/parameter.ts'
import type { Parameters } from '../plan/bind/environment.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import { explainLogical, explainPhysical, explainStages } from '../plan/explain.ts'
import { exportFlink } from '../plan/flink/export.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'
import { type LogicalPlans, planContinuous, planQuery } from '../plan/planner.ts'
import type { StoredCatalog } from './catalog.ts'
import { planAlteration, planReplacement, type Replacement, replacementText } from './replacement.ts'
import { invalidSql } from './weir-runtime.ts'

/** EXPLAIN: the plan as bound, as optimised, and as it runs; of a running query, the plan that was stored. */
export function explainStatement(
  statement: Explain,
  catalog: StoredCatalog,
  session: ReadonlyMap<string, string>,
  parameters?: readonly ParameterValue[],
): string {
  const { target, mode } = statement
  if (mode === 'flink') {
    const exported = exportFlink(statement, catalog, session)
    if ('diagnostics' in exported) throw invalidSql(exported.diagnostics)
    return exported.text
  }
  if (mode === 'replace') return explainReplace(statement, catalog, session)
  if (target.kind === 'identifier') {
    const query = requireQuery(target, catalog)
    return query.layout === undefined ? explainPhysical(query.plan) : explainStages(query.plan)
  }
  if (target.kind === 'alter-query') return explainAlter(target, catalog)
  const { logical, plan } = planOf(target, catalog, session, parameters ?? 'unknown')
  return [
    '== logical plan ==',
    explainLogical(logical.bound),
    '== optimised ==',
    explainLogical(logical.optimised),
    '== physical plan ==',
    explainPhysical(plan),
  ].join('\n')
}

function requireQuery({ name, span }: Identifier, catalog: StoredCatalog): QueryEntry {
  const query = catalog.query(name)
  if (query !== undefined) return query
  const hint = 'SHOW QUERIES lists those that run.'
  throw invalidSql([errorAt(span, 'UNKNOWN_RELATION', `there is no query "${name}"`, { hint })])
}

/** What CREATE OR REPLACE would do to a query that runs. Nothing is done. */
function explainReplace({ target }: Explain, catalog: StoredCatalog, session: ReadonlyMap<string, string>): string {
  switch (target.kind) {
    case 'create-materialized-view':
    case 'create-as':
    case 'create-sink': {
      const { name } = target.name
      const old = catalog.query(name)
      if (old !== undefined) return explained(planReplacement(target, old, catalog, session))
      const plan = explainPhysical(planOf(target, catalog, session, undefined).plan)
      return [`"${name}" would be new: no query has the name`, '== would run ==', plan].join('\n')
    }
    default:
      throw invalidSql([
        errorAt(target.span, 'INVALID_QUERY', 'only a query that stays can be replaced', {
          hint: 'EXPLAIN REPLACE takes CREATE OR REPLACE MATERIALIZED VIEW or SINK.',
        }),
      ])
  }
}

function explained(replacement: Replacement, text = replacementText(replacement)): string {
  const { old, plan } = replacement
  const [before, after] = [explainPhysical(old.plan), explainPhysical(plan.plan)]
  return [`"${old.name}": ${text}`, '== runs ==', before, '== would run ==', after].join('\n')
}

/** What ALTER would do. Nothing is done. */
function explainAlter(statement: AlterQuery, catalog: StoredCatalog): string {
  const altered = planAlteration(statement, requireQuery(statement.query, catalog), catalog)
  const { keepsState } = altered
  return explained(altered, keepsState === true ? undefined : `ALTER would be refused: ${keepsState}`)
}

function planOf(
  target: Statement | Query,
  catalog: StoredCatalog,
  session: ReadonlyMap<string, string>,
  parameters: Parameters,
): { readonly logical: LogicalPlans; readonly plan: PhysicalPlan } {
  switch (target.kind) {
    case 'query': {
      const { plan, logical, diagnostics } = planQuery(target, catalog, session, parameters)
      if (plan === undefined) throw invalidSql(diagnostics)
      return { plan, logical }
    }
    case 'create-materialized-view':
    case 'create-as':
    case 'create-sink':
    case 'insert': {
      const name = target.kind === 'insert' ? target.target.name : target.name.name
      const { plan, diagnostics } = planContinuous(target, catalog, session, { name, topic: `results of ${name}` })
      if (plan === undefined) throw invalidSql(diagnostics)
      return { plan: plan.plan, logical: plan.logical }
    }
    default:
      throw invalidSql([
        errorAt(target.span, 'INVALID_QUERY', 'only statements with a query have a plan', {
          hint: 'EXPLAIN takes SELECT, CREATE MATERIALIZED VIEW, CREATE SINK and INSERT … SELECT.',
        }),
      ])
  }
}
