// Queries that run on, and what they have counted.

import type { DescribeQueryResponse as WireDescription } from './proto/weir/v1/DescribeQueryResponse.ts'
import type { QueryState as WireQueryState } from './proto/weir/v1/QueryState.ts'
import { readSchema, type Schema } from './values.ts'

export type QueryState = 'running' | 'paused' | 'failed' | 'finished' | 'unspecified'

export interface QuerySummary {
  readonly name: string
  readonly state: QueryState
  readonly detail: string
}

export interface QueryDescription extends QuerySummary {
  readonly sql: string
  readonly schema: Schema | undefined
  readonly properties: Readonly<Record<string, string>>
  readonly error: string | undefined
  readonly rowsIn: bigint
  readonly rowsOut: bigint
  readonly rowsLate: bigint
  readonly rowsFailed: bigint
  readonly rowsDuplicate: bigint
  /** Microseconds since the epoch; undefined before the first watermark. */
  readonly watermarkMicros: bigint | undefined
  readonly lagRecords: bigint | undefined
  readonly stateBytes: bigint
  readonly epoch: bigint
  readonly checkpointMsP95: number
  /** How long after their event time rows are read, 95th percentile; undefined before the first. */
  readonly lagMsP95: number | undefined
}

export function readDescription(
  name: string,
  { summary, sql, schema, properties, stats }: WireDescription,
): QueryDescription {
  const count = (text: string | undefined) => BigInt(text ?? '0')
  return {
    name: summary?.name ?? name,
    state: stateOf(summary?.state ?? 'QUERY_STATE_UNSPECIFIED'),
    detail: summary?.detail ?? '',
    sql,
    schema: schema === null ? undefined : readSchema(schema),
    properties,
    error: stats?.error === '' ? undefined : stats?.error,
    rowsIn: count(stats?.rowsIn),
    rowsOut: count(stats?.rowsOut),
    rowsLate: count(stats?.rowsLate),
    rowsFailed: count(stats?.rowsFailed),
    rowsDuplicate: count(stats?.rowsDuplicate),
    watermarkMicros: stats?.watermarkMicros === undefined ? undefined : BigInt(stats.watermarkMicros),
    lagRecords: stats?.lagRecords === undefined ? undefined : BigInt(stats.lagRecords),
    stateBytes: count(stats?.stateBytes),
    epoch: count(stats?.epoch),
    checkpointMsP95: stats?.checkpointMillisP95 ?? 0,
    lagMsP95: stats?.lagMillisP95,
  }
}

export function stateOf(wire: WireQueryState): QueryState {
  return wire.slice('QUERY_STATE_'.length).toLowerCase() as QueryState
}
