import { rm } from 'node:fs/promises'
import { AppError } from '../../core/errors.ts'
import type { Checkpoint, StateStore, TaskSnapshot, TaskStorage } from '../../engine/ports/state.ts'
import { type DataDirectory, openDataDirectory } from '../embedded/data-directory.ts'
import { type ChangelogRecord, decodeChangelog } from './changelog.ts'
import type { PartitionReader } from './partition-reader.ts'

/**
 * The local copy of a task's state, brought up to date from its changelog. It is always a state that the changelog once
 * described, or on the way from one to the next: a copy that is damaged, or of another topic, or so old that deletes
 * may have been compacted away since, is worth nothing and is made anew.
 */
const TASK = 'task'
/** Entries written in one transaction of LMDB while a copy catches up. */
const RESTORE_BATCH_RECORDS = 20_000
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

  private constructor(path: string, taskId: string, directory: DataDirectory, storage: TaskStorage) {
    this.#path = path
    this.#taskId = taskId
    this.#directory = directory
    this.#storage = storage
    const { checkpoint } = storage
    this.#checkpoint = checkpoint?.log && { ...checkpoint, epoch: checkpoint.log.epoch }
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

  /** Reads the changelog on, up to `end`; calls back after each part of it. `resultEnd`: of the result log by then. */
  async restore(
    reader: PartitionReader,
    { end, resultEnd, nowMs }: { readonly end: number; readonly resultEnd: number | undefined; readonly nowMs: number },
    onProgress: Progress,
  ): Promise<void> {
    await this.#discardUnusable(reader, nowMs)
    reader.position = Math.max(this.#checkpoint?.log?.changelogEnd ?? 0, await reader.start())
    let records = 0
    let staged = 0
    while (reader.position < end) {
      for (const { key, value } of await reader.read(READ_WAIT_MS)) {
        this.#apply(decodeChangelog(key, value))
        records++
        staged++
      }
      if (staged < RESTORE_BATCH_RECORDS && reader.position < end) continue
      staged = 0
      await this.#commitRestored(reader, undefined)
      onProgress({ records, remaining: Math.max(0, end - reader.position) })
    }
    await this.#commitRestored(reader, resultEnd)
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

  async #commitRestored(reader: PartitionReader, resultEnd: number | undefined): Promise<void> {
    // Compaction may have left entries of an epoch before its checkpoint comes: the copy then has none yet.
    const checkpoint = this.#checkpoint ?? EMPTY
    const log = {
      epoch: checkpoint.epoch,
      changelogId: reader.topicId,
      changelogEnd: reader.position,
      resultEnd,
    }
    await this.commit({ ...checkpoint, log })
  }

  async #discardUnusable(reader: PartitionReader, nowMs: number): Promise<void> {
    const stored = this.#checkpoint
    if (stored === undefined) return
    const sameTopic = stored.log?.changelogId === reader.topicId
    if (sameTopic && nowMs - stored.wallTimeMs < COPY_AGE_MAX_MS) return
    await this.close()
    await rm(this.#path, { recursive: true, force: true })
    const fresh = await open(this.#path, this.#taskId)
    this.#directory = fresh.#directory
    this.#storage = fresh.#storage
    this.#checkpoint = undefined
  }
}

type Progress = (progress: { readonly records: number; readonly remaining: number }) => void

const EMPTY: Checkpoint = { epoch: 0, inputs: {}, watermarks: {}, watermark: null, wallTimeMs: 0 }

function open(path: string, taskId: string): Promise<TaskDirectory> {
  return TaskDirectory.opened(path, taskId)
}
