import { must } from '../core/assert.ts'
import { AppError } from '../core/errors.ts'
import { Listeners } from '../core/listeners.ts'
import { ASSIGNMENT_PROTOCOL, type Assignment, assign } from '../engine/assignment.ts'
import { type Duties, DutyRoster, NO_DUTIES } from '../engine/duties.ts'
import { compareProcesses, Membership } from '../engine/membership.ts'
import type { Clock } from '../engine/ports/clock.ts'
import {
  HEARTBEAT_INTERVAL_MS,
  type Heartbeat,
  type HeartbeatLog,
  type HeartbeatRecord,
  JOINING_INTERVAL_MS,
  type Member,
} from '../engine/ports/replicas.ts'
import type { ReplicaState, Replicas } from './replicas.ts'

/**
 * A replica among others: appends its heartbeats to the log, reads those of all, and computes its duties from them.
 *
 * What keeps a replica that is half dead from doing harm: it acts on nothing but what it has read, and reads its own
 * heartbeats back. When they stop coming, its list of members is as old as that: it gives up what it runs, and tells
 * the others, until it hears itself again.
 */
export interface LogReplicasOptions {
  readonly log: HeartbeatLog
  readonly clock: Clock
  readonly name: string
  readonly address: string
  readonly threads: number
  readonly sessionTimeoutMs: number
  readonly standbyReplicas: number
  /** Random, of this process. */
  readonly process: string
  readonly onFailure?: (error: unknown) => void
}

/** Between tries while the log does not take heartbeats: they have to be back within the session timeout. */
const RETRY_MS = 500

export class LogReplicas implements Replicas {
  readonly name: string
  readonly #options: LogReplicasOptions
  readonly #membership = new Membership()
  readonly #listeners = new Listeners<void>()
  readonly #closing = new AbortController()
  /** Wakes the loop: something has to be said now. */
  #wake = new AbortController()
  #incarnation = 0
  #roster: DutyRoster | undefined
  #tasks: readonly string[] = []
  #open: ReadonlySet<string> = new Set()
  #held: ReadonlyMap<string, number> = new Map()
  #assignment: Assignment = { runners: new Map(), standbys: new Map() }
  #duties: Duties = NO_DUTIES
  #loop: Promise<void> | undefined
  #dirty = false
  #leaving = false
  /** Of the first heartbeat that says so. */
  #leavingSequence = Number.POSITIVE_INFINITY
  #replaced = false
  #cutOff = false
  #failing = false
  #sequence = 0
  /** Task → the first of its heartbeats in a row, up to the last one that was sent, that claim it. */
  readonly #claimedSince = new Map<string, number>()
  /** What was durable, and when, and has not been read back, in order. */
  readonly #unread: { readonly sequence: number; readonly sentMs: number }[] = []
  #lastRead = 0
  /** Time of this process, which a step of the wall clock moves by no more than half a session timeout. */
  #elapsedMs = 0
  #lastNowMs: number
  readonly #waiters: { readonly isDone: () => boolean; readonly resolve: () => void }[] = []

  private constructor(options: LogReplicasOptions) {
    this.#options = options
    this.name = options.name
    this.#lastNowMs = options.clock.nowMs()
  }

