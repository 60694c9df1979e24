import { assign } from '../../src/engine/assignment.ts'
import { Membership } from '../../src/engine/membership.ts'
import type { Heartbeat, HeartbeatRecord } from '../../src/engine/ports/replicas.ts'
import type { Random } from '../harness/random.ts'
import { ReplicaProcess } from './replica-process.ts'
import { VirtualTime } from './virtual-time.ts'

/** Bugs that a runtime over `Replicas` may have, planted to see that the simulation finds them. */
export type ReplicaMutant =
  | 'runs what it has not claimed'
  | 'says that it has closed before it has'
  | 'opens again without catching up'

/**
 * N replicas around one log, in virtual time: the real heartbeat loop, membership and assignment; the log, the
 * processes and what a task does are simulated. A process may be killed, frozen or cut from the log, and the brokers
 * may be down; messages take their time both ways, and an append may be written though its answer is lost.
 */
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

  /** Tasks opened by who had no copy of their state that was in step. */
  cold = 0

  readonly mutant: ReplicaMutant | undefined
  readonly standbyReplicas: number

  constructor(random: Random, taskCount: number, mutant?: ReplicaMutant, standbyReplicas = 0) {
    this.random = random
    this.mutant = mutant
    this.standbyReplicas = standbyReplicas
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

  /** Tasks with fewer copies in step than there should be, or more. */
  get miscopied(): readonly string[] {
    const should = Math.min(this.standbyReplicas, this.alive.length - 1)
    return this.tasks.filter((task) => this.alive.filter(({ copies }) => copies.get(task) === true).length !== should)
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
