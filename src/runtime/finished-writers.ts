import type { Clock } from '../engine/ports/clock.ts'
import type { Jobs } from './jobs.ts'
import { isWritten, tasksOfQuery } from './query-tasks.ts'
import type { OtherReplicas } from './view-tables.ts'

/** How long an answer of the other replicas is taken for the state of now: who reads a result log asks all the time. */
const ANSWER_MS = 1_000

/**
 * Which result logs have ended: the query that writes one has, with all of its tasks, wherever they run. Only one whose
 * inputs all end can end by itself. The log on the way to a store outside goes by the name of its query.
 */
export class FinishedWriters {
  readonly #jobs: Jobs
  readonly #clock: Clock
  readonly #others: OtherReplicas | undefined
  readonly #asked = new Map<string, { readonly atMs: number; readonly answer: Promise<boolean> }>()

  constructor(jobs: Jobs, clock: Clock, others: OtherReplicas | undefined) {
    this.#jobs = jobs
    this.#clock = clock
    this.#others = others
  }

  async has(relation: string): Promise<boolean> {
    const job = this.#jobs.get(this.#jobs.writerOf(relation)?.name ?? relation)
    if (job === undefined) return false
    if (job.written) return true
    if (this.#others === undefined || !this.#jobs.isBounded(job.entry.plan)) return false
    const nowMs = this.#clock.nowMs()
    const asked = this.#asked.get(relation)
    if (asked !== undefined && Math.abs(nowMs - asked.atMs) < ANSWER_MS) return asked.answer
    const answer = tasksOfQuery(job, this.#others).then((tasks) => isWritten(job, tasks))
    this.#asked.set(relation, { atMs: nowMs, answer })
    return answer
  }
}
