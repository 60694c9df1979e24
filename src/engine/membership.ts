import {
  HEARTBEAT_INTERVAL_MS,
  type Heartbeat,
  type HeartbeatRecord,
  JOINING_INTERVAL_MS,
  type Member,
} from './ports/replicas.ts'

/**
 * Who is there, as a function of the log of heartbeats: every replica that has read to the same position has the same
 * list. No clock of a replica counts. Silence is measured in *lived time*: the time between consecutive records of the
 * log, each gap cut to two heartbeats. While nobody can write (brokers down, all paused) no time passes, and nobody
 * dies of it.
 *
 * A name is a seat. A process that restarts under its name within the session timeout takes its seat again with all
 * that was claimed from it; one that comes later joins anew.
 */
export class Membership {
  readonly #seats = new Map<string, Seat>()
  #livedMs = 0
  #lastTimestampMs: number | undefined
  #lastJoinMs = Number.NEGATIVE_INFINITY
  #position = -1
  #members: readonly Member[] | undefined

  /** Time that has passed in the log, ms; it starts with the first record that was read. */
  get livedMs(): number {
    return this.#livedMs
  }

  /** Of the last record that was observed. */
  get position(): number {
    return this.#position
  }

  /** Ordered by name. The same array as long as nothing has changed in it. */
  get members(): readonly Member[] {
    this.#members ??= [...this.#seats.values()]
      .filter(({ left }) => !left)
      .map(memberOf)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
    return this.#members
  }

  /** The highest incarnation that a name has had, as far as the log goes back; 0 where it is new. */
  incarnationOf(name: string): number {
    return this.#seats.get(name)?.heartbeat.incarnation ?? 0
  }

  /** True where somebody has to look at the members again. */
  observe({ position, timestampMs, heartbeat }: HeartbeatRecord): boolean {
    const gapMs = timestampMs - (this.#lastTimestampMs ?? timestampMs)
    this.#livedMs += Math.min(Math.max(gapMs, 0), GAP_MS_MAX)
    this.#lastTimestampMs = timestampMs
    this.#position = position
    // Before the silent ones go: who speaks at the position where it would be dead has not been missed by anybody.
    let changed = heartbeat !== undefined && this.#hear(heartbeat, position)
    if (this.#expire()) changed = true
    if (heartbeat !== undefined && this.#settle(heartbeat.name)) changed = true
    return changed
  }

  #hear(heartbeat: Heartbeat, position: number): boolean {
    const seat = this.#seats.get(heartbeat.name)
    const nowMs = this.#livedMs
    if (seat === undefined) return this.#join(heartbeat, position)
    const order = compareProcesses(heartbeat, seat.heartbeat)
    if (order < 0 || (order === 0 && heartbeat.sequence <= seat.heartbeat.sequence)) return false
    if (seat.left) return this.#join(heartbeat, position)
    const before = seat.heartbeat
    const claims = claimsAfter(seat.running, heartbeat, position)
    const changed = order > 0 || claims !== seat.running || differs(before, heartbeat)
    if (order > 0) restart(seat, nowMs)
    seat.heartbeat = heartbeat
    seat.running = claims
    seat.heardMs = nowMs
    // Its tasks are closed: nothing is left to wait for. The seat stays as a mark that later retries are old.
    if (heartbeat.leaving && claims.size === 0) seat.left = true
    this.#members = undefined
    return changed
  }

  #join(heartbeat: Heartbeat, position: number): boolean {
    const nowMs = this.#livedMs
    const running = claimsAfter(NO_CLAIMS, heartbeat, position)
    const left = heartbeat.leaving && running.size === 0
    this.#seats.set(heartbeat.name, {
      heartbeat,
      running,
      heardMs: nowMs,
      joinedMs: nowMs,
      startedMs: nowMs,
      shortLives: 0,
      settled: false,
      left,
    })
    if (left) return false
    this.#lastJoinMs = nowMs
    this.#members = undefined
    return true
  }

  #expire(): boolean {
    let changed = false
    for (const [name, seat] of this.#seats) {
      if (this.#livedMs - seat.heardMs <= seat.heartbeat.sessionTimeoutMs) continue
      this.#seats.delete(name)
      if (!seat.left) changed = true
    }
    if (changed) this.#members = undefined
    return changed
  }

  /**
   * Whoever speaks may have settled, and those with it that have just spoken: were each to settle by its own heartbeat,
   * the first of three that start together would open everything. One that is silent does not settle: it may be gone.
   */
  #settle(name: string): boolean {
    const speaker = this.#seats.get(name)
    if (speaker === undefined || speaker.settled || !this.#maySettle(speaker)) return false
    for (const seat of this.#seats.values()) {
      const spoke = seat === speaker || this.#livedMs - seat.heardMs <= SETTLE_TOGETHER_MS
      if (spoke && this.#maySettle(seat)) seat.settled = true
    }
    this.#members = undefined
    return true
  }

  #maySettle(seat: Seat): boolean {
    const nowMs = this.#livedMs
    const calm = nowMs - this.#lastJoinMs >= JOIN_CALM_MS || nowMs - seat.joinedMs >= JOIN_WAIT_MS_MAX
    const lives = seat.shortLives < SHORT_LIVES_MAX || nowMs - seat.startedMs >= seat.heartbeat.sessionTimeoutMs
    return calm && lives && !seat.left
  }
}

