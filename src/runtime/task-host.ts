import type { TopicPartition } from '../engine/ports/state.ts'
import { StandbyLoop } from './standby-loop.ts'
import { TableCursors } from './table-cursors.ts'
import { TaskLoop, type TaskState, type TaskStats } from './task-loop.ts'
import type { TaskSpec } from './task-spec.ts'
import {
  LocalTransientHost,
  type LocalTransientHostOptions,
  type ResultPage,
  type TransientHost,
  type TransientSpec,
} from './transient-host.ts'

/** Where tasks and the queries of readers run: in this thread, or on threads of their own. */
export interface TaskHost extends TableHost, TransientHost {
  /** Resolves when the task is open; rejects with why it can't be. It goes on trying where that may pass. */
  start(spec: TaskSpec): Promise<void>
  /** Commits what was processed and stops; resolves with the last counts of a task that ran here. */
  stop(id: string): Promise<TaskStats | undefined>
  /**
   * Keeps a copy of the state of a task that runs elsewhere, until it is started, stopped or dropped here. Resolves
   * when that has begun; it goes on trying.
   */
  follow(spec: TaskSpec): Promise<void>
  /** Deletes what is kept of its state here. */
  drop(id: string): Promise<void>
  /** Undefined where it does not run. */
  stats(id: string): Promise<TaskStats | undefined>
  close(): Promise<void>
}

/** Reading tables of tasks: plain data, so that it makes no difference in which thread they are. */
export interface TableHost {
  /** The first page is of the last commit of the task, and the others of the same one. */
  readTable(request: TablePageRequest): Promise<TablePage>
  /** Of a table that is not read to its end. */
  closeTable(task: string, cursor: string): Promise<void>
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
  /** From the page before; undefined begins. */
  readonly cursor: string | undefined
}

export interface TablePage {
  readonly entries: readonly (readonly [Uint8Array, Uint8Array])[]
  /** The offset that the next record of the task's result log gets, as of the same commit. */
  readonly resultEnd: number
  /** To go on with; undefined where nothing follows in the range. */
  readonly cursor: string | undefined
}

/** What happens to tasks by itself. */
export interface TaskHostEvents {
  onFailure(task: TaskSpec, error: unknown, willRetry: boolean): void
  /** It no longer runs, and nobody has asked for that: finished, failed for good, or fenced (stopped). */
  onEnd(task: TaskSpec, state: TaskState): void
  /** Whether the copy of a task that is followed could take over at once; told when that changes. */
  onCopy(task: TaskSpec, inStep: boolean): void
}

export interface LocalTaskHostOptions extends LocalTransientHostOptions {
  readonly events: TaskHostEvents
}

export class LocalTaskHost implements TaskHost {
  readonly #options: LocalTaskHostOptions
  readonly #loops = new Map<string, TaskLoop>()
  readonly #standbys = new Map<string, StandbyLoop>()
  readonly #tables: TableCursors
  readonly #transient: LocalTransientHost

  constructor(options: LocalTaskHostOptions) {
    this.#options = options
    this.#tables = new TableCursors(options)
    this.#transient = new LocalTransientHost(options)
  }

  async start(spec: TaskSpec): Promise<void> {
    const known = this.#loops.get(spec.id)
    if (known !== undefined) return known.start()
    await this.#unfollow(spec.id)
    const { events } = this.#options
    const loop = new TaskLoop(spec, this.#options, {
      onFailure: (error, willRetry) => events.onFailure(spec, error, willRetry),
      onEnd: (state) => events.onEnd(spec, state),
    })
    this.#loops.set(spec.id, loop)
    await loop.start()
  }

  async stop(id: string): Promise<TaskStats | undefined> {
    await this.#unfollow(id)
    const loop = this.#loops.get(id)
    await loop?.stop()
    this.#tables.closeTask(id)
    this.#loops.delete(id)
    return loop?.stats()
  }

  async follow(spec: TaskSpec): Promise<void> {
    if (this.#standbys.has(spec.id)) return
    // One that was fenced has ended, and nobody has stopped it.
    await this.stop(spec.id)
    const { events } = this.#options
    const standby = new StandbyLoop(spec, this.#options, {
      onFailure: (error) => events.onFailure(spec, error, true),
      onCopy: (inStep) => events.onCopy(spec, inStep),
    })
    this.#standbys.set(spec.id, standby)
  }

  async drop(id: string): Promise<void> {
    await this.stop(id)
    await this.#options.state.dropTask(id)
  }

  async stats(id: string): Promise<TaskStats | undefined> {
    return this.#loops.get(id)?.stats()
  }

  async readTable(request: TablePageRequest): Promise<TablePage> {
    return this.#tables.read(request)
  }

  async closeTable(_task: string, cursor: string): Promise<void> {
    this.#tables.close(cursor)
  }

  openTransient(spec: TransientSpec): Promise<void> {
    return this.#transient.openTransient(spec)
  }

  nextResults(id: string): Promise<ResultPage> {
    return this.#transient.nextResults(id)
  }

  closeTransient(id: string): Promise<void> {
    return this.#transient.closeTransient(id)
  }

  async close(): Promise<void> {
    await this.#transient.closeAll()
    await Promise.all([...this.#loops.keys(), ...this.#standbys.keys()].map((id) => this.stop(id)))
    this.#tables.closeAll()
  }

  async #unfollow(id: string): Promise<void> {
    await this.#standbys.get(id)?.stop()
    this.#standbys.delete(id)
  }
}
