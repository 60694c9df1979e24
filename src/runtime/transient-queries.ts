import type { Query } from '../../grammar/index.ts'
import { AppError } from '../core/errors.ts'
import type { MaterializedRelation } from '../plan/catalog.ts'
import type { PhysicalPlan, ScanStep } from '../plan/physical/nodes.ts'
import { planQuery } from '../plan/planner.ts'
import type { ResultStream } from './api.ts'
import { keyRange } from './key-range.ts'
import { withTopics } from './scan-topics.ts'
import type { SessionOptions, StatementsOptions } from './statements.ts'
import { resultTasks, wholeTask } from './task-spec.ts'
import type { PullSource } from './transient-host.ts'
import { TransientStream } from './transient-stream.ts'
import { invalidSql } from './weir-runtime.ts'

/**
 * SELECT statements of readers. Over views and without EMIT it is a pull query: the tables as of one commit, to the
 * end.
 * Otherwise it is a push query, which runs until its reader leaves or its input ends.
 */
export class TransientQueries {
  readonly #options: StatementsOptions
  /** By id; undefined while it is being opened. */
  readonly #open = new Map<string, TransientStream | undefined>()
  #opened = 0

  constructor(options: StatementsOptions) {
    this.#options = options
  }

  async open(query: Query, session: SessionOptions): Promise<ResultStream> {
    const { catalog, jobs } = this.#options
    this.#checkLimit()
    const planned = planQuery(query, catalog, session.session, session.parameters, { kind: 'transient' })
    if (planned.plan === undefined) throw invalidSql(planned.diagnostics)
    const { pull } = planned
    const plan = await withTopics(planned.plan, this.#options)
    const id = `transient-${++this.#opened}`
    this.#open.set(id, undefined)
    try {
      const stream = await TransientStream.open({
        host: jobs.host,
        schema: plan.schema,
        continuous: !pull && !jobs.isBounded(plan),
        signal: session.signal,
        spec: {
          task: wholeTask(id, plan, catalog),
          pulls: pull ? this.#pulls(plan) : {},
        },
        onClose: () => this.#open.delete(id),
      })
      // It may have been closed already.
      if (this.#open.has(id)) this.#open.set(id, stream)
      return stream
    } catch (error) {
      this.#open.delete(id)
      throw error
    }
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.values()].map((stream) => stream?.close()))
  }

  #checkLimit(): void {
    const { transientQueriesMax } = this.#options.limits
    const { size } = this.#open
    if (size < transientQueriesMax) return
    throw new AppError('RESOURCE_EXHAUSTED', `${size} queries of readers run; at most ${transientQueriesMax}`, {
      domain: 'external',
      retry: true,
      hint: 'End one, or read from a materialized view, whose cost is shared.',
    })
  }

  /** What is read in place of each scan. */
  #pulls(plan: PhysicalPlan): Record<string, PullSource> {
    const scans = plan.steps.filter((step) => step.kind === 'scan')
    return Object.fromEntries(
      scans.flatMap((scan) => {
        const pull = this.#pullOf(plan, scan)
        return pull === undefined ? [] : [[scan.id, pull]]
      }),
    )
  }

  /** A view's table as of its last commit; a log without a key up to its end. */
  #pullOf(plan: PhysicalPlan, scan: ScanStep): PullSource | undefined {
    const { catalog } = this.#options
    const relation = catalog.relation(scan.relation)
    if (relation === undefined || !('topic' in relation)) return undefined
    const { name, topic, schema } = relation
    const writer = catalog.query(relation.query)
    if (!hasTable(relation) || writer === undefined) return { kind: 'log', topic }
    const partitions = resultTasks(writer, catalog).length
    return { kind: 'table', view: name, schema, partitions, range: keyRange(plan, scan, schema) }
  }
}

function hasTable(relation: MaterializedRelation): boolean {
  return relation.kind === 'materialized-view' && relation.schema.key.length > 0
}
