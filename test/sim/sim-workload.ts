import type { Random } from '../harness/random.ts'
import { createStreamSql, eventJson, querySql } from '../oracle/dialect.ts'
import { recordText } from '../oracle/join-events.ts'
import { JOIN_KINDS, type JoinWorkload, randomJoin } from '../oracle/join-workload.ts'
import { randomWorkload, type Workload } from '../oracle/workload.ts'

/** What a simulated run reads and computes: the workloads of the oracles, in one form for the simulator. */
export type SimWorkload = AggregateWorkload | RelationsWorkload

/** Groups and windows over one stream, of which rows may be late. */
export interface AggregateWorkload {
  readonly kind: 'aggregate'
  readonly workload: Workload
  readonly lateStream: boolean
}

/** Joins, functions OVER, patterns and changelogs over streams and tables; nothing is late. */
export interface RelationsWorkload {
  readonly kind: 'relations'
  readonly workload: JoinWorkload
}

export interface SimRecord {
  /** Its place among the events of the workload. */
  readonly id: number
  readonly topic: string
  readonly partition: number
  readonly text: string
}

const STREAM = 's'
/** The clock of a simulated process jumps by hours, and rows of a stream wait for their table all the same. */
const JOIN_WAIT = '10000 h'

export function randomSimWorkload(random: Random): SimWorkload {
  if (random.chance(0.65)) return { kind: 'relations', workload: randomJoin(random, JOIN_KINDS) }
  const workload = randomWorkload(random, { eventsMax: 80, partitionsMax: 4, periodic: false })
  return { kind: 'aggregate', workload, lateStream: workload.query.window !== undefined && random.chance(0.5) }
}

export function statementsOf(sim: SimWorkload): { readonly setup: string; readonly query: string } {
  if (sim.kind === 'relations') {
    return { setup: `SET 'join.wait' = '${JOIN_WAIT}';\n${sim.workload.setup}`, query: sim.workload.query }
  }
  const { stream, query } = sim.workload
  const text = querySql(STREAM, query)
  return {
    setup: `${createStreamSql(STREAM, stream)};`,
    query: sim.lateStream ? text.replace(/\nEMIT/, '\nLATE ROWS INTO late\nEMIT') : text,
  }
}

/** In the order of arrival, as far as a partition has one. */
export function recordsOf({ kind, workload }: SimWorkload): readonly SimRecord[] {
  return kind === 'relations'
    ? workload.events.map((event, id) => ({
        id,
        topic: event.relation,
        partition: event.partition,
        text: recordText(event),
      }))
    : workload.events.map((event, id) => ({ id, topic: STREAM, partition: event.partition, text: eventJson(event) }))
}
