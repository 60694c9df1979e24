import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { StateBackend, TaskStorage } from '../engine/ports/state.ts'
import { Runner, type RunnerOptions } from '../engine/runner.ts'
import type { Task } from '../engine/task.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'
import type { QueryStats } from './api.ts'
import { SlidingP95 } from './sliding-p95.ts'

/**
 * One continuous query: it runs until it is paused, dropped or finished, and is built again from its last checkpoint
 * when it fails for a reason that may pass. States and legal moves:
 *
 *   paused ⇄ running → finished
 *              ↕
 *            failed        (resume starts it again)
 */
export interface JobOptions {
  readonly name: string
  readonly plan: PhysicalPlan
  readonly backend: StateBackend
  readonly clock: Clock
  readonly openTask: (storage: TaskStorage) => Promise<Task>
  readonly onFailure?: (error: unknown, willRetry: boolean) => void
}

const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 30_000
/** A defect of ours or a fault of the user's data does not pass by itself; a few tries rule out bad luck. */
const RETRIES_OF_PERMANENT_FAULTS = 2

export class Job {
  readonly name: string
  readonly #options: JobOptions
  #checkpointMs = new SlidingP95()
  #state: QueryStats['state'] = 'paused'
  #error: string | undefined
  #task: Task | undefined
  #runner: Runner | undefined
  #loop: Promise<void> | undefined
  #stopping = new AbortController()
  #lastStats: Pick<
    QueryStats,
    'rowsIn' | 'rowsOut' | 'rowsLate' | 'rowsFailed' | 'rowsDuplicate' | 'recordsSkipped' | 'watermark'
  > = NO_STATS

  constructor(options: JobOptions) {
    this.name = options.name
    this.#options = options
  }

  get state(): QueryStats['state'] {
    return this.#state
  }

  /** Starts the loop; resolves when the first task is open, so that a query that can't start says so at once. */
  async start(): Promise<void> {
    if (this.#loop !== undefined) return
    this.#stopping = new AbortController()
    this.#state = 'running'
    this.#error = undefined
    this.#checkpointMs = new SlidingP95()
    const opened = Promise.withResolvers<void>()
    this.#loop = this.#run(opened).finally(() => {
      this.#loop = undefined
    })
    await opened.promise
  }

  /** Commits what was processed and stops. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#runner?.stop()
    await this.#loop
    if (this.#state === 'running') this.#state = 'paused'
  }

  stats(): QueryStats {
    const task = this.#task
    if (task !== undefined) this.#lastStats = countRows(task)
    let lagRecords: number | undefined = 0
    for (const source of task?.sources ?? []) {
      const lag = source.lagRecords()
      lagRecords = lag === undefined || lagRecords === undefined ? undefined : lagRecords + lag
    }
    return {
      ...this.#lastStats,
      state: this.#state,
      error: this.#error,
      lagRecords,
      stateBytes: task?.stateBytes() ?? 0,
      epoch: task?.epoch ?? 0,
      checkpointMsP95: this.#checkpointMs.value(),
    }
  }

  /** The plan's operators with their counters, while the job runs. */
  get task(): Task | undefined {
    return this.#task
  }

  async #run(opened: PromiseWithResolvers<void>): Promise<void> {
    let retryMs = RETRY_MS_MIN
    let permanentFaults = 0
    while (!this.#stopping.signal.aborted) {
      const startedMs = this.#options.clock.nowMs()
      try {
        await this.#runOnce(opened)
        return
      } catch (error) {
        if (this.#options.clock.nowMs() - startedMs > RETRY_MS_MAX) {
          retryMs = RETRY_MS_MIN
          permanentFaults = 0
        }
        const passing = error instanceof AppError && (error.retry || error.domain === 'external')
        if (!passing) permanentFaults++
        const willRetry = passing || (permanentFaults <= RETRIES_OF_PERMANENT_FAULTS && !isUserFault(error))
        this.#error = error instanceof Error ? error.message : String(error)
        this.#options.onFailure?.(error, willRetry)
        opened.reject(error)
        if (!willRetry) {
          this.#state = 'failed'
          return
        }
        await this.#options.clock.sleepUntil(this.#options.clock.nowMs() + retryMs, this.#stopping.signal)
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
      }
    }
  }

  /** From the last checkpoint until it stops: the life of one task. */
  async #runOnce(opened: PromiseWithResolvers<void>): Promise<void> {
    const { backend, clock, openTask, plan, name } = this.#options
    const storage = await backend.openTask(name)
    try {
      const task = await openTask(storage)
      this.#task = task
      try {
        const runner = new Runner({
          task,
          storage,
          clock,
          ...checkpointIntervals(plan),
          onCheckpoint: (durationMs) => this.#checkpointMs.add(durationMs),
        })
        this.#runner = runner
        if (this.#stopping.signal.aborted) runner.stop()
        opened.resolve()
        await runner.run()
        this.#error = undefined
        if (task.finished) this.#state = 'finished'
      } finally {
        this.#lastStats = countRows(task)
        this.#task = undefined
        this.#runner = undefined
        await task.close()
      }
    } finally {
      await storage.close()
    }
  }
}

/**
 * A barrier gives out what EVERY holds back, since it has to survive a crash: so checkpoints of such a query are as far
 * apart as it asks for, also when it keeps up.
 */
function checkpointIntervals(plan: PhysicalPlan): Pick<RunnerOptions, 'checkpointIntervalMs' | 'caughtUpIntervalMs'> {
  const { checkpointIntervalMs } = plan.options
  const everyMs = plan.steps.map((step) => {
    if ('everyMs' in step) return step.everyMs
    return 'emit' in step ? step.emit.everyMs : undefined
  })
  const longestMs = Math.max(0, ...everyMs.map((ms) => ms ?? 0))
  if (longestMs === 0) return { checkpointIntervalMs }
  return { checkpointIntervalMs: Math.max(checkpointIntervalMs, longestMs), caughtUpIntervalMs: longestMs }
}

const NO_STATS = {
  rowsIn: 0,
  rowsOut: 0,
  rowsLate: 0,
  rowsFailed: 0,
  rowsDuplicate: 0,
  recordsSkipped: 0,
  watermark: Number.NEGATIVE_INFINITY,
}

/** What the steps and sources of a task have counted. */
export function countRows(task: Task): typeof NO_STATS {
  const counts = { ...NO_STATS, watermark: task.watermark }
  for (const source of task.sources) {
    counts.rowsIn += source.counters.rowsIn
    counts.rowsFailed += source.counters.rowsBad
    counts.recordsSkipped += source.counters.recordsSkipped
  }
  const last = task.plan.steps.at(-1)?.id
  for (const [id, metrics] of task.metrics()) {
    counts.rowsLate += metrics.rowsLate
    counts.rowsFailed += metrics.rowsFailed
    counts.rowsDuplicate += metrics.rowsDuplicate
    if (id === last) counts.rowsOut = metrics.rowsIn
  }
  return counts
}

function isUserFault(error: unknown): boolean {
  return error instanceof AppError && error.domain === 'user'
}
