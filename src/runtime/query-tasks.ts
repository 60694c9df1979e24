import { AppError } from '../core/errors.ts'
import { type EventTimeMs, LOADED, NO_WATERMARK } from '../core/time.ts'
import { COPY_IN_STEP, type Member } from '../engine/ports/replicas.ts'
import type { QueryStats } from './api.ts'
import type { Job } from './job.ts'
import type { Jobs } from './jobs.ts'
import type { PeerTasksRequest } from './peers.ts'
import type { TaskDetail } from './task-detail.ts'
import { highest, type TaskStats } from './task-loop.ts'
import type { OtherReplicas } from './view-tables.ts'

/** What the tasks of a query do, wherever they run. */
export interface QueryTasks {
  readonly stats: ReadonlyMap<string, TaskStats>
  /** Name of the replica of each task; none where there are no others. */
  readonly replicaOf: ReadonlyMap<string, string>
  /** Names of the other replicas that have its state, in step, by task; only tasks that there is a copy of. */
  readonly copiesOf: ReadonlyMap<string, readonly string[]>
  /** Replicas that did not tell, and why. */
  readonly silent: ReadonlyMap<string, string>
}

const QUERY_NAME_CHARACTERS_MAX = 1_024

/** Asks this process and, where several replicas share the query, the others that run tasks of it. */
export async function tasksOfQuery(job: Job, others: OtherReplicas | undefined): Promise<QueryTasks> {
  const stats = new Map(await job.runningStats())
  const replicaOf = new Map<string, string>()
  const silent = new Map<string, string>()
  if (others === undefined) return { stats, replicaOf, copiesOf: new Map(), silent }
  for (const id of stats.keys()) replicaOf.set(id, others.replicas.name)
  await Promise.all(
    runnersOf(job, others).map(async (member) => {
      const found = await askReplica(member, job.entry.name, others)
      if (typeof found === 'string') silent.set(member.name, found)
      else {
        for (const [id, one] of found) {
          // A task that has just moved may be told of twice: what runs here is what is here.
          if (stats.has(id)) continue
          stats.set(id, one)
          replicaOf.set(id, member.name)
        }
      }
    }),
  )
  return { stats, replicaOf, copiesOf: copiesOf(job, others), silent }
}

/** What those of the tasks do that are open, by id. */
export function detailsOf({ stats }: QueryTasks): ReadonlyMap<string, TaskDetail> {
  return new Map([...stats].flatMap(([id, { detail }]) => (detail === undefined ? [] : [[id, detail] as const])))
}

/** The counts of a query, asked for now. */
export async function statsOfQuery(job: Job, others: OtherReplicas | undefined): Promise<QueryStats> {
  return statsOfTasks(job, await tasksOfQuery(job, others))
}

/** The counts of a query: of its tasks wherever they run, and of those that have run here and run nowhere now. */
export function statsOfTasks(job: Job, { stats, silent }: QueryTasks): QueryStats {
  const known = job.tasks.flatMap(({ id }) => stats.get(id) ?? job.lastStats(id) ?? [])
  const sums = sumOf(known)
  // A part is not the whole.
  const lagRecords = silent.size > 0 ? undefined : sums.lagRecords
  return { ...sums, lagRecords, state: stateOf(job, stats) }
}

/** What another replica has asked for. */
export async function tasksForPeer(
  { deployment, query }: PeerTasksRequest,
  jobs: Jobs,
  others: OtherReplicas | undefined,
): Promise<ReadonlyMap<string, TaskStats>> {
  if (others === undefined || deployment !== others.deployment) {
    throw new AppError('FAILED_PRECONDITION', 'this server is not a replica of the deployment that asks', {
      hint: 'Give each replica an address of its own with --advertise, one that the others reach.',
    })
  }
  const job = query.length > QUERY_NAME_CHARACTERS_MAX ? undefined : jobs.get(query)
  return job === undefined ? new Map() : job.runningStats()
}

