import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import { NO_DUTIES } from '../engine/duties.ts'
import { COPY_IN_STEP, COPY_OLD } from '../engine/ports/replicas.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import { encodePlan } from '../plan/physical/codec.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'
import type { StoredCatalog } from './catalog.ts'
import { Job } from './job.ts'
import type { RuntimeLimits } from './limits.ts'
import type { Replicas } from './replicas.ts'
import type { TaskHost, TaskHostEvents } from './task-host.ts'
import { incarnationOf, tasksOf } from './task-spec.ts'

/**
 * The continuous queries, by name. What should run is in the catalog, and which part of it here is said by the duties;
 * here is what does.
 */
export interface JobsOptions {
  readonly storage: Storage
  readonly catalog: StoredCatalog
  readonly limits: RuntimeLimits
  /** Who runs what. */
  readonly replicas: Replicas
  readonly openHost: (events: TaskHostEvents) => TaskHost
  readonly onJobFailure?: (query: string, error: unknown, willRetry: boolean) => void
}

export class Jobs {
  readonly #options: JobsOptions
  readonly #jobs = new Map<string, Job>()
  /** Those that are being stopped, and run until then; another of the name begins only when it is gone. */
  readonly #leaving = new Map<string, { readonly job: Job; readonly gone: Promise<void> }>()
  readonly host: TaskHost
  #stopped = false
  /** As the replicas were told them last. */
  #tasks = ''

  constructor(options: JobsOptions) {
    this.#options = options
    this.host = options.openHost({
      onFailure: ({ query }, error, willRetry) => options.onJobFailure?.(query, error, willRetry),
      onEnd: ({ query, id }, state) => {
        const job = this.#jobs.get(query)
        if (state === 'finished') job?.taskFinished(id)
        if (state === 'failed') job?.taskFailed(id)
        if (state !== 'stopped') return
        job?.taskLost(id)
        void this.#takeBack(query)
      },
      onCopy: ({ query, id }, inStep) => this.#jobs.get(query)?.copyChanged(id, inStep),
    })
  }

  /** All of them, in no order. */
  all(): readonly Job[] {
    return [...this.#jobs.values()]
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name)
  }

