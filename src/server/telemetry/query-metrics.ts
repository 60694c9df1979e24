// What is measured of queries: the mission's indicators under their own names, counters and gauges beside them, and what
// each operator does.

import type { Attributes } from '@opentelemetry/api'
import type { QueryStats } from '../../runtime/api.ts'
import type { QueryActivity } from '../../runtime/query-activity.ts'
import type { OperatorDetail } from '../../runtime/task-detail.ts'
import type { Standing } from '../slo/slo.service.ts'
import type { Rates } from './rates.ts'

type Kind = 'counter' | 'gauge'

interface Instrument {
  readonly kind: Kind
  /** UCUM. */
  readonly unit: string
  readonly description: string
}

function counter(unit: string, description: string): Instrument {
  return { kind: 'counter', unit, description }
}

function gauge(unit: string, description: string): Instrument {
  return { kind: 'gauge', unit, description }
}

export const QUERY_INSTRUMENTS = {
  'stream.lag_ms': gauge('ms', 'Processing time less event time of the rows read, 95th percentile'),
  'stream.throughput_eps': gauge('1/s', 'Rows read a second, over the last minute'),
  'stream.duplicate_rate': gauge('1', 'Share of the rows read that a deduplication left out, over the last minute'),
  'stream.late_event_rate': gauge('1', 'Share of the rows read that came too late, over the last minute'),
  'checkpoint.duration_ms': gauge('ms', 'Duration of checkpoints, 95th percentile'),
  'weir.query.running': gauge('1', '1 while the query runs, 0 while it is paused, has failed or has finished'),
  'weir.query.failed': gauge('1', '1 for a query that has failed and does not try again'),
  'weir.query.rows': counter('{row}', 'Rows by what became of them: in, out, late, failed, duplicate'),
  'weir.query.checkpoints': counter('{checkpoint}', 'Checkpoints of the task that has made the most'),
  'weir.query.lag': gauge('{record}', 'Records in the log that were not read yet'),
  'weir.query.watermark_delay': gauge('s', 'How far the watermark is behind the clock'),
  'weir.query.state_size': gauge('By', 'Size of the state'),
  'weir.query.restore_remaining': gauge('{record}', 'Records of changelogs that are left to read to restore state'),
  'weir.operator.rows': counter('{row}', 'Rows that an operator has given'),
  'weir.operator.busy': counter('s', 'Time that an operator has worked, without those behind it'),
  'weir.operator.state_entries': gauge('{entry}', 'Entries of state of an operator'),
  'weir.operator.watermark_delay': gauge('s', 'How far the watermark of an operator with state is behind the clock'),
  'weir.operator.table_delay': gauge('s', 'How far the table of a join is behind its stream in event time'),
  'weir.series_left_out': gauge('{series}', 'Series of operators that a query has more than fit'),
  'weir.objective.missed': gauge('1', '1 while a query, as a whole, misses an objective, 0 while it holds it'),
  'weir.objective.target': gauge('1', 'Share of the time in which objectives have to hold'),
  'messaging.client.consumed.messages': counter('{message}', 'Records read from a topic of Kafka'),
  'messaging.client.sent.messages': counter('{message}', 'Records written to a topic of Kafka'),
} as const satisfies Readonly<Record<string, Instrument>>

export type QueryInstrument = keyof typeof QUERY_INSTRUMENTS

export interface Observation {
  readonly instrument: QueryInstrument
  readonly value: number
  readonly attributes: Attributes
}

/** A time series is what a metrics database pays for. */
export const SERIES_PER_QUERY_MAX = 50

/** What is known of the queries beside what they do. */
export interface Surroundings {
  readonly rates: Rates
  /** Of all queries. */
  readonly standings: readonly Standing[]
  readonly nowMs: number
}

/** Of one query: at most SERIES_PER_QUERY_MAX. */
export function observationsOf(activity: QueryActivity, around: Surroundings): readonly Observation[] {
  const { query, stats, operators } = activity
  const { rates, standings, nowMs } = around
  const own = [...ofQuery(query, stats, rates, nowMs), ...ofObjectives(query, standings)]
  const room = SERIES_PER_QUERY_MAX - own.length - 1
  const all = operators.flatMap((operator) => ofOperator(query, operator, nowMs))
  const leftOut = {
    instrument: 'weir.series_left_out',
    value: Math.max(0, all.length - room),
    attributes: { query },
  } as const
  return [...own, leftOut, ...all.slice(0, room)]
}

