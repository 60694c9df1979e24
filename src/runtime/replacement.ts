import type { CreateAs, CreateMaterializedView, CreateSink } from '../../grammar/index.ts'
import type { Catalog, MaterializedRelation, QueryEntry } from '../plan/catalog.ts'
import { compatible } from '../plan/physical/compatible.ts'
import { withLocalAggregation } from '../plan/physical/local-aggregation.ts'
import { sameStages } from '../plan/physical/stages.ts'
import { type ContinuousPlan, planContinuous } from '../plan/planner.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * CREATE OR REPLACE of a query that runs: what would become of its state. Where the new plan can go on with it, the
 * query keeps its positions, its state and its result log, and its readers see no more than later changes. Where it
 * can't, the query starts anew from its input.
 */
export interface Replacement {
  readonly old: QueryEntry
  readonly plan: ContinuousPlan
  /** The result log that goes on. */
  readonly topic: string
  /** True, or the reason why the query starts anew. */
  readonly keepsState: true | string
}

export type ReplaceableStatement = CreateMaterializedView | CreateAs | CreateSink

/** Undefined where no query has the name. */
export function planReplacement(
  statement: ReplaceableStatement,
  catalog: Catalog,
  session: ReadonlyMap<string, string>,
): Replacement | undefined {
  const { name } = statement.name
  const old = catalog.query(name)
  if (old === undefined) return undefined
  const relation = catalog.relation(name)
  const topic = relation !== undefined && 'topic' in relation ? relation.topic : ''
  const { plan, diagnostics } = planContinuous(statement, catalog, session, { name, topic })
  if (plan === undefined) throw invalidSql(diagnostics)
  return { old, plan, topic, keepsState: keepsState(statement, old, plan, catalog) }
}

function keepsState(
  statement: ReplaceableStatement,
  old: QueryEntry,
  plan: ContinuousPlan,
  catalog: Catalog,
): true | string {
  const kind = statement.kind === 'create-sink' ? 'sink' : 'materialized-view'
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
