import type { Clock } from '../engine/ports/clock.ts'
import type { RestoreProgress } from '../engine/ports/state.ts'
import type { Step } from '../plan/physical/nodes.ts'
import type { QueryStats } from './api.ts'
import type { Job } from './job.ts'
import { activityOf, lagCauses, percent, seconds, type TaskActivity } from './lag-causes.ts'
import { together } from './query-activity.ts'
import { detailsOf, type QueryTasks, statsOfTasks, tasksOfQuery } from './query-tasks.ts'
import type { OperatorDetail, PartitionDetail } from './task-detail.ts'
import type { OtherReplicas } from './view-tables.ts'

/** Between the two looks: long enough for a commit, short enough to wait for. */
const LOOK_MS = 1_000

/** What a running query does, measured for a moment, and why it lags. */
export interface QueryAnalysis {
  readonly query: string
  readonly state: QueryStats['state']
  readonly error: string | undefined
  readonly restore: RestoreProgress
  /** Of how many tasks something is known, and how many there are. */
  readonly tasksSeen: number
  readonly tasksTotal: number
  readonly activity: readonly TaskActivity[]
  /** Its plan, from the sources on, each step with what all tasks together did; empty where nothing was measured. */
  readonly operators: readonly OperatorActivity[]
  /** The most important one first; empty for a query that keeps up. */
  readonly causes: readonly string[]
  readonly seen: QueryTasks
}

/** One step of the plan, in all tasks together. */
export interface OperatorActivity extends Omit<OperatorDetail, 'busyMs'> {
  /** The steps whose rows it takes. */
  readonly inputs: readonly string[]
  /** Between the two looks. */
  readonly rowsInPerSecond: number
  readonly rowsOutPerSecond: number
  /** Of the time of the tasks that have it. */
  readonly busyShare: number
}

/** Looks twice at the tasks of a query, wherever they run. */
export async function analyzeQuery(job: Job, clock: Clock, others: OtherReplicas | undefined): Promise<QueryAnalysis> {
  const before = await tasksOfQuery(job, others)
  await clock.sleepUntil(clock.nowMs() + LOOK_MS)
  const seen = await tasksOfQuery(job, others)
  const { state, error, restore } = statsOfTasks(job, seen)
  const [details, detailsBefore] = [detailsOf(seen), detailsOf(before)]
  const activity = [...details].flatMap(([id, now]) => {
    const old = detailsBefore.get(id)
    return (old && activityOf(old, now)) ?? []
  })
  return {
    query: job.entry.name,
    state,
    error,
    restore,
    tasksSeen: details.size,
    tasksTotal: job.tasks.length,
    activity,
    operators: operatorActivities(job.entry.plan.steps, activity),
    causes: activity.length === 0 ? [] : lagCauses(activity),
    seen,
  }
}

/** EXPLAIN ANALYZE QUERY. */
export function analysisText(
  { activity: tasks, operators, causes, error, ...analysis }: QueryAnalysis,
  nowMs: number,
): string {
  const { query, state, tasksSeen, tasksTotal, seen } = analysis
  const head = `query "${query}": ${state}, ${tasksSeen} of ${tasksTotal} tasks seen`
  const around = [
    ...restoreLines(analysis.restore),
    ...silentLines(seen),
    ...(error === undefined ? [] : [`error: ${error}`]),
  ]
  if (tasks.length === 0) return [head, ...around].join('\n')
  return [
    `${head}; measured for ${seconds(Math.max(...tasks.map(({ elapsedMs }) => elapsedMs)))}`,
    ...(causes.length === 0 ? ['it keeps up'] : causes),
    ...around,
    ...replicaLines(seen, tasksTotal),
    '== operators ==',
    ...aligned(operatorLines(operators)),
    '== partitions ==',
    ...aligned(partitionLines(tasks, nowMs)),
    '== waiting ==',
    ...waitingLines(tasks),
  ].join('\n')
}

/** Where the tasks run, where that is more than one place, and where their state is as well. */
function replicaLines({ replicaOf, copiesOf }: QueryTasks, tasksTotal: number): readonly string[] {
  const running = [...replicaOf.values()]
  const copies = [...copiesOf.values()].flat()
  return [
    ...(new Set(running).size < 2 ? [] : [`tasks by replica: ${countedByName(running)}`]),
    ...(copies.length === 0
      ? []
      : [`copies in step: of ${copiesOf.size} of ${tasksTotal} tasks, by replica: ${countedByName(copies)}`]),
  ]
}

