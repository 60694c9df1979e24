import { statfsSync } from 'node:fs'
import type { Database, RootDatabase } from 'lmdb'
import { assert } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'

/**
 * The one writer of a data directory. What is submitted in the same turn of the event loop, or while a commit is under
 * way, goes into one LMDB transaction: a group commit. One transaction is in flight at a time, so that what is staged
 * always builds on what is committed, and a failed transaction has no successor to take back.
 *
 * LMDB is opened with `overlappingSync: false`: a commit is flushed before it is visible. With overlapping sync a power
 * cut takes back transactions whose rows a subscriber may have seen already; then its resume token lies in the future.
 * And with `eventTurnBatching: false`: groups are made here, and the batches that lmdb makes by itself have promises
 * that nobody can reach, whose rejection when the disk is full would end the process.
 */

/** Some hundred MB of dirty pages make LMDB fail with MDB_PROBLEM (lmdb-js#153): a group is closed before that. */
const GROUP_BYTES_MAX = 64 * 1024 * 1024
/** What one transaction may write; more does not pass for the same reason. */
export const COMMIT_BYTES_MAX = 256 * 1024 * 1024

export type Table = Database<Uint8Array, Uint8Array>

/** Writes of one LMDB transaction. Keys and values stay untouched until the commit. */
export interface WriteGroup {
  put(table: Table, key: Uint8Array, value: Uint8Array): void
  remove(table: Table, key: Uint8Array): void
}

/** Keeps a view in memory that follows the transactions. */
export interface Participant {
  /** Adds to the transaction what was gathered while staging. */
  beforeCommit(group: WriteGroup): void
  committed(): void
  /** Nothing of the transaction is on disk. */
  failed(): void
}

interface Job {
  readonly bytes: number
  /** Returns what resolves the job; throws before the first write when it can't be done. */
  readonly stage: (group: WriteGroup) => unknown
  readonly resolve: (result: never) => void
  readonly reject: (error: unknown) => void
}

class Operations implements WriteGroup {
  readonly tables: Table[] = []
  readonly keys: Uint8Array[] = []
  readonly values: (Uint8Array | undefined)[] = []

  put(table: Table, key: Uint8Array, value: Uint8Array): void {
    this.tables.push(table)
    this.keys.push(key)
    this.values.push(value)
  }

  remove(table: Table, key: Uint8Array): void {
    this.tables.push(table)
    this.keys.push(key)
    this.values.push(undefined)
  }
}

export class CommitQueue {
  readonly #root: RootDatabase
  readonly #path: string
  readonly #participants: Participant[] = []
  readonly #listeners = new Set<() => void>()
  #jobs: Job[] = []
  #running = false
  #closed = false
  #idle: (() => void)[] = []

  constructor(root: RootDatabase, path: string) {
    this.#root = root
    this.#path = path
  }

