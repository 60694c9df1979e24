import { AppError } from '../../src/core/errors.ts'
import { NO_DUTIES } from '../../src/engine/duties.ts'
import type { Clock } from '../../src/engine/ports/clock.ts'
import {
  COPY_IN_STEP,
  COPY_OLD,
  type Heartbeat,
  type HeartbeatLog,
  type HeartbeatRecord,
} from '../../src/engine/ports/replicas.ts'
import { LogReplicas } from '../../src/runtime/log-replicas.ts'
import type { ReplicaWorld } from './replica-world.ts'

export const SESSION_TIMEOUT_MS = 10_000

const TASK_COMMIT_MS = 200
/** What the adapter waits for an answer. */
const APPEND_TIMEOUT_MS = 3000

/** One process: its clock, its end of the log, and the tasks that it opens and closes as it is told. */
export class ReplicaProcess {
  readonly world: ReplicaWorld
  readonly name: string
  /** Open tasks with the epoch of their producer. */
  readonly open = new Map<string, number>()
  readonly #id: string
  /** What it reports: from before a task is opened until it has been closed. */
  readonly #reported = new Set<string>()
  /** Tasks whose state it follows, and whether it is in step. */
  readonly copies = new Map<string, boolean>()
  /** Of what it has state on disk, fresh or not. */
  readonly #kept = new Set<string>()
  #replicas: LogReplicas | undefined
  #listener: ((records: readonly HeartbeatRecord[]) => void) | undefined
  #cursor = 0
  #deliveryDue = false
  #frozen: (() => void)[] | undefined
  #deafUntilMs = 0
  #busy = false
  ended = false
  cut = false
  /** It can write to the log, but not read it. */
  deaf = false

  constructor(world: ReplicaWorld, name: string, id: string) {
    this.world = world
    this.name = name
    this.#id = id
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined
  }

  /** For the message of a failure. */
  describe(): string {
    const open = [...this.open.keys()]
    const frozen = this.isFrozen ? ' frozen' : ''
    return `${this.#id} ${this.#replicas?.state}${frozen}: reports [${[...this.#reported]}], open [${open}]`
  }

