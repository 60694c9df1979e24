import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { Member } from '../engine/ports/replicas.ts'
import { RESULT_TABLE } from '../engine/sinks.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import type { StoredCatalog } from './catalog.ts'
import type { Peers, PeerTablePage, PeerTableRequest } from './peers.ts'
import type { Replicas } from './replicas.ts'
import { sinkStepId } from './result-table.ts'
import { PAGE_ROWS_MAX } from './table-cursors.ts'
import { tablePages } from './table-pages.ts'
import type { TableHost } from './task-host.ts'
import { resultTasks, type TaskSpec } from './task-spec.ts'
import type { ViewRequest } from './transient-host.ts'

/**
 * The tables of materialized views, wherever they are. Each partition of a view is kept by the task that writes that
 * partition of its result log: here, in this thread or another, or on another replica, which is then asked for it.
 *
 * Nothing is read from a copy that is not the task's own: what a reader gets is what was committed last, and belongs to
 * a position of the result log.
 */
export interface ViewTablesOptions {
  readonly host: TableHost
  readonly catalog: StoredCatalog
  readonly clock: Clock
  /** Undefined where this process runs all there is. */
  readonly others: OtherReplicas | undefined
}

export interface OtherReplicas {
  readonly replicas: Replicas
  readonly peers: Peers | undefined
  /** Identity of the deployment. */
  readonly deployment: string
}

export interface TableRange {
  /** Keys with from ≤ key < to; no end when `to` is undefined. */
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

/** To hear of a task that has just been moved before it is asked for again. */
const CATCH_UP_MS_MAX = 2_000
const QUERY_NAME_CHARACTERS_MAX = 1_024

export class ViewTables {
  readonly #options: ViewTablesOptions

  constructor(options: ViewTablesOptions) {
    this.#options = options
  }

  /** One partition of a view, by its name: what the scan of a pull query reads. */
  async *readView({ view, partition, from, to }: ViewRequest, signal: AbortSignal): AsyncGenerator<PeerTablePage> {
    const { catalog } = this.#options
    const relation = catalog.relation(view)
    const query = relation && 'query' in relation ? catalog.query(relation.query) : undefined
    const task = query && resultTasks(query, catalog)[partition]
    if (task === undefined) throw unknownTask(`${view}/${partition}`)
    yield* this.read(task, { from, to }, signal)
  }

  /** One partition of a view. Tried once more where its task has just moved, as long as nothing was read of it. */
  async *read(task: TaskSpec, range: TableRange, signal: AbortSignal): AsyncGenerator<PeerTablePage> {
    let pages = this.#pages(task, range, signal)
    let first: IteratorResult<PeerTablePage>
    try {
      first = await pages.next()
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'UNAVAILABLE' || signal.aborted) throw error
      await this.#hearOfMoves()
      pages = this.#pages(task, range, signal)
      first = await pages.next()
    }
    try {
      for (; first.done !== true; first = await pages.next()) yield first.value
    } finally {
      await pages.return(undefined)
    }
  }

  /** What another replica has asked for, of the tables of this one. */
  async *readForPeer(request: PeerTableRequest): AsyncGenerator<PeerTablePage> {
    const { host, catalog, others } = this.#options
    if (others === undefined || request.deployment !== others.deployment) {
      throw new AppError('FAILED_PRECONDITION', 'this server is not a replica of the deployment that asks', {
        hint: 'Give each replica an address of its own with --advertise, one that the others reach.',
      })
    }
    if (request.query.length > QUERY_NAME_CHARACTERS_MAX) throw unknownTask(request.task.slice(0, 64))
    const query = catalog.query(request.query)
    const task = query && resultTasks(query, catalog).find(({ id }) => id === request.task)
    if (query === undefined || task === undefined) throw unknownTask(request.task)
    yield* tablePages(host, pageRequest(query, task, request))
  }

  #pages(task: TaskSpec, range: TableRange, signal: AbortSignal): AsyncGenerator<PeerTablePage> {
    const { host, catalog, others } = this.#options
    const query = catalog.query(task.query)
    if (query === undefined) throw new AppError('NOT_FOUND', `there is no query "${task.query}"`)
    const runner = others?.replicas.runners().get(task.id)
    if (others === undefined || runner?.name === others.replicas.name) {
      return tablePages(host, pageRequest(query, task, range))
    }
    if (runner === undefined) throw notRunning(query)
    return askPeer(others, runner, task, range, signal)
  }

  async #hearOfMoves(): Promise<void> {
    const { others, clock } = this.#options
    if (others === undefined) return
    const given = new AbortController()
    const late = clock.sleepUntil(clock.nowMs() + CATCH_UP_MS_MAX, given.signal)
    await Promise.race([others.replicas.catchUp(), late])
    given.abort()
  }
}

async function* askPeer(
  { peers, deployment }: OtherReplicas,
  runner: Member,
  task: TaskSpec,
  { from, to }: TableRange,
  signal: AbortSignal,
): AsyncGenerator<PeerTablePage> {
  if (peers === undefined || runner.address === '') {
    throw new AppError(
      'UNAVAILABLE',
      `a part of "${task.query}" is at replica "${runner.name}", which has no address`,
      {
        domain: 'external',
        retry: true,
        hint: 'Start the replicas with --advertise, and an address that the others reach.',
      },
    )
  }
  yield* peers.readTable(runner.address, { deployment, query: task.query, task: task.id, from, to }, signal)
}

function pageRequest(query: QueryEntry, task: TaskSpec, { from, to }: TableRange) {
  const result = task.result
  if (result === undefined) throw unknownTask(task.id)
  const operatorId = sinkStepId(query.plan)
  return { task: task.id, operatorId, table: RESULT_TABLE, from, to, rowsMax: PAGE_ROWS_MAX, result }
}

function unknownTask(task: string): AppError {
  return new AppError('UNAVAILABLE', `there is no task "${task}" with a table here`, {
    domain: 'external',
    retry: true,
    hint: 'Its query was dropped, or is not known here yet: try again.',
  })
}

function notRunning({ name, state }: QueryEntry): AppError {
  if (state === 'paused') {
    return new AppError('FAILED_PRECONDITION', `query "${name}" is paused, and its table is with its tasks`, {
      hint: `RESUME QUERY ${name}; and read then.`,
    })
  }
  return new AppError('UNAVAILABLE', `no replica runs all parts of "${name}" now`, {
    domain: 'external',
    retry: true,
    hint: 'Tasks are being moved or restored: try again.',
  })
}
