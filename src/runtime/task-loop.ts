import { AppError } from '../core/errors.ts'
import { SlidingP95 } from '../core/sliding-p95.ts'
import { LOADED } from '../core/time.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { Log } from '../engine/ports/log.ts'
import type { Checkpoint, RestoreProgress, StateBackend } from '../engine/ports/state.ts'
import { Runner, type RunnerOptions } from '../engine/runner.ts'
import type { Task } from '../engine/task.ts'
import type { PhysicalPlan } from '../plan/physical/nodes.ts'
import type { QueryStats } from './api.ts'
import { backlogOf, openExternalStorage } from './external-storage.ts'
import { type OpenTaskOptions, openTask } from './open-task.ts'
import { detailOf, type TaskDetail } from './task-detail.ts'
import type { TaskSpec } from './task-spec.ts'
import { CommitTrace } from './tracing.ts'

/**
 * The life of one task: it runs until it is stopped or has finished, and is built again from its last checkpoint when
 * it fails for a reason that may pass.
 *
 *   stopped ⇄ running → finished
 *               ↕
 *             failed       (start runs it again)
 */
export type TaskState = 'running' | 'stopped' | 'failed' | 'finished'

/** What a task's surroundings have to give; the same for all tasks of a thread. */
export interface TaskPorts {
  readonly log: Log
  readonly state: StateBackend
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly memoryEntriesMax: number
  readonly hasFinished: (relation: string) => boolean | Promise<boolean>
  readonly print?: (line: string) => void
  /** Takes the place of the reader that a scan would open. */
  readonly openReader?: OpenTaskOptions['openReader']
}

/** Counters of one task: plain data, which may come from another thread or replica. */
export interface TaskStats extends Omit<QueryStats, 'state'> {
  readonly state: TaskState
  /** Undefined while it does not run. */
  readonly detail: TaskDetail | undefined
}

export interface TaskEvents {
  onFailure(error: unknown, willRetry: boolean): void
  /** It has stopped, and nobody has asked for that. */
  onEnd(state: TaskState): void
}

const RETRY_MS_MIN = 100
const RETRY_MS_MAX = 30_000
/** A store that is back soon is not left waiting for long; an attempt costs it one connection. */
const DELIVERY_RETRY_MS_MAX = 5_000
/** A defect of ours or a fault of the user's data does not pass by itself; a few tries rule out bad luck. */
const RETRIES_OF_PERMANENT_FAULTS = 2

export class TaskLoop {
  readonly spec: TaskSpec
  readonly #ports: TaskPorts
  readonly #events: TaskEvents
  #checkpointMs = new SlidingP95()
  #state: TaskState = 'stopped'
  #error: string | undefined
  #task: Task | undefined
  #runner: Runner | undefined
  #loop: Promise<void> | undefined
  #stopping = new AbortController()
  #counts: typeof NO_COUNTS
  #restore: RestoreProgress = NO_RESTORE
  /** Records that wait for a store outside while it can't be reached; undefined where it has not said where it is. */
  #backlog: number | undefined
  #delivered: Checkpoint | undefined

  constructor(spec: TaskSpec, ports: TaskPorts, events: TaskEvents) {
    this.spec = spec
    this.#ports = ports
    this.#events = events
    this.#counts = { ...NO_COUNTS, ...(spec.delivers !== undefined && { watermark: LOADED }) }
  }

