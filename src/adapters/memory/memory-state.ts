import { assert } from '../../core/assert.ts'
import { latin1 } from '../../core/bytes.ts'
import { AppError } from '../../core/errors.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import type { Checkpoint, StateBackend, StateStore, TaskSnapshot, TaskStorage } from '../../engine/ports/state.ts'
import { checkRecords, topicMissing } from '../log-rules.ts'
import type { MemoryLog } from './memory-log.ts'
import { type MemoryEntries, MemoryStore } from './memory-store.ts'

/** Committed stores by name, and the checkpoint that they belong to. */
interface TaskState {
  readonly stores: Map<string, MemoryEntries>
  checkpoint: Checkpoint | undefined
}

/** State in memory, with the same rules as on disk: a task that is closed without a commit has lost what it staged. */
export class MemoryState implements StateBackend {
  readonly #log: MemoryLog | undefined
  readonly #tasks = new Map<string, TaskState>()
  readonly #open = new Set<string>()

  /** Without a log a task can keep state, but append nothing. */
  constructor(log?: MemoryLog) {
    this.#log = log
  }

  async openTask(taskId: string): Promise<TaskStorage> {
    this.#checkClosed(taskId)
    this.#open.add(taskId)
    let state = this.#tasks.get(taskId)
    if (state === undefined) {
      state = { stores: new Map(), checkpoint: undefined }
      this.#tasks.set(taskId, state)
    }
    return new MemoryTask(taskId, state, this.#log, () => this.#open.delete(taskId))
  }

  snapshot(taskId: string): TaskSnapshot {
    return new MemorySnapshot(this.#tasks.get(taskId), this.#log)
  }

  async dropTask(taskId: string): Promise<void> {
    this.#checkClosed(taskId)
    this.#tasks.delete(taskId)
  }

  #checkClosed(taskId: string): void {
    if (!this.#open.has(taskId)) return
    throw new AppError('FAILED_PRECONDITION', `state of task "${taskId}" is in use`, {
      domain: 'internal',
      hint: 'Close the task before it is opened again or dropped.',
    })
  }
}

function storeName(operatorId: string, table: string): string {
  return JSON.stringify([operatorId, table])
}

class MemoryTask implements TaskStorage {
  readonly #taskId: string
  readonly #state: TaskState
  readonly #log: MemoryLog | undefined
  readonly #closed: () => void
  readonly #stores = new Map<string, MemoryStore>()
  #output: { topic: string; partition: number; records: readonly OutputRecord[] }[] = []
  #phase: 'open' | 'committing' | 'failed' | 'closed' = 'open'

  constructor(taskId: string, state: TaskState, log: MemoryLog | undefined, closed: () => void) {
    this.#taskId = taskId
    this.#state = state
    this.#log = log
    this.#closed = closed
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#state.checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    this.#check()
    const name = storeName(operatorId, table)
    let store = this.#stores.get(name)
    if (store === undefined) {
      store = new MemoryStore(
        () => this.#state.stores.get(name),
        () => this.#check(),
      )
      this.#stores.set(name, store)
    }
    return store
  }

  append(topic: string, partition: number, records: readonly OutputRecord[]): void {
    this.#check()
    if (this.#log === undefined) throw topicMissing(topic)
    this.#log.check(topic, partition)
    checkRecords(topic, records)
    this.#output.push({ topic, partition, records })
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#check()
    const epoch = (this.#state.checkpoint?.epoch ?? 0) + 1
    assert(checkpoint.epoch === epoch, `task ${this.#taskId} commits epoch ${checkpoint.epoch} after ${epoch - 1}`)
    this.#phase = 'committing'
    // A turn later, as on disk: who uses the state in between is told.
    await Promise.resolve()
    try {
      for (const { topic, partition } of this.#output) this.#log?.check(topic, partition)
    } catch (error) {
      this.#phase = 'failed'
      throw error
    }
    for (const { topic, partition, records } of this.#output) this.#log?.write(topic, partition, records)
    for (const [name, store] of this.#stores) {
      const merged = store.merge()
      if (merged !== undefined) this.#state.stores.set(name, merged)
    }
    this.#state.checkpoint = structuredClone(checkpoint)
    this.#phase = 'open'
    const topics = this.#output.map((output) => output.topic)
    this.#output = []
    this.#log?.announce(topics)
  }

  stateBytes(): number {
    let bytes = 0
    for (const entries of this.#state.stores.values()) bytes += entries.bytes
    return bytes
  }

  async close(): Promise<void> {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#closed()
  }

  #check(): void {
    assert(this.#phase !== 'committing', `task ${this.#taskId}: state is used while a commit is under way`)
    assert(this.#phase !== 'closed', `task ${this.#taskId}: state is used after it was closed`)
    assert(this.#phase !== 'failed', `task ${this.#taskId}: state is used after a failed commit`)
  }
}

/** Entries that a snapshot has taken are never changed again; see MemoryEntries. */
class MemorySnapshot implements TaskSnapshot {
  readonly checkpoint: Checkpoint | undefined
  closed = false
  readonly #stores: ReadonlyMap<string, MemoryEntries>
  readonly #ends = new Map<string, readonly number[]>()

  constructor(state: TaskState | undefined, log: MemoryLog | undefined) {
    this.checkpoint = state?.checkpoint
    this.#stores = new Map(state?.stores)
    for (const entries of this.#stores.values()) entries.shared = true
    for (const { name, offsets } of log?.topicsNow() ?? []) {
      this.#ends.set(
        name,
        offsets.map(({ end }) => end),
      )
    }
  }

  get(operatorId: string, table: string, key: Uint8Array): Uint8Array | undefined {
    return this.#stores.get(storeName(operatorId, table))?.get(latin1(key))
  }

  scan(
    operatorId: string,
    table: string,
    from: Uint8Array,
    to: Uint8Array | undefined,
  ): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.#stores.get(storeName(operatorId, table))?.scan(from, to) ?? []
  }

  topicEnd(topic: string, partition: number): number {
    const ends = this.#ends.get(topic)
    if (ends === undefined) throw topicMissing(topic)
    return ends[partition] ?? 0
  }

  close(): void {
    this.closed = true
  }
}
