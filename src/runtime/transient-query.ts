import type { Batch, ChangeKind } from '../core/batch.ts'
import { AppError } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { SqlType } from '../core/type.ts'
import type { Value } from '../core/value.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { TaskStorage } from '../engine/ports/state.ts'
import { Runner } from '../engine/runner.ts'
import { BatchSink } from '../engine/sinks.ts'
import type { Task } from '../engine/task.ts'
import type { OmittedRows, ResultEvent } from './api.ts'
import { ResultQueue } from './result-queue.ts'
import { countRows } from './task-loop.ts'
import type { ResultPage } from './transient-host.ts'

/**
 * A SELECT of one reader: a pull query over what is there, or a push query that runs while its reader listens. It
 * keeps nothing on disk and does not resume; what should survive its reader is a materialized view.
 */
export interface TransientQueryOptions {
  readonly schema: Schema
  readonly storage: TaskStorage
  readonly clock: Clock
  readonly openTask: (sink: BatchSink) => Promise<Task>
  /** Called when nobody waits for more of it: what it reads from need not answer. */
  readonly onClose?: () => void
}

/** State of a query that has no disk to spill to. */
export const TRANSIENT_STATE_ENTRIES_MAX = 1_000_000

export class TransientQuery {
  readonly #queue = new ResultQueue()
  #runner: Runner | undefined
  #task: Task | undefined
  readonly #onClose: (() => void) | undefined
  #omitted: OmittedRows = { failed: 0, reason: undefined, late: 0 }
  #running: Promise<void> = Promise.resolve()

  private constructor(options: TransientQueryOptions) {
    this.#onClose = options.onClose
  }

  static async open(options: TransientQueryOptions): Promise<TransientQuery> {
    const query = new TransientQuery(options)
    const hasBytes = options.schema.fields.some(({ type }) => holdsBytes(type))
    const sink = new BatchSink(
      (batch) => query.#queue.push(rowsEvent(batch, hasBytes)),
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
    return query
  }

  /** What came since the last call; waits until there is something. Rejects with what the query failed with. */
  async take(): Promise<ResultPage> {
    const events = await this.#queue.take()
    return { events, omitted: this.#omittedNow(), ended: events.length === 0 }
  }

  async close(): Promise<void> {
    this.#runner?.stop()
    this.#onClose?.()
    this.#queue.end()
    await this.#running
  }

  #omittedNow(): OmittedRows {
    const task = this.#task
    if (task === undefined) return this.#omitted
    const { rowsFailed, rowsLate } = countRows(task)
    return { failed: rowsFailed, reason: task.firstFailure, late: rowsLate }
  }

  async #run(runner: Runner, task: Task, storage: TaskStorage): Promise<void> {
    try {
      await runner.run()
      this.#queue.end()
    } catch (error) {
      this.#queue.end(error)
    } finally {
      this.#omitted = this.#omittedNow()
      this.#task = undefined
      await task.close()
      await storage.close()
    }
  }
}

function rowsEvent(batch: Batch, hasBytes: boolean): ResultEvent {
  const rows = Array.from({ length: batch.length }, (_, i) => (hasBytes ? batch.row(i).map(ownBytes) : batch.row(i)))
  const changes: ChangeKind[] = rows.map((_, i) => batch.kind(i))
  return { kind: 'rows', rows, changes, times: batch.times.slice(0, batch.length), resumeToken: '', snapshot: false }
}

/** Not a part of what it was read from: a message to another thread takes the whole buffer of an array. */
function ownBytes(value: Value): Value {
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return Array.isArray(value) ? value.map(ownBytes) : value
}

function holdsBytes(type: SqlType): boolean {
  switch (type.kind) {
    case 'bytes':
      return true
    case 'array':
      return holdsBytes(type.element)
    case 'map':
      return holdsBytes(type.key) || holdsBytes(type.value)
    case 'struct':
      return type.fields.some((field) => holdsBytes(field.type))
    default:
      return false
  }
}

function limitState(task: Task): void {
  let entries = 0
  for (const metrics of task.metrics().values()) entries += metrics.stateEntries
  if (entries <= TRANSIENT_STATE_ENTRIES_MAX) return
  throw new AppError('RESOURCE_EXHAUSTED', `the query holds more than ${TRANSIENT_STATE_ENTRIES_MAX} keys in memory`, {
    hint: 'Create a materialized view, which keeps its state on disk, and read from that.',
  })
}
