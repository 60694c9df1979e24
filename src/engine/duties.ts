import { type Assignment, ownersOf } from './assignment.ts'
import { compareProcesses, type Membership } from './membership.ts'
import type { Heartbeat } from './ports/replicas.ts'

/** What one replica is to do, now. */
export interface Duties {
  /** What it has to say that it runs: its own by the assignment, and no longer another's. */
  readonly claim: ReadonlySet<string>
  /** What it may run: its claim is in the log, and is the oldest. */
  readonly run: ReadonlySet<string>
  /** What it is to keep a copy of; never what it claims. */
  readonly standby: ReadonlySet<string>
}

export const NO_DUTIES: Duties = { claim: new Set(), run: new Set(), standby: new Set() }

/**
 * The steps from what runs to what is assigned, for one process. It stops at once what is no longer its own. What is
 * its own it claims when nobody else claims it, and runs when it has read its claim in the log: two that have read to
 * different positions may both take a task for theirs, but the log has only one oldest claim. Were it not so, each move
 * would be a race that fencing decides, and the loser's work since its last commit would be done twice.
 */
export class DutyRoster {
  readonly #self: Pick<Heartbeat, 'name' | 'incarnation' | 'process'>
  /** Task → lived time since which it waits for its old owner. */
  readonly #waiting = new Map<string, number>()

  constructor(self: Pick<Heartbeat, 'name' | 'incarnation' | 'process'>) {
    this.#self = self
  }

  /** True while something waits, which time alone may end. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0
  }

  /** To be asked whenever the members or the tasks have changed. */
  dutiesOf({ runners, standbys }: Assignment, membership: Membership): Duties {
    const { name } = this.#self
    const seat = membership.members.find((member) => member.name === name)
    // Dead in the eyes of all, or the name is a later process's by now: what it still runs is somebody else's. The seat
    // of an earlier process is its own: a restart takes over before it has said a word.
    if (seat === undefined || compareProcesses(seat, this.#self) > 0) {
      this.#waiting.clear()
      return NO_DUTIES
    }
    const owners = ownersOf(membership.members)
    const claim = new Set<string>()
    const run = new Set<string>()
    const blocked = new Set<string>()
    for (const [task, runner] of runners) {
      if (runner !== name) continue
      const owner = owners.get(task)
      if (owner === undefined || owner === name) claim.add(task)
      else blocked.add(task)
      if (owner === name) run.add(task)
    }
    // Fencing is what is left against one that neither works nor lets go.
    for (const task of this.#patienceLost(blocked, membership.livedMs, seat.sessionTimeoutMs)) {
      claim.add(task)
      run.add(task)
    }
    const standby = new Set<string>()
    for (const [task, names] of standbys) if (names.includes(name)) standby.add(task)
    return { claim, run, standby }
  }

  *#patienceLost(blocked: ReadonlySet<string>, livedMs: number, patienceMs: number): Iterable<string> {
    for (const task of this.#waiting.keys()) if (!blocked.has(task)) this.#waiting.delete(task)
    for (const task of blocked) {
      const sinceMs = this.#waiting.get(task)
      if (sinceMs === undefined) this.#waiting.set(task, livedMs)
      else if (livedMs - sinceMs > patienceMs) yield task
    }
  }
}
