import type { Row } from '../../core/value.ts'
import type { Checkpoint, TaskStorage } from './state.ts'

/** What is to become of one row in a store outside: it is there with these values, or is gone. */
export interface RowChange {
  readonly row: Row
  readonly deleted: boolean
}

/** How far a store has been written, as it says itself. */
export interface StoredPosition {
  readonly epoch: number
  readonly checkpoint: Checkpoint
}

/**
 * A store outside that keeps its own position: PostgreSQL, Redis. Changes and position are written in one transaction
 * of the store, so that after a crash, of whichever side, both are there or neither.
 */
export interface ExternalStore {
  /** Undefined where nothing has been written under this name. */
  position(): Promise<StoredPosition | undefined>
  /**
   * The changes in their order, at most one of each key, and the position behind them. False, having changed nothing,
   * where the store is not at the epoch `before` (0 for none): someone else has written, or it has been set back.
   */
  write(changes: readonly RowChange[], before: number, position: StoredPosition): Promise<boolean>
  close(): Promise<void>
}

/** The storage of a task that keeps nothing but what it writes into a store outside. */
export interface ExternalStorage extends TaskStorage {
  /** Stages changes for the next commit. */
  write(changes: readonly RowChange[]): void
}
