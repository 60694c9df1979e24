import { checkCatalogKey } from '../../src/adapters/catalog-rules.ts'
import { checkRecords } from '../../src/adapters/log-rules.ts'
import { MutualExclusion } from '../../src/adapters/mutual-exclusion.ts'
import type { CatalogChange, CatalogStore, Storage } from '../../src/adapters/storage.ts'
import { assert } from '../../src/core/assert.ts'
import { AppError } from '../../src/core/errors.ts'
import { Listeners } from '../../src/core/listeners.ts'
import type { OutputRecord } from '../../src/engine/ports/log.ts'
import type { Checkpoint, StateBackend, StateStore, TaskSnapshot, TaskStorage } from '../../src/engine/ports/state.ts'
import { Random } from '../harness/random.ts'
import { type CommitOutcome, diskFull, Faults, NO_FAULTS, unavailable } from './faults.ts'
import { type DiskTask, endOffset, SimDisk, scanTables, textOf } from './sim-disk.ts'
import { SimLog } from './sim-log.ts'
import type { VirtualTime } from './virtual-time.ts'

/**
 * One life of a simulated process: it ends with a crash, after which nothing that it waits for ever happens. Delays and
 * faults come from here, so that log and state share them.
 */
export interface SimProcessOptions {
  /** Without it nothing takes time. */
  readonly time?: VirtualTime
  readonly faults?: Faults
  readonly random?: Random
  readonly onCrash?: () => void
  readonly onApplied?: (checkpoint: Checkpoint, staged: Staged) => void
}

export class SimProcess {
  readonly #faults: Faults
  readonly #time: VirtualTime | undefined
  readonly #random: Random
  readonly #onCommit = new Set<() => void>()
  readonly #onCrash: () => void
  readonly #onApplied: (checkpoint: Checkpoint, staged: Staged) => void
  alive = true
  /** What the time is while no simulated time runs. */
  untimedNowMs = 0

  constructor(world: SimProcessOptions = {}) {
    this.#time = world.time
    this.#random = world.random ?? new Random(0)
    this.#faults = world.faults ?? new Faults(this.#random, NO_FAULTS)
    this.#onCrash = world.onCrash ?? (() => {})
    this.#onApplied = world.onApplied ?? (() => {})
  }

  /** A commit is on the disk, whatever its caller will hear of it. */
  applied(checkpoint: Checkpoint, staged: Staged): void {
    this.#onApplied(checkpoint, staged)
    this.committed()
  }

  /** For records that bring no time of their own. */
  nowMs(): number {
    return this.#time?.nowMs ?? this.untimedNowMs
  }

  /** Undefined when the read is immediate. */
  beforeRead(): Promise<void> | undefined {
    const delayMs = this.#faults.readDelayMs()
    const fails = this.#faults.readFails()
    if (this.#time === undefined || (delayMs === 0 && !fails)) return undefined
    return this.#wait(delayMs).then(() => {
      if (fails) throw unavailable('the simulated log does not answer')
    })
  }

  /** A read may bring fewer records than there are. */
  readCount(available: number): number {
    return this.#time === undefined ? available : this.#random.integer(1, available)
  }

  /** How a commit ends, when it does. */
  async beforeCommit(): Promise<CommitOutcome> {
    const outcome = this.#faults.commitOutcome()
    if (this.#time !== undefined) await this.#wait(this.#faults.commitDelayMs())
    return outcome
  }

  onCommit(listener: () => void): () => void {
    const call = (): void => listener()
    this.#onCommit.add(call)
    return () => this.#onCommit.delete(call)
  }

  committed(): void {
    for (const listener of this.#onCommit) listener()
  }

  crash(): void {
    if (!this.alive) return
    this.alive = false
    this.#onCrash()
  }

  /** Goes on after the delay, unless the process is dead by then. */
  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#time?.schedule(delayMs, () => {
        if (this.alive) resolve()
      })
    })
  }
}

