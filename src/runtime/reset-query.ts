import { errorAt, parse, type ResetQuery } from '../../grammar/index.ts'
import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { Catalog, MaterializedRelation, QueryEntry } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
import { withoutLocalAggregation } from '../plan/physical/local-aggregation.ts'
import type { PhysicalPlan, ScanStep, StartupSpec, Step } from '../plan/physical/nodes.ts'
import { planContinuous } from '../plan/planner.ts'
import { createQueryTopics, deleteTopic, layOutQuery } from './query-topics.ts'
import { withTopics } from './scan-topics.ts'
import { endOf } from './start-offset.ts'
import type { StatementsOptions } from './statements.ts'
import { incarnationOf, ownTopics } from './task-spec.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * RESET QUERY: the query reads its input again from another place, as if it were new, with the plan that it has.
 *
 * It becomes another incarnation: tasks, state, changelogs and result logs have other names, so that nothing of the old
 * one can get into the new one, whoever still runs it and whenever a crash comes. The catalog changes from one to the
 * other in one step. What is left of the old one is deleted behind it.
 */
export async function resetQuery(
  statement: ResetQuery,
  old: QueryEntry,
  { catalog, jobs, storage, clock }: StatementsOptions,
): Promise<string> {
  const found = await withTopics(withoutLocalAggregation(old.plan), { storage, clock })
  const plan = await startingAt(found, statement, catalog, storage)
  const before = resultsOf(old, catalog)
  checkReaders(old, before, catalog)
  const incarnation = Math.max(clock.nowMs(), incarnationOf(old) + 1)
  const after = before.map((one) => ({ ...one, topic: topicAfter(one.topic, incarnation) }))
  const results = new Map(before.map(({ topic }, i) => [topic, after[i]?.topic ?? topic]))
  // On a partitioned log the tasks follow from the partitions that there are now.
  const { layout: _, ...entry } = { ...old, plan: writingTo(plan, results), incarnation }
  const changed = await layOutQuery(storage, entry)
  await createQueryTopics(storage, after, changed, retentionOf(old, catalog))
  await jobs.remove(old.name)
  try {
    await catalog.write({ relations: after, queries: [changed] })
    await jobs.start(changed)
  } catch (error) {
    await jobs.remove(old.name)
    await catalog.write({ relations: before, queries: [old] })
    await jobs.start(old).catch(() => undefined)
    await deleteOwn(storage, changed, after)
    throw error
  }
  await jobs.dropState(old)
  await deleteOwn(storage, old, before)
  const again = changed.state === 'running' ? 'reads' : 'is paused, and will read'
  return `query "${old.name}" ${again} its input again from ${placeText(statement)}`
}

async function deleteOwn(storage: Storage, entry: QueryEntry, results: readonly MaterializedRelation[]): Promise<void> {
  for (const { name } of ownTopics(entry)) await deleteTopic(storage, name)
  for (const { topic } of results) await deleteTopic(storage, topic)
}

function placeText({ to }: ResetQuery): string {
  if (typeof to !== 'string') return to.text
  return to === 'earliest' ? 'the beginning' : 'its end'
}

async function startingAt(
  plan: PhysicalPlan,
  statement: ResetQuery,
  catalog: Catalog,
  storage: Storage,
): Promise<PhysicalPlan> {
  const { query, to, span } = statement
  const steps: Step[] = []
  for (const step of plan.steps) {
    const reason = step.kind !== 'scan' || to === 'earliest' ? undefined : whyFromBeginning(step, catalog)
    if (reason !== undefined) {
      const message = `query "${query.name}" can't be reset to ${to === 'latest' ? 'LATEST' : 'a timestamp'}: ${reason}`
      const hint = `RESET QUERY ${query.name} TO EARLIEST reads all there is.`
      throw invalidSql([errorAt(span, 'INVALID_QUERY', message, { hint })])
    }
    steps.push(step.kind === 'scan' ? { ...step, startup: await startupOf(step, statement, storage) } : step)
  }
  return { ...plan, steps }
}

async function startupOf(scan: ScanStep, { to }: ResetQuery, { log }: Storage): Promise<StartupSpec> {
  if (to === 'earliest') return { kind: to }
  if (to !== 'latest') return { kind: 'timestamp', timestampMs: to.epochMs }
  // As of this moment: tasks start a while later, some of them elsewhere, and must not miss what comes until then.
  return (await endOf(scan, log)) ?? { kind: 'offsets', offsets: {} }
}

/** Undefined where a scan can begin anywhere. */
function whyFromBeginning({ relation, connector, schema }: ScanStep, catalog: Catalog): string | undefined {
  if (schema.mode !== 'append' || catalog.relation(relation)?.kind === 'table') {
    return `it reads "${relation}", which without its first rows would be another table`
  }
  if (isLogConnector(connector.kind) || connector.kind === 'result') return undefined
  return `it reads "${relation}" from connector "${connector.kind}", which has no positions in time`
}

/** What it writes and owns: its view, its streams of late rows. */
function resultsOf({ name }: QueryEntry, catalog: Catalog): readonly MaterializedRelation[] {
  return catalog.relations().filter((one): one is MaterializedRelation => 'topic' in one && one.query === name)
}

/** To its readers rows would vanish that were never taken back. */
function checkReaders({ name }: QueryEntry, results: readonly MaterializedRelation[], catalog: Catalog): void {
  const read = new Set(results.map((one) => one.name))
  const readers = catalog
    .queries()
    .filter(({ plan }) => plan.steps.some((step) => step.kind === 'scan' && read.has(step.relation)))
    .map((one) => `"${one.name}"`)
    .join(', ')
  if (readers === '') return
  throw new AppError('FAILED_PRECONDITION', `"${name}" is read by ${readers}, which could not take back its rows`, {
    hint: `Drop ${readers} first, and create it anew afterwards.`,
  })
}

/** The last part of the name of a result log is the moment when it was made. */
function topicAfter(topic: string, incarnation: number): string {
  return `${topic.slice(0, topic.lastIndexOf('.'))}.${incarnation.toString(36)}`
}

function writingTo(plan: PhysicalPlan, topics: ReadonlyMap<string, string>): PhysicalPlan {
  const steps = plan.steps.map((step): Step => {
    if (step.kind !== 'sink' || step.connector.kind !== 'result') return step
    const { connector } = step
    const topic = topics.get(connector.options['topic'] ?? '')
    return topic === undefined
      ? step
      : { ...step, connector: { ...connector, options: { ...connector.options, topic } } }
  })
  return { ...plan, steps }
}

/** How long results are kept is not part of the plan that is stored, but of the statement. */
function retentionOf({ name, sql }: QueryEntry, catalog: Catalog): Retention | undefined {
  const [statement] = parse(sql).statements
  if (statement?.kind !== 'create-materialized-view' && statement?.kind !== 'create-as') return undefined
  return planContinuous(statement, catalog, new Map(), { name, topic: '' }).plan
}

interface Retention {
  readonly retentionMs: number | undefined
  readonly retentionBytes: number | undefined
}
