import { must } from '../core/assert.ts'
import type { TopicSpec } from '../engine/ports/log.ts'
import type { TaskTopics, TopicPartition } from '../engine/ports/state.ts'
import type { SideStream } from '../engine/side-outputs.ts'
import type { Catalog, QueryEntry, QueryLayout } from '../plan/catalog.ts'
import type { PhysicalPlan, Step } from '../plan/physical/nodes.ts'
import { partitionNumbers, partitionWithin } from '../plan/physical/scan-topics.ts'
import { cutIntoStages, type Stage, stageTasks } from '../plan/physical/stages.ts'
import { withoutReorder } from '../plan/physical/without-reorder.ts'
import { deliveries, isDelivered, outboxTopic, writingInto } from './deliveries.ts'

/**
 * One task of a query with all that it needs to know, as JSON: so it can be run by this thread, by another one, or by
 * another replica. On a log of our own a query is one task; over Kafka it is one a stage and partition.
 */
export interface TaskSpec {
  /** `<query>[/<incarnation>]` where it is the only task, else `<query>.<incarnation>/<stage>/<partition>`. */
  readonly id: string
  readonly query: string
  readonly stage: number
  readonly partition: number
  readonly plan: PhysicalPlan
  /** Undefined where the backend keeps the log and the state together. */
  readonly topics: TaskTopics | undefined
  /** Where its results go, for a materialized view. */
  readonly result: TopicPartition | undefined
  /** By scan, the partitions that it reads; a scan that is not named is read whole. */
  readonly partitions: Readonly<Record<string, readonly number[]>>
  /** Streams of late rows and dead letters, by name. */
  readonly sides: Readonly<Record<string, Omit<SideStream, 'partitions'>>>
  /** The dead-letter stream for rows that fail inside the query. */
  readonly failedRows: string | undefined
  /** Of a task that writes into a store outside: the name under which the store keeps its position. */
  readonly delivers?: string | undefined
}

/** What an exchange has less than: its partitions are the most tasks that a stage can ever have. */
export const EXCHANGE_PARTITIONS_MAX = 64

/** Tasks and topics of a query's own are those of one incarnation: two of them have nothing in common. */
export function incarnationOf({ incarnation, createdAtMs }: QueryEntry): number {
  return incarnation ?? createdAtMs
}

/** A query that is the only task of its plan. */
export function wholeTask(name: string, stored: PhysicalPlan, catalog: Catalog, id = name): TaskSpec {
  const plan = withoutReorder(stored)
  const topic = resultTopicOf(plan)
  return {
    id,
    query: name,
    stage: 0,
    partition: 0,
    plan,
    topics: undefined,
    result: topic === undefined ? undefined : { topic, partition: 0 },
    partitions: {},
    ...sidesOf(plan, catalog),
  }
}

/** The log from which rows go to a store outside; undefined where none do. */
export function outboxOf(entry: QueryEntry): string | undefined {
  if (!isDelivered(entry.plan)) return undefined
  return `${entry.layout?.base ?? baseOf(entry, 'weir')}.outbox`
}

/** Begins the names of topics of its own. */
function baseOf(entry: QueryEntry, prefix: string): string {
  return `${prefix}.${entry.name}.${incarnationOf(entry).toString(36)}`
}

interface StageLayout {
  readonly stage: Stage
  readonly tasks: number
  readonly changelog: string
}

/** `partitionsOf`: of what a scan reads, at the time when the query is created. */
export function layOut(entry: QueryEntry, prefix: string, partitionsOf: ReadonlyMap<string, number>): QueryLayout {
  return {
    base: baseOf(entry, prefix),
    exchangePartitions: Math.min(EXCHANGE_PARTITIONS_MAX, Math.max(1, ...partitionsOf.values())),
    scanPartitions: Object.fromEntries(partitionsOf),
  }
}

function stagesOf(
  plan: PhysicalPlan,
  { base, exchangePartitions, scanPartitions }: QueryLayout,
): readonly StageLayout[] {
  return cutIntoStages(plan).map((stage) => ({
    stage,
    tasks: stageTasks(stage, ({ id }) => scanPartitions[id] ?? 1, exchangePartitions),
    changelog: `${base}.changelog-${stage.number}`,
  }))
}

/** As many as the result log of a view needs partitions. */
export function resultPartitions(plan: PhysicalPlan, layout: QueryLayout | undefined): number {
  return layout === undefined ? 1 : (stagesOf(plan, layout).at(-1)?.tasks ?? 1)
}

/** Topics that belong to the query alone: changelogs, what its stages exchange, what is on its way to a store. */
export function ownTopics(entry: QueryEntry): readonly TopicSpec[] {
  const { plan, layout } = entry
  const outbox = outboxOf(entry)
  return [
    ...(layout === undefined ? [] : layoutTopics(plan, layout)),
    ...(outbox === undefined ? [] : [outboxTopic(outbox, plan, resultPartitions(plan, layout))]),
  ]
}

/** The topics that a query needs beside those of its results. */
export function layoutTopics(plan: PhysicalPlan, layout: QueryLayout): readonly TopicSpec[] {
  const forever = { retentionMs: undefined, retentionBytes: undefined }
  return stagesOf(plan, layout).flatMap(({ stage, tasks, changelog }) => [
    { name: changelog, partitions: tasks, ...forever, cleanup: 'compact' as const },
    ...stage.reads.map((exchange) => ({
      name: exchangeTopic(layout.base, exchange),
      partitions: stage.single ? 1 : layout.exchangePartitions,
      retentionMs: EXCHANGE_RETENTION_MS,
      retentionBytes: undefined,
    })),
  ])
}

