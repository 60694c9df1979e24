// How the page reaches the server that served it: the clients of `weir.v1`, with the caller's token.

import { Code, ConnectError, createClient, type Interceptor } from '@connectrpc/connect'
import { createConnectTransport } from '@connectrpc/connect-web'
import { CatalogService, type ObjectKind, type ObjectSummary } from './proto/weir/v1/catalog_pb.ts'
import { QueryService } from './proto/weir/v1/query_pb.ts'
import { SubscriptionService } from './proto/weir/v1/subscription_pb.ts'

/** For this tab alone, and gone with it: nothing of a token is ever written to a disk. */
const TOKEN_KEY = 'weir-token'

export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token)
}

export function forgetToken(): void {
  sessionStorage.removeItem(TOKEN_KEY)
}

export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN_KEY) !== null
}

const withToken: Interceptor = (next) => (request) => {
  const token = sessionStorage.getItem(TOKEN_KEY)
  if (token !== null) request.header.set('authorization', `Bearer ${token}`)
  return next(request)
}

const transport = createConnectTransport({
  baseUrl: location.origin,
  useBinaryFormat: true,
  interceptors: [withToken],
})

export const queries = createClient(QueryService, transport)
export const catalog = createClient(CatalogService, transport)
export const subscriptions = createClient(SubscriptionService, transport)

/** What went wrong, in the words of the server where it said any. */
export interface Failure {
  readonly message: string
  readonly kind: 'token' | 'rights' | 'offline' | 'other'
}

export function failureOf(error: unknown): Failure {
  const { code, rawMessage } = ConnectError.from(error)
  if (code === Code.Unauthenticated) return { kind: 'token', message: rawMessage }
  if (code === Code.PermissionDenied) return { kind: 'rights', message: rawMessage }
  // fetch says no more than that there was no answer.
  const offline = code === Code.Unknown && error instanceof Error && /fetch|network/i.test(rawMessage)
  if (offline || code === Code.Unavailable) return { kind: 'offline', message: 'The server does not answer.' }
  return { kind: 'other', message: rawMessage }
}

/** True for what comes of leaving a page whose calls are under way. */
export function isCancelled(error: unknown): boolean {
  return ConnectError.from(error).code === Code.Canceled
}

const PAGE_SIZE = 200
/** A page of the console shows no more than this; the `weir` command lists all. */
export const LISTED_MAX = 1_000

/** All pages of a list, up to the limit. */
export async function listed<T>(
  page: (of: { pageSize: number; pageToken: string }) => Promise<{ items: readonly T[]; next: string }>,
): Promise<readonly T[]> {
  const all: T[] = []
  for (let pageToken = ''; all.length < LISTED_MAX; ) {
    const { items, next } = await page({ pageSize: PAGE_SIZE, pageToken })
    all.push(...items)
    if (next === '') break
    pageToken = next
  }
  return all
}

/** All objects of a kind, up to the limit. */
export function listedObjects(kind: ObjectKind, signal?: AbortSignal): Promise<readonly ObjectSummary[]> {
  return listed(async (page) => {
    const { objects, nextPageToken } = await catalog.listObjects({ kind, ...page }, signal && { signal })
    return { items: objects, next: nextPageToken }
  })
}
