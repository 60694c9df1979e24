import type { SqlType } from './type.ts'

export interface Field {
  readonly name: string
  readonly type: SqlType
  readonly nullable: boolean
}

/** How the rows of a relation change over time; decides which sinks and operators may follow. */
export type ChangelogMode =
  /** Only inserts. */
  | 'append'
  /** Inserts, updates and deletes, identified by `key`; an update may come as its new row alone. */
  | 'upsert'
  /** Inserts, updates and deletes, each update with the row it replaces. */
  | 'retract'

export interface Schema {
  readonly fields: readonly Field[]
  /** Positions of the columns that identify a row; empty when the rows have no key. */
  readonly key: readonly number[]
  /** Position of the event-time column, or undefined when the rows carry none. */
  readonly timeColumn: number | undefined
  readonly mode: ChangelogMode
}
