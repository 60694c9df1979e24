import { type Duties, NO_DUTIES } from '../engine/duties.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import type { TaskHost } from './task-host.ts'
import type { TaskStats } from './task-loop.ts'
import type { TaskSpec } from './task-spec.ts'

/**
 * One continuous query as this process sees it: the tasks that it consists of, those of them that run here, and those
 * whose state is copied here. Which ones is decided outside; here they are started and stopped, one change after the
 * other.
 */
export class Job {
  entry: QueryEntry
  readonly tasks: readonly TaskSpec[]
  readonly #host: TaskHost
  readonly #onChange: () => void
  /** By task, what resolves when it is open. */
  readonly #running = new Map<string, Promise<void>>()
  /** By task that is copied here, whether the copy is in step. */
  readonly #copies = new Map<string, boolean>()
  readonly #finished = new Set<string>()
  /** Those that have failed for good, and are started again when somebody asks for it. */
  readonly #failed = new Set<string>()
  /** What tasks that do not run any more have counted. */
  readonly #last = new Map<string, TaskStats>()
  #change: Promise<void> = Promise.resolve()

  constructor(entry: QueryEntry, tasks: readonly TaskSpec[], host: TaskHost, onChange: () => void) {
    this.#onChange = onChange
    this.entry = entry
    this.tasks = tasks
    this.#host = host
  }

  /** All of its tasks have finished here. */
  get finished(): boolean {
    return this.#finished.size === this.tasks.length
  }

  /** What it gives has all been written, if not yet delivered. */
  get written(): boolean {
    return this.tasks.every(({ id, delivers }) => delivers !== undefined || this.#finished.has(id))
  }

  /** Ids of the tasks that this process runs. */
  get running(): readonly string[] {
    return [...this.#running.keys()]
  }

  /** Ids of the tasks whose state here is, or is about to be, what they could go on from at once. */
  get inStep(): readonly string[] {
    return [...this.running, ...[...this.#copies].filter(([, inStep]) => inStep).map(([id]) => id)]
  }

  /**
   * Runs exactly those of its tasks here that the duties say, and copies the state of exactly those. Rejects with the
   * first failure to open one, when all have been tried.
   */
  async run(duties: Duties): Promise<void> {
    const change = this.#change.then(() => this.#run(duties))
    this.#change = change.catch(() => undefined)
    await change
    // Also those that were started before: whoever asks wants to know that all of them are open. The next change does
    // not wait for that: there may be much to restore.
    const opened = await Promise.allSettled(this.#running.values())
    const failed = opened.find((one) => one.status === 'rejected')
    if (failed !== undefined) throw failed.reason
  }

  stop(): Promise<void> {
    return this.run(NO_DUTIES)
  }

  taskFinished(id: string): void {
    this.#finished.add(id)
  }

  taskFailed(id: string): void {
    this.#failed.add(id)
  }

  /** The next change of duties starts them again. */
  forgetFailures(): void {
    for (const id of this.#failed) this.#running.delete(id)
    this.#failed.clear()
  }

  copyChanged(id: string, inStep: boolean): void {
    if (!this.#copies.has(id)) return
    this.#copies.set(id, inStep)
    this.#onChange()
  }

  /** It has stopped by itself: whoever runs it now, it is not this process. */
  taskLost(id: string): void {
    this.#running.delete(id)
    this.#onChange()
  }

  /** Of the tasks that run here, by id. */
  async runningStats(): Promise<ReadonlyMap<string, TaskStats>> {
    const stats = await Promise.all(this.running.map(async (id) => [id, await this.#host.stats(id)] as const))
    return new Map(stats.flatMap(([id, one]) => (one === undefined ? [] : [[id, one] as const])))
  }

  /** What a task has counted that ran here, and does not any more. */
  lastStats(id: string): TaskStats | undefined {
    return this.#last.get(id)
  }

  async #run({ claim, run, standby }: Duties): Promise<void> {
    const surplus = this.running.filter((id) => !run.has(id))
    // What is claimed runs in a moment: until then its copy goes on.
    const uncopied = [...this.#copies.keys()].filter((id) => !standby.has(id) && !claim.has(id))
    await Promise.all([...surplus.map((id) => this.#stop(id)), ...uncopied.map((id) => this.#uncopy(id))])
    for (const task of this.tasks) {
      const { id } = task
      if (run.has(id)) {
        this.#copies.delete(id)
        if (!this.#running.has(id)) this.#running.set(id, this.#host.start(task))
      } else if (standby.has(id) && !this.#copies.has(id)) {
        // What delivers has no state: it could take over at once.
        this.#copies.set(id, task.delivers !== undefined)
        if (task.delivers === undefined) await this.#host.follow(task)
      }
    }
    this.#onChange()
  }

  async #stop(id: string): Promise<void> {
    const stats = await this.#host.stop(id)
    if (stats !== undefined) this.#last.set(id, stats)
    this.#running.delete(id)
    this.#onChange()
  }

  async #uncopy(id: string): Promise<void> {
    await this.#host.stop(id)
    this.#copies.delete(id)
  }
}
