import { Membership } from '../membership.ts'
import type { Heartbeat, Member } from '../ports/replicas.ts'

/** Heartbeats and members of specs, with everything that a case is not about filled in. */
export function heartbeat(name: string, said: Partial<Heartbeat> = {}): Heartbeat {
  return {
    name,
    incarnation: 1,
    process: 'p',
    sequence: 1,
    protocol: 1,
    address: `${name}:7878`,
    threads: 2,
    sessionTimeoutMs: 10_000,
    leaving: false,
    running: [],
    held: new Map(),
    ...said,
  }
}

export function member(name: string, said: Partial<Member> = {}): Member {
  const { running: _, sequence: __, ...rest } = heartbeat(name)
  return { ...rest, settled: true, running: new Map(), ...said }
}

/** Numbers the heartbeats and their positions, so that a case says only when who says what. */
export class HeartbeatScript {
  readonly membership = new Membership()
  #position = 0
  #sequence = 0

  say(timestampMs: number, name: string, said: Partial<Heartbeat> = {}): boolean {
    this.#sequence++
    return this.membership.observe({
      position: this.#position++,
      timestampMs,
      heartbeat: heartbeat(name, { sequence: this.#sequence, ...said }),
    })
  }

  /** Each of them every second, from one time to the other, both included. */
  sayAll(fromMs: number, toMs: number, names: readonly string[], said: Partial<Heartbeat> = {}): void {
    for (let ms = fromMs; ms <= toMs; ms += 1000) for (const name of names) this.say(ms, name, said)
  }

  get names(): readonly string[] {
    return this.membership.members.map(({ name }) => name)
  }

  member(name: string): Member | undefined {
    return this.membership.members.find((one) => one.name === name)
  }
}
