import type { Compression } from '../../core/compression.ts'
import type { OutputRecord } from './log.ts'

/**
 * One ordered table of one operator. Synchronous. Reads see what the last commit made durable plus what was put since.
 * Keys compare as unsigned bytes.
 */
export interface StateStore {
  get(key: Uint8Array): Uint8Array | undefined
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  /** Entries with from ≤ key < to (no end when `to` is undefined), in order. The bytes are the caller's to keep. */
  scan(from: Uint8Array, to: Uint8Array | undefined): Iterable<readonly [Uint8Array, Uint8Array]>
}

/** What ties state, input and output together: written in the same transaction as all three. */
export interface Checkpoint {
  /** Consecutive from 1. */
  readonly epoch: number
  /** Next offset to read, by scan step and partition: `inputs[stepId][partition]`. */
  readonly inputs: Readonly<Record<string, Readonly<Record<number, number>>>>
  /** Watermark generator state by scan step and partition. */
  readonly watermarks: Readonly<Record<string, Readonly<Record<number, WatermarkCheckpoint>>>>
  /** Event time that the whole task has reached; null where there is none yet. */
  readonly watermark: number | null
  readonly wallTimeMs: number
  /** Where the state is a copy of a changelog: what of the log it reflects. */
  readonly log?: LogPositions | undefined
}

export interface LogPositions {
  /** Of the task in the log; a copy that was restored has fewer commits of its own. */
  readonly epoch: number
  /** Identity of the changelog topic: one made again under the same name is another. */
  readonly changelogId: string
  /** The changelog is reflected up to this offset. */
  readonly changelogEnd: number
  /** The offset that the next record of the result log gets, where the task has one. */
  readonly resultEnd: number | undefined
}

/** Where in the log a task keeps what its state is rebuilt from, and the partition of the result log that it writes. */
export interface TaskTopics {
  readonly changelog: TopicPartition
  readonly result: TopicPartition | undefined
  readonly guarantee: 'exactly-once' | 'at-least-once' | 'at-most-once'
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** Finite event times, ms; null for none yet (JSON has no infinity). */
export interface WatermarkCheckpoint {
  readonly emitted: number | null
  readonly pending: number | null
  /** Of a task that writes an exchange: nothing follows from it. */
  readonly ended?: boolean | undefined
  readonly idle?: boolean | undefined
}

/**
 * All that a task keeps: state, its checkpoint, and the output it produces. `commit` is atomic: after a crash at any
 * moment either all of the epoch is there or nothing of it.
 */
export interface TaskStorage {
  /** The last committed checkpoint, or undefined for a new task. */
  readonly checkpoint: Checkpoint | undefined
  store(operatorId: string, table: string): StateStore
  /** Stages output for the next commit; compressed as it says, or as the log does by itself, where a log compresses. */
  append(topic: string, partition: number, records: readonly OutputRecord[], compression?: Compression): void
  /**
   * Makes puts, deletes, appended records and the checkpoint durable in one transaction. Resolves when committed and
   * visible to readers. Nothing may be put between the call and its end. Rejects with AppError (DISK_FULL …) having
   * changed nothing on disk: the task then stops and is restored from the last checkpoint.
   */
  commit(checkpoint: Checkpoint): Promise<void>
  /** Bytes on disk of this task's state, about. */
  stateBytes(): number
  close(): Promise<void>
}

/**
 * What a task had committed at one moment, isolated from all later commits: for pull queries and for the snapshot that
 * a subscription begins with. Close it soon; while it is open the pages that it sees can't be reused.
 */
export interface TaskSnapshot {
  readonly checkpoint: Checkpoint | undefined
  get(operatorId: string, table: string, key: Uint8Array): Uint8Array | undefined
  scan(
    operatorId: string,
    table: string,
    from: Uint8Array,
    to: Uint8Array | undefined,
  ): Iterable<readonly [Uint8Array, Uint8Array]>
  /** The offset that the next record of the topic got at that moment. */
  topicEnd(topic: string, partition: number): number
  /** Also when its task was closed, which takes its views with it: then nothing of it can be read. */
  readonly closed: boolean
  close(): void
}

/** A copy of a task's state that follows its changelog, while another replica runs the task. */
export interface Standby {
  /**
   * Reads on to where the changelog ends now, or until it is told to stop; one call after the other. What was read is
   * durable then. After it has rejected the copy is of no more use here: close it and open it anew.
   */
  catchUp(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** How far the restore of a task's state has come. */
export interface RestoreProgress {
  /** Read from the changelog. */
  readonly records: number
  /** Offsets between where the copy is and the end of the changelog. */
  readonly remaining: number
}

export interface StateBackend {
  /**
   * `topics` where the log is not part of the backend: its state is then a copy of the changelog, which is brought up to
   * date first; `onRestore` is told of each part of that.
   */
  openTask(taskId: string, topics?: TaskTopics, onRestore?: (progress: RestoreProgress) => void): Promise<TaskStorage>
  /** Where the state is a copy of a changelog. Not while the task itself is open. */
  openStandby?(taskId: string, topics: TaskTopics): Promise<Standby>
  snapshot(taskId: string): TaskSnapshot
  /** Deletes all state of a task. */
  dropTask(taskId: string): Promise<void>
}
