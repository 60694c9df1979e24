import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'
import type { StoredCatalog } from './catalog.ts'
import { Job } from './job.ts'
import { openTask } from './open-task.ts'
import type { RuntimeLimits } from './weir-runtime.ts'

/** The continuous queries of this process, by name. What should run is in the catalog; here is what does. */
export interface JobsOptions {
  readonly storage: Storage
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly catalog: StoredCatalog
  readonly limits: RuntimeLimits
  readonly print?: (line: string) => void
  readonly onJobFailure?: (query: string, error: unknown, willRetry: boolean) => void
}

export class Jobs {
  readonly #options: JobsOptions
  readonly #jobs = new Map<string, Job>()

  constructor(options: JobsOptions) {
    this.#options = options
  }

  get(name: string): Job | undefined {
    return this.#jobs.get(name)
  }

  /** Starts what the catalog says should run. A query that can't start does not keep the others from it. */
  async recover(): Promise<void> {
    await Promise.all(
      this.#options.catalog.queries().map(async (entry) => {
        const job = this.#add(entry)
        if (entry.state === 'running') await job.start().catch(() => undefined)
      }),
    )
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

  async start(entry: QueryEntry): Promise<void> {
    await this.#add(entry).start()
  }

  async pause(entry: QueryEntry): Promise<void> {
    await this.#options.catalog.write({ queries: [{ ...entry, state: 'paused' }] })
    await this.#jobs.get(entry.name)?.stop()
  }

  async resume(entry: QueryEntry): Promise<void> {
    await this.#options.catalog.write({ queries: [{ ...entry, state: 'running' }] })
    await (this.#jobs.get(entry.name) ?? this.#add(entry)).start()
  }

  /** Stops a query and forgets it; its state is the caller's to drop. */
  async remove(name: string): Promise<void> {
    await this.#jobs.get(name)?.stop()
    this.#jobs.delete(name)
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#jobs.values()].map((job) => job.stop()))
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
      const writer = this.#writerOf(step.relation)
      return writer !== undefined && this.isBounded(writer.plan)
    })
  }

  /** True when the query that writes this result log has ended: then the log has, too. */
  hasFinished(relation: string): boolean {
    const writer = this.#writerOf(relation)
    return writer !== undefined && this.#jobs.get(writer.name)?.state === 'finished'
  }

  #writerOf(relation: string): QueryEntry | undefined {
    const found = this.#options.catalog.relation(relation)
    return found !== undefined && 'query' in found ? this.#options.catalog.query(found.query) : undefined
  }

  #add(entry: QueryEntry): Job {
    const { storage, clock, onJobFailure } = this.#options
    const job = new Job({
      name: entry.name,
      plan: entry.plan,
      backend: storage.state,
      clock,
      openTask: (taskStorage) =>
        openTask({ ...this.#options, query: entry.name, plan: entry.plan, taskStorage, jobs: this }),
      onFailure: (error, willRetry) => onJobFailure?.(entry.name, error, willRetry),
    })
    this.#jobs.set(entry.name, job)
    return job
  }
}
