import type { Log } from '../engine/ports/log.ts'
import type { HeartbeatLog } from '../engine/ports/replicas.ts'
import type { StateBackend } from '../engine/ports/state.ts'

/**
 * All that one process keeps: topics, state with its checkpoints, and the catalog. They belong together because one
 * transaction writes them together; the embedded data directory and the memory storage are the two that exist.
 */
export interface Storage {
  readonly log: Log
  readonly state: StateBackend
  readonly catalog: CatalogStore
  /** Set where the partitions of the log are read by tasks of their own, maybe of several processes. */
  readonly partitioned?: PartitionedStorage | undefined
  /** Calls back after each commit, when readers see what it wrote; returns how to stop that. */
  onCommit(listener: () => void): () => void
  /** Finishes what was submitted, then closes. Safe to call twice. */
  close(): Promise<void>
}

export interface PartitionedStorage {
  /** Begins the names of all topics of ours. */
  readonly prefix: string
  /** Names the deployment: differs for another cluster, or another one that had the prefix before. */
  readonly deployment: string
  /** By which the processes that share the log agree on who runs what. */
  readonly heartbeats: HeartbeatLog
  /** Ids of tasks whose state is on disk here. */
  heldTasks(): Promise<readonly string[]>
}

/**
 * Texts by key, ordered by the bytes of the key's UTF-8; durable when the promise resolves. Several replicas may share
 * one; each sees all changes in the same order.
 */
export interface CatalogStore {
  get(key: string): string | undefined
  /** Entries whose key begins with the prefix, in order. */
  list(prefix: string): readonly (readonly [string, string])[]
  put(key: string, text: string): Promise<void>
  delete(key: string): Promise<void>
  /** All changes or none of them; every listener has had them when it resolves. */
  write(changes: readonly CatalogChange[]): Promise<void>
  /** Calls back with each write, whoever made it, in the order of the writes; returns how to stop that. */
  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void
  /**
   * Runs while nobody else, in this process or another, runs so: what is read from the catalog inside is the latest,
   * and still is when it writes. Inside, the same again runs at once. Where another replica has cut in, nothing was
   * written, and the whole is run again: it must stand that.
   */
  exclusively<T>(run: () => Promise<T>): Promise<T>
}

export interface CatalogChange {
  /** 1 to CATALOG_KEY_BYTES_MAX bytes of UTF-8. */
  readonly key: string
  /** Undefined deletes the key. */
  readonly text: string | undefined
}
