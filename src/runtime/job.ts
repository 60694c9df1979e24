import type { QueryEntry } from '../plan/catalog.ts'
import type { QueryStats } from './api.ts'
import type { TaskDetail } from './task-detail.ts'
import type { TaskHost } from './task-host.ts'
import type { TaskStats } from './task-loop.ts'
import type { TaskSpec } from './task-spec.ts'

/**
 * One continuous query as this process sees it: the tasks that it consists of, and those of them that run here. Where
 * they run is decided outside; here they are started and stopped, one change after the other.
 */
export class Job {
  entry: QueryEntry
  readonly tasks: readonly TaskSpec[]
  readonly #host: TaskHost
  readonly #onChange: () => void
  /** By task, what resolves when it is open. */
  readonly #running = new Map<string, Promise<void>>()
  readonly #finished = new Set<string>()
  /** What tasks that do not run any more have counted. */
  readonly #last = new Map<string, TaskStats>()
  #change: Promise<void> = Promise.resolve()

  constructor(entry: QueryEntry, tasks: readonly TaskSpec[], host: TaskHost, onChange: () => void) {
    this.#onChange = onChange
    this.entry = entry
    this.tasks = tasks
    this.#host = host
  }

  get finished(): boolean {
    return this.#finished.size === this.tasks.length
  }

  /** Ids of the tasks that this process runs. */
  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Runs exactly these of its tasks here. Rejects with the first failure to open one, when all have been tried. */
  run(ids: ReadonlySet<string>): Promise<void> {
    const change = this.#change.then(() => this.#run(ids))
    this.#change = change.catch(() => undefined)
    return change
  }

  stop(): Promise<void> {
    return this.run(new Set())
  }

  taskFinished(id: string): void {
    this.#finished.add(id)
  }

  /** It has stopped by itself: whoever runs it now, it is not this process. */
  taskLost(id: string): void {
    this.#running.delete(id)
    this.#onChange()
  }

  async stats(): Promise<QueryStats> {
    const tasks = await this.taskStats()
    return { ...combine(tasks), state: this.#state(tasks) }
  }

  /** What a task that runs here does. */
  async detail(id: string): Promise<TaskDetail | undefined> {
    return (await this.#host.stats(id))?.detail
  }

  /** Of the tasks that run here, or have run here. */
  async taskStats(): Promise<readonly TaskStats[]> {
    const stats = await Promise.all(
      this.tasks.map(async ({ id }) => (await this.#host.stats(id)) ?? this.#last.get(id)),
    )
    return stats.filter((one) => one !== undefined)
  }

  #state(tasks: readonly TaskStats[]): QueryStats['state'] {
    if (this.finished) return 'finished'
    if (tasks.some(({ state }) => state === 'failed')) return 'failed'
    return this.entry.state
  }

  async #run(ids: ReadonlySet<string>): Promise<void> {
    const surplus = this.running.filter((id) => !ids.has(id))
    await Promise.all(surplus.map((id) => this.#stop(id)))
    for (const task of this.tasks) {
      if (ids.has(task.id) && !this.#running.has(task.id)) this.#running.set(task.id, this.#host.start(task))
    }
    this.#onChange()
    // Also those that were started before: whoever asks wants to know that all of them are open.
    const opened = await Promise.allSettled(this.#running.values())
    const failed = opened.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  async #stop(id: string): Promise<void> {
    const stats = await this.#host.stop(id)
    if (stats !== undefined) this.#last.set(id, stats)
    this.#running.delete(id)
    this.#onChange()
  }
}

function combine(tasks: readonly TaskStats[]): Omit<QueryStats, 'state'> {
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
    watermark: tasks.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(...tasks.map(({ watermark }) => watermark)),
    lagRecords: lags.includes(undefined) ? undefined : lags.reduce((total = 0, lag = 0) => total + lag, 0),
    stateBytes: sum(({ stateBytes }) => stateBytes),
    epoch: Math.max(0, ...tasks.map(({ epoch }) => epoch)),
    checkpointMsP95: Math.max(0, ...tasks.map(({ checkpointMsP95 }) => checkpointMsP95)),
  }
}
