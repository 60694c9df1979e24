import { assert } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import type { Checkpoint, StateBackend, StateStore, TaskSnapshot, TaskStorage } from '../../engine/ports/state.ts'
import { checkRecords } from '../log-rules.ts'
import { COMMIT_BYTES_MAX, type CommitQueue } from './commit-queue.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { EmbeddedSnapshot } from './embedded-snapshot.ts'
import { EmbeddedStore } from './embedded-store.ts'
import { recordBytes } from './frame.ts'
import { decodeText, encodeText, numberKey, prefixKey, textKey } from './keys.ts'
import type { Numbers } from './numbers.ts'
import { CHECKPOINT_STORE, META_STORE, META_TASK, parseCheckpoint, storeName, type Tables } from './tables.ts'

/**
 * State of all tasks in one LMDB table. What a task puts is staged in memory and read through the stage; a commit
 * writes it together with the output and the checkpoint in one transaction, so a crash leaves all three or none.
 */
export class EmbeddedState implements StateBackend {
  readonly #tables: Tables
  readonly #queue: CommitQueue
  readonly #log: EmbeddedLog
  readonly #numbers: Numbers
  readonly #open = new Set<string>()

  constructor(tables: Tables, queue: CommitQueue, log: EmbeddedLog, numbers: Numbers) {
    this.#tables = tables
    this.#queue = queue
    this.#log = log
    this.#numbers = numbers
  }

  async openTask(taskId: string): Promise<TaskStorage> {
    this.#claim(taskId)
    try {
      const key = textKey(META_TASK, taskId)
      const number = await this.#queue.submit(256, (group) => {
        const stored = this.#tables.meta.get(key)
        if (stored !== undefined) return Number(decodeText(stored))
        const taken = this.#numbers.take()
        group.put(this.#tables.meta, key, encodeText(String(taken)))
        return taken
      })
      return new EmbeddedTask(this.#tables, this.#queue, this.#log, taskId, number, () => this.#open.delete(taskId))
    } catch (error) {
      this.#open.delete(taskId)
      throw error
    }
  }

  snapshot(taskId: string): TaskSnapshot {
    return new EmbeddedSnapshot(this.#tables, taskId)
  }

  async dropTask(taskId: string): Promise<void> {
    this.#claim(taskId)
    try {
      const key = textKey(META_TASK, taskId)
      await this.#queue.submit(256, (group) => {
        const stored = this.#tables.meta.get(key)
        if (stored === undefined) return
        const number = Number(decodeText(stored))
        group.remove(this.#tables.meta, key)
        for (const store of storeKeys(this.#tables, number)) group.remove(this.#tables.meta, store)
        this.#numbers.discard(group, number)
      })
    } finally {
      this.#open.delete(taskId)
    }
    await this.#numbers.sweep()
  }

  /** Two writers of one task would each write over the other's state. */
  #claim(taskId: string): void {
    if (this.#open.has(taskId)) {
      throw new AppError('FAILED_PRECONDITION', `state of task "${taskId}" is in use`, {
        domain: 'internal',
        hint: 'Close the task before it is opened again or dropped.',
      })
    }
    this.#open.add(taskId)
  }
}

function storeKeys(tables: Tables, number: number): Uint8Array[] {
  const start = textKey(META_STORE, `${number}/`)
  // '0' follows '/'.
  return [...tables.meta.getKeys({ start, end: textKey(META_STORE, `${number}0`) })]
}

class EmbeddedTask implements TaskStorage {
  readonly #tables: Tables
  readonly #queue: CommitQueue
  readonly #log: EmbeddedLog
  readonly #taskId: string
  readonly #number: number
  readonly #closed: () => void
  readonly #stores = new Map<string, EmbeddedStore>()
  /** Names of stores that have no number on disk yet. */
  readonly #storesNew = new Map<string, number>()
  #storeNext: number
  #checkpoint: Checkpoint | undefined
  #output: { topic: string; partition: number; records: readonly OutputRecord[] }[] = []
  #state: 'open' | 'committing' | 'failed' | 'closed' = 'open'
  #measured: { readonly entries: number; readonly bytes: number } | undefined
  #putsSinceCount = 0

