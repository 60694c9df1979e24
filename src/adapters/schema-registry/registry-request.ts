import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../../core/errors.ts'
import { readSecret } from '../read-secret.ts'

/**
 * One request to a schema registry that speaks Confluent's REST interface. What comes back is untrusted: its size is
 * bounded, a redirect is never followed (it could lead the credentials, or the request itself, to another host), and of
 * an error only the registry's own message is shown, cut and without control characters.
 */

export interface RegistryAddress {
  /** One or several addresses of the same registry, tried in turn. */
  readonly urls: readonly string[]
  readonly user: string | undefined
  /** A reference to a secret. */
  readonly password: string | undefined
}

/** One try; a registry answers in milliseconds. */
const ATTEMPT_TIMEOUT_MS = 3_000
const ATTEMPTS_MAX = 3
const BACKOFF_MS = 150
/** The largest schemas in the wild, those of Debezium with hundreds of columns, have some hundred kilobytes. */
export const RESPONSE_BYTES_MAX = 4 * 1024 * 1024
/** Of a registry's message, so much is shown. */
const SHOWN_CHARACTERS = 300

const CONTENT_TYPE = 'application/vnd.schemaregistry.v1+json'

/** A refusal of the registry, with the code that its interface defines. */
export interface RegistryRefusal {
  readonly status: number
  /** 40401 no such subject, 40402 no such version, 40403 no such schema; 0 where there was none. */
  readonly code: number
  readonly message: string
}

export type RegistryAnswer =
  | { readonly ok: true; readonly json: unknown }
  | { readonly ok: false; readonly refusal: RegistryRefusal }

/**
 * An answer of the registry, be it a refusal. Network faults, time-outs and faults of the server are tried again.
 *
 * @throws AppError UNAVAILABLE, of the domain external: it may pass.
 */
export async function askRegistry(address: RegistryAddress, path: string, body?: unknown): Promise<RegistryAnswer> {
  const headers = await headersOf(address, body)
  let last: unknown
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    if (attempt > 0) await sleep(BACKOFF_MS * 2 ** (attempt - 1))
    const base = address.urls[attempt % address.urls.length] as string
    try {
      const response = await fetch(`${base.replace(/\/+$/, '')}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        redirect: 'manual',
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      })
      return await answerOf(response)
    } catch (error) {
      if (error instanceof AppError && !error.retry) throw error
      last = error
    }
  }
  throw unavailable(address, reasonOf(last), last)
}

export function unavailable({ urls }: RegistryAddress, reason: string, cause?: unknown): AppError {
  return new AppError('UNAVAILABLE', `schema registry ${urls.map(hostOf).join(', ')}: ${reason}`, {
    domain: 'external',
    retry: true,
    hint: 'Check "schema.registry" and that the registry can be reached from here; queries wait for it.',
    cause,
  })
}

async function headersOf({ user, password }: RegistryAddress, body: unknown): Promise<Record<string, string>> {
  const headers: Record<string, string> = { accept: `${CONTENT_TYPE}, application/json` }
  if (body !== undefined) headers['content-type'] = CONTENT_TYPE
  if (user !== undefined) {
    const pair = `${await readSecret(user)}:${password === undefined ? '' : await readSecret(password)}`
    headers['authorization'] = `Basic ${Buffer.from(pair).toString('base64')}`
  }
  return headers
}

async function answerOf(response: Response): Promise<RegistryAnswer> {
  const { status } = response
  if (status >= 300 && status < 400) {
    await response.body?.cancel()
    throw new AppError(
      'FAILED_PRECONDITION',
      `the schema registry at ${hostOf(response.url)} answers with a redirect`,
      {
        domain: 'external',
        hint: 'Redirects are not followed: give the address that it leads to.',
      },
    )
  }
  const text = await boundedText(response)
  const json = parse(text)
  if (response.ok) {
    if (json !== undefined) return { ok: true, json }
    throw new AppError('UNAVAILABLE', 'the answer is no JSON', {
      domain: 'external',
      retry: true,
    })
  }
  const { error_code: code, message } = (json ?? {}) as { readonly error_code?: unknown; readonly message?: unknown }
  const shown = typeof message === 'string' ? shownText(message) : `HTTP status ${status}`
  if (status >= 500 || status === 429 || status === 408) {
    throw new AppError('UNAVAILABLE', `HTTP status ${status}: ${shown}`, { domain: 'external', retry: true })
  }
  return { ok: false, refusal: { status, code: typeof code === 'number' ? code : 0, message: shown } }
}

async function boundedText(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of response.body ?? []) {
    size += part.length
    if (size > RESPONSE_BYTES_MAX) {
      throw new AppError(
        'RESOURCE_EXHAUSTED',
        `an answer of the schema registry has more than ${RESPONSE_BYTES_MAX} bytes`,
        {
          domain: 'external',
        },
      )
    }
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof AppError) return error.message
  if (error instanceof DOMException && error.name === 'TimeoutError') return `no answer within ${ATTEMPT_TIMEOUT_MS} ms`
  const cause = error instanceof Error ? error.cause : undefined
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
  return typeof code === 'string' ? `can't be reached (${code})` : "can't be reached"
}

function shownText(text: string): string {
  const clean = text.toWellFormed().replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
  return clean.length > SHOWN_CHARACTERS ? `${clean.slice(0, SHOWN_CHARACTERS)}…` : clean
}

/** Without user and path, as far as it can be told. */
function hostOf(url: string): string {
  return URL.parse(url)?.host ?? 'of an invalid address'
}
