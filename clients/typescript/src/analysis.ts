// How far a query is behind, and why: AnalyzeQuery.

import type { AnalyzeQueryResponse } from './proto/weir/v1/AnalyzeQueryResponse.ts'
import type { QueryState } from './query-description.ts'

/** How far a query is behind, and why. */
export interface QueryAnalysis {
  readonly name: string
  readonly state: QueryState
  readonly error: string | undefined
  readonly tasksSeen: number
  readonly tasksTotal: number
  /** In words, the most important first; empty when it keeps up. */
  readonly causes: readonly string[]
  readonly partitions: readonly PartitionLag[]
  /** Replicas that did not tell of their tasks. */
  readonly silentReplicas: readonly string[]
  /** As EXPLAIN ANALYZE QUERY has it, with the time of each operator. */
  readonly text: string
}

export interface PartitionLag {
  readonly source: string
  readonly partition: number
  /** Not read yet; undefined when unknown. */
  readonly records: bigint | undefined
  /** How far its rows have come, microseconds since the epoch. */
  readonly eventTimeMicros: bigint | undefined
  /** The watermark of its source waits for it. */
  readonly holdsWatermark: boolean
}

export function readAnalysis(answer: AnalyzeQueryResponse, state: QueryState): QueryAnalysis {
  const { summary, error, tasksSeen, tasksTotal, causes, partitions, silentReplicas, text } = answer
  return {
    name: summary?.name ?? '',
    state,
    error: error === '' ? undefined : error,
    tasksSeen,
    tasksTotal,
    causes,
    partitions: partitions.map(({ source, partition, records, eventTimeMicros, holdsWatermark }) => ({
      source,
      partition,
      records: records === undefined ? undefined : BigInt(records),
      eventTimeMicros: eventTimeMicros === undefined ? undefined : BigInt(eventTimeMicros),
      holdsWatermark,
    })),
    silentReplicas,
    text,
  }
}
