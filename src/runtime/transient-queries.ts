import type { Query } from '../../grammar/index.ts'
import { MemoryState } from '../adapters/memory/memory-state.ts'
import { must } from '../core/assert.ts'
import { AppError } from '../core/errors.ts'
import type { SourceReader } from '../engine/ports/log.ts'
import type { MaterializedRelation } from '../plan/catalog.ts'
import type { PhysicalPlan, ScanStep } from '../plan/physical/nodes.ts'
import { planQuery } from '../plan/planner.ts'
import type { ResultStream } from './api.ts'
import { keyRange } from './key-range.ts'
import { openTask } from './open-task.ts'
import { BoundedReader } from './readers.ts'
import { resultRowDecoder } from './result-table.ts'
import type { SessionOptions, StatementsOptions } from './statements.ts'
import { TableReader } from './table-reader.ts'
import { resultTasks, wholeTask } from './task-spec.ts'
import { TransientQuery } from './transient-query.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * SELECT statements of readers. Over views and without EMIT it is a pull query: the tables as of one commit, to the
 * end.
 * Otherwise it is a push query, which runs until its reader leaves or its input ends.
 */
export class TransientQueries {
  readonly #options: StatementsOptions
  readonly #open = new Set<TransientQuery>()
  #opened = 0

  constructor(options: StatementsOptions) {
    this.#options = options
  }

  async open(query: Query, session: SessionOptions): Promise<ResultStream> {
    const { catalog, jobs, clock, limits, print } = this.#options
    if (this.#open.size >= limits.transientQueriesMax) {
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        `${this.#open.size} queries of readers run; at most ${limits.transientQueriesMax}`,
        {
          domain: 'external',
          retry: true,
          hint: 'End one, or read from a materialized view, whose cost is shared.',
        },
      )
    }
    const planned = planQuery(query, catalog, session.session, session.parameters, { kind: 'transient' })
    if (planned.plan === undefined) throw invalidSql(planned.diagnostics)
    const { plan, pull } = planned
    this.#opened++
    const name = `transient-${this.#opened}`
    // Its state lives and dies with its reader.
    const storage = await new MemoryState().openTask(name)
    const reading = new AbortController()
    const transient = await TransientQuery.open({
      schema: plan.schema,
      continuous: !pull && !jobs.isBounded(plan),
      storage,
      clock,
      signal: session.signal,
      onClose: () => reading.abort(),
      openTask: (sink) =>
        openTask({
          spec: wholeTask(name, plan, catalog),
          taskStorage: storage,
          log: this.#options.storage.log,
          formats: this.#options.formats,
          clock,
          memoryEntriesMax: limits.memoryEntriesMax,
          hasFinished: (relation) => jobs.hasFinished(relation),
          ...(print === undefined ? {} : { print }),
          sink,
          openReader: async (scan) => (pull ? this.#openPull(plan, scan, reading.signal) : undefined),
        }),
    })
    this.#open.add(transient)
    void transient.ended.finally(() => this.#open.delete(transient))
    return transient
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((query) => query.close()))
  }

  /** A view's table as of its last commit; a log without a key up to its end. */
  async #openPull(plan: PhysicalPlan, scan: ScanStep, closed: AbortSignal): Promise<SourceReader | undefined> {
    const { catalog, storage, tables } = this.#options
    const relation = catalog.relation(scan.relation)
    if (relation === undefined || !('topic' in relation)) return undefined
    const writer = catalog.query(relation.query)
    if (!hasTable(relation) || writer === undefined) {
      return BoundedReader.open(await storage.log.openReader(relation.topic), relation.topic, storage.log)
    }
    const tasks = resultTasks(writer, catalog)
    const range = keyRange(plan, scan, relation.schema)
    return new TableReader({
      scan,
      schema: relation.schema,
      partitions: tasks.map((_, partition) => partition),
      openTable: (partition, signal) =>
        tables.read(must(tasks[partition], 'a task a partition'), range, AbortSignal.any([signal, closed])),
      decodeRow: resultRowDecoder(relation.schema),
    })
  }
}

function hasTable(relation: MaterializedRelation): boolean {
  return relation.kind === 'materialized-view' && relation.schema.key.length > 0
}
