import type { Worker } from 'node:worker_threads'
import { must } from '../../core/assert.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { TablePage, TablePageRequest, TaskHost, TaskHostEvents } from '../task-host.ts'
import type { TaskStats } from '../task-loop.ts'
import type { TaskSpec } from '../task-spec.ts'
import type { ReadView, ResultPage, TransientSpec } from '../transient-host.ts'
import { fromPlainError } from './plain-error.ts'
import { TaskThread, type TaskThreadOptions } from './task-thread.ts'

/**
 * Runs tasks, and the queries of readers, on threads of their own, so that the one that serves clients never waits for
 * an operator. A task stays on its thread until it is stopped: its state and its consumer are there. One that is taken
 * over stays on the thread that has kept the copy.
 */
export interface ThreadTaskHostOptions {
  readonly threads: number
  /** A thread that serves tasks (`serveTasks`). */
  readonly spawn: () => Worker
  readonly clock: Clock
  readonly events: TaskHostEvents
  readonly hasFinished: (relation: string) => Promise<boolean>
  readonly readView: ReadView
  readonly print: (line: string) => void
}

/** More than a process ever runs: the first order of two is multiplied by it. */
const TASKS_MAX = 1_000_000

export class ThreadTaskHost implements TaskHost {
  readonly #threads: readonly TaskThread[]

  constructor({ threads, spawn, clock, events, hasFinished, readView, print }: ThreadTaskHostOptions) {
    const calls: TaskThreadOptions['calls'] = {
      taskFailed: (task, error, willRetry) => events.onFailure(task, fromPlainError(error), willRetry),
      taskEnded: (task, state) => {
        this.#threadOf(task.id)?.ended(task.id)
        events.onEnd(task, state)
      },
      copyChanged: (task, inStep) => events.onCopy(task, inStep),
      hasFinished,
      print,
    }
    const onDeath = (tasks: readonly TaskSpec[], error: Error) => {
      for (const task of tasks) events.onFailure(task, error, true)
    }
    this.#threads = Array.from({ length: threads }, () => new TaskThread({ spawn, calls, readView, clock, onDeath }))
  }

  start(spec: TaskSpec): Promise<void> {
    return (this.#threadOf(spec.id) ?? this.#freest(spec)).start(spec)
  }

  follow(spec: TaskSpec): Promise<void> {
    return (this.#threadOf(spec.id) ?? this.#freest(spec)).follow(spec)
  }

  async stop(id: string): Promise<TaskStats | undefined> {
    return this.#threadOf(id)?.stop(id)
  }

  async drop(id: string): Promise<void> {
    await this.stop(id)
    // Its folder is anyone's to delete by now.
    await this.#first.channel().drop(id)
  }

  async stats(id: string): Promise<TaskStats | undefined> {
    return this.#threadOf(id)?.stats(id)
  }

  readTable(request: TablePageRequest): Promise<TablePage> {
    // Where it does not run, that is said in the words of the local host.
    return (this.#threadOf(request.task) ?? this.#first).channel().readTable(request)
  }

  async closeTable(task: string, cursor: string): Promise<void> {
    await this.#threadOf(task)?.channel().closeTable(task, cursor)
  }

  openTransient(spec: TransientSpec): Promise<void> {
    const load = ({ transients, tasks }: TaskThread) => transients.size * TASKS_MAX + tasks.size
    return this.#least(load).openTransient(spec)
  }

  nextResults(id: string): Promise<ResultPage> {
    return (this.#threadOfTransient(id) ?? this.#first).nextResults(id)
  }

  async closeTransient(id: string): Promise<void> {
    await this.#threadOfTransient(id)?.closeTransient(id)
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()))
  }

  #threadOf(id: string): TaskThread | undefined {
    return this.#threads.find(({ tasks, standbys }) => tasks.has(id) || standbys.has(id))
  }

  #threadOfTransient(id: string): TaskThread | undefined {
    return this.#threads.find(({ transients }) => transients.has(id))
  }

  get #first(): TaskThread {
    return must(this.#threads[0], 'there is a thread')
  }

  /** Tasks of one stage have the same work: they are spread first. */
  #freest({ query, stage }: TaskSpec): TaskThread {
    const load = ({ tasks, standbys }: TaskThread) => {
      const those = [...tasks.values(), ...standbys.values()]
      const alike = those.filter((task) => task.query === query && task.stage === stage)
      return alike.length * TASKS_MAX + those.length
    }
    return this.#least(load)
  }

  #least(load: (thread: TaskThread) => number): TaskThread {
    return this.#threads.reduce((best, thread) => (load(thread) < load(best) ? thread : best))
  }
}
