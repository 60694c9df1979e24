import type { Schema } from '../../core/schema.ts'
import { BIGINT, BOOLEAN, STRING, TIMESTAMP } from '../../core/type.ts'
import type { MatchRecognizeStep, MatchValue } from '../../plan/physical/match-steps.ts'
import type {
  AggregateCall,
  DeduplicateStep,
  GroupAggregateStep,
  LatePolicy,
  SessionAggregateStep,
  TopNStep,
  WindowAggregateStep,
} from '../../plan/physical/nodes.ts'
import type { OverStep } from '../../plan/physical/over-step.ts'
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
    schema: (rest.keep ?? 'first') === 'first' ? ROWS : CHANGES,
    keys: [0],
    keep: 'first',
    withinMs: undefined,
    latePolicy: DROP,
    ttlMs: undefined,
    ...rest,
  }
}

/** Variables a, b and c, that any row is; measures: v of the first and the last row, and how many rows there are. */
export function matchRecognize(rest: Partial<MatchRecognizeStep>): MatchRecognizeStep {
  const end = { kind: 'row', variable: undefined, offset: 0, column: 1, type: BIGINT } as const
  const values: readonly MatchValue[] = [
    { ...end, from: 'first' },
    { ...end, from: 'last' },
    { kind: 'aggregate', variable: undefined, call: COUNT },
  ]
  const any = { kind: 'literal', value: true, type: BOOLEAN } as const
  return {
    kind: 'match-recognize',
    id: 'match-recognize-1',
    version: 1,
    inputs: ['input'],
    schema: schemaOf({ k: STRING, first: BIGINT, last: BIGINT, n: BIGINT }),
    keys: [0],
    variables: ['a', 'b', 'c'],
    pattern: { kind: 'variable', variable: 0 },
    withinMs: undefined,
    afterMatch: { to: 'past-last-row' },
    values,
    conditions: [any, any, any],
    measures: values.map((_, index) => ({ kind: 'column', index, type: BIGINT })),
    latePolicy: DROP,
    ...rest,
  }
}

export function over(rest: Partial<OverStep>): OverStep {
  return {
    kind: 'over',
    id: 'over-1',
    version: 1,
    inputs: ['a'],
    schema: schemaOf({ k: STRING, v: BIGINT, ts: TIMESTAMP, n: BIGINT, total: BIGINT }),
    keys: [0],
    aggregates: [COUNT, SUM],
    frame: { unit: 'rows', preceding: 1 },
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
