import type { TopicPartition } from '../engine/ports/state.ts'
import { TaskLoop, type TaskPorts, type TaskState, type TaskStats } from './task-loop.ts'
import type { TaskSpec } from './task-spec.ts'

/** Where tasks run: in this thread, or on threads of their own. */
export interface TaskHost {
  /** Resolves when the task is open; rejects with why it can't be. It goes on trying where that may pass. */
  start(spec: TaskSpec): Promise<void>
  /** Commits what was processed and stops; resolves with the last counts of a task that ran here. */
  stop(id: string): Promise<TaskStats | undefined>
  /** Deletes what is kept of its state here. */
  drop(id: string): Promise<void>
  /** Undefined where it does not run. */
  stats(id: string): Promise<TaskStats | undefined>
  /** One page of a table of the task, of the last commit. */
  readTable(request: TablePageRequest): Promise<TablePage>
  close(): Promise<void>
}

export interface TablePageRequest {
  readonly task: string
  readonly operatorId: string
  readonly table: string
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
  readonly rowsMax: number
  /** The task's part of the result log. */
  readonly result: TopicPartition
}

export interface TablePage {
  readonly entries: readonly (readonly [Uint8Array, Uint8Array])[]
  /** The offset that the next record of the task's result log gets, as of the same commit. */
  readonly resultEnd: number
  /** Nothing follows in the range. */
  readonly end: boolean
}

/** What happens to tasks by itself. */
export interface TaskHostEvents {
  onFailure(task: TaskSpec, error: unknown, willRetry: boolean): void
  /** It no longer runs, and nobody has asked for that: finished, failed for good, or fenced (stopped). */
  onEnd(task: TaskSpec, state: TaskState): void
}

export interface LocalTaskHostOptions extends TaskPorts {
  readonly events: TaskHostEvents
}

export class LocalTaskHost implements TaskHost {
  readonly #options: LocalTaskHostOptions
  readonly #loops = new Map<string, TaskLoop>()

  constructor(options: LocalTaskHostOptions) {
    this.#options = options
  }

  async start(spec: TaskSpec): Promise<void> {
    const known = this.#loops.get(spec.id)
    if (known !== undefined) return known.start()
    const { events } = this.#options
    const loop = new TaskLoop(spec, this.#options, {
      onFailure: (error, willRetry) => events.onFailure(spec, error, willRetry),
      onEnd: (state) => events.onEnd(spec, state),
    })
    this.#loops.set(spec.id, loop)
    await loop.start()
  }

  async stop(id: string): Promise<TaskStats | undefined> {
    const loop = this.#loops.get(id)
    await loop?.stop()
    this.#loops.delete(id)
    return loop?.stats()
  }

  async drop(id: string): Promise<void> {
    await this.stop(id)
    await this.#options.state.dropTask(id)
  }

  async stats(id: string): Promise<TaskStats | undefined> {
    return this.#loops.get(id)?.stats()
  }

  async readTable({ task, operatorId, table, from, to, rowsMax, result }: TablePageRequest): Promise<TablePage> {
    const snapshot = this.#options.state.snapshot(task)
    try {
      const entries: (readonly [Uint8Array, Uint8Array])[] = []
      let end = true
      for (const entry of snapshot.scan(operatorId, table, from, to)) {
        if (entries.length === rowsMax) {
          end = false
          break
        }
        entries.push(entry)
      }
      const { topic, partition } = result
      return { entries, resultEnd: snapshot.topicEnd(topic, partition), end }
    } finally {
      snapshot.close()
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loops.keys()].map((id) => this.stop(id)))
  }
}
