import { AppError } from '../../core/errors.ts'
import { parseSecretReference } from '../../core/secret-reference.ts'
import { readSecret } from '../read-secret.ts'

/** One call to a store, and connecting to it, take this long at most; then it counts as down. */
export const STORE_TIMEOUT_MS = 15_000
export const CONNECT_TIMEOUT_MS = 5_000
/** Leaving takes no longer: a store that hangs is left as it is. */
const CLOSE_TIMEOUT_MS = 1_000

/** Where a store is and how to log in, as a plan has it: secrets by reference. */
export interface StoreAddress {
  readonly url: string
  readonly password: string | undefined
}

export function addressOf(options: Readonly<Record<string, string>>): StoreAddress {
  return { url: options['url'] ?? '', password: options['password'] }
}

/** The address with its password, read now: for the client of the store, and nobody else. */
export async function secretUrl({ url: written, password }: StoreAddress, kind: string): Promise<string> {
  const url = URL.parse(await readSecret(written))
  if (url === null) {
    throw new AppError('FAILED_PRECONDITION', `${kind} at ${written}: what that stands for is no address`, {
      domain: 'external',
      retry: true,
      hint: `Such as ${kind}://user@host:port/…`,
    })
  }
  // What the URL class leaves alone, a percent sign, would be taken for the begin of an escape.
  if (password !== undefined) url.password = encodeURIComponent(await readSecret(password))
  return url.href
}

/** As messages name it: by its host, or by the reference where all of the address is a secret. */
export function placeOf({ url }: StoreAddress, kind: string): string {
  return `${kind} at ${parseSecretReference(url) === undefined ? (URL.parse(url)?.host ?? '') : url}`
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection closed',
  ENOTFOUND: 'host not found',
  EAI_AGAIN: 'host not found',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'host not reachable',
  ENETUNREACH: 'network not reachable',
}

/** It may pass: who writes or asks tries again. */
export function storeUnavailable(place: string, error: unknown): AppError {
  if (error instanceof AppError) return error
  const { code, message } = error as { readonly code?: unknown; readonly message?: string }
  const reason = (typeof code === 'string' ? REASONS[code] : undefined) ?? message ?? 'no answer'
  return new AppError('UNAVAILABLE', `${place}: ${reason}`, {
    domain: 'external',
    retry: true,
    hint: 'Is it running, and does it let Weir in?',
  })
}

/** Rejects when the store takes too long. Whoever called closes the connection then: its answer would come too late. */
export async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}

export async function leave(closing: Promise<unknown>): Promise<void> {
  await within(CLOSE_TIMEOUT_MS, closing).catch(() => undefined)
}