  /** Starts what the catalog says should run here. A query that can't start does not keep the others from it. */
  async recover(): Promise<void> {
    for (const entry of this.#options.catalog.queries()) this.#add(entry)
    await this.#dropForgotten()
    this.#tellTasks()
    await Promise.all([...this.#jobs.values()].map((job) => this.#runAssigned(job).catch(() => undefined)))
  }

  /**
   * Brings what runs here in line with the catalog and the duties, after either has changed. Failures are told by
   * `onJobFailure`, and tried again by the tasks themselves.
   */
  async reconcile(): Promise<void> {
    if (this.#stopped) return
    const { catalog } = this.#options
    const wanted = new Map(catalog.queries().map((entry) => [entry.name, entry]))
    await Promise.all(
      [...this.#jobs].map(async ([name, job]) => {
        const entry = wanted.get(name)
        if (entry !== undefined && isSameRun(entry, job.entry)) return
        await this.#leave(name, job)
        const sameTasks = entry !== undefined && incarnationOf(entry) === incarnationOf(job.entry)
        if (!sameTasks) await this.#dropTasks(job)
      }),
    )
    // Another change may have come meanwhile, and be stopping what this one would start.
    await Promise.all([...wanted.keys()].map((name) => this.#leaving.get(name)?.gone))
    for (const name of wanted.keys()) {
      const entry = catalog.query(name)
      if (entry !== undefined && !this.#jobs.has(name)) this.#add(entry)
    }
    this.#tellTasks()
    await Promise.all([...this.#jobs.values()].map((job) => this.#runAssigned(job).catch(() => undefined)))
  }

  /** @throws AppError RESOURCE_EXHAUSTED when as many queries run as may. */
  checkLimit(): void {
    if (this.#jobs.size < this.#options.limits.queriesMax) return
    throw new AppError(
      'RESOURCE_EXHAUSTED',
      `${this.#jobs.size} queries exist; at most ${this.#options.limits.queriesMax}`,
      {
        hint: 'Drop a query, or raise limits.queriesMax.',
      },
    )
  }

  /** Resolves when the tasks that belong here are open; rejects where one of them can't be. */
  async start(entry: QueryEntry): Promise<void> {
    const known = this.#jobs.get(entry.name)
    if (known !== undefined && !isSameRun(entry, known.entry)) await this.remove(entry.name)
    await this.#leaving.get(entry.name)?.gone
    const job = this.#jobs.get(entry.name) ?? this.#add(entry)
    this.#tellTasks()
    await this.#runAssigned(job)
  }

  async pause(entry: QueryEntry): Promise<void> {
    await this.#setState(entry, 'paused')
  }

  /** Also what has failed is started again. */
  async resume(entry: QueryEntry): Promise<void> {
    this.#jobs.get(entry.name)?.forgetFailures()
    await this.#setState(entry, 'running')
  }

  /** Stops a query and forgets it; its state is the caller's to drop. */
  async remove(name: string): Promise<void> {
    const job = this.#jobs.get(name)
    if (job !== undefined) await this.#leave(name, job)
  }

  /** Deletes what this process keeps of a query's state. */
  async dropState(entry: QueryEntry): Promise<void> {
    await this.#dropTasks(this.#newJob(entry))
  }

  async stopAll(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#jobs.values()].map((job) => job.stop()))
    await this.host.close()
  }

  /** True when every input of a plan ends by itself. */
  isBounded(plan: PhysicalPlan): boolean {
    return plan.steps.every((step) => {
      if (step.kind !== 'scan') return true
      const { kind, options } = step.connector
      if (kind === 'file') return true
      if (kind === 'datagen') return options['number-of-rows'] !== undefined
      if (options['scan.bounded.mode'] === 'latest-offset') return true
      if (kind !== 'result') return false
      const writer = this.writerOf(step.relation)
      return writer !== undefined && this.isBounded(writer.plan)
    })
  }

  /** The query that writes a result log. */
  writerOf(relation: string): QueryEntry | undefined {
    const found = this.#options.catalog.relation(relation)
    return found !== undefined && 'query' in found ? this.#options.catalog.query(found.query) : undefined
  }

  async #leave(name: string, job: Job): Promise<void> {
    this.#jobs.delete(name)
    const stopped = job.stop()
    const gone = stopped.then(ignore, ignore).finally(() => this.#leaving.delete(name))
    this.#leaving.set(name, { job, gone })
    await stopped.finally(() => gone)
  }

  async #setState(entry: QueryEntry, state: QueryEntry['state']): Promise<void> {
    const changed = { ...entry, state }
    await this.#options.catalog.write({ queries: [changed] })
    const job = this.#jobs.get(entry.name) ?? this.#add(changed)
    job.entry = changed
    this.#tellTasks()
    await this.#runAssigned(job)
  }

  #add(entry: QueryEntry): Job {
    const job = this.#newJob(entry)
    this.#jobs.set(entry.name, job)
    return job
  }

  #newJob(entry: QueryEntry): Job {
    return new Job(entry, tasksOf(entry, this.#options.catalog), this.host, () => this.#report())
  }

  async #runAssigned(job: Job): Promise<void> {
    if (this.#stopped) return
    await job.run(job.entry.state === 'paused' ? NO_DUTIES : this.#options.replicas.duties())
  }

  /** All tasks that should run, anywhere. */
  #tellTasks(): void {
    const running = [...this.#jobs.values()].filter(({ entry }) => entry.state === 'running')
    const tasks = running.flatMap((job) => job.tasks.map(({ id }) => id)).sort()
    const told = tasks.join('\n')
    if (told === this.#tasks) return
    this.#tasks = told
    this.#options.replicas.setTasks(tasks)
  }

  /** What is open here, to whoever waits for it. */
  #report(): void {
    const { replicas, storage } = this.#options
    const leaving = () => [...this.#leaving.values()].map(({ job }) => job)
    const open = () => [...this.#jobs.values(), ...leaving()].flatMap((job) => job.running)
    const { partitioned } = storage
    if (partitioned === undefined) {
      replicas.report(open(), new Map())
      return
    }
    void partitioned.heldTasks().then((held) => {
      const inStep = new Set([...this.#jobs.values()].flatMap((job) => job.inStep))
      // What delivers keeps nothing on disk, and is in step all the same.
      const freshness = [...new Set([...held, ...inStep])].map(
        (id) => [id, inStep.has(id) ? COPY_IN_STEP : COPY_OLD] as const,
      )
      replicas.report(open(), new Map(freshness))
    })
  }

  /** Copies of state of queries that were dropped while this process did not run. */
  async #dropForgotten(): Promise<void> {
    const held = (await this.#options.storage.partitioned?.heldTasks()) ?? []
    const known = new Set([...this.#jobs.values()].flatMap(({ tasks }) => tasks.map(({ id }) => id)))
    for (const id of held) if (!known.has(id)) await this.host.drop(id)
  }

  async #dropTasks(job: Job): Promise<void> {
    for (const { id } of job.tasks) await this.host.drop(id)
  }

  /** Another process had the task for a moment, and by the duties it belongs here: it is taken again after a while. */
  async #takeBack(query: string): Promise<void> {
    // Frozen for a while, it would fence its successor: first it hears what has happened meanwhile.
    await this.#options.replicas.catchUp()
    const job = this.#jobs.get(query)
    if (job !== undefined) await this.#runAssigned(job).catch(() => undefined)
  }
}

function ignore(): void {}

/** The same tasks with the same plan: what runs can go on. */
function isSameRun(a: QueryEntry, b: QueryEntry): boolean {
  return incarnationOf(a) === incarnationOf(b) && a.state === b.state && encodePlan(a.plan) === encodePlan(b.plan)
}
