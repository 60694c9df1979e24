import type { Value } from '../../core/value.ts'

/**
 * Records as they come from a log: one contiguous buffer with positions, no object per record. `start[i]` is -1 where
 * the value or key is null (a tombstone).
 */
export interface RecordChunk {
  readonly partition: number
  readonly count: number
  readonly data: Uint8Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  /** Undefined when no record of the chunk has a key. */
  readonly keyStart: Int32Array | undefined
  readonly keyEnd: Int32Array | undefined
  /** The log's own time of each record, ms. */
  readonly timestamps: Float64Array
  /** Position of each record: its offset, line or row number. */
  readonly offsets: Float64Array
  /** Where to read on. */
  readonly nextOffset: number
  /** True when this partition has ended for good: nothing follows `nextOffset`, ever. */
  readonly end: boolean
  /**
   * Set by sources that make values, not bytes (datagen, rows of a snapshot): columns by field; `data` is empty
   * then.
   */
  readonly columns: readonly (readonly Value[])[] | undefined
  /** With `columns`: change kinds and event times, where the source has them. */
  readonly kinds?: Uint8Array | undefined
  /** Where it is from, of a source that reads several topics, or whose query asks for the name of its one. */
  readonly origin?: RecordOrigin | undefined
  /** Names and values of a record's headers, where the log has such; asked for only by queries that read them. */
  readonly headers?: ((index: number) => readonly RecordHeader[]) | undefined
}

export interface RecordOrigin {
  readonly topic: string
  readonly partition: number
}

export type RecordHeader = readonly [name: Uint8Array | null, value: Uint8Array | null]

/** Any source of records: a topic, a file, a generator, a table snapshot. */
export interface SourceReader {
  readonly partitions: readonly number[]
  /** First position to read when there is no checkpoint. */
  startOffset(partition: number): number | Promise<number>
  /**
   * The next records, or undefined when there are none at the moment. Never waits for new ones.
   * Throws AppError POSITION_EXPIRED when `offset` is older than what is kept.
   */
  read(
    partition: number,
    offset: number,
    recordsMax: number,
    nowMs: number,
  ): RecordChunk | undefined | Promise<RecordChunk | undefined>
  /** Records between `offset` and the end, where the source can say so: the consumer's lag. */
  lag(partition: number, offset: number): number | undefined
  /** Calls back when there may be something to read; returns how to stop that. */
  onAvailable(listener: () => void): () => void
  /** Of a source that reads several topics: which partition of which topic a number stands for. */
  origin?(partition: number): RecordOrigin | undefined
  /** For sources with a rate: when there will be more. */
  nextAvailableMs(nowMs: number): number | undefined
  close(): void | Promise<void>
}

/** A record to append. */
export interface OutputRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers?: readonly (readonly [string, Uint8Array | null])[]
}

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly retentionMs: number | undefined
  readonly retentionBytes: number | undefined
  /** `compact` keeps the last record of each key; `delete` (the default) all that retention keeps. */
  readonly cleanup?: 'delete' | 'compact' | undefined
  /** `append`: records get the time at which the log took them, whatever time they bring. */
  readonly timestamps?: 'append' | undefined
}

export interface TopicInfo extends TopicSpec {
  /** By partition: first offset kept, and the offset that the next record gets. */
  readonly offsets: readonly { readonly start: number; readonly end: number }[]
  /** Undefined where the log can't tell. */
  readonly bytes: number | undefined
}

/** Durable, partitioned topics. Embedded, Kafka and simulated logs pass one contract suite. */
export interface Log {
  /** Idempotent for an equal spec; ALREADY_EXISTS where the partitions differ. */
  createTopic(spec: TopicSpec): Promise<void>
  deleteTopic(name: string): Promise<void>
  /** In order of their names; what a topic holds is not looked at. */
  topicNames(): Promise<readonly string[]>
  topics(): Promise<readonly TopicInfo[]>
  topic(name: string): Promise<TopicInfo | undefined>
  /** Of all partitions, or of those that are named. */
  openReader(topic: string, partitions?: readonly number[]): Promise<SourceReader>
  /** Appends outside any query (ingest, INSERT VALUES); resolves with the first offset when the records are durable. */
  append(
    topic: string,
    partition: number,
    records: readonly OutputRecord[],
    producer?: ProducerSequence,
  ): Promise<AppendResult>
  /** First offset whose record timestamp is at or after the time; the end offset when there is none. */
  offsetAt(topic: string, partition: number, timestampMs: number): Promise<number>
  /**
   * What a consumer group has committed in a partition; undefined where that is nothing. Only where the log has groups:
   * Weir itself keeps positions with its state.
   */
  committedOffset?(group: string, topic: string, partition: number): Promise<number | undefined>
  /** Deletes what retention no longer keeps. */
  enforceRetention(nowMs: number): Promise<void>
  close(): Promise<void>
}

/** Makes an append idempotent: a sequence at or below the last one stored for the producer is a duplicate. */
export interface ProducerSequence {
  readonly producerId: string
  /** Of the first record of the append; consecutive records have consecutive sequences. */
  readonly sequence: number
}

export interface AppendResult {
  readonly firstOffset: number
  readonly appended: number
  /** Records left out as duplicates of earlier ones. */
  readonly duplicates: number
}