function ofQuery(query: string, stats: QueryStats, rates: Rates, nowMs: number): Observation[] {
  const { throughput, lateRate, duplicateRate } = rates.of(query)
  const observed: Observation[] = []
  const add = (instrument: QueryInstrument, value: number | undefined, attributes: Attributes = {}) => {
    if (value !== undefined) observed.push({ instrument, value, attributes: { query, ...attributes } })
  }
  add('stream.lag_ms', stats.lagMsP95, { quantile: '0.95' })
  add('stream.throughput_eps', throughput)
  add('stream.duplicate_rate', duplicateRate)
  add('stream.late_event_rate', lateRate)
  add('checkpoint.duration_ms', stats.checkpointMsP95, { quantile: '0.95' })
  add('weir.query.running', stats.state === 'running' ? 1 : 0)
  add('weir.query.failed', stats.state === 'failed' ? 1 : 0)
  add('weir.query.rows', stats.rowsIn, { kind: 'in' })
  add('weir.query.rows', stats.rowsOut, { kind: 'out' })
  add('weir.query.rows', stats.rowsLate, { kind: 'late' })
  add('weir.query.rows', stats.rowsFailed, { kind: 'failed' })
  add('weir.query.rows', stats.rowsDuplicate, { kind: 'duplicate' })
  add('weir.query.checkpoints', stats.epoch)
  add('weir.query.lag', stats.lagRecords)
  add('weir.query.watermark_delay', delaySeconds(stats.watermark, nowMs))
  add('weir.query.state_size', stats.stateBytes)
  add('weir.query.restore_remaining', stats.restore.remaining)
  return observed
}

function ofObjectives(query: string, standings: readonly Standing[]): Observation[] {
  return standings
    .filter((standing) => standing.query === query)
    .map(({ indicator, held }) => ({
      instrument: 'weir.objective.missed',
      value: held ? 0 : 1,
      attributes: { query, indicator },
    }))
}

function ofOperator(query: string, operator: OperatorDetail, nowMs: number): Observation[] {
  const attributes = { query, operator: operator.id }
  const { rowsOut, busyMs, stateEntries, watermark, tableDelayMs } = operator
  const delay = stateEntries > 0 ? delaySeconds(watermark, nowMs) : undefined
  return [
    { instrument: 'weir.operator.rows', value: rowsOut, attributes },
    { instrument: 'weir.operator.busy', value: busyMs / 1_000, attributes },
    ...(stateEntries === 0
      ? []
      : [{ instrument: 'weir.operator.state_entries', value: stateEntries, attributes } as const]),
    ...(delay === undefined
      ? []
      : [{ instrument: 'weir.operator.watermark_delay', value: delay, attributes } as const]),
    ...(tableDelayMs === undefined
      ? []
      : [{ instrument: 'weir.operator.table_delay', value: tableDelayMs / 1_000, attributes } as const]),
  ]
}

/** Undefined before the first watermark and after the last. */
function delaySeconds(watermark: number, nowMs: number): number | undefined {
  return Number.isFinite(watermark) ? Math.max(0, nowMs - watermark) / 1_000 : undefined
}

/** By topic, all queries together, as the conventions for messaging have it. */
export function messagesOf(activities: readonly QueryActivity[]): readonly Observation[] {
  const all = activities.flatMap(({ messages }) => messages)
  return [...Map.groupBy(all, ({ topic, operation }) => `${operation} ${topic}`).values()].flatMap((same) => {
    const [first] = same
    if (first === undefined) return []
    return {
      instrument:
        first.operation === 'receive' ? 'messaging.client.consumed.messages' : 'messaging.client.sent.messages',
      value: same.reduce((sum, { count }) => sum + count, 0),
      attributes: {
        'messaging.system': 'kafka',
        'messaging.operation.name': first.operation === 'receive' ? 'poll' : 'send',
        'messaging.destination.name': first.topic,
      },
    } as const
  })
}
