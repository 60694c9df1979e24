import type { Duties } from '../engine/duties.ts'
import type { Member } from '../engine/ports/replicas.ts'

/**
 * Who runs what, as this replica sees it. The runtime says which tasks there are, looks at its duties whenever they may
 * have changed, opens and closes tasks until what is open is what should be, and reports each step. It never asks
 * another replica.
 */
export interface Replicas {
  /** Of this replica. */
  readonly name: string
  readonly state: ReplicaState
  members(): readonly Member[]
  /** All tasks of all queries that should run, by the catalog. The first call makes this replica a member. */
  setTasks(tasks: readonly string[]): void
  /** What to run here, now, and of what to keep a copy. What is open and not in `run` has to be closed. */
  duties(): Duties
  /** Task → the member that is to run it, for those that can run: where to forward what has to go there. */
  runners(): ReadonlyMap<string, Member>
  /** Calls back when duties may have changed; returns how to stop that. */
  onChange(listener: () => void): () => void
  /**
   * What is open here, from before a task is opened until it has been closed, and the state on disk with its epochs.
   * That something has been closed is told to the others at once: somebody waits for it.
   */
  report(open: readonly string[], held: ReadonlyMap<string, number>): void
  /**
   * Resolves when everything that was in the log at the time of the call has been taken in. To be awaited before a task
   * is opened again that was fenced or has failed: a replica that was frozen would fence its successor otherwise.
   */
  catchUp(): Promise<void>
  /**
   * Gives all tasks away: duties are none from now on; what is open is still to be closed and reported. Resolves when
   * all know that this replica runs nothing.
   */
  leave(): Promise<void>
  /** Without `leave` the seat stays for a session timeout, and with it the tasks: a restart finds both. */
  close(): Promise<void>
}

/**
 * - `joining`: not a member yet, or one that gets no tasks yet
 * - `cut-off`: it has not read its own heartbeats back for a session timeout: what it knows of the others is old
 * - `replaced`: a later process has its name; it never comes back from this
 * - `left`: on its way out
 */
export type ReplicaState = 'joining' | 'member' | 'cut-off' | 'replaced' | 'left'
