import { AppError } from '../core/errors.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { StateBackend, TaskSnapshot } from '../engine/ports/state.ts'
import type { TablePage, TablePageRequest } from './task-host.ts'

/**
 * Tables of the tasks of one thread, read page by page. All pages of one reading are of one commit: between two pages
 * the view of the store stays open under the name of a cursor. A table that fits in a page needs none.
 *
 * A view that is open keeps the pages of the store from being used again, so each is taken away after a while, and from
 * a reader that is too slow at once with its task.
 */
export interface TableCursorsOptions {
  readonly state: StateBackend
  readonly clock: Clock
}

/** A page is full at the first of the two: rows, so that one turn of the thread stays short … */
export const PAGE_ROWS_MAX = 512
/** … and bytes, since several pages may wait for a slow reader. A row that is longer is a page of its own. */
export const PAGE_BYTES_MAX = 256 * 1024
/** Enough for a pull query to read some ten million rows of one partition. */
export const VIEW_OPEN_MS_MAX = 300_000
/** Views that wait for their next page, in one thread: as many as all readers of a server may have, and more. */
export const VIEWS_MAX = 4_096

interface Cursor {
  readonly task: string
  readonly snapshot: TaskSnapshot
  readonly entries: Iterator<readonly [Uint8Array, Uint8Array]>
  readonly resultEnd: number
  readonly closed: AbortController
  /** Read to see whether anything follows the page before. */
  next: IteratorResult<readonly [Uint8Array, Uint8Array]>
}

export class TableCursors {
  readonly #options: TableCursorsOptions
  readonly #cursors = new Map<string, Cursor>()
  #opened = 0

  constructor(options: TableCursorsOptions) {
    this.#options = options
  }

  /** Views that are open now. */
  get size(): number {
    return this.#cursors.size
  }

  /** @throws AppError UNAVAILABLE where the task is not open here, or no longer. */
  read(request: TablePageRequest): TablePage {
    const { cursor: name } = request
    const cursor = name === undefined ? this.#open(request) : this.#cursors.get(name)
    if (cursor === undefined || cursor.task !== request.task || cursor.snapshot.closed) {
      if (name !== undefined) this.close(name)
      throw new AppError('UNAVAILABLE', `the view of task "${request.task}" was open for too long, or has moved`, {
        domain: 'external',
        retry: true,
        hint: 'Read again from the beginning, and faster.',
      })
    }
    try {
      const entries = pageOf(cursor, Math.min(request.rowsMax, PAGE_ROWS_MAX))
      const { resultEnd } = cursor
      if (cursor.next.done !== true) return { entries, resultEnd, cursor: name ?? this.#keep(cursor) }
      this.#end(cursor, name)
      return { entries, resultEnd, cursor: undefined }
    } catch (error) {
      this.#end(cursor, name)
      throw error
    }
  }

  /** For one who does not read to the end. */
  close(name: string): void {
    const cursor = this.#cursors.get(name)
    if (cursor !== undefined) this.#end(cursor, name)
  }

  closeTask(task: string): void {
    for (const [name, cursor] of this.#cursors) if (cursor.task === task) this.#end(cursor, name)
  }

  closeAll(): void {
    for (const name of [...this.#cursors.keys()]) this.close(name)
  }

  #open({ task, operatorId, table, from, to, result }: TablePageRequest): Cursor {
    if (this.#cursors.size >= VIEWS_MAX) {
      throw new AppError('RESOURCE_EXHAUSTED', `${this.#cursors.size} views of tables are open; at most ${VIEWS_MAX}`, {
        domain: 'external',
        retry: true,
        hint: 'End some of the queries that read from views.',
      })
    }
    const snapshot = this.#options.state.snapshot(task)
    try {
      const entries = snapshot.scan(operatorId, table, from, to)[Symbol.iterator]()
      const resultEnd = snapshot.topicEnd(result.topic, result.partition)
      return { task, snapshot, entries, resultEnd, closed: new AbortController(), next: entries.next() }
    } catch (error) {
      snapshot.close()
      throw error
    }
  }

  #keep(cursor: Cursor): string {
    const name = String(++this.#opened)
    this.#cursors.set(name, cursor)
    const { clock } = this.#options
    void clock.sleepUntil(clock.nowMs() + VIEW_OPEN_MS_MAX, cursor.closed.signal).then(() => this.close(name))
    return name
  }

  #end(cursor: Cursor, name: string | undefined): void {
    if (name !== undefined) this.#cursors.delete(name)
    cursor.closed.abort()
    if (cursor.snapshot.closed) return
    cursor.entries.return?.()
    cursor.snapshot.close()
  }
}

function pageOf(cursor: Cursor, rowsMax: number): TablePage['entries'] {
  const entries: (readonly [Uint8Array, Uint8Array])[] = []
  let bytes = 0
  while (cursor.next.done !== true && entries.length < rowsMax) {
    const [key, value] = cursor.next.value
    bytes += key.length + value.length
    if (entries.length > 0 && bytes > PAGE_BYTES_MAX) break
    // Copies: a message to another thread takes the whole buffer that an array is a part of.
    entries.push([new Uint8Array(key), new Uint8Array(value)])
    cursor.next = cursor.entries.next()
  }
  return entries
}
