import type { Log } from '../engine/ports/log.ts'
import type { StateBackend } from '../engine/ports/state.ts'

/**
 * All that one process keeps: topics, state with its checkpoints, and the catalog. They belong together because one
 * transaction writes them together; the embedded data directory and the memory storage are the two that exist.
 */
export interface Storage {
  readonly log: Log
  readonly state: StateBackend
  readonly catalog: CatalogStore
  /** Calls back after each commit, when readers see what it wrote; returns how to stop that. */
  onCommit(listener: () => void): () => void
  /** Finishes what was submitted, then closes. Safe to call twice. */
  close(): Promise<void>
}

/** Texts by key, ordered by the bytes of the key's UTF-8; durable when the promise resolves. */
export interface CatalogStore {
  get(key: string): string | undefined
  /** Entries whose key begins with the prefix, in order. */
  list(prefix: string): readonly (readonly [string, string])[]
  put(key: string, text: string): Promise<void>
  delete(key: string): Promise<void>
  /** All changes or none of them. */
  write(changes: readonly CatalogChange[]): Promise<void>
}

export interface CatalogChange {
  /** 1 to CATALOG_KEY_BYTES_MAX bytes of UTF-8. */
  readonly key: string
  /** Undefined deletes the key. */
  readonly text: string | undefined
}

/** A catalog key is one LMDB key with a prefix of ours: 1,978 bytes with pages of 4 KiB. */
export const CATALOG_KEY_BYTES_MAX = 1900
