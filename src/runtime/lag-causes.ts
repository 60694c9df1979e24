import type { TaskDetail } from './task-detail.ts'

/**
 * Why a query lags, in words: what its tasks have done between two looks at them. The first thing that is said is what
 * to change first.
 */
export interface TaskActivity {
  readonly elapsedMs: number
  /** Between the two looks, by step. */
  readonly busyMs: ReadonlyMap<string, number>
  readonly rowsIn: ReadonlyMap<string, number>
  readonly rowsOut: ReadonlyMap<string, number>
  readonly commitMs: number
  readonly prepareMs: number
  readonly lookupMs: number
  readonly outputMs: number
  /** As of the second look. */
  readonly now: TaskDetail
}

/** Undefined where the task was built anew in between. */
export function activityOf(before: TaskDetail, now: TaskDetail): TaskActivity | undefined {
  const elapsedMs = now.atMs - before.atMs
  const old = new Map(before.operators.map((one) => [one.id, one]))
  const busyMs = new Map<string, number>()
  const rowsIn = new Map<string, number>()
  const rowsOut = new Map<string, number>()
  for (const one of now.operators) {
    busyMs.set(one.id, one.busyMs - (old.get(one.id)?.busyMs ?? 0))
    rowsIn.set(one.id, one.rowsIn - (old.get(one.id)?.rowsIn ?? 0))
    rowsOut.set(one.id, one.rowsOut - (old.get(one.id)?.rowsOut ?? 0))
  }
  const { commitMs, prepareMs, lookupMs, outputMs } = now.times
  const restarted = elapsedMs <= 0 || [...busyMs.values()].some((ms) => ms < 0)
  if (restarted || commitMs < before.times.commitMs) return undefined
  return {
    elapsedMs,
    busyMs,
    rowsIn,
    rowsOut,
    commitMs: commitMs - before.times.commitMs,
    prepareMs: prepareMs - before.times.prepareMs,
    lookupMs: lookupMs - before.times.lookupMs,
    outputMs: outputMs - before.times.outputMs,
    now,
  }
}

/** A query that is no more than this many seconds of its own pace behind keeps up. */
const KEEPS_UP_SECONDS = 1
/** Nor is one that is so few records behind: they are on their way. */
const KEEPS_UP_RECORDS = 1_000
/** A task that works or waits for one thing for so much of its time has its bottleneck there. */
const BOTTLENECK_SHARE = 0.5
/** Of a commit less is enough: nothing is read meanwhile. */
const COMMIT_SHARE = 0.35
/** A partition with so much of the lag, and so many times that of the others, is skewed. */
const SKEW_SHARE = 0.5
const SKEW_FACTOR = 4
/** Partitions of one source are apart by this much event time, or nothing is said of it. */
const HELD_BACK_MS = 10_000

/** The causes, the most important one first; empty for a query that keeps up. */
export function lagCauses(tasks: readonly TaskActivity[]): readonly string[] {
  const lag = sum(tasks.map(lagOf))
  const readPerSecond = sum(tasks.map((one) => (1000 * rowsRead(one)) / one.elapsedMs))
  if (lag <= Math.max(KEEPS_UP_RECORDS, KEEPS_UP_SECONDS * readPerSecond)) return heldBack(tasks)
  // What holds the slowest of the tasks up holds the query up.
  const slowest = tasks.reduce((most, one) => (lagOf(one) > lagOf(most) ? one : most))
  return [...skew(tasks, lag), bottleneck(slowest), ...heldBack(tasks)]
}

function skew(tasks: readonly TaskActivity[], lag: number): readonly string[] {
  const partitions = tasks.flatMap(({ now }) => now.partitions)
  if (partitions.length < 2) return []
  const [most, ...others] = partitions.toSorted((a, b) => (b.lagRecords ?? 0) - (a.lagRecords ?? 0))
  if (most === undefined) return []
  const records = most.lagRecords ?? 0
  const mean = sum(others.map(({ lagRecords = 0 }) => lagRecords)) / others.length
  if (records < SKEW_SHARE * lag || records < SKEW_FACTOR * mean) return []
  return [
    `skewed partition: partition ${most.partition} of "${most.source}" has ${percent(records / lag)} of the lag, ` +
      `${records} of ${lag} records; a key with many values, or none, may be what fills it`,
  ]
}

function bottleneck({ elapsedMs, busyMs, commitMs, prepareMs, lookupMs, outputMs, now }: TaskActivity): string {
  const busy = sum([...busyMs.values()]) / elapsedMs
  const [slowest] = [...busyMs].toSorted(([, a], [, b]) => b - a)
  if (prepareMs / elapsedMs >= BOTTLENECK_SHARE) {
    return `external call: ${percent(prepareMs / elapsedMs)} of the time goes to waiting for the schema registry`
  }
  if (lookupMs / elapsedMs >= BOTTLENECK_SHARE) {
    return `external call: ${percent(lookupMs / elapsedMs)} of the time goes to waiting for rows of tables that are looked up`
  }
  if (outputMs / elapsedMs >= BOTTLENECK_SHARE) {
    return `its reader: ${percent(outputMs / elapsedMs)} of the time goes to waiting for who takes the results`
  }
  if (commitMs / elapsedMs >= COMMIT_SHARE) {
    return `commits: ${percent(commitMs / elapsedMs)} of the time goes to waiting for the broker or the disk to commit`
  }
  if (busy >= BOTTLENECK_SHARE && slowest !== undefined) {
    const [id, ms] = slowest
    return `slow operator: ${id} takes ${percent(ms / elapsedMs)} of the time, of ${percent(busy)} that the task works`
  }
  const waiting = Math.max(0, 1 - busy - commitMs / elapsedMs)
  const source = now.partitions[0]?.source ?? 'its source'
  return `the broker, or the machine: the task works ${percent(busy)} of the time, and waits ${percent(waiting)} for records of "${source}"`
}

/** A partition that the others wait for: its rows are of an earlier time, or do not come. */
function heldBack(tasks: readonly TaskActivity[]): readonly string[] {
  const partitions = tasks.flatMap(({ now }) => now.partitions)
  return [...new Set(partitions.map(({ source }) => source))].flatMap((source) => {
    const own = partitions.filter((one) => one.source === source)
    const furthest = Math.max(...own.map(({ eventTimeMs }) => eventTimeMs).filter(Number.isFinite))
    const [last] = own.filter((one) => one.holdsBack).toSorted((a, b) => a.eventTimeMs - b.eventTimeMs)
    if (last === undefined || !Number.isFinite(furthest) || furthest - last.eventTimeMs < HELD_BACK_MS) return []
    const behind = Number.isFinite(last.eventTimeMs)
      ? `its rows are ${seconds(furthest - last.eventTimeMs)} of event time behind those of the furthest`
      : 'no row has come there yet'
    return [
      `watermark held back: partition ${last.partition} of "${source}" holds it, ${behind}; ` +
        'IDLE TIMEOUT of the watermark lets a quiet partition go',
    ]
  })
}

export function lagOf({ now }: TaskActivity): number {
  return sum(now.partitions.map(({ lagRecords = 0 }) => lagRecords))
}

function rowsRead({ now, rowsIn }: TaskActivity): number {
  return sum([...new Set(now.partitions.map(({ scan }) => scan))].map((scan) => rowsIn.get(scan) ?? 0))
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
