import type { Rights } from './grants.ts'

/** Who calls, as far as the server knows it. */
export interface Principal {
  /** Of the token, the certificate or the subject of the JWT; it stands in the audit log. */
  readonly name: string
  readonly by: 'nothing' | 'token' | 'jwt' | 'certificate'
  readonly rights: Rights
  /** Calls end then. */
  readonly expiresAtMs: number | undefined
  /** Aborts when what it shows is no longer good: calls end. */
  readonly revoked: AbortSignal | undefined
}
