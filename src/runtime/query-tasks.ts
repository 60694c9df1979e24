import { AppError } from '../core/errors.ts'
import type { Member } from '../engine/ports/replicas.ts'
import type { Job } from './job.ts'
import type { Jobs } from './jobs.ts'
import type { PeerTasksRequest } from './peers.ts'
import type { TaskDetail } from './task-detail.ts'
import type { OtherReplicas } from './view-tables.ts'

/** What the tasks of a query do, wherever they run. */
export interface QueryTasks {
  readonly details: ReadonlyMap<string, TaskDetail>
  /** Name of the replica of each task; none where there are no others. */
  readonly replicaOf: ReadonlyMap<string, string>
  /** Replicas that did not tell, and why. */
  readonly silent: ReadonlyMap<string, string>
}

const QUERY_NAME_CHARACTERS_MAX = 1_024

/** Asks this process and, where several replicas share the query, the others that run tasks of it. */
export async function tasksOfQuery(job: Job, others: OtherReplicas | undefined): Promise<QueryTasks> {
  const details = new Map(await localDetails(job))
  const replicaOf = new Map<string, string>()
  const silent = new Map<string, string>()
  if (others === undefined) return { details, replicaOf, silent }
  for (const id of details.keys()) replicaOf.set(id, others.replicas.name)
  await Promise.all(
    runnersOf(job, others).map(async (member) => {
      const found = await askReplica(member, job.entry.name, others)
      if (typeof found === 'string') silent.set(member.name, found)
      else {
        for (const [id, detail] of found) {
          // A task that has just moved may be told of twice: what runs here is what is here.
          if (details.has(id)) continue
          details.set(id, detail)
          replicaOf.set(id, member.name)
        }
      }
    }),
  )
  return { details, replicaOf, silent }
}

/** What another replica has asked for. */
export async function tasksForPeer(
  { deployment, query }: PeerTasksRequest,
  jobs: Jobs,
  others: OtherReplicas | undefined,
): Promise<ReadonlyMap<string, TaskDetail>> {
  if (others === undefined || deployment !== others.deployment) {
    throw new AppError('FAILED_PRECONDITION', 'this server is not a replica of the deployment that asks', {
      hint: 'Give each replica an address of its own with --advertise, one that the others reach.',
    })
  }
  const job = query.length > QUERY_NAME_CHARACTERS_MAX ? undefined : jobs.get(query)
  return new Map(job === undefined ? [] : await localDetails(job))
}

async function localDetails(job: Job): Promise<readonly (readonly [string, TaskDetail])[]> {
  const found = await Promise.all(job.running.map(async (id) => [id, await job.detail(id)] as const))
  return found.flatMap(([id, detail]) => (detail === undefined ? [] : [[id, detail] as const]))
}

/** The other replicas that run tasks of the query, each once. */
function runnersOf(job: Job, { replicas }: OtherReplicas): readonly Member[] {
  const runners = replicas.runners()
  const members = job.tasks.flatMap(({ id }) => runners.get(id) ?? [])
  return [...new Map(members.map((one) => [one.name, one])).values()].filter(({ name }) => name !== replicas.name)
}

async function askReplica(
  { address }: Member,
  query: string,
  { peers, deployment }: OtherReplicas,
): Promise<ReadonlyMap<string, TaskDetail> | string> {
  if (peers === undefined || address === '') return 'it has no address: start the replicas with --advertise'
  try {
    return await peers.describeTasks(address, { deployment, query })
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return error.message
  }
}
