import { Listeners } from '../core/listeners.ts'
import { ASSIGNMENT_PROTOCOL } from '../engine/assignment.ts'
import { type Duties, NO_DUTIES } from '../engine/duties.ts'
import type { Member } from '../engine/ports/replicas.ts'
import type { ReplicaState, Replicas } from './replicas.ts'

/** One process alone, on a log of its own: it runs everything, and there is nobody to tell. */
export class SingleReplica implements Replicas {
  readonly name = 'weir'
  readonly #self: Member
  #tasks: ReadonlySet<string> = new Set()
  #state: ReplicaState = 'member'
  readonly #listeners = new Listeners<void>()

  constructor(threads: number) {
    this.#self = {
      name: this.name,
      incarnation: 1,
      process: '',
      protocol: ASSIGNMENT_PROTOCOL,
      address: '',
      threads,
      sessionTimeoutMs: Number.POSITIVE_INFINITY,
      leaving: false,
      settled: true,
      running: new Map(),
      held: new Map(),
    }
  }

  get state(): ReplicaState {
    return this.#state
  }

  members(): readonly Member[] {
    return [this.#self]
  }

  setTasks(tasks: readonly string[]): void {
    this.#tasks = new Set(tasks)
    this.#listeners.call()
  }

  duties(): Duties {
    if (this.#state === 'left') return NO_DUTIES
    return { claim: this.#tasks, run: this.#tasks, standby: NO_DUTIES.standby }
  }

  runners(): ReadonlyMap<string, Member> {
    return new Map([...this.#tasks].map((task) => [task, this.#self]))
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener)
  }

  report(): void {}

  async catchUp(): Promise<void> {}

  async leave(): Promise<void> {
    this.#state = 'left'
    this.#listeners.call()
  }

  async close(): Promise<void> {}
}