  constructor(
    tables: Tables,
    queue: CommitQueue,
    log: EmbeddedLog,
    taskId: string,
    number: number,
    closed: () => void,
  ) {
    this.#tables = tables
    this.#queue = queue
    this.#log = log
    this.#taskId = taskId
    this.#number = number
    this.#closed = closed
    const checkpoint = tables.state.get(prefixKey(number, CHECKPOINT_STORE))
    this.#checkpoint = checkpoint && parseCheckpoint(decodeText(checkpoint), taskId)
    let last = CHECKPOINT_STORE
    const skip = textKey(META_STORE, `${number}/`).length
    for (const key of storeKeys(tables, number)) {
      const storeNumber = Number(decodeText(tables.meta.get(key) as Uint8Array))
      const name = decodeText(key.subarray(skip))
      this.#stores.set(name, new EmbeddedStore(tables.state, number, storeNumber, () => this.#check()))
      last = Math.max(last, storeNumber)
    }
    this.#storeNext = last + 1
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    this.#check()
    const name = storeName(operatorId, table)
    let store = this.#stores.get(name)
    if (store === undefined) {
      const number = this.#storeNext++
      this.#storesNew.set(name, number)
      store = new EmbeddedStore(this.#tables.state, this.#number, number, () => this.#check())
      this.#stores.set(name, store)
    }
    return store
  }

  append(topic: string, partition: number, records: readonly OutputRecord[]): void {
    this.#check()
    this.#log.partition(topic, partition)
    checkRecords(topic, records)
    this.#output.push({ topic, partition, records })
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#check()
    const epoch = (this.#checkpoint?.epoch ?? 0) + 1
    assert(checkpoint.epoch === epoch, `task ${this.#taskId} commits epoch ${checkpoint.epoch} after ${epoch - 1}`)
    const text = encodeText(JSON.stringify(checkpoint, finiteNumbers))
    const bytes = this.#stagedBytes(text.length)
    this.#state = 'committing'
    try {
      await this.#queue.submit(bytes, (group) => {
        // Output first: it can throw, and then nothing may have been written.
        for (const { topic, partition } of this.#output) this.#log.partition(topic, partition)
        for (const { topic, partition, records } of this.#output) this.#log.stage(topic, partition, records)
        for (const [name, number] of this.#storesNew) {
          group.put(this.#tables.meta, textKey(META_STORE, `${this.#number}/${name}`), encodeText(String(number)))
        }
        for (const store of this.#stores.values()) this.#putsSinceCount += store.writeTo(group)
        group.put(this.#tables.state, prefixKey(this.#number, CHECKPOINT_STORE), text)
      })
    } catch (error) {
      this.#state = 'failed'
      throw error
    }
    this.#checkpoint = checkpoint
    this.#output = []
    this.#storesNew.clear()
    for (const store of this.#stores.values()) store.clearStaged()
    this.#state = 'open'
  }

  stateBytes(): number {
    if (this.#measured === undefined || this.#putsSinceCount > this.#measured.entries * RECOUNT_SHARE) {
      this.#measured = this.#measure()
      this.#putsSinceCount = 0
    }
    return this.#measured.bytes
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closed()
  }

  #check(): void {
    assert(this.#state !== 'committing', `task ${this.#taskId}: state is used while a commit is under way`)
    assert(this.#state !== 'closed', `task ${this.#taskId}: state is used after it was closed`)
    assert(this.#state !== 'failed', `task ${this.#taskId}: state is used after a failed commit`)
  }

  #stagedBytes(checkpointBytes: number): number {
    let bytes = checkpointBytes
    for (const store of this.#stores.values()) bytes += store.stagedBytes
    for (const { records } of this.#output) for (const record of records) bytes += recordBytes(record)
    if (bytes <= COMMIT_BYTES_MAX) return bytes
    throw new AppError('RESOURCE_EXHAUSTED', `one checkpoint of task "${this.#taskId}" would write ${bytes} bytes`, {
      hint: `A checkpoint writes at most ${COMMIT_BYTES_MAX} bytes: use a shorter 'checkpoint.interval'.`,
    })
  }

  /** Counting is native and fast; the mean size comes from the first entries. */
  #measure(): { readonly entries: number; readonly bytes: number } {
    const start = prefixKey(this.#number, CHECKPOINT_STORE + 1)
    const end = numberKey(this.#number + 1)
    const entries = this.#tables.state.getKeysCount({ start, end })
    let sampled = 0
    let bytes = 0
    for (const { key, value } of this.#tables.state.getRange({ start, end, limit: SAMPLE })) {
      sampled++
      bytes += key.length + value.length + ENTRY_OVERHEAD_BYTES
    }
    return { entries, bytes: sampled === 0 ? 0 : Math.round((bytes / sampled) * entries) }
  }
}

const SAMPLE = 256
/** Writes since the last count, as a share of the entries, after which it is counted again. */
const RECOUNT_SHARE = 0.1
/** LMDB's node header and its place in the page's index. */
const ENTRY_OVERHEAD_BYTES = 10

/** JSON would turn an infinity into null, silently. */
function finiteNumbers(_key: string, value: unknown): unknown {
  assert(typeof value !== 'number' || Number.isFinite(value), 'a checkpoint holds finite numbers')
  return value
}
