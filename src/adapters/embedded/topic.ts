import type { OutputRecord, TopicInfo, TopicSpec } from '../../engine/ports/log.ts'
import { textKey } from './keys.ts'
import { META_PARTITION } from './tables.ts'

/** What is known of a partition without reading its frames. */
export interface PartitionState {
  readonly start: number
  readonly end: number
  readonly bytes: number
  readonly maxTimestamp: number
}

export const NEW_PARTITION: PartitionState = { start: 0, end: 0, bytes: 0, maxTimestamp: Number.NEGATIVE_INFINITY }

export interface Partition {
  readonly topic: Topic
  readonly number: number
  state: PartitionState
  /** Within a transaction: what the state becomes with it, and the records to frame. */
  pending: PartitionState | undefined
  records: OutputRecord[]
}

export interface Topic {
  readonly number: number
  spec: TopicSpec
  readonly partitions: readonly Partition[]
  readonly listeners: Set<() => void>
  deleted: boolean
}

export interface StoredTopic {
  readonly number: number
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number | null
  readonly retentionBytes: number | null
}

export function specOf(stored: StoredTopic): TopicSpec {
  return {
    name: stored.name,
    partitions: stored.partitions,
    retentionMs: stored.retentionMs ?? undefined,
    retentionBytes: stored.retentionBytes ?? undefined,
  }
}

/** As Kafka's LogAppendTime: retention and offsetAt need a time of every record. */
export function timed(record: OutputRecord, nowMs: () => number): OutputRecord {
  return Number.isNaN(record.timestamp) ? { ...record, timestamp: nowMs() } : record
}

export function partitionMetaKey(partition: Partition): Uint8Array {
  return textKey(META_PARTITION, `${partition.topic.number}/${partition.number}`)
}

export function topicInfo(topic: Topic): TopicInfo {
  return {
    ...topic.spec,
    offsets: topic.partitions.map(({ state }) => ({ start: state.start, end: state.end })),
    bytes: topic.partitions.reduce((sum, { state }) => sum + state.bytes, 0),
  }
}