/** What never happens: the answer to a process that is dead. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => {})
}

export class SimStorage implements Storage {
  readonly disk: SimDisk
  readonly log: SimLog
  readonly state: SimState
  readonly catalog: CatalogStore
  readonly #process: SimProcess

  constructor(disk = new SimDisk(), process = new SimProcess()) {
    this.disk = disk
    this.#process = process
    this.log = new SimLog(disk, process)
    this.state = new SimState(disk, this.log, process)
    this.catalog = simCatalog(disk, process)
  }

  onCommit(listener: () => void): () => void {
    return this.#process.onCommit(listener)
  }

  /** For a storage outside of simulated time. */
  setNowMs(nowMs: number): void {
    this.#process.untimedNowMs = nowMs
  }

  async close(): Promise<void> {}
}

export class SimState implements StateBackend {
  readonly #disk: SimDisk
  readonly #log: SimLog
  readonly #process: SimProcess
  readonly #open = new Set<string>()

  constructor(disk: SimDisk, log: SimLog, process: SimProcess) {
    this.#disk = disk
    this.#log = log
    this.#process = process
  }

  async openTask(taskId: string): Promise<SimTaskStorage> {
    this.#checkClosed(taskId)
    this.#open.add(taskId)
    return new SimTaskStorage(taskId, this.#disk.task(taskId), this.#log, this.#process, () =>
      this.#open.delete(taskId),
    )
  }

  snapshot(taskId: string): TaskSnapshot {
    const task = this.#disk.task(taskId)
    const tables = new Map([...task.tables].map(([name, table]) => [name, new Map(table)]))
    const ends = new Map(
      [...this.#disk.topics].map(([name, topic]) => [name, topic.partitions.map(endOffset)] as const),
    )
    return {
      checkpoint: task.checkpoint,
      get: (operatorId, table, key) => copyOf(tables.get(tableName(operatorId, table))?.get(textOf(key))),
      scan: (operatorId, table, from, to) => scanTables(tables.get(tableName(operatorId, table)), new Map(), from, to),
      topicEnd: (topic, partition) => ends.get(topic)?.[partition] ?? 0,
      closed: false,
      close: () => {},
    }
  }

  async dropTask(taskId: string): Promise<void> {
    this.#checkClosed(taskId)
    this.#disk.tasks.delete(taskId)
  }

  #checkClosed(taskId: string): void {
    if (!this.#open.has(taskId)) return
    throw new AppError('FAILED_PRECONDITION', `state of task "${taskId}" is in use`, {
      domain: 'internal',
      hint: 'Close the task before it is opened again or dropped.',
    })
  }
}

/** High-water marks of what a task held back between two commits. */
export interface Staged {
  entriesMax: number
  recordsMax: number
}

export class SimTaskStorage implements TaskStorage {
  readonly staged: Staged = { entriesMax: 0, recordsMax: 0 }
  readonly #taskId: string
  readonly #task: DiskTask
  readonly #log: SimLog
  readonly #process: SimProcess
  readonly #stores = new Map<string, StateStore>()
  readonly #overlays = new Map<string, Map<string, Uint8Array | null>>()
  #output: { readonly topic: string; readonly partition: number; readonly records: readonly OutputRecord[] }[] = []
  readonly #closed: () => void
  #state: 'open' | 'committing' | 'failed' | 'closed' = 'open'

  constructor(taskId: string, task: DiskTask, log: SimLog, process: SimProcess, closed: () => void) {
    this.#closed = closed
    this.#taskId = taskId
    this.#task = task
    this.#log = log
    this.#process = process
  }

  get checkpoint(): Checkpoint | undefined {
    return this.#task.checkpoint
  }

  store(operatorId: string, table: string): StateStore {
    this.#check()
    const name = tableName(operatorId, table)
    const known = this.#stores.get(name)
    if (known !== undefined) return known
    const store = this.#openStore(name)
    this.#stores.set(name, store)
    return store
  }

  #openStore(name: string): StateStore {
    const overlay = new Map<string, Uint8Array | null>()
    this.#overlays.set(name, overlay)
    const onDisk = (): ReadonlyMap<string, Uint8Array> | undefined => this.#task.tables.get(name)
    return {
      get: (key) => {
        this.#check()
        const text = textOf(key)
        const value = overlay.has(text) ? overlay.get(text) : onDisk()?.get(text)
        return copyOf(value)
      },
      put: (key, value) => {
        this.#check()
        overlay.set(textOf(key), new Uint8Array(value))
        this.#measure()
      },
      delete: (key) => {
        this.#check()
        overlay.set(textOf(key), null)
        this.#measure()
      },
      scan: (from, to) => {
        this.#check()
        return scanTables(this.#task.tables.get(name), overlay, from, to)
      },
    }
  }