function countedByName(names: readonly string[]): string {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
}

/** Tasks that restore are not open yet. */
function restoreLines({ records, remaining }: RestoreProgress): readonly string[] {
  return remaining === 0 ? [] : [`state is restored: ${records} records of the changelog read, ${remaining} to go`]
}

function silentLines({ silent }: QueryTasks): readonly string[] {
  return [...silent].map(([replica, why]) => `replica "${replica}" did not tell of its tasks: ${why}`)
}

function operatorActivities(steps: readonly Step[], tasks: readonly TaskActivity[]): readonly OperatorActivity[] {
  return steps.flatMap(({ id, inputs }) => {
    const those = tasks.filter(({ busyMs }) => busyMs.has(id))
    const operators = those.flatMap(({ now }) => now.operators.filter((one) => one.id === id))
    if (operators.length === 0) return []
    const rate = (of: (one: TaskActivity) => ReadonlyMap<string, number>) =>
      those.reduce((all, one) => all + (1000 * (of(one).get(id) ?? 0)) / one.elapsedMs, 0)
    const busy = those.reduce((all, one) => all + (one.busyMs.get(id) ?? 0), 0)
    const time = those.reduce((all, one) => all + one.elapsedMs, 0)
    return [
      {
        ...together(operators),
        inputs,
        rowsInPerSecond: rate(({ rowsIn }) => rowsIn),
        rowsOutPerSecond: rate(({ rowsOut }) => rowsOut),
        busyShare: busy / time,
      },
    ]
  })
}

function operatorLines(operators: readonly OperatorActivity[]): readonly (readonly string[])[] {
  return operators.map((one) => [
    one.id,
    `${Math.round(one.rowsInPerSecond)} rows/s`,
    `${percent(one.busyShare)} busy`,
    `${one.rowsIn} in`,
    `${one.rowsOut} out`,
    `${one.stateEntries} entries of state`,
    `watermark ${timeText(one.watermark)}`,
    one.tableDelayMs === undefined ? '' : `table ${seconds(one.tableDelayMs)} behind the stream`,
    one.rowsWaiting === 0 ? '' : `${one.rowsWaiting} rows wait for the table's watermark`,
    one.rowsOverdue === 0 ? '' : `${one.rowsOverdue} rows went on without it`,
  ])
}

function partitionLines(tasks: readonly TaskActivity[], nowMs: number): readonly (readonly string[])[] {
  const partitions = tasks.flatMap(({ now }) => now.partitions)
  return partitions.map(({ scan, partition, lagRecords, eventTimeMs, holdsBack }: PartitionDetail) => [
    `${scan} ${partition}`,
    lagRecords === undefined ? 'lag unknown' : `${lagRecords} records behind`,
    Number.isFinite(eventTimeMs) ? `event time ${timeText(eventTimeMs)}, ${seconds(nowMs - eventTimeMs)} ago` : '',
    holdsBack && partitions.length > 1 ? 'holds the watermark' : '',
  ])
}

function waitingLines(tasks: readonly TaskActivity[]): readonly string[] {
  const time = tasks.reduce((all, one) => all + one.elapsedMs, 0)
  const share = (of: (one: TaskActivity) => number) => percent(tasks.reduce((all, one) => all + of(one), 0) / time)
  return [
    `commits ${share(({ commitMs }) => commitMs)}, schema registry ${share(({ prepareMs }) => prepareMs)}, ` +
      `lookups ${share(({ lookupMs }) => lookupMs)}, readers of results ${share(({ outputMs }) => outputMs)}`,
  ]
}

function timeText(timeMs: number): string {
  if (Number.isFinite(timeMs)) return new Date(timeMs).toISOString()
  return timeMs > 0 ? 'at its end' : 'none'
}

function aligned(lines: readonly (readonly string[])[]): readonly string[] {
  const widths: number[] = []
  for (const line of lines) for (const [i, text] of line.entries()) widths[i] = Math.max(widths[i] ?? 0, text.length)
  return lines.map((line) =>
    line
      .map((text, i) => text.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
