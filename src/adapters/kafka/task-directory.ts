import { rm } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { Checkpoint, RestoreProgress, StateStore, TaskSnapshot, TaskStorage } from '../../engine/ports/state.ts'
import { type DataDirectory, openDataDirectory } from '../embedded/data-directory.ts'
import { type ChangelogRecord, decodeChangelog } from './changelog.ts'
import type { PartitionReader } from './partition-reader.ts'

/**
 * The local copy of a task's state, brought up to date from its changelog. It is always a state that the changelog once
 * described, or on the way from one to the next. Worth nothing, and made anew, is a copy that is damaged; of another
 * topic; of more than the changelog holds; or of less than it begins with or so old that deletes may be gone since.
 */
const TASK = 'task'
/** Written in one transaction of LMDB while a copy catches up: whichever comes first. */
const RESTORE_BATCH_RECORDS = 20_000
const RESTORE_BATCH_BYTES = 16 * 1024 * 1024
const READ_WAIT_MS = 100

/**
 * Compaction keeps a delete for `delete.retention.ms`, a day by default (KIP-1259 tells what becomes of older copies).
 */
const COPY_AGE_MAX_MS = 20 * 3_600_000

export class TaskDirectory {
  readonly #path: string
  readonly #taskId: string
  #directory: DataDirectory
  #storage: TaskStorage
  /** What the changelog says, as far as it was read. */
  #checkpoint: Checkpoint | undefined
  /** When it was all that the changelog held, at the latest that is known. */
  #inStepMs: number

  private constructor(path: string, taskId: string, directory: DataDirectory, storage: TaskStorage) {
    this.#path = path
    this.#taskId = taskId
    this.#directory = directory
    this.#storage = storage
    const { checkpoint } = storage
    this.#checkpoint = checkpoint?.log && { ...checkpoint, epoch: checkpoint.log.epoch }
    this.#inStepMs = checkpoint?.wallTimeMs ?? 0
  }

  /** A task id may hold what a file system does not take in a name. */
  static nameOf(taskId: string): string {
    return encodeURIComponent(taskId)
  }

  static taskIdOf(name: string): string {
    return decodeURIComponent(name)
  }

  static async open(path: string, taskId: string): Promise<TaskDirectory> {
    try {
      return await open(path, taskId)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'DATA_DIRECTORY_CORRUPT') throw error
      await rm(path, { recursive: true, force: true })
      return open(path, taskId)
    }
  }

  static async opened(path: string, taskId: string): Promise<TaskDirectory> {
    const directory = await openDataDirectory(path)
    try {
      return new TaskDirectory(path, taskId, directory, await directory.state.openTask(TASK))
    } catch (error) {
      await directory.close()
      throw error
    }
  }

  /** The last checkpoint that the copy reflects, in the task's own count of epochs. */
  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    return this.#storage.store(operatorId, table)
  }

  stateBytes(): number {
    return this.#storage.stateBytes()
  }

  snapshot(): TaskSnapshot {
    return this.#directory.state.snapshot(TASK)
  }

  /** Makes what was put durable, as the state of `checkpoint`. */
  async commit(checkpoint: Checkpoint): Promise<void> {
    const epoch = (this.#storage.checkpoint?.epoch ?? 0) + 1
    await this.#storage.commit({ ...checkpoint, epoch })
    this.#checkpoint = checkpoint
  }

  /** Reads the changelog on, up to `end` or until it is told to stop; calls back after each part of it. */
  async restore(
    reader: PartitionReader,
    { end, resultEnd, nowMs, signal }: RestoreTarget,
    onProgress: (progress: RestoreProgress) => void = () => {},
  ): Promise<void> {
    const start = await reader.start()
    if (!this.#isOf(reader.topicId, start, end)) await this.#startAnew()
    reader.position = this.#checkpoint?.log?.changelogEnd ?? start
    let isOld = this.#checkpoint !== undefined && nowMs - this.#inStepMs >= COPY_AGE_MAX_MS
    let records = 0
    const batch = { records: 0, bytes: 0 }
    const commit = async (position: number) => {
      batch.records = 0
      batch.bytes = 0
      await this.#commitRestored(reader.topicId, position, undefined)
      onProgress({ records, remaining: Math.max(0, end - position) })
    }
    while (reader.position < end && signal?.aborted !== true) {
      const read = await reader.read(READ_WAIT_MS)
      // Each commit leaves its checkpoint: where nothing follows no delete is missing either.
      if (isOld && read.length > 0) {
        isOld = false
        await this.#startAnew()
        reader.position = start
        continue
      }
      for (const { offset, key, value } of read) {
        this.#apply(decodeChangelog(key, value))
        records++
        batch.records++
        batch.bytes += (key?.length ?? 0) + (value?.length ?? 0)
        // A part of what was read: one fetch of compressed records can be more than a transaction should be.
        if (batch.bytes >= RESTORE_BATCH_BYTES) await commit(offset + 1)
      }
      if (batch.records >= RESTORE_BATCH_RECORDS) await commit(reader.position)
    }
    if (batch.records > 0) await commit(reader.position)
    const log = this.#checkpoint?.log
    const isThere = log?.changelogEnd === reader.position && log.resultEnd === resultEnd
    if (!isThere) await this.#commitRestored(reader.topicId, reader.position, resultEnd)
    if (reader.position >= end) this.#inStepMs = nowMs
  }

  async close(): Promise<void> {
    await this.#storage.close()
    await this.#directory.close()
  }

  #apply(record: ChangelogRecord): void {
    if (record.kind === 'checkpoint') {
      this.#checkpoint = record.checkpoint
      return
    }
    const [operatorId, table] = JSON.parse(record.store) as [string, string]
    const store = this.#storage.store(operatorId, table)
    if (record.value === null) store.delete(record.key)
    else store.put(record.key, record.value)
  }

  async #commitRestored(changelogId: string, changelogEnd: number, resultEnd: number | undefined): Promise<void> {
    // Compaction may have left entries of an epoch before its checkpoint comes: the copy then has none yet.
    const checkpoint = this.#checkpoint ?? EMPTY
    await this.commit({ ...checkpoint, log: { epoch: checkpoint.epoch, changelogId, changelogEnd, resultEnd } })
  }

  /** Whether the copy is a part of what the changelog holds from `start` to `end`. An empty one always is. */
  #isOf(changelogId: string, start: number, end: number): boolean {
    const log = this.#checkpoint?.log
    if (log === undefined) return true
    return log.changelogId === changelogId && log.changelogEnd >= start && log.changelogEnd <= end
  }

  async #startAnew(): Promise<void> {
    await this.close()
    await rm(this.#path, { recursive: true, force: true })
    const fresh = await open(this.#path, this.#taskId)
    this.#directory = fresh.#directory
    this.#storage = fresh.#storage
    this.#checkpoint = undefined
  }
}

export interface RestoreTarget {
  /** Offset of the changelog. */
  readonly end: number
  /** Of the result log by then, where somebody wants to know. */
  readonly resultEnd: number | undefined
  readonly nowMs: number
  readonly signal?: AbortSignal
}

const EMPTY: Checkpoint = { epoch: 0, inputs: {}, watermarks: {}, watermark: null, wallTimeMs: 0 }

function open(path: string, taskId: string): Promise<TaskDirectory> {
  return TaskDirectory.opened(path, taskId)
}