  append(topic: string, partition: number, records: readonly OutputRecord[]): void {
    this.#check()
    this.#log.partition(topic, partition)
    checkRecords(topic, records)
    this.#output.push({ topic, partition, records: records.slice() })
    this.staged.recordsMax = Math.max(
      this.staged.recordsMax,
      this.#output.reduce((sum, output) => sum + output.records.length, 0),
    )
  }

  async commit(checkpoint: Checkpoint): Promise<void> {
    this.#check()
    const epoch = (this.#task.checkpoint?.epoch ?? 0) + 1
    assert(checkpoint.epoch === epoch, `task ${this.#taskId} commits epoch ${checkpoint.epoch} after ${epoch - 1}`)
    this.#state = 'committing'
    const outcome = await this.#process.beforeCommit()
    if (outcome === 'committed' || outcome === 'unknown' || outcome === 'crash-after') this.#apply(checkpoint)
    switch (outcome) {
      case 'committed':
        this.#state = 'open'
        return
      case 'crash-before':
      case 'crash-after':
        this.#process.crash()
        return never()
      default:
        this.#state = 'failed'
        throw outcome === 'disk-full' ? diskFull() : unavailable('the simulated disk does not answer')
    }
  }

  stateBytes(): number {
    let bytes = 0
    for (const table of this.#task.tables.values()) {
      for (const [key, value] of table) bytes += key.length + value.length
    }
    return bytes
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#closed()
  }

  #apply(checkpoint: Checkpoint): void {
    for (const { topic, partition } of this.#output) this.#log.partition(topic, partition)
    for (const [name, overlay] of this.#overlays) {
      let table = this.#task.tables.get(name)
      if (table === undefined) this.#task.tables.set(name, (table = new Map()))
      for (const [key, value] of overlay) {
        if (value === null) table.delete(key)
        else table.set(key, value)
      }
      overlay.clear()
    }
    this.#task.checkpoint = JSON.parse(JSON.stringify(checkpoint)) as Checkpoint
    const output = this.#output
    this.#output = []
    for (const { topic, partition, records } of output) this.#log.partition(topic, partition).records.push(...records)
    for (const { topic } of output) this.#log.signal(topic)
    this.#process.applied(this.#task.checkpoint, this.staged)
  }

  #measure(): void {
    let entries = 0
    for (const overlay of this.#overlays.values()) entries += overlay.size
    this.staged.entriesMax = Math.max(this.staged.entriesMax, entries)
  }

  #check(): void {
    assert(this.#state !== 'committing', `task ${this.#taskId}: state is used while a commit is under way`)
    assert(this.#state === 'open', `task ${this.#taskId}: state is used after it was closed or failed`)
  }
}

function copyOf(bytes: Uint8Array | null | undefined): Uint8Array | undefined {
  return bytes ? new Uint8Array(bytes) : undefined
}

function tableName(operatorId: string, table: string): string {
  return JSON.stringify([operatorId, table])
}

function simCatalog(disk: SimDisk, process: SimProcess): CatalogStore {
  const listeners = new Listeners<readonly CatalogChange[]>()
  const exclusion = new MutualExclusion()
  const write = async (changes: readonly CatalogChange[]): Promise<void> => {
    for (const { key } of changes) checkCatalogKey(key)
    disk.writeCatalog(changes)
    listeners.call(changes)
    process.committed()
  }
  return {
    get: (key) => disk.catalog.get(key),
    list: (prefix) =>
      [...disk.catalog]
        .filter(([key]) => key.startsWith(prefix))
        .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
    put: (key, text) => write([{ key, text }]),
    delete: (key) => write([{ key, text: undefined }]),
    write,
    onChange: (listener) => listeners.add(listener),
    exclusively: (run) => exclusion.run(run),
  }
}
