import type { Worker } from 'node:worker_threads'
import { AppError } from '../../core/errors.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { TaskStats } from '../task-loop.ts'
import type { TaskSpec } from '../task-spec.ts'
import type { ReadView, ResultPage, TransientSpec } from '../transient-host.ts'
import { channelToThread, type ServingCalls } from './channel.ts'
import { ViewCursors } from './view-cursors.ts'

/**
 * One thread that runs tasks, as the thread that serves clients sees it. It is started with its first task. Should it
 * die (out of memory, a defect), the others go on, and another one is started that opens its tasks and copies anew.
 */
export interface TaskThreadOptions {
  readonly spawn: () => Worker
  readonly calls: Omit<ServingCalls, 'readView' | 'closeView'>
  readonly readView: ReadView
  readonly clock: Clock
  /** It has died with these tasks, which are started again. */
  readonly onDeath: (tasks: readonly TaskSpec[], error: AppError) => void
}

type Channel = ReturnType<typeof channelToThread>

interface Running {
  readonly worker: Worker
  readonly channel: Channel
  readonly views: ViewCursors
  readonly startedMs: number
}

const RESTART_MS_MIN = 100
const RESTART_MS_MAX = 30_000

export class TaskThread {
  readonly #options: TaskThreadOptions
  readonly #tasks = new Map<string, TaskSpec>()
  readonly #standbys = new Map<string, TaskSpec>()
  /** Those that have stopped by themselves: finished, failed for good, or taken over by another process. */
  readonly #ended = new Set<string>()
  readonly #transients = new Set<string>()
  readonly #closing = new AbortController()
  #running: Running | undefined
  /** Set from its death until another one has taken its tasks. */
  #restart: Promise<void> | undefined
  #restartMs = RESTART_MS_MIN

  constructor(options: TaskThreadOptions) {
    this.#options = options
  }

  /** Those that run here, or will as soon as it has been started again. */
  get tasks(): ReadonlyMap<string, TaskSpec> {
    return this.#tasks
  }

  /** Those whose state it keeps a copy of. */
  get standbys(): ReadonlyMap<string, TaskSpec> {
    return this.#standbys
  }

  async start(spec: TaskSpec): Promise<void> {
    this.#standbys.delete(spec.id)
    this.#tasks.set(spec.id, spec)
    this.#ended.delete(spec.id)
    await this.#restart
    // It may have been stopped meanwhile.
    if (this.#tasks.get(spec.id) === spec) await this.channel().start(spec)
  }

  async follow(spec: TaskSpec): Promise<void> {
    this.#tasks.delete(spec.id)
    this.#ended.delete(spec.id)
    this.#standbys.set(spec.id, spec)
    await this.#restart
    if (this.#standbys.get(spec.id) === spec) await this.channel().follow(spec)
  }

  stop(id: string): Promise<TaskStats | undefined> {
    this.#tasks.delete(id)
    this.#standbys.delete(id)
    this.#ended.delete(id)
    return this.#running === undefined ? Promise.resolve(undefined) : this.#running.channel.stop(id)
  }

  /** It has stopped by itself. */
  ended(id: string): void {
    this.#ended.add(id)
  }

  /** Undefined while the thread does not run. */
  stats(id: string): Promise<TaskStats | undefined> {
    return this.#running === undefined ? Promise.resolve(undefined) : this.#running.channel.stats(id)
  }

  /** Queries of readers: they die with the thread, and their readers are told. */
  get transients(): ReadonlySet<string> {
    return this.#transients
  }

  async openTransient(spec: TransientSpec): Promise<void> {
    const { id } = spec.task
    this.#transients.add(id)
    try {
      await this.#restart
      await this.channel().openTransient(spec)
    } catch (error) {
      this.#transients.delete(id)
      throw error
    }
  }

  nextResults(id: string): Promise<ResultPage> {
    return this.channel().nextResults(id)
  }

  async closeTransient(id: string): Promise<void> {
    // What runs in the place of a thread that has died does not know it; one that dies meanwhile comes to the same.
    if (this.#transients.delete(id)) await this.#running?.channel.closeTransient(id).catch(() => undefined)
  }

  /** Starts the thread where it does not run. */
  channel(): Channel {
    this.#running ??= this.#spawn()
    return this.#running.channel
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#restart
    const running = this.#running
    if (running === undefined) return
    // Rejects where it dies meanwhile, which comes to the same.
    await running.channel.close().catch(() => undefined)
    await running.worker.terminate()
  }

  #spawn(): Running {
    const { spawn, calls, readView, clock } = this.#options
    const worker = spawn()
    const views = new ViewCursors(readView)
    const channel = channelToThread(worker, {
      ...calls,
      readView: (request, cursor) => views.read(request, cursor),
      closeView: (cursor) => void views.close(cursor),
    })
    let reason: unknown
    worker.on('error', (error) => {
      reason = error
    })
    worker.once('exit', (code) => this.#exited(code, reason))
    return { worker, channel, views, startedMs: clock.nowMs() }
  }

  #exited(code: number, reason: unknown): void {
    const running = this.#running
    this.#running = undefined
    const error = new AppError('UNAVAILABLE', `a thread that runs tasks has ended (${described(code, reason)})`, {
      domain: 'internal',
      retry: true,
      hint: 'Its tasks are started again from their last checkpoints.',
      cause: reason,
    })
    running?.channel.$close(error)
    void running?.views.closeAll()
    if (this.#closing.signal.aborted) return
    this.#options.onDeath(this.#live(), error)
    const { clock } = this.#options
    if (running !== undefined && clock.nowMs() - running.startedMs > RESTART_MS_MAX) this.#restartMs = RESTART_MS_MIN
    this.#restart = this.#startAgain().finally(() => {
      this.#restart = undefined
    })
  }

  async #startAgain(): Promise<void> {
    const { clock } = this.#options
    await clock.sleepUntil(clock.nowMs() + this.#restartMs, this.#closing.signal)
    this.#restartMs = Math.min(this.#restartMs * 2, RESTART_MS_MAX)
    if (this.#closing.signal.aborted) return
    // A task that can't be opened says so by itself; it goes on trying.
    for (const spec of this.#live())
      void this.channel()
        .start(spec)
        .catch(() => undefined)
    for (const spec of this.#standbys.values())
      void this.channel()
        .follow(spec)
        .catch(() => undefined)
  }

  #live(): readonly TaskSpec[] {
    return [...this.#tasks.values()].filter(({ id }) => !this.#ended.has(id))
  }
}

function described(code: number, reason: unknown): string {
  return reason instanceof Error ? reason.message : `exit code ${code}`
}
