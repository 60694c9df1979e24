import { type AlterQuery, errorAt } from '../../grammar/index.ts'
import { alteredQuery, type StoredQuery } from '../plan/alter.ts'
import type { Catalog, MaterializedRelation, QueryEntry } from '../plan/catalog.ts'
import { Diagnostics } from '../plan/diagnostics.ts'
import { compatible } from '../plan/physical/compatible.ts'
import { withLocalAggregation } from '../plan/physical/local-aggregation.ts'
import type { PhysicalPlan, Step } from '../plan/physical/nodes.ts'
import { sameStages } from '../plan/physical/stages.ts'
import { type ContinuousPlan, type ContinuousStatement, planContinuous } from '../plan/planner.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * CREATE OR REPLACE and ALTER of a query that runs: what would become of its state. Where the new plan can go on with
 * it, the query keeps its positions, its state and its result log, and its readers see no more than later changes.
 * Where it can't, a replacement starts anew from its input, and an alteration is refused.
 */
export interface Replacement {
  readonly old: QueryEntry
  readonly plan: ContinuousPlan
  /** The result log that goes on. */
  readonly topic: string
  /** True, or the reason why the query starts anew. */
  readonly keepsState: true | string
}

export function planReplacement(
  statement: ContinuousStatement,
  old: QueryEntry,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
): Replacement {
  const { name } = old
  const relation = catalog.relation(name)
  const topic = relation !== undefined && 'topic' in relation ? relation.topic : ''
  const { plan, diagnostics } = planContinuous(statement, catalog, session, { name, topic })
  if (plan === undefined) throw invalidSql(diagnostics)
  const kept = keepsState(statement, old, plan, catalog)
  return { old, plan: kept === true ? startingAs(old.plan, plan) : plan, topic, keepsState: kept }
}

/** What ALTER would make of a query. */
export function planAlteration(
  statement: AlterQuery,
  old: QueryEntry,
  catalog: Catalog,
): Replacement & Pick<StoredQuery, 'statement'> {
  const diagnostics = new Diagnostics()
  const altered = diagnostics.attempt(() => alteredQuery(statement, old))
  if (altered === undefined) throw invalidSql(diagnostics.all)
  const replacement = planReplacement(altered.statement, old, catalog, altered.session)
  if (replacement.plan.reads.includes(old.name)) {
    throw invalidSql([errorAt(statement.action.span, 'INVALID_QUERY', `query "${old.name}" would read itself`)])
  }
  return { ...replacement, statement: altered.statement }
}

/** A partition that was never read begins where the query began, or was reset to, and not where one of today would. */
function startingAs(old: PhysicalPlan, plan: ContinuousPlan): ContinuousPlan {
  const scans = new Map(old.steps.flatMap((step) => (step.kind === 'scan' ? [[step.id, step]] : [])))
  const steps = plan.plan.steps.map((step): Step => {
    const before = scans.get(step.id)
    if (step.kind !== 'scan' || before === undefined) return step
    return { ...step, startup: before.startup, ...(before.topics && { topics: before.topics }) }
  })
  return { ...plan, plan: { ...plan.plan, steps } }
}

function keepsState(
  { kind: written }: ContinuousStatement,
  old: QueryEntry,
  plan: ContinuousPlan,
  catalog: Catalog,
): true | string {
  const kind = written === 'create-sink' ? 'sink' : written === 'insert' ? 'insert' : 'materialized-view'
  if (old.kind !== kind) return `it was a ${old.kind.replaceAll('-', ' ')}`
  const lost = lateStreamsOf(catalog, old.name).find((late) => {
    const next = plan.lateStreams.find((one) => one.name === late.name)
    return next === undefined || JSON.stringify(next.schema) !== JSON.stringify(late.schema)
  })
  if (lost !== undefined) return `its stream of late rows "${lost.name}" would go, or have other columns`
  const same = compatible(old.plan, plan.plan)
  return same === true && old.layout !== undefined ? sameStages(old.plan, withLocalAggregation(plan.plan)) : same
}

export function lateStreamsOf(catalog: Catalog, query: string): readonly MaterializedRelation[] {
  return catalog
    .relations()
    .filter((one): one is MaterializedRelation => one.kind === 'late-stream' && one.query === query)
}

/** What a replacement does, for EXPLAIN REPLACE and the result of the statement. */
export function replacementText({ keepsState: kept }: Replacement): string {
  return kept === true ? 'its state is kept' : `it starts anew: ${kept}`
}
