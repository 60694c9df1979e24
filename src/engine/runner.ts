import { assert } from '../core/assert.ts'
import type { Clock } from './ports/clock.ts'
import type { RecordChunk } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import type { Ask, Task } from './task.ts'

/**
 * The only asynchronous file of the engine: the loop that reads for a task, tells it the time, and commits. Everything
 * that it waits for comes through a port, so a simulation decides the order of events.
 */
export interface RunnerOptions {
  readonly task: Task
  readonly storage: TaskStorage
  readonly clock: Clock
  /** Shortest time between two checkpoints; undefined for a query that keeps nothing (transient, pull). */
  readonly checkpointIntervalMs: number | undefined
  /** Shortest time between two checkpoints when the query has read all there is; by default some milliseconds. */
  readonly caughtUpIntervalMs?: number | undefined
  /**
   * A checkpoint is held back until this many times its own duration has passed; by default 4: at most a fifth of the
   * time goes to it. 0 where it waits for others more than it works.
   */
  readonly checkpointCostFactor?: number | undefined
  /** Waits until the reader of the results has room: back-pressure is not reading. */
  readonly outputReady?: () => Promise<void> | undefined
  readonly onCheckpoint?: (durationMs: number) => void
  /** Told of what was read, before the task takes it. */
  readonly onRead?: (chunk: RecordChunk) => void
}

/** Work done before others of this thread get their turn: a commit of a neighbour takes some ten turns. */
const TURN_MS = 2
/** Longest sleep, so that a missed wake-up costs little. */
const SLEEP_MS_MAX = 1_000
/**
 * A checkpoint is held back until this many times its own duration has passed: at most a fifth of the time goes to
 * it.
 */
const CHECKPOINT_COST_FACTOR = 4
/** Between two checkpoints of a query that keeps up: a few commits of the disk, and no more. */
const CAUGHT_UP_INTERVAL_MS = 10
/** No checkpoint counts as longer than this: the clock may have been set forward while it ran. */
const CHECKPOINT_MS_MAX = 15_000

/** What a runner has waited for so far, ms. */
export interface RunnerTimes {
  commitMs: number
  /** For what a format needs to know: the schema registry. */
  prepareMs: number
  /** For tables somewhere else, of which rows are asked for. */
  lookupMs: number
  /** For who takes the results. */
  outputMs: number
}

export class Runner {
  readonly #times: RunnerTimes = { commitMs: 0, prepareMs: 0, lookupMs: 0, outputMs: 0 }
  /** What it waits for now, and since when. */
  #waiting: { readonly what: keyof RunnerTimes; readonly sinceMs: number } | undefined
  readonly #options: RunnerOptions
  readonly #stop = new AbortController()
  readonly #stopped = Promise.withResolvers<void>()
  #wake: (() => void) | undefined
  /** Something became available since the last round of reads began: a sleep would miss it. */
  #signalled = false
  #lastCheckpointMs = Number.NEGATIVE_INFINITY
  #lastDurationMs = 0

  constructor(options: RunnerOptions) {
    this.#options = options
  }

