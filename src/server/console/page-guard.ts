// What a browser is told about the page, and which requests are not of the page at all. A page of somebody else that a
// user has open must not reach a server on the user's machine: neither with a request of its own (Origin), nor by a
// name of its own that leads here (Host: DNS rebinding).

import type { IncomingMessage } from 'node:http'
import { isLoopback } from '../security/exposure.ts'

/** Nothing comes from elsewhere, nothing inline runs; the editor makes style sheets with the nonce of the page. */
export function pageHeaders(nonce: string): Readonly<Record<string, string>> {
  return {
    'content-security-policy': [
      "default-src 'none'",
      "script-src 'self'",
      `style-src 'self' 'nonce-${nonce}'`,
      "img-src 'self' data:",
      "connect-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ].join('; '),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), geolocation=(), microphone=()',
  }
}

/** Undefined where the name that the request was sent to is one of this server; else why it is refused. */
export function foreignHost({ headers: { host = '' } }: Pick<IncomingMessage, 'headers'>, listen: string) {
  // Where only this machine gets in, a name that is none of this machine was not typed by its user.
  return isLoopback(listen) && !isLoopback(withPort(host)) ? `"${host}" is no name of this machine` : undefined
}

/** Undefined for a call that the page makes, or a program that is no browser; else why it is refused. */
export function foreignCall({ headers }: Pick<IncomingMessage, 'headers'>): string | undefined {
  const { host, origin, 'sec-fetch-site': site } = headers
  const foreign = (origin !== undefined && hostOf(origin) !== host) || site === 'cross-site' || site === 'same-site'
  return foreign ? 'a page of somebody else asks' : undefined
}

function withPort(host: string): string {
  return /:\d+$/.test(host) ? host : `${host}:80`
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}
