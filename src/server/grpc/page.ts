// Pages of a list, after AIP-158. The token says after which entry the page begins and for which list it is, so that
// a list may change between two pages without entries being doubled.

import { AppError } from '../../core/errors.ts'

export const PAGE_SIZE_DEFAULT = 50
/** A page of a thousand summaries stays well below a message. */
export const PAGE_SIZE_MAX = 1000

export interface Page<T> {
  readonly items: readonly T[]
  /** Empty at the end. */
  readonly nextPageToken: string
}

/** `items` in any order; `sortKey` is unique among them. `list` names what is listed: a token is good for it alone. */
export function pageOf<T>(
  items: readonly T[],
  sortKey: (item: T) => string,
  request: { readonly pageSize: number; readonly pageToken: string },
  list: string,
): Page<T> {
  if (request.pageSize < 0) throw new AppError('INVALID_ARGUMENT', 'page_size is negative')
  const size = Math.min(request.pageSize === 0 ? PAGE_SIZE_DEFAULT : request.pageSize, PAGE_SIZE_MAX)
  const after = request.pageToken === '' ? undefined : readToken(request.pageToken, list)
  const keyed = items.map((item) => ({ key: sortKey(item), item }))
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after)
  const shown = rest.slice(0, size)
  const last = shown.at(-1)
  const nextPageToken = rest.length > size && last !== undefined ? writeToken(list, last.key) : ''
  return { items: shown.map(({ item }) => item), nextPageToken }
}

function writeToken(list: string, after: string): string {
  return Buffer.from(JSON.stringify([list, after])).toString('base64url')
}

function readToken(token: string, list: string): string {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (Array.isArray(parts) && parts[0] === list && typeof parts[1] === 'string') return parts[1]
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  throw new AppError('INVALID_ARGUMENT', 'page_token does not belong to this list', {
    hint: 'send the next_page_token of the answer before, with the same request',
  })
}