  join(participant: Participant): void {
    this.#participants.push(participant)
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /**
   * Runs `stage` in one of the next transactions; resolves with its result when that is durable and visible. Rejects
   * with what `stage` throws, or with AppError (DISK_FULL …) when the transaction fails.
   */
  submit<T>(bytes: number, stage: (group: WriteGroup) => T): Promise<T> {
    if (this.#closed) return Promise.reject(closedError(this.#path))
    return new Promise<T>((resolve, reject) => {
      this.#jobs.push({ bytes, stage, resolve: resolve as (result: never) => void, reject })
      if (this.#running) return
      this.#running = true
      setImmediate(() => void this.#run())
    })
  }

  /** Resolves when all that was submitted is done; nothing can be submitted any more. */
  async close(): Promise<void> {
    this.#closed = true
    if (this.#running) await new Promise<void>((resolve) => this.#idle.push(resolve))
  }

  async #run(): Promise<void> {
    while (this.#jobs.length > 0) await this.#commitGroup(this.#takeGroup())
    this.#running = false
    for (const resolve of this.#idle.splice(0)) resolve()
  }

  #takeGroup(): Job[] {
    let bytes = 0
    let count = 0
    while (count < this.#jobs.length) {
      bytes += (this.#jobs[count] as Job).bytes
      if (bytes > GROUP_BYTES_MAX && count > 0) break
      count++
    }
    return this.#jobs.splice(0, count)
  }

  async #commitGroup(jobs: readonly Job[]): Promise<void> {
    const operations = new Operations()
    const staged: { readonly job: Job; readonly result: unknown }[] = []
    for (const job of jobs) {
      const before = operations.keys.length
      try {
        staged.push({ job, result: job.stage(operations) })
      } catch (error) {
        assert(operations.keys.length === before, 'a job that throws has written nothing')
        job.reject(error)
      }
    }
    try {
      for (const participant of this.#participants) participant.beforeCommit(operations)
      if (operations.keys.length > 0) await this.#commit(operations)
    } catch (error) {
      for (const participant of this.#participants) participant.failed()
      const bytes = staged.reduce((sum, { job }) => sum + job.bytes, 0)
      const reason = storageError(error, this.#path, bytes)
      for (const { job } of staged) job.reject(reason)
      return
    }
    for (const participant of this.#participants) participant.committed()
    for (const { job, result } of staged) job.resolve(result as never)
    for (const listener of this.#listeners) listener()
  }

  async #commit({ tables, keys, values }: Operations): Promise<void> {
    try {
      await this.#root.batch(() => {
        for (let i = 0; i < keys.length; i++) {
          const value = values[i]
          const done =
            value === undefined
              ? (tables[i] as Table).remove(keys[i] as Uint8Array)
              : (tables[i] as Table).put(keys[i] as Uint8Array, value)
          // The batch's own promise tells; an unhandled rejection of a part would end the process.
          done.catch(ignore)
        }
      })
    } catch (error) {
      // lmdb says "commit failed" at once and gives the reason by a second promise, which must be handled as well.
      const reason = (error as { commitError?: Promise<never> }).commitError
      throw reason === undefined ? error : await reason.catch((cause: unknown) => cause)
    }
  }
}

function ignore(): void {}

function closedError(path: string): AppError {
  return new AppError('UNAVAILABLE', `data directory "${path}" is closed`, {
    domain: 'external',
    hint: 'The process is stopping: try again when it runs.',
  })
}

/** ENOSPC, EDQUOT and EFBIG by number, as LMDB gives them on Linux and macOS. */
const EIO = 5
const DISK_FULL_CODES: readonly unknown[] = [28, 122, 69, 27, 'ENOSPC', 'EDQUOT', 'EFBIG']

/** What a failed transaction or open means to the user. */
export function storageError(error: unknown, path: string, bytes = 0): unknown {
  if (error instanceof AppError) return error
  const { code, message } = error as { code?: unknown; message?: string }
  if (DISK_FULL_CODES.includes(code) || /no space left|quota exceeded|file too large/i.test(message ?? '')) {
    return diskFull(path, error)
  }
  // LMDB writes many pages with one call; where only some of them fit, it reports an input/output error.
  if (code === EIO && isFull(path, bytes)) return diskFull(path, error)
  if (code === undefined) return error
  return new AppError('UNAVAILABLE', `data directory "${path}" can't be written: ${message ?? String(code)}`, {
    domain: 'external',
    hint: 'Nothing of this change is on disk. Check the disk, then restart; the last checkpoint is restored.',
    cause: error,
  })
}

/** Copy-on-write takes a multiple of what is written. */
const WRITE_FACTOR = 4
const PAGES_BYTES_MIN = 1024 * 1024

function isFull(path: string, bytes: number): boolean {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize < Math.max(PAGES_BYTES_MIN, bytes * WRITE_FACTOR)
  } catch {
    return false
  }
}

export function diskFull(path: string, cause?: unknown): AppError {
  return new AppError('DISK_FULL', `data directory "${path}" is full: no space left on the device`, {
    domain: 'external',
    retry: true,
    hint: 'Nothing of this change is on disk. Free space or give the streams a retention, then resume the query.',
    ...(cause === undefined ? {} : { cause }),
  })
}