/** A silence of the log itself counts as this much, however long it was: twice what one replica alone would leave. */
const GAP_MS_MAX = 2 * HEARTBEAT_INTERVAL_MS

/** Tasks move to new members once nobody has joined for so long: of three that start together none gets it all. */
const JOIN_CALM_MS = 1000

/** … and at the latest after so long, or a replica that comes and goes each second would keep all others waiting. */
const JOIN_WAIT_MS_MAX = 3000

/** Two heartbeats of one that waits to settle. */
const SETTLE_TOGETHER_MS = 2 * JOINING_INTERVAL_MS

/**
 * A process that keeps dying right after its start would keep its seat, and its tasks would stand still. After so many
 * lives shorter than its session timeout it has to stay up for that long before it gets tasks again.
 */
const SHORT_LIVES_MAX = 3

type ProcessOrder = Pick<Heartbeat, 'incarnation' | 'process'>

interface Seat {
  heartbeat: Heartbeat
  running: ReadonlyMap<string, number>
  /** In lived time, as all times here. */
  heardMs: number
  readonly joinedMs: number
  /** First heartbeat of this incarnation. */
  startedMs: number
  /** Restarts in a row that came sooner than a session timeout after the one before. */
  shortLives: number
  settled: boolean
  left: boolean
}

const NO_CLAIMS: ReadonlyMap<string, number> = new Map()

function memberOf({ heartbeat, running, settled }: Seat): Member {
  const { running: _, sequence: __, ...said } = heartbeat
  return { ...said, settled, running }
}

/** Below 0 where `a` is the older process of a name. */
export function compareProcesses(a: ProcessOrder, b: ProcessOrder): number {
  if (a.incarnation !== b.incarnation) return a.incarnation - b.incarnation
  if (a.process === b.process) return 0
  return a.process < b.process ? -1 : 1
}

/** A claim keeps the position where it was first made, also over a restart. The same map where nothing changed. */
function claimsAfter(
  claims: ReadonlyMap<string, number>,
  { running }: Heartbeat,
  position: number,
): ReadonlyMap<string, number> {
  const next = new Map(running.map((task) => [task, claims.get(task) ?? position]))
  const same = next.size === claims.size && [...next.keys()].every((task) => claims.has(task))
  return same ? claims : next
}

function restart(seat: Seat, nowMs: number): void {
  const livedMs = nowMs - seat.startedMs
  seat.shortLives = livedMs < seat.heartbeat.sessionTimeoutMs ? seat.shortLives + 1 : 0
  seat.startedMs = nowMs
  if (seat.shortLives >= SHORT_LIVES_MAX) seat.settled = false
}

function differs(before: Heartbeat, after: Heartbeat): boolean {
  return (
    before.leaving !== after.leaving ||
    before.address !== after.address ||
    before.protocol !== after.protocol ||
    before.threads !== after.threads ||
    before.held.size !== after.held.size ||
    [...after.held].some(([task, freshness]) => before.held.get(task) !== freshness)
  )
}