  async run(): Promise<void> {
    const replicas = await LogReplicas.open({
      log: this.#heartbeatLog(),
      clock: this.#clock(),
      name: this.name,
      address: `${this.name}:1`,
      threads: 1,
      sessionTimeoutMs: SESSION_TIMEOUT_MS,
      standbyReplicas: this.world.standbyReplicas,
      process: this.#id,
    })
    if (this.ended) return
    this.#replicas = replicas
    replicas.onChange(() => this.#follow())
    replicas.setTasks(this.world.tasks)
  }

  kill(): void {
    this.ended = true
    this.#frozen = undefined
  }

  freeze(): void {
    this.#frozen ??= []
  }

  thaw(): void {
    const waiting = this.#frozen ?? []
    this.#frozen = undefined
    // Its connection to the log is broken by now; those of its tasks may not be.
    this.#deafUntilMs = this.world.time.nowMs + this.world.random.integer(0, 3000)
    for (const run of waiting) this.world.time.schedule(0, () => this.#here(run))
  }

  /** The graceful end for good: gives its tasks away first. */
  async leave(): Promise<void> {
    await this.#replicas?.leave()
    await this.#replicas?.close()
    this.kill()
  }

  /** The graceful end of a restart: the seat stays. */
  async stop(): Promise<void> {
    await this.#replicas?.close()
    this.kill()
  }

  // ---- its end of the log ------------------------------------------------------------------------------------------

  deliverSoon(): void {
    if (this.#deliveryDue || this.#listener === undefined) return
    this.#deliveryDue = true
    this.#soon(this.world.random.integer(1, 150), () => {
      this.#deliveryDue = false
      const deaf = this.deaf || this.world.time.nowMs < this.#deafUntilMs
      if (!this.world.brokersUp || this.cut || deaf) {
        this.#retryDelivery()
        return
      }
      const records = this.world.records(this.#cursor)
      this.#cursor += records.length
      if (records.length > 0) this.#listener?.(records)
    })
  }

  #retryDelivery(): void {
    this.#deliveryDue = true
    this.#soon(500, () => {
      this.#deliveryDue = false
      this.deliverSoon()
    })
  }

  #heartbeatLog(): HeartbeatLog {
    return {
      follow: async (listener) => {
        await this.#wait(this.world.random.integer(5, 100))
        this.#cursor = this.world.records(0).length
        listener(this.world.records(0))
        this.#listener = listener
        this.deliverSoon()
      },
      append: (heartbeat) => this.#append(heartbeat),
      close: async () => {
        this.#listener = undefined
      },
    }
  }

  async #append(heartbeat: Heartbeat): Promise<void> {
    const { world } = this
    const sent = Promise.withResolvers<void>()
    // On the wire already: it arrives though the process is frozen or dead by then.
    world.time.schedule(world.random.integer(1, 100), () => {
      if (!world.brokersUp || this.cut) return
      world.append(heartbeat)
      if (world.random.chance(0.02)) return
      this.#soon(world.random.integer(1, 100), () => sent.resolve())
    })
    this.#soon(APPEND_TIMEOUT_MS, () => sent.reject(new AppError('UNAVAILABLE', 'no answer', { retry: true })))
    await sent.promise
  }

  // ---- tasks -------------------------------------------------------------------------------------------------------

  #follow(): void {
    if (this.#busy || this.ended) return
    this.#busy = true
    void this.#reconcile().finally(() => {
      this.#busy = false
    })
  }

  /** Until what is open is what should be. */
  async #reconcile(): Promise<void> {
    for (;;) {
      this.#copy()
      const run = this.#duties()
      const close = [...this.#reported].filter((task) => !run.has(task))
      for (const task of close) await this.#close(task)
      const next = [...this.#duties()].filter((task) => !this.open.has(task))
      for (const task of next) await this.#openTask(task)
      if (close.length === 0 && next.length === 0) return
    }
  }

  #duties(): ReadonlySet<string> {
    const { claim, run } = this.#replicas?.duties() ?? NO_DUTIES
    return this.world.mutant === 'runs what it has not claimed' ? claim : run
  }

  async #openTask(task: string): Promise<void> {
    if (!this.#duties().has(task)) return
    this.#reported.add(task)
    this.#report()
    await this.#wait(this.world.random.integer(10, 300))
    if (!this.#duties().has(task)) return
    if (!this.world.brokersUp || this.cut) {
      this.#soon(500, () => this.#follow())
      return
    }
    if (this.copies.get(task) !== true) this.world.cold++
    this.copies.delete(task)
    this.#kept.add(task)
    const epoch = this.world.fence(task)
    this.open.set(task, epoch)
    this.#commitLater(task, epoch)
  }

  async #reopen(): Promise<void> {
    if (this.world.mutant !== 'opens again without catching up') await this.#replicas?.catchUp()
    this.#follow()
  }

  async #close(task: string): Promise<void> {
    if (this.world.mutant === 'says that it has closed before it has') {
      this.#reported.delete(task)
      this.#report()
    }
    // Most are quick, some are in the middle of a commit.
    await this.#wait(this.world.random.integer(0, this.world.random.chance(0.2) ? 2000 : 100))
    this.open.delete(task)
    this.#reported.delete(task)
    this.#report()
  }

  #commitLater(task: string, epoch: number): void {
    this.#soon(TASK_COMMIT_MS, () => {
      if (this.open.get(task) !== epoch) return
      const reachable = this.world.brokersUp && !this.cut
      if (reachable && !this.world.mayCommit(task, epoch)) {
        this.world.fenced++
        this.open.delete(task)
        void this.#reopen()
        return
      }
      this.#commitLater(task, epoch)
    })
  }

  /** Follows what it is to follow; each copy takes its time to be in step. */
  #copy(): void {
    const { claim, standby } = this.#replicas?.duties() ?? NO_DUTIES
    for (const task of this.copies.keys()) if (!standby.has(task) && !claim.has(task)) this.copies.delete(task)
    for (const task of standby) {
      if (this.copies.has(task) || this.#reported.has(task)) continue
      this.copies.set(task, false)
      this.#kept.add(task)
      this.#catchUp(task)
    }
  }

  #catchUp(task: string): void {
    this.#soon(this.world.random.integer(50, 2000), () => {
      if (this.copies.get(task) !== false) return
      if (!this.world.brokersUp || this.cut) return this.#catchUp(task)
      this.copies.set(task, true)
      this.#report()
    })
  }

  #report(): void {
    const fresh = (task: string) => this.#reported.has(task) || this.copies.get(task) === true
    const held = [...this.#kept].map((task) => [task, fresh(task) ? COPY_IN_STEP : COPY_OLD] as const)
    this.#replicas?.report([...this.#reported], new Map(held))
  }

  // ---- its time ----------------------------------------------------------------------------------------------------

  #clock(): Clock {
    return {
      nowMs: () => this.world.time.nowMs,
      yieldNow: () => this.#wait(0),
      sleepUntil: (timeMs, signal) =>
        new Promise((resolve) => {
          if (signal?.aborted) return resolve()
          signal?.addEventListener('abort', () => resolve(), { once: true })
          this.#soon(timeMs - this.world.time.nowMs, resolve)
        }),
    }
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.#soon(delayMs, resolve))
  }

  #soon(delayMs: number, run: () => void): void {
    this.world.time.schedule(delayMs, () => this.#here(run))
  }

  /** What happens in a process that is frozen happens when it thaws; in one that is dead, never. */
  #here(run: () => void): void {
    if (this.ended) return
    if (this.#frozen !== undefined) this.#frozen.push(run)
    else run()
  }
}
