// API tokens: 256 random bits, of which the server keeps the SHA-256 alone. A hash that is slow on purpose is for
// passwords, which can be guessed; these can't.

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const TOKEN_BYTES = 32
/** Tells a token from a JWT, and finders of leaked secrets what they have found. */
const TOKEN_PREFIX = 'weir_'

export function newToken(): string {
  return TOKEN_PREFIX + randomBytes(TOKEN_BYTES).toString('base64url')
}

export function isApiToken(text: string): boolean {
  return text.startsWith(TOKEN_PREFIX)
}

/** In hexadecimal, as it stands in the file. */
export function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Takes the same time wherever the two differ. Both are hashes. */
export function sameHash(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(a, 'hex'), Buffer.from(b, 'hex'))
}