/** What was exchanged is read within seconds; a stage that is down for longer must find it all the same. */
const EXCHANGE_RETENTION_MS = 7 * 86_400_000

function exchangeTopic(base: string, exchange: string): string {
  return `${base}.${exchange}`
}

/** The tasks of a query; those that deliver its rows to a store outside come last. */
export function tasksOf(entry: QueryEntry, catalog: Catalog): readonly TaskSpec[] {
  const outbox = outboxOf(entry)
  if (outbox === undefined) return queryTasks(entry, catalog)
  const tasks = queryTasks({ ...entry, plan: writingInto(outbox, entry.plan) }, catalog)
  const delivered = { ...entry, incarnation: incarnationOf(entry) }
  return [...tasks, ...deliveries(delivered, outbox, tasks.filter(({ result }) => result !== undefined).length)]
}

function queryTasks(entry: QueryEntry, catalog: Catalog): readonly TaskSpec[] {
  const { layout, plan, name, incarnation } = entry
  if (layout === undefined) {
    const id = incarnation === undefined ? name : `${name}/${incarnation.toString(36)}`
    return [wholeTask(name, plan, catalog, id)]
  }
  const stages = stagesOf(plan, layout)
  return stages.flatMap((one) =>
    Array.from({ length: one.tasks }, (_, partition) => taskOf(entry, layout, stages, one, partition, catalog)),
  )
}

/** The tasks that keep the table of a view and write its result log, by partition. */
export function resultTasks(entry: QueryEntry, catalog: Catalog): readonly TaskSpec[] {
  return tasksOf(entry, catalog).filter(({ result }) => result !== undefined)
}

function taskOf(
  entry: QueryEntry,
  layout: QueryLayout,
  stages: readonly StageLayout[],
  { stage, changelog }: StageLayout,
  partition: number,
  catalog: Catalog,
): TaskSpec {
  const { name, plan } = entry
  const topic = stage.writes.length === 0 ? resultTopicOf(plan) : undefined
  const result = topic === undefined ? undefined : { topic, partition }
  const partitions: Record<string, readonly number[]> = {}
  for (const step of stage.plan.steps) {
    // One task alone reads all there is.
    if (step.kind !== 'scan' || (stage.single && step.connector.kind !== 'exchange')) continue
    const count = layout.scanPartitions[step.id] ?? Number.POSITIVE_INFINITY
    // Those of several topics that have the same number are of one task, and what goes beyond goes round.
    partitions[step.id] =
      step.topics === undefined
        ? [partition].filter((one) => one < count)
        : partitionNumbers(step.topics).filter((number) => partitionWithin(number) % count === partition)
  }
  return {
    id: `${name}.${incarnationOf(entry).toString(36)}/${stage.number}/${partition}`,
    query: name,
    stage: stage.number,
    partition,
    plan: { ...stage.plan, steps: stage.plan.steps.map((step) => resolve(step, layout, stages, partition)) },
    topics: { changelog: { topic: changelog, partition }, result, guarantee: plan.options.guarantee },
    result,
    partitions,
    ...sidesOf(plan, catalog),
  }
}

/** Both ends of an exchange get its topic, and how many tasks are at the other end. */
function resolve(step: Step, layout: QueryLayout, stages: readonly StageLayout[], partition: number): Step {
  if ((step.kind !== 'scan' && step.kind !== 'sink') || step.connector.kind !== 'exchange') return step
  const { connector } = step
  const exchange = must(connector.options['exchange'], 'an exchange has a name')
  const reader = stages.find(({ stage }) => stage.reads.includes(exchange))
  const writer = stages.find(({ stage }) => stage.writes.includes(exchange))
  const options = {
    ...connector.options,
    topic: exchangeTopic(layout.base, exchange),
    partitions: String(reader?.stage.single ? 1 : layout.exchangePartitions),
    channels: String(must(writer, 'an exchange is written').tasks),
    channel: String(partition),
  }
  return { ...step, connector: { ...connector, options } }
}

function resultTopicOf(plan: PhysicalPlan): string | undefined {
  const sink = plan.steps.find((step) => step.kind === 'sink')
  return sink?.connector.kind === 'result' ? sink.connector.options['topic'] : undefined
}

function sidesOf(plan: PhysicalPlan, catalog: Catalog): Pick<TaskSpec, 'sides' | 'failedRows'> {
  const sides: Record<string, Omit<SideStream, 'partitions'>> = {}
  const names = plan.steps.flatMap((step) => [
    ...(step.kind === 'scan' ? [step.deadLetter] : []),
    ...('latePolicy' in step ? [step.latePolicy?.into] : []),
  ])
  for (const name of names) {
    const relation = name === undefined ? undefined : catalog.relation(name)
    if (relation !== undefined && 'topic' in relation) {
      const { name: side, topic, schema, encoding } = relation
      sides[side] = { topic, schema, encoding }
    }
  }
  const scan = plan.steps.find((step) => step.kind === 'scan')
  return { sides, failedRows: scan?.kind === 'scan' ? scan.deadLetter : undefined }
}
