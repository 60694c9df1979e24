import type { PeerTablePage } from './peers.ts'
import type { TableHost, TablePage, TablePageRequest } from './task-host.ts'

/** A table of a task that runs in this process, whole, page by page. Who stops reading leaves nothing open. */
export async function* tablePages(
  host: TableHost,
  request: Omit<TablePageRequest, 'cursor'>,
): AsyncGenerator<PeerTablePage> {
  let cursor: string | undefined
  try {
    do {
      const page: TablePage = await host.readTable({ ...request, cursor })
      cursor = page.cursor
      const { entries, resultEnd } = page
      yield { entries, resultEnd, end: cursor === undefined }
    } while (cursor !== undefined)
  } finally {
    if (cursor !== undefined) await host.closeTable(request.task, cursor).catch(() => undefined)
  }
}
