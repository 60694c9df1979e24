import type { PeerTablePage } from './peers.ts'
import type { TableHost, TablePage, TablePageRequest } from './task-host.ts'

/** A table of a task that runs in this process, whole, page by page. */
export function tablePages(host: TableHost, request: Omit<TablePageRequest, 'cursor'>): AsyncGenerator<PeerTablePage> {
  return pagesOf(
    (cursor) => host.readTable({ ...request, cursor }),
    (cursor) => host.closeTable(request.task, cursor).catch(() => undefined),
  )
}

/** What is read by pages, each with the cursor of the next, to its end. Who stops reading leaves nothing open. */
export async function* pagesOf(
  read: (cursor: string | undefined) => Promise<TablePage>,
  close: (cursor: string) => Promise<void> | void,
): AsyncGenerator<PeerTablePage> {
  let cursor: string | undefined
  try {
    do {
      const page = await read(cursor)
      cursor = page.cursor
      const { entries, resultEnd } = page
      yield { entries, resultEnd, end: cursor === undefined }
    } while (cursor !== undefined)
  } finally {
    if (cursor !== undefined) await close(cursor)
  }
}
