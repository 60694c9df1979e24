import { AppError } from '../../src/core/errors.ts'
import { assign } from '../../src/engine/assignment.ts'
import { NO_DUTIES } from '../../src/engine/duties.ts'
import { Membership } from '../../src/engine/membership.ts'
import type { Clock } from '../../src/engine/ports/clock.ts'
import type { Heartbeat, HeartbeatLog, HeartbeatRecord } from '../../src/engine/ports/replicas.ts'
import { LogReplicas } from '../../src/runtime/log-replicas.ts'
import type { Random } from '../harness/random.ts'
import { VirtualTime } from './virtual-time.ts'

/**
 * N replicas around one log, in virtual time: the real heartbeat loop, membership and assignment; the log, the
 * processes and what a task does are simulated. A process may be killed, frozen or cut from the log, and the brokers
 * may be down; messages take their time both ways, and an append may be written though its answer is lost.
 */
export const SESSION_TIMEOUT_MS = 10_000

const TASK_COMMIT_MS = 200
/** What the adapter waits for an answer. */
const APPEND_TIMEOUT_MS = 3000

/** Bugs that a runtime over `Replicas` may have, planted to see that the simulation finds them. */
export type ReplicaMutant =
  | 'runs what it has not claimed'
  | 'says that it has closed before it has'
  | 'opens again without catching up'

export class ReplicaWorld {
  readonly time = new VirtualTime(1_700_000_000_000)
  readonly random: Random
  readonly tasks: string[]
  readonly processes: ReplicaProcess[] = []
  brokersUp = true
  /** Lost in a race for one task: what two steps are there to avoid. */
  fenced = 0
  /** Each task's latest producer: whoever opened it last may commit. */
  readonly #epochs = new Map<string, number>()
  readonly #log: HeartbeatRecord[] = []
  /** What the log says, to somebody who reads it without delay. */
  readonly membership = new Membership()
  #incarnations = 0

  readonly mutant: ReplicaMutant | undefined

  constructor(random: Random, taskCount: number, mutant?: ReplicaMutant) {
    this.random = random
    this.mutant = mutant
    this.tasks = Array.from({ length: taskCount }, (_, i) => `q${i % 3}.1/0/${i}`)
  }

  get alive(): readonly ReplicaProcess[] {
    return this.processes.filter(({ ended }) => !ended)
  }

  start(name: string): ReplicaProcess {
    const process = new ReplicaProcess(this, name, `${name}-${this.#incarnations++}`)
    this.processes.push(process)
    void process.run()
    return process
  }

  records(from: number): readonly HeartbeatRecord[] {
    return this.#log.slice(from)
  }

  append(heartbeat: Heartbeat): void {
    const record = { position: this.#log.length, timestampMs: this.time.nowMs, heartbeat }
    this.#log.push(record)
    this.membership.observe(record)
    for (const process of this.alive) process.deliverSoon()
  }

  /** Opens a task: whoever had it before is fenced. */
  fence(task: string): number {
    const epoch = (this.#epochs.get(task) ?? 0) + 1
    this.#epochs.set(task, epoch)
    return epoch
  }

  mayCommit(task: string, epoch: number): boolean {
    return this.#epochs.get(task) === epoch
  }

  /** Task → the processes that run it and could commit. */
  runners(): ReadonlyMap<string, readonly string[]> {
    const found = new Map<string, string[]>(this.tasks.map((task) => [task, []]))
    for (const process of this.alive) {
      for (const [task, epoch] of process.open) {
        if (this.mayCommit(task, epoch)) found.get(task)?.push(process.name)
      }
    }
    return found
  }

  /** Undefined when everything is as it should be: one runner for each task, the one that the log says. */
  fault(): string | undefined {
    const { members } = this.membership
    const there = members.filter(({ settled }) => settled).map(({ name }) => name)
    const should = this.alive.map(({ name }) => name).sort()
    if (there.join() !== should.join()) return `members are [${there}], not [${should}]`
    const { runners } = assign(this.tasks, members, 0)
    for (const [task, names] of this.runners()) {
      const should = runners.get(task)
      if (names.length !== 1 || names[0] !== should) return `${task}: runs on [${names}], should on ${should}`
    }
    for (const process of this.alive) {
      const extra = [...process.open.keys()].filter((task) => runners.get(task) !== process.name)
      if (extra.length > 0) return `${process.name} still has ${extra}`
    }
    return undefined
  }
}

/** One process: its clock, its end of the log, and the tasks that it opens and closes as it is told. */
export class ReplicaProcess {
  readonly world: ReplicaWorld
  readonly name: string
  /** Open tasks with the epoch of their producer. */
  readonly open = new Map<string, number>()
  readonly #id: string
  /** What it reports: from before a task is opened until it has been closed. */
  readonly #reported = new Set<string>()
  readonly #held = new Map<string, number>()
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
      standbyReplicas: 0,
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
      if (reachable) this.#held.set(task, (this.#held.get(task) ?? 0) + 1)
      this.#commitLater(task, epoch)
    })
  }

  #report(): void {
    this.#replicas?.report([...this.#reported], new Map(this.#held))
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
