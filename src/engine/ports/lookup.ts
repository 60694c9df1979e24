import type { Row } from '../../core/value.ts'

/** What was found under a key is no row of the table. */
export interface LookupFault {
  readonly reason: string
}

export type Found = Row | undefined | LookupFault

/** A table somewhere else, of which rows are asked for by their key. */
export interface Lookup {
  /**
   * What is under each of the keys, which differ. Waits while the table can't be reached, and rejects with an AppError
   * for what does not pass by itself.
   */
  find(keys: readonly Row[]): Promise<readonly Found[]>
  /** What it waits for, and how often it has tried; undefined while it is answered. */
  readonly waitingFor: string | undefined
  close(): Promise<void>
}