  /** Runs until the task has finished or `stop` is called; then commits what is there. Rejects when the task fails. */
  async run(): Promise<void> {
    const { task, clock } = this.#options
    const unsubscribe = task.sources.map((source) => source.reader.onAvailable(() => this.#signal()))
    try {
      let turnStartMs = clock.nowMs()
      while (!this.#stop.signal.aborted) {
        const busy = await this.#step()
        if (task.finished) break
        // The difference is negative after the clock was set back: then, too, it is time for others.
        const turnMs = clock.nowMs() - turnStartMs
        if (!busy) await this.#idle()
        else if (turnMs >= TURN_MS || turnMs < 0) await clock.yieldNow()
        else continue
        turnStartMs = clock.nowMs()
      }
      // What a last barrier gives out may ask once more.
      do if (task.dirty) await this.#checkpoint()
      while (!this.#stop.signal.aborted && task.asks().length > 0 && (await this.#lookUp()))
    } finally {
      for (const stop of unsubscribe) stop()
    }
  }

  /** Asks the loop to end after the step it is in. */
  stop(): void {
    this.#stop.abort()
    this.#stopped.resolve()
    this.#signal()
  }

  #signal(): void {
    this.#signalled = true
    this.#wake?.()
  }

  /** One read, one look at the clock, and a checkpoint if one is due. True when something was read. */
  async #step(): Promise<boolean> {
    const { task, clock, outputReady } = this.#options
    const waiting = outputReady?.()
    if (waiting !== undefined) await this.#timed('outputMs', waiting)
    // What a checkpoint before has held, or what was restored, comes before what is read now.
    if (!(await this.#lookUp())) return false
    const read = await this.#read()
    if (!(await this.#lookUp())) return false
    const nowMs = clock.nowMs()
    task.tick(nowMs)
    if (!(await this.#lookUp())) return false
    const isDue = task.dirty && this.#checkpointDueMs(nowMs, !read && !task.behind) <= nowMs
    if (task.full || isDue) await this.#checkpoint()
    return read || task.asks().length > 0
  }

  /** Asks for what rows wait for, and lets them go on; false when it was stopped meanwhile. */
  async #lookUp(): Promise<boolean> {
    const { task, clock } = this.#options
    for (let asks = task.asks(); asks.length > 0; asks = task.asks()) {
      const answers = Promise.all(asks.map(({ lookup, keys }) => lookup.find(keys)))
      if (!(await this.#timed('lookupMs', this.#unlessStopped(answers)))) return false
      for (const [i, found] of (await answers).entries()) task.found(asks[i] as Ask, found, clock.nowMs())
    }
    return true
  }

  async #read(): Promise<boolean> {
    const { task, clock, onRead } = this.#options
    this.#signalled = false
    for (const { source, partition } of task.readCandidates()) {
      const nowMs = clock.nowMs()
      const result = source.reader.read(partition, source.position(partition), source.recordsMax, nowMs)
      const chunk = result instanceof Promise ? await result : result
      if (chunk === undefined || (chunk.count === 0 && !chunk.end)) continue
      const preparing = source.prepare(chunk)
      if (preparing !== undefined && !(await this.#timed('prepareMs', this.#unlessStopped(preparing)))) return false
      onRead?.(chunk)
      task.accept(source, chunk, clock.nowMs())
      return true
    }
    return false
  }

  /** Up to this moment, in the middle of a wait as well: it may be one without an end. */
  get times(): RunnerTimes {
    const times = { ...this.#times }
    const waiting = this.#waiting
    if (waiting !== undefined) times[waiting.what] += this.#sinceMs(waiting.sinceMs)
    return times
  }

  async #timed<T>(what: keyof RunnerTimes, promise: Promise<T>): Promise<T> {
    const sinceMs = this.#options.clock.nowMs()
    this.#waiting = { what, sinceMs }
    try {
      return await promise
    } finally {
      this.#waiting = undefined
      this.#times[what] += this.#sinceMs(sinceMs)
    }
  }

  #sinceMs(ms: number): number {
    return Math.max(0, this.#options.clock.nowMs() - ms)
  }

  /** Waits, but no longer than the loop runs; false when it was stopped meanwhile. */
  async #unlessStopped(promise: Promise<unknown>): Promise<boolean> {
    await Promise.race([promise, this.#stopped.promise])
    return !this.#stop.signal.aborted
  }

  /**
   * Under load a checkpoint waits for its interval, also while the next records are on their way. When the query has
   * read all there is, readers wait for what it has found, and there is nothing better to do.
   */
  #checkpointDueMs(nowMs: number, caughtUp: boolean): number {
    const {
      checkpointIntervalMs,
      caughtUpIntervalMs = CAUGHT_UP_INTERVAL_MS,
      checkpointCostFactor = CHECKPOINT_COST_FACTOR,
    } = this.#options
    if (checkpointIntervalMs === undefined) return Number.POSITIVE_INFINITY
    // A clock that was set back by an hour must not hold checkpoints back for that hour.
    this.#lastCheckpointMs = Math.min(this.#lastCheckpointMs, nowMs)
    const intervalMs = caughtUp ? Math.min(checkpointIntervalMs, caughtUpIntervalMs) : checkpointIntervalMs
    return this.#lastCheckpointMs + Math.max(intervalMs, checkpointCostFactor * this.#lastDurationMs)
  }

  /**
   * Barrier, then commit. Nothing is fed in between: a row that came after the barrier must not be in the state that
   * the positions of the barrier describe.
   */
  async #checkpoint(): Promise<void> {
    const { task, storage, clock, checkpointIntervalMs, onCheckpoint } = this.#options
    if (checkpointIntervalMs === undefined) return
    const startMs = clock.nowMs()
    const previous = storage.checkpoint?.epoch ?? 0
    const checkpoint = task.barrier(startMs)
    assert(checkpoint.epoch === previous + 1, 'epochs are consecutive')
    await this.#timed('commitMs', storage.commit(checkpoint))
    task.committed()
    const endMs = clock.nowMs()
    this.#lastCheckpointMs = endMs
    this.#lastDurationMs = Math.min(Math.max(0, endMs - startMs), CHECKPOINT_MS_MAX)
    onCheckpoint?.(this.#lastDurationMs)
  }

  /** Waits for records, a timer, or the next checkpoint, whichever comes first. */
  async #idle(): Promise<void> {
    const { task, clock } = this.#options
    const nowMs = clock.nowMs()
    let untilMs = nowMs + SLEEP_MS_MAX
    const tickMs = task.nextTickMs(nowMs)
    if (tickMs !== undefined && tickMs < untilMs) untilMs = tickMs
    if (task.dirty) untilMs = Math.min(untilMs, this.#checkpointDueMs(nowMs, !task.behind))
    if (untilMs <= nowMs || this.#signalled) return clock.yieldNow()
    const waiter = new AbortController()
    this.#wake = () => waiter.abort()
    try {
      await clock.sleepUntil(untilMs, waiter.signal)
    } finally {
      this.#wake = undefined
    }
  }
}
