import type { Schema } from '../../core/schema.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import type {
  AggregateCall,
  DeduplicateStep,
  GroupAggregateStep,
  LatePolicy,
  SessionAggregateStep,
  TopNStep,
  WindowAggregateStep,
} from '../../plan/physical/nodes.ts'
import { schemaOf } from './drive.ts'

/** Steps for specs: rows of (k STRING, v BIGINT, ts TIMESTAMP), grouped by k, with COUNT(*) and SUM(v). */
export const ROWS: Schema = schemaOf({ k: STRING, v: BIGINT, ts: TIMESTAMP })

/** The same as a changelog with old rows. */
export const CHANGES: Schema = { ...ROWS, key: [0], mode: 'retract' }

export const COUNT: AggregateCall = aggregate('count', [])
export const SUM: AggregateCall = aggregate('sum', [1])

export function aggregate(name: string, columns: readonly number[]): AggregateCall {
  return {
    function: name,
    arguments: columns,
    argumentTypes: columns.map(() => BIGINT),
    constants: [],
    distinct: false,
    filter: undefined,
    type: BIGINT,
  }
}

export const DROP: LatePolicy = { allowedLatenessMs: 0, into: undefined, columns: [] }

export function allowed(allowedLatenessMs: number): LatePolicy {
  return { ...DROP, allowedLatenessMs }
}

const windowed = schemaOf(
  { k: STRING, window_start: TIMESTAMP, window_end: TIMESTAMP, n: BIGINT, total: BIGINT },
  { key: [0, 1, 2], mode: 'retract' },
)

export function windowAggregate(rest: Partial<WindowAggregateStep>): WindowAggregateStep {
  return {
    kind: 'window-aggregate',
    id: 'window-aggregate-1',
    version: 1,
    inputs: ['input'],
    schema: rest.retractions === false ? { ...windowed, mode: 'upsert' } : windowed,
    keys: [0],
    aggregates: [COUNT, SUM],
    retractions: true,
    window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
    time: 'event',
    emit: { mode: 'on-window-close', everyMs: undefined },
    latePolicy: DROP,
    ...rest,
  }
}

export function sessionAggregate(rest: Partial<SessionAggregateStep>): SessionAggregateStep {
  return {
    kind: 'session-aggregate',
    id: 'session-aggregate-1',
    version: 1,
    inputs: ['input'],
    schema: rest.retractions === false ? { ...windowed, mode: 'upsert' } : windowed,
    keys: [0],
    aggregates: [COUNT, SUM],
    retractions: true,
    gapMs: 5,
    maxMs: undefined,
    time: 'event',
    emit: { mode: 'on-window-close', everyMs: undefined },
    latePolicy: DROP,
    ...rest,
  }
}

export function groupAggregate(rest: Partial<GroupAggregateStep>): GroupAggregateStep {
  const schema = schemaOf({ k: STRING, n: BIGINT, total: BIGINT }, { key: [0], mode: 'retract' })
  return {
    kind: 'group-aggregate',
    id: 'group-aggregate-1',
    version: 1,
    inputs: ['input'],
    schema: rest.retractions === false ? { ...schema, mode: 'upsert' } : schema,
    keys: [0],
    aggregates: [COUNT, SUM],
    retractions: true,
    emit: { mode: 'changes', everyMs: undefined },
    ttlMs: undefined,
    ...rest,
  }
}

export function deduplicate(rest: Partial<DeduplicateStep>): DeduplicateStep {
  return {
    kind: 'deduplicate',
    id: 'deduplicate-1',
    version: 1,
    inputs: ['input'],
    schema: rest.keep === 'last' ? CHANGES : ROWS,
    keys: [0],
    keep: 'first',
    withinMs: undefined,
    latePolicy: DROP,
    ttlMs: undefined,
    ...rest,
  }
}

export function topN(rest: Partial<TopNStep>): TopNStep {
  const ranked = schemaOf({ k: STRING, v: BIGINT, ts: TIMESTAMP, rank: BIGINT }, { key: [0, 3], mode: 'retract' })
  return {
    kind: 'top-n',
    id: 'top-n-1',
    version: 1,
    inputs: ['input'],
    schema: rest.withRank === false ? { ...ROWS, key: [], mode: 'retract' } : ranked,
    partitionBy: [0],
    orderBy: [{ column: 1, descending: true, nullsFirst: false }],
    limit: 2,
    withRank: true,
    retractions: true,
    windowEndColumn: undefined,
    ttlMs: undefined,
    ...rest,
  }
}