function stateOf(job: Job, stats: ReadonlyMap<string, TaskStats>): QueryStats['state'] {
  if (job.finished || job.tasks.every(({ id }) => stats.get(id)?.state === 'finished')) return 'finished'
  if ([...stats.values()].some(({ state }) => state === 'failed')) return 'failed'
  return job.entry.state
}

/** The tasks that write its results have all finished. */
export function isWritten(job: Job, { stats }: QueryTasks): boolean {
  return (
    job.written || job.tasks.every(({ id, delivers }) => delivers !== undefined || stats.get(id)?.state === 'finished')
  )
}

/** Rows that a store outside has not been given yet; undefined for a query that has none, or where nobody can know. */
export function undelivered(job: Job, { stats }: QueryTasks): number | undefined {
  const lags = job.tasks.filter(({ delivers }) => delivers !== undefined).map(({ id }) => stats.get(id)?.lagRecords)
  if (lags.length === 0 || lags.includes(undefined)) return undefined
  return lags.reduce((total = 0, lag = 0) => total + lag, 0)
}

function sumOf(tasks: readonly TaskStats[]): Omit<QueryStats, 'state'> {
  const sum = (of: (one: TaskStats) => number) => tasks.reduce((total, one) => total + of(one), 0)
  const lags = tasks.map(({ lagRecords }) => lagRecords)
  return {
    error: tasks.find(({ error }) => error !== undefined)?.error,
    rowsIn: sum(({ rowsIn }) => rowsIn),
    rowsOut: sum(({ rowsOut }) => rowsOut),
    rowsLate: sum(({ rowsLate }) => rowsLate),
    rowsFailed: sum(({ rowsFailed }) => rowsFailed),
    recordsSkipped: sum(({ recordsSkipped }) => recordsSkipped),
    rowsDuplicate: sum(({ rowsDuplicate }) => rowsDuplicate),
    watermark: lowestWatermark(tasks.map(({ watermark }) => watermark)),
    lagRecords: lags.includes(undefined) ? undefined : lags.reduce((total = 0, lag = 0) => total + lag, 0),
    stateBytes: sum(({ stateBytes }) => stateBytes),
    epoch: Math.max(0, ...tasks.map(({ epoch }) => epoch)),
    lagMsP95: highest(tasks.map(({ lagMsP95 }) => lagMsP95)),
    checkpointMsP95: Math.max(0, ...tasks.map(({ checkpointMsP95 }) => checkpointMsP95)),
    restore: {
      records: sum(({ restore }) => restore.records),
      remaining: sum(({ restore }) => restore.remaining),
    },
  }
}

/** What all tasks have reached; one that has loaded a table without event time has no say. */
export function lowestWatermark(watermarks: readonly EventTimeMs[]): EventTimeMs {
  const told = watermarks.filter((watermark) => watermark !== LOADED)
  return told.length === 0 ? NO_WATERMARK : Math.min(...told)
}

/** The other replicas that run tasks of the query, each once. */
function runnersOf(job: Job, { replicas }: OtherReplicas): readonly Member[] {
  const runners = replicas.runners()
  const members = job.tasks.flatMap(({ id }) => runners.get(id) ?? [])
  return [...new Map(members.map((one) => [one.name, one])).values()].filter(({ name }) => name !== replicas.name)
}

function copiesOf(job: Job, { replicas }: OtherReplicas): ReadonlyMap<string, readonly string[]> {
  const copies = new Map<string, readonly string[]>()
  const members = replicas.members()
  for (const { id } of job.tasks) {
    const names = members.filter(({ held, running }) => held.get(id) === COPY_IN_STEP && !running.has(id))
    if (names.length > 0)
      copies.set(
        id,
        names.map(({ name }) => name),
      )
  }
  return copies
}

async function askReplica(
  { address }: Member,
  query: string,
  { peers, deployment }: OtherReplicas,
): Promise<ReadonlyMap<string, TaskStats> | string> {
  if (peers === undefined || address === '') return 'it has no address: start the replicas with --advertise'
  try {
    return await peers.describeTasks(address, { deployment, query })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.message
  }
}
