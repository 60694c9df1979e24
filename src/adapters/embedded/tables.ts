import type { RootDatabase } from 'lmdb'
import { AppError } from '../../core/errors.ts'
import type { Checkpoint } from '../../engine/ports/state.ts'
import type { CommitQueue, Table } from './commit-queue.ts'

/**
 * The LMDB tables of a data directory:
 *
 * | table     | key                                          | value                                            |
 * |-----------|----------------------------------------------|--------------------------------------------------|
 * | meta      | text: see the prefixes below                 | JSON or text                                     |
 * | log       | topic number, partition, base offset         | frame                                            |
 * | producers | topic number, partition, producer id (UTF-8) | last sequence, time of the last append (float64) |
 * | state     | task number, store number, key               | the operator's value; store 0 has the checkpoint |
 */
export interface Tables {
  readonly root: RootDatabase
  readonly meta: Table
  readonly log: Table
  readonly producers: Table
  readonly state: Table
}

/** `maxDbs`: the four tables and room for later ones; each costs LMDB a few bytes a transaction. */
export const TABLES_MAX = 16

export const META_FORMAT = 'format'
export const META_NUMBER = 'next-number'
export const META_TOPIC = 'topic/'
export const META_PARTITION = 'partition/'
export const META_TASK = 'task/'
export const META_STORE = 'store/'
export const META_GARBAGE = 'garbage/'
export const META_CATALOG = 'catalog/'

/** Store number 0 of a task holds the checkpoint, under an empty key. */
export const CHECKPOINT_STORE = 0

/** One text of two names, unambiguous whatever is in them. */
export function storeName(operatorId: string, table: string): string {
  return JSON.stringify([operatorId, table])
}

export function openTables(root: RootDatabase): Tables {
  const table = (name: string): Table => root.openDB({ name, encoding: 'binary', keyEncoding: 'binary' }) as Table
  return { root, meta: table('meta'), log: table('log'), producers: table('producers'), state: table('state') }
}

/** Rows removed by one transaction of a drop: a few thousand pages at most, so that others don't wait. */
const DROP_ROWS = 4096
/** Frames are up to 256 KiB, 64 pages each. */
const DROP_FRAMES = 64

/** Removes [from, to) of a table in bounded transactions. */
export async function removeRange(
  queue: CommitQueue,
  tables: Tables,
  table: Table,
  from: Uint8Array,
  to: Uint8Array,
): Promise<void> {
  const limit = table === tables.log ? DROP_FRAMES : DROP_ROWS
  for (;;) {
    const removed = await queue.submit(limit * 64, (group) => {
      const keys = [...table.getKeys({ start: from, end: to, limit })]
      for (const key of keys) group.remove(table, key)
      return keys.length
    })
    if (removed < limit) return
  }
}

export function parseCheckpoint(text: string, taskId: string): Checkpoint {
  try {
    return JSON.parse(text) as Checkpoint
  } catch (cause) {
    throw new AppError('DATA_DIRECTORY_CORRUPT', `the checkpoint of task "${taskId}" is damaged`, {
      domain: 'external',
      hint: 'Restore the data directory from a backup, or drop the query and create it again.',
      cause,
    })
  }
}
