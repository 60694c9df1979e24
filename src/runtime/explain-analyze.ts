import type { Clock } from '../engine/ports/clock.ts'
import type { Job } from './job.ts'
import { activityOf, lagCauses, percent, seconds, type TaskActivity } from './lag-causes.ts'
import type { OperatorDetail, PartitionDetail, TaskDetail } from './task-detail.ts'

/** Between the two looks: long enough for a commit, short enough to wait for. */
const LOOK_MS = 1_000

/**
 * EXPLAIN ANALYZE QUERY: what the tasks of a running query do, measured for a second, and why it lags. Of a query that
 * several replicas share it tells of the tasks of this one.
 */
export async function explainAnalyze(job: Job, clock: Clock): Promise<string> {
  const before = await detailsOf(job)
  await clock.sleepUntil(clock.nowMs() + LOOK_MS)
  const after = await detailsOf(job)
  const { state, error } = await job.stats()
  const tasks = [...after].flatMap(([id, now]) => {
    const old = before.get(id)
    return (old && activityOf(old, now)) ?? []
  })
  const head = `query "${job.entry.name}": ${state}, ${after.size} of ${job.tasks.length} tasks run here`
  if (tasks.length === 0) return [head, ...(error === undefined ? [] : [`error: ${error}`])].join('\n')
  const causes = lagCauses(tasks)
  return [
    `${head}; measured for ${seconds(Math.max(...tasks.map(({ elapsedMs }) => elapsedMs)))}`,
    ...(causes.length === 0 ? ['it keeps up'] : causes),
    ...(error === undefined ? [] : [`error: ${error}`]),
    '== operators ==',
    ...aligned(operatorLines(tasks)),
    '== partitions ==',
    ...aligned(partitionLines(tasks, clock.nowMs())),
    '== waiting ==',
    ...waitingLines(tasks),
  ].join('\n')
}

async function detailsOf(job: Job): Promise<ReadonlyMap<string, TaskDetail>> {
  const found = await Promise.all(job.running.map(async (id) => [id, await job.detail(id)] as const))
  return new Map(found.flatMap(([id, detail]) => (detail === undefined ? [] : [[id, detail] as const])))
}

/** By step, all tasks together; the share is of the time of those that have the step. */
function operatorLines(tasks: readonly TaskActivity[]): readonly (readonly string[])[] {
  const ids = [...new Set(tasks.flatMap(({ now }) => now.operators.map(({ id }) => id)))]
  return ids.map((id) => {
    const those = tasks.filter(({ busyMs }) => busyMs.has(id))
    const operators = those.flatMap(({ now }) => now.operators.filter((one) => one.id === id))
    const total = (of: (one: OperatorDetail) => number) => operators.reduce((all, one) => all + of(one), 0)
    const rate = those.reduce((all, one) => all + (1000 * (one.rowsIn.get(id) ?? 0)) / one.elapsedMs, 0)
    const busy = those.reduce((all, one) => all + (one.busyMs.get(id) ?? 0), 0)
    const time = those.reduce((all, one) => all + one.elapsedMs, 0)
    const state = total(({ stateEntries }) => stateEntries)
    return [
      id,
      `${Math.round(rate)} rows/s`,
      `${percent(busy / time)} busy`,
      `${total(({ rowsIn }) => rowsIn)} in`,
      `${total(({ rowsOut }) => rowsOut)} out`,
      `${state} entries of state`,
      `watermark ${timeText(Math.min(...operators.map(({ watermark }) => watermark)))}`,
    ]
  })
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
      `readers of results ${share(({ outputMs }) => outputMs)}`,
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
