/**
 * The log by which the replicas of one deployment agree on who runs what: each appends a heartbeat a second, all read
 * all of them in one order. Whatever is concluded from it is a function of the log up to a position, so that replicas
 * which have read as far conclude the same, without asking each other.
 */
export interface HeartbeatLog {
  /**
   * Reads on and on from the first record that is kept. Resolves when the listener has had all that was there when it
   * was called. A failure of the log is retried inside; the listener must not throw.
   */
  follow(listener: (records: readonly HeartbeatRecord[]) => void): Promise<void>
  /**
   * Resolves when it is durable; rejects with an AppError that may be retried. Called again before that where the
   * record has been read back already; the order of two records does not matter.
   */
  append(heartbeat: Heartbeat): Promise<void>
  close(): Promise<void>
}

export interface HeartbeatRecord {
  /** Offset in the log: grows, with gaps. */
  readonly position: number
  /** When the log took it, by the log's own clock, ms. It may step back by what two brokers' clocks differ. */
  readonly timestampMs: number
  /** Undefined where this version can't read it: time passes by it, and nothing else. */
  readonly heartbeat: Heartbeat | undefined
}

/** How often a replica speaks while nothing changes. A change is said at once. */
export const HEARTBEAT_INTERVAL_MS = 1000

/** … and while it waits to settle: that second passes by records, and a lone replica has to write all of them. */
export const JOINING_INTERVAL_MS = 250

/**
 * How fresh a copy of a task's state is, the higher the fresher. In steps, and not in epochs: replicas that have read the
 * log to different positions decide alike as long as nothing has changed between the two.
 */
export const COPY_OLD = 1
/** What a take-over has to read is what was written within some seconds, or nothing. */
export const COPY_IN_STEP = 2

/** What a replica says of itself. Each heartbeat says all of it: none has to be read with those before it. */
export interface Heartbeat {
  /** Stable over restarts (the name of the pod): a restart keeps the seat, and with it the tasks. */
  readonly name: string
  /** Grows with each start under this name: a process takes one more than the highest that it finds in the log. */
  readonly incarnation: number
  /** Random: tells apart two processes that were started under one name at once. The higher one wins. */
  readonly process: string
  /** Counts the heartbeats of this process: a retry that comes late is left out. */
  readonly sequence: number
  /** Rules of assignment that it knows; all go by the lowest among them, so that they agree during an upgrade. */
  readonly protocol: number
  /** Where other replicas reach it: host:port. */
  readonly address: string
  /** Threads that run tasks. */
  readonly threads: number
  /** How long it may be silent. Its own, so that a change of the setting needs no agreement. */
  readonly sessionTimeoutMs: number
  /** It is about to go for good, and gives its tasks away. */
  readonly leaving: boolean
  /** Tasks that it runs, has begun to open, or has not finished closing. */
  readonly running: readonly string[]
  /** Tasks whose state it has on disk, with how fresh that is. A hint: leaving some out costs restores only. */
  readonly held: ReadonlyMap<string, number>
}

/** A replica as all see it at one position of the log. */
export interface Member {
  readonly name: string
  readonly incarnation: number
  readonly process: string
  readonly protocol: number
  readonly address: string
  readonly threads: number
  readonly sessionTimeoutMs: number
  readonly leaving: boolean
  /** False right after it joined: nothing moves to it until joining has calmed down. */
  readonly settled: boolean
  /** What it runs, each with the position of the heartbeat that said so first: the older of two claims holds. */
  readonly running: ReadonlyMap<string, number>
  readonly held: ReadonlyMap<string, number>
}