  /** Starts the loop; resolves when the task is open, so that a query that can't start says so at once. */
  async start(): Promise<void> {
    if (this.#loop !== undefined) return
    this.#stopping = new AbortController()
    this.#state = 'running'
    this.#error = undefined
    this.#checkpointMs = new SlidingP95()
    const opened = Promise.withResolvers<void>()
    this.#loop = this.#run(opened).finally(() => {
      this.#loop = undefined
      // Stopped before it was open: who waits for that waits for nothing.
      opened.resolve()
    })
    await opened.promise
  }

  /** Commits what was processed and stops. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#runner?.stop()
    await this.#loop
    if (this.#state === 'running') this.#state = 'stopped'
  }

  get state(): TaskState {
    return this.#state
  }

  /** The plan's operators with their counters, while the task runs. */
  get task(): Task | undefined {
    return this.#task
  }

  stats(): TaskStats {
    const task = this.#task
    if (task !== undefined) this.#counts = countRows(task, this.spec.delivers)
    let lagRecords: number | undefined = task === undefined && this.spec.delivers !== undefined ? this.#backlog : 0
    for (const source of task?.sources ?? []) {
      const lag = source.lagRecords()
      lagRecords = lag === undefined || lagRecords === undefined ? undefined : lagRecords + lag
    }
    return {
      ...this.#counts,
      state: this.#state,
      error: task?.waitingFor ?? this.#error,
      lagRecords,
      stateBytes: task?.stateBytes() ?? 0,
      epoch: task?.epoch ?? 0,
      checkpointMsP95: this.#checkpointMs.value() ?? 0,
      lagMsP95: highest(task?.sources.map((source) => source.lagMsP95) ?? []),
      restore: this.#restore,
      detail: task && this.#runner && detailOf(task, this.#runner.times),
    }
  }

  async #run(opened: PromiseWithResolvers<void>): Promise<void> {
    const { clock } = this.#ports
    let retryMs = RETRY_MS_MIN
    let permanentFaults = 0
    let attempts = 0
    const retryMsMax = this.spec.delivers === undefined ? RETRY_MS_MAX : DELIVERY_RETRY_MS_MAX
    while (!this.#stopping.signal.aborted) {
      const startedMs = clock.nowMs()
      try {
        await this.#runOnce(opened)
        return
      } catch (error) {
        if (clock.nowMs() - startedMs > retryMsMax) {
          retryMs = RETRY_MS_MIN
          permanentFaults = 0
        }
        attempts = this.#error === undefined ? 1 : attempts + 1
        const passing = error instanceof AppError && (error.retry || error.domain === 'external')
        const fenced = error instanceof AppError && error.code === 'FENCED'
        if (!passing) permanentFaults++
        // Who was fenced has lost the task to another: it is told where it runs, not tried again here.
        const willRetry =
          !fenced && (passing || (permanentFaults <= RETRIES_OF_PERMANENT_FAULTS && !isUserFault(error)))
        const message = error instanceof Error ? error.message : String(error)
        const waits = willRetry && this.spec.delivers !== undefined
        this.#error = waits ? `waiting for ${message} (attempt ${attempts})` : message
        this.#state = willRetry ? 'running' : fenced ? 'stopped' : 'failed'
        this.#events.onFailure(error, willRetry)
        opened.reject(error)
        if (waits) this.#backlog = await backlogOf(this.spec, this.#delivered, this.#ports.log)
        if (!willRetry) return this.#events.onEnd(this.#state)
        await clock.sleepUntil(clock.nowMs() + retryMs, this.#stopping.signal)
        retryMs = Math.min(retryMs * 2, retryMsMax)
      }
    }
  }

  /** From the last checkpoint until it stops: the life of one task. */
  async #runOnce(opened: PromiseWithResolvers<void>): Promise<void> {
    const { state, clock } = this.#ports
    const { spec } = this
    this.#restore = NO_RESTORE
    const external = spec.delivers === undefined ? undefined : await openExternalStorage(spec)
    const inner =
      external ??
      (await state.openTask(spec.id, spec.topics, (progress) => {
        this.#restore = progress
      }))
    const storage = new CommitTrace(inner, spec.query, spec.id)
    // The store is there, and has said where to go on.
    if (external !== undefined) this.#error = undefined
    let hasFinished = false
    try {
      const task = await openTask({ ...this.#ports, spec, taskStorage: storage, external })
      this.#task = task
      try {
        const runner = new Runner({
          task,
          storage,
          clock,
          ...checkpointIntervals(spec),
          // Over Kafka a commit waits for the brokers, and stages wait for each other's commits.
          ...(spec.topics === undefined && external === undefined ? {} : { checkpointCostFactor: 0 }),
          onRead: (chunk) => storage.read(chunk),
          onCheckpoint: (durationMs) => this.#checkpointMs.add(durationMs),
        })
        this.#runner = runner
        if (this.#stopping.signal.aborted) runner.stop()
        opened.resolve()
        await runner.run()
        this.#error = undefined
        if (task.finished) {
          this.#state = 'finished'
          this.#events.onEnd('finished')
        }
        hasFinished = task.finished
      } finally {
        this.#counts = countRows(task, spec.delivers)
        this.#task = undefined
        this.#runner = undefined
        await task.close()
        if (external !== undefined) this.#delivered = storage.checkpoint
      }
      // Where the state is the task's own to open, its view is read as long as it is there.
      if (hasFinished && spec.topics !== undefined) await aborted(this.#stopping.signal)
    } finally {
      await storage.close()
    }
  }
}

/**
 * Between two transactions of a query over Kafka that keeps up, or of a store outside: each takes some ten
 * milliseconds, and as many requests whatever it holds.
 */
const REMOTE_INTERVAL_MS = 100

/**
 * A barrier gives out what EVERY holds back, since it has to survive a crash: so checkpoints of such a query are as far
 * apart as it asks for, also when it keeps up.
 */
function checkpointIntervals({
  plan,
  topics,
  delivers,
}: TaskSpec): Pick<RunnerOptions, 'checkpointIntervalMs' | 'caughtUpIntervalMs'> {
  const { checkpointIntervalMs } = plan.options
  const longestMs = longestEveryMs(plan)
  if (longestMs > 0) {
    return { checkpointIntervalMs: Math.max(checkpointIntervalMs, longestMs), caughtUpIntervalMs: longestMs }
  }
  return {
    checkpointIntervalMs,
    caughtUpIntervalMs: topics === undefined && delivers === undefined ? undefined : REMOTE_INTERVAL_MS,
  }
}

function longestEveryMs(plan: PhysicalPlan): number {
  const everyMs = plan.steps.map((step) => {
    if ('everyMs' in step) return step.everyMs
    return 'emit' in step ? step.emit.everyMs : undefined
  })
  return Math.max(0, ...everyMs.map((ms) => ms ?? 0))
}

/** Of those that are known. */
export function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const NO_COUNTS = {
  rowsIn: 0,
  rowsOut: 0,
  rowsLate: 0,
  rowsFailed: 0,
  rowsDuplicate: 0,
  recordsSkipped: 0,
  watermark: Number.NEGATIVE_INFINITY,
}

export const NO_RESTORE: RestoreProgress = { records: 0, remaining: 0 }

/** What the steps and sources of a task have counted. A row that goes from task to task is in and out once. */
export function countRows(task: Task, delivers?: string): typeof NO_COUNTS {
  // Its rows have been counted, and its time has been told, by the tasks that gave them.
  if (delivers !== undefined) return { ...NO_COUNTS, watermark: LOADED }
  const counts = { ...NO_COUNTS, watermark: task.watermark }
  for (const source of task.sources) {
    if (source.step.connector.kind !== 'exchange') counts.rowsIn += source.counters.rowsIn
    counts.rowsFailed += source.counters.rowsBad
    counts.recordsSkipped += source.counters.recordsSkipped
  }
  const last = task.plan.steps.at(-1)
  const writesRows = last?.kind !== 'sink' || last.connector.kind !== 'exchange'
  for (const [id, metrics] of task.metrics()) {
    counts.rowsLate += metrics.rowsLate
    counts.rowsFailed += metrics.rowsFailed
    counts.rowsDuplicate += metrics.rowsDuplicate
    if (id === last?.id && writesRows) counts.rowsOut = metrics.rowsIn
  }
  return counts
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

function isUserFault(error: unknown): boolean {
  return error instanceof AppError && error.domain === 'user'
}
