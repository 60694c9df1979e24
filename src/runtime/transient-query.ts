import type { Batch, ChangeKind } from '../core/batch.ts'
import { AppError } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { TaskStorage } from '../engine/ports/state.ts'
import { Runner } from '../engine/runner.ts'
import { BatchSink } from '../engine/sinks.ts'
import type { Task } from '../engine/task.ts'
import type { OmittedRows, ResultEvent, ResultStream } from './api.ts'
import { ResultQueue } from './result-queue.ts'
import { countRows } from './task-loop.ts'

/**
 * A SELECT of one reader: a pull query over what is there, or a push query that runs while its reader listens. It
 * keeps nothing on disk and does not resume; what should survive its reader is a materialized view.
 */
export interface TransientQueryOptions {
  readonly schema: Schema
  readonly continuous: boolean
  readonly storage: TaskStorage
  readonly clock: Clock
  readonly openTask: (sink: BatchSink) => Promise<Task>
  readonly signal: AbortSignal | undefined
  /** Called when nobody waits for more of it: what it reads from need not answer. */
  readonly onClose?: () => void
}

/** State of a query that has no disk to spill to. */
export const TRANSIENT_STATE_ENTRIES_MAX = 1_000_000

export class TransientQuery implements ResultStream {
  readonly schema: Schema
  readonly continuous: boolean
  readonly #queue = new ResultQueue()
  #runner: Runner | undefined
  #task: Task | undefined
  readonly #onClose: (() => void) | undefined
  #omitted: OmittedRows = { failed: 0, reason: undefined, late: 0 }
  #running: Promise<void> = Promise.resolve()

  private constructor(options: TransientQueryOptions) {
    this.schema = options.schema
    this.continuous = options.continuous
    this.#onClose = options.onClose
  }

  static async open(options: TransientQueryOptions): Promise<TransientQuery> {
    const query = new TransientQuery(options)
    const sink = new BatchSink(
      (batch) => query.#queue.push(rowsEvent(batch)),
      (watermark) => query.#queue.push({ kind: 'watermark', watermark, resumeToken: '' }),
    )
    const task = await options.openTask(sink)
    const runner = new Runner({
      task,
      storage: options.storage,
      clock: options.clock,
      checkpointIntervalMs: undefined,
      outputReady: () => {
        limitState(task)
        return query.#queue.room()
      },
    })
    query.#runner = runner
    query.#task = task
    query.#running = query.#run(runner, task, options.storage)
    options.signal?.addEventListener('abort', () => void query.close(), { once: true })
    if (options.signal?.aborted) void query.close()
    return query
  }

  /** Resolves when the query no longer runs. */
  get ended(): Promise<void> {
    return this.#running
  }

  omitted(): OmittedRows {
    const task = this.#task
    if (task === undefined) return this.#omitted
    const { rowsFailed, rowsLate } = countRows(task)
    return { failed: rowsFailed, reason: task.firstFailure, late: rowsLate }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    try {
      yield* this.#queue
    } finally {
      await this.close()
    }
  }

  async close(): Promise<void> {
    this.#runner?.stop()
    this.#onClose?.()
    this.#queue.end()
    await this.#running
  }

  async #run(runner: Runner, task: Task, storage: TaskStorage): Promise<void> {
    try {
      await runner.run()
      this.#queue.end()
    } catch (error) {
      this.#queue.end(error)
    } finally {
      this.#omitted = this.omitted()
      this.#task = undefined
      await task.close()
      await storage.close()
    }
  }
}

function rowsEvent(batch: Batch): ResultEvent {
  const rows = Array.from({ length: batch.length }, (_, i) => batch.row(i))
  const changes: ChangeKind[] = rows.map((_, i) => batch.kind(i))
  return { kind: 'rows', rows, changes, times: batch.times.slice(0, batch.length), resumeToken: '', snapshot: false }
}

function limitState(task: Task): void {
  let entries = 0
  for (const metrics of task.metrics().values()) entries += metrics.stateEntries
  if (entries <= TRANSIENT_STATE_ENTRIES_MAX) return
  throw new AppError('RESOURCE_EXHAUSTED', `the query holds more than ${TRANSIENT_STATE_ENTRIES_MAX} keys in memory`, {
    hint: 'Create a materialized view, which keeps its state on disk, and read from that.',
  })
}