  /** Reads the log to its end, and knows then what it is to do; the others learn of it with the first report. */
  static async open(options: LogReplicasOptions): Promise<LogReplicas> {
    const replicas = new LogReplicas(options)
    const { log, clock, name, process } = options
    await log.follow((records) => replicas.#observe(records))
    // The time as well: the log may have forgotten incarnations, but a process of then may still be there.
    const incarnation = Math.max(replicas.#membership.incarnationOf(name) + 1, clock.nowMs())
    replicas.#incarnation = incarnation
    replicas.#roster = new DutyRoster({ name, incarnation, process })
    return replicas
  }

  get state(): ReplicaState {
    if (this.#replaced) return 'replaced'
    if (this.#leaving) return 'left'
    if (this.#cutOff) return 'cut-off'
    return this.#seat?.settled === true ? 'member' : 'joining'
  }

  members(): readonly Member[] {
    return this.#membership.members
  }

  setTasks(tasks: readonly string[]): void {
    this.#tasks = tasks
    this.#decide()
    this.#loop ??= this.#beat()
  }

  duties(): Duties {
    return this.#duties
  }

  runners(): ReadonlyMap<string, Member> {
    const members = new Map(this.#membership.members.map((member) => [member.name, member]))
    const { runners } = this.#assignment
    return new Map([...runners].map(([task, name]) => [task, must(members.get(name), 'members alone are runners')]))
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  report(open: readonly string[], held: ReadonlyMap<string, number>): void {
    this.#held = held
    const before = this.#running
    this.#open = new Set(open)
    this.#sayIfNew(before)
  }

  async catchUp(): Promise<void> {
    // Not a member yet: it has just been opened, to the end.
    if (this.#loop === undefined) return
    const sequence = this.#sequence + 1
    this.#say()
    await this.#until(() => this.#lastRead >= sequence)
  }

  async leave(): Promise<void> {
    if (!this.#leaving) {
      this.#leaving = true
      this.#leavingSequence = this.#sequence + 1
      this.#decide()
    }
    if (this.#loop === undefined) return
    this.#say()
    await this.#until(() => this.#hasLeft)
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#wake.abort()
    this.#settleWaiters()
    await this.#loop
    await this.#options.log.close()
  }

  get #hasLeft(): boolean {
    return this.#lastRead >= this.#leavingSequence && this.#seat === undefined
  }

  /** What all know of this name. Its own only where it is not replaced. */
  get #seat(): Member | undefined {
    return this.#membership.members.find(({ name }) => name === this.name)
  }

  /** What the others have to know: what it may begin to run any moment, and what it has not closed. */
  get #running(): ReadonlySet<string> {
    return new Set([...this.#open, ...this.#duties.claim])
  }

  #decide(): void {
    const before = this.#running
    this.#assignment = assign(this.#tasks, this.#membership.members, this.#options.standbyReplicas)
    const active = this.#roster !== undefined && !this.#cutOff && !this.#replaced && !this.#leaving
    this.#duties = active ? this.#dutiesOf(must(this.#roster, 'is there')) : NO_DUTIES
    this.#sayIfNew(before)
    this.#listeners.call()
  }

  /** Nothing runs by a claim that has been taken back since, in a heartbeat which is on its way. */
  #dutiesOf(roster: DutyRoster): Duties {
    const { claim, run, standby } = roster.dutiesOf(this.#assignment, this.#membership)
    const isHeld = (task: string) => (this.#claimedSince.get(task) ?? Number.POSITIVE_INFINITY) <= this.#lastRead
    return { claim, run: new Set([...run].filter(isHeld)), standby }
  }

  // ---- reading ---------------------------------------------------------------------------------------------------

  #observe(records: readonly HeartbeatRecord[]): void {
    let changed = false
    for (const record of records) {
      if (this.#membership.observe(record)) changed = true
      if (record.heartbeat?.name === this.name && this.#recognise(record.heartbeat)) changed = true
    }
    // What waits for another to let go loses patience by time alone.
    if (changed || this.#roster?.isWaiting === true) this.#decide()
    this.#settleWaiters()
  }

  /** A heartbeat under its own name. True where that changes what it may do. */
  #recognise(heartbeat: Heartbeat): boolean {
    // Not yet of this process: still reading what was there before it.
    if (this.#incarnation === 0) return false
    const order = compareProcesses(heartbeat, { incarnation: this.#incarnation, process: this.#options.process })
    if (order > 0 && !this.#replaced) {
      this.#replaced = true
      this.#options.onFailure?.(nameTaken(this.name, heartbeat.address))
      return true
    }
    if (order !== 0) return false
    this.#lastRead = Math.max(this.#lastRead, heartbeat.sequence)
    while ((this.#unread[0]?.sequence ?? Number.POSITIVE_INFINITY) <= heartbeat.sequence) this.#unread.shift()
    const wasCutOff = this.#cutOff
    this.#cutOff = false
    return wasCutOff
  }

  /** How long it waits for the oldest of its heartbeats that it has not read back. */
  #echoWaitMs(): number {
    const nowMs = this.#options.clock.nowMs()
    const step = Math.min(Math.max(nowMs - this.#lastNowMs, 0), this.#options.sessionTimeoutMs / 2)
    this.#elapsedMs += step
    this.#lastNowMs = nowMs
    const oldest = this.#unread[0]
    return oldest === undefined ? 0 : this.#elapsedMs - oldest.sentMs
  }

  #until(isDone: () => boolean): Promise<void> {
    if (isDone() || this.#replaced || this.#closing.signal.aborted) return Promise.resolve()
    return new Promise((resolve) => this.#waiters.push({ isDone, resolve }))
  }

  #settleWaiters(): void {
    const over = this.#replaced || this.#closing.signal.aborted
    for (const waiter of this.#waiters.splice(0)) {
      if (over || waiter.isDone()) waiter.resolve()
      else this.#waiters.push(waiter)
    }
  }

  // ---- writing ---------------------------------------------------------------------------------------------------

  #sayIfNew(before: ReadonlySet<string>): void {
    const running = this.#running
    if (running.size !== before.size || [...running].some((task) => !before.has(task))) this.#say()
  }

  #say(): void {
    this.#dirty = true
    this.#wake.abort()
  }

  async #beat(): Promise<void> {
    const { clock } = this.#options
    while (!this.#closing.signal.aborted && !this.#replaced) {
      const waitMs = await this.#sayOnce()
      if (this.#hasLeft) return
      if (this.#dirty) continue
      this.#wake = new AbortController()
      if (this.#closing.signal.aborted) return
      await clock.sleepUntil(clock.nowMs() + waitMs, this.#wake.signal)
    }
  }

  /** Returns how long to be silent. */
  async #sayOnce(): Promise<number> {
    const { sessionTimeoutMs } = this.#options
    const waitMs = this.#echoWaitMs()
    this.#dirty = false
    if (!this.#cutOff && waitMs > sessionTimeoutMs) {
      this.#cutOff = true
      this.#decide()
    }
    this.#sequence++
    if (!(await this.#append(this.#sequence))) return RETRY_MS
    return this.state === 'joining' ? JOINING_INTERVAL_MS : HEARTBEAT_INTERVAL_MS
  }

  async #append(sequence: number): Promise<boolean> {
    const { log, onFailure } = this.#options
    try {
      // It has arrived if it is read back, and a lost answer must not hold up the next one, which may be a claim.
      await Promise.race([log.append(this.#heartbeat(sequence)), this.#until(() => this.#lastRead >= sequence)])
    } catch (error) {
      // One report for one outage.
      if (!this.#failing) onFailure?.(error)
      this.#failing = true
      return false
    }
    this.#failing = false
    this.#echoWaitMs()
    if (this.#lastRead < sequence && !this.#cutOff) this.#unread.push({ sequence, sentMs: this.#elapsedMs })
    return true
  }

  #heartbeat(sequence: number): Heartbeat {
    const { name, address, threads, sessionTimeoutMs, process } = this.#options
    const running = this.#running
    for (const task of this.#claimedSince.keys()) if (!running.has(task)) this.#claimedSince.delete(task)
    for (const task of running) if (!this.#claimedSince.has(task)) this.#claimedSince.set(task, sequence)
    return {
      name,
      incarnation: this.#incarnation,
      process,
      sequence,
      protocol: ASSIGNMENT_PROTOCOL,
      address,
      threads,
      sessionTimeoutMs,
      // While it does not know what goes on it closes everything, and nobody should give it anything.
      leaving: this.#leaving || this.#cutOff,
      running: [...running],
      held: this.#held,
    }
  }
}

function nameTaken(name: string, address: string): AppError {
  return new AppError('FAILED_PRECONDITION', `another process at ${address} has taken the replica name "${name}"`, {
    hint: 'Give each replica a name of its own, such as that of its pod.',
  })
}
