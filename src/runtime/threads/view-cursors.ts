import { AppError } from '../../core/errors.ts'
import type { PeerTablePage } from '../peers.ts'
import { VIEWS_MAX } from '../table-cursors.ts'
import type { TablePage } from '../task-host.ts'
import type { ReadView, ViewRequest } from '../transient-host.ts'

/**
 * The views that pull queries on one thread are reading, page by page, through the thread that serves clients: it knows
 * where their parts are. Of each view one page is held at most. All are closed with the thread.
 */
interface Reading {
  readonly pages: AsyncGenerator<PeerTablePage>
  readonly closed: AbortController
}

export class ViewCursors {
  readonly #readView: ReadView
  readonly #open = new Map<string, Reading>()
  #opened = 0

  constructor(readView: ReadView) {
    this.#readView = readView
  }

  /** Views that are open now. */
  get size(): number {
    return this.#open.size
  }

  async read(request: ViewRequest, cursor: string | undefined): Promise<TablePage> {
    const name = cursor ?? this.#begin(request)
    const reading = this.#open.get(name)
    if (reading === undefined) throw goneError(request)
    try {
      const { done, value } = await reading.pages.next()
      if (done === true) throw goneError(request)
      const { entries, resultEnd, end } = value
      if (end) await this.close(name)
      return { entries, resultEnd, cursor: end ? undefined : name }
    } catch (error) {
      await this.close(name)
      throw error
    }
  }

  async close(cursor: string): Promise<void> {
    const reading = this.#open.get(cursor)
    if (reading === undefined) return
    this.#open.delete(cursor)
    reading.closed.abort()
    await reading.pages.return(undefined).catch(() => undefined)
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open.keys()].map((cursor) => this.close(cursor)))
  }

  #begin(request: ViewRequest): string {
    if (this.#open.size >= VIEWS_MAX) {
      throw new AppError('RESOURCE_EXHAUSTED', `${this.#open.size} views are being read; at most ${VIEWS_MAX}`, {
        domain: 'external',
        retry: true,
        hint: 'End some of the queries that read from views.',
      })
    }
    const closed = new AbortController()
    const name = String(++this.#opened)
    this.#open.set(name, { pages: this.#readView(request, closed.signal), closed })
    return name
  }
}

/** Closed while it was read: the reader has left, or its thread was thought dead. */
function goneError({ view }: ViewRequest): AppError {
  return new AppError('UNAVAILABLE', `the reading of view "${view}" was closed`, {
    domain: 'external',
    retry: true,
    hint: 'Read again from the beginning.',
  })
}
