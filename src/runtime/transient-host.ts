import { MemoryState } from '../adapters/memory/memory-state.ts'
import { AppError } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { SourceReader } from '../engine/ports/log.ts'
import type { ScanStep } from '../plan/physical/nodes.ts'
import type { OmittedRows, ResultEvent } from './api.ts'
import type { KeyRange } from './key-range.ts'
import { openTask } from './open-task.ts'
import type { PeerTablePage } from './peers.ts'
import { BoundedReader } from './readers.ts'
import { resultRowDecoder } from './result-table.ts'
import { TableReader } from './table-reader.ts'
import type { TaskPorts } from './task-loop.ts'
import type { TaskSpec } from './task-spec.ts'
import { TransientQuery } from './transient-query.ts'

/** Where the SELECTs of readers run: in this thread, or on those of the tasks. All that crosses is plain data. */
export interface TransientHost {
  /** Resolves when the query runs; rejects with why it can't. */
  openTransient(spec: TransientSpec): Promise<void>
  /**
   * What came since the last call; waits until there is something. Of one query it is called by one reader, again when
   * the call before was answered. Rejects with what the query failed with.
   */
  nextResults(id: string): Promise<ResultPage>
  /** Stops it, if it runs. */
  closeTransient(id: string): Promise<void>
}

export interface TransientSpec {
  readonly task: TaskSpec
  /** By scan, what a pull query reads in its place; empty for a push query. */
  readonly pulls: Readonly<Record<string, PullSource>>
}

/** A view as it is now: its table, or a log without a key up to its end. */
export type PullSource =
  | {
      readonly kind: 'table'
      readonly view: string
      readonly schema: Schema
      readonly partitions: number
      readonly range: KeyRange
    }
  | { readonly kind: 'log'; readonly topic: string }

export interface ResultPage {
  readonly events: readonly ResultEvent[]
  /** As of the last of the events. */
  readonly omitted: OmittedRows
  /** Nothing follows. */
  readonly ended: boolean
}

/** One partition of the table of a view, wherever it is. */
export type ReadView = (request: ViewRequest, signal: AbortSignal) => AsyncGenerator<PeerTablePage>

export interface ViewRequest extends KeyRange {
  readonly view: string
  readonly partition: number
}

export interface LocalTransientHostOptions extends TaskPorts {
  readonly readView: ReadView
}

export class LocalTransientHost implements TransientHost {
  readonly #options: LocalTransientHostOptions
  readonly #open = new Map<string, TransientQuery>()

  constructor(options: LocalTransientHostOptions) {
    this.#options = options
  }

  async openTransient({ task, pulls }: TransientSpec): Promise<void> {
    // Its state lives and dies with its reader.
    const storage = await new MemoryState().openTask(task.id)
    const reading = new AbortController()
    const query = await TransientQuery.open({
      schema: task.plan.schema,
      storage,
      clock: this.#options.clock,
      onClose: () => reading.abort(),
      openTask: (sink) =>
        openTask({
          ...this.#options,
          spec: task,
          taskStorage: storage,
          sink,
          openReader: async (scan) => {
            const pull = pulls[scan.id]
            return pull && this.#openPull(pull, scan, reading.signal)
          },
        }),
    })
    this.#open.set(task.id, query)
  }

  async nextResults(id: string): Promise<ResultPage> {
    const query = this.#open.get(id)
    if (query !== undefined) return query.take()
    // The thread that it ran on has died: nobody else can know how far its reader was.
    throw new AppError('UNAVAILABLE', 'the query of this reader no longer runs', {
      domain: 'internal',
      retry: true,
      hint: 'Send it again; a materialized view with SUBSCRIBE goes on where its reader was.',
    })
  }

  async closeTransient(id: string): Promise<void> {
    const query = this.#open.get(id)
    await query?.close()
    this.#open.delete(id)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((id) => this.closeTransient(id)))
  }

  async #openPull(pull: PullSource, scan: ScanStep, closed: AbortSignal): Promise<SourceReader> {
    const { log, readView } = this.#options
    if (pull.kind === 'log') return BoundedReader.open(await log.openReader(pull.topic), pull.topic, log)
    const { view, schema, partitions, range } = pull
    return new TableReader({
      scan,
      schema,
      partitions: Array.from({ length: partitions }, (_, partition) => partition),
      openTable: (partition, signal) => readView({ ...range, view, partition }, AbortSignal.any([signal, closed])),
      decodeRow: resultRowDecoder(schema),
    })
  }
}
