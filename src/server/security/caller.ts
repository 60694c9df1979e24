// One caller of one method: what the handlers and the engine ask before they do anything for them, and what the audit
// log is told of it.

import { AppError } from '../../core/errors.ts'
import type { Access, Need, Resource, StatementNeeds } from '../../runtime/access.ts'
import type { Audit, AuditedCall } from './audit.ts'
import { grantText } from './grants.ts'
import type { Principal } from './principal.ts'

/** In a message; more rights than that are counted. */
const MISSING_SHOWN_MAX = 5
/** Longest delay of a timer; what expires later is not waited for. */
const TIMER_MS_MAX = 2 ** 31 - 1

export class Caller implements Access {
  readonly principal: Principal
  readonly #call: AuditedCall
  readonly #audit: Audit
  /** What changes something and is being done. */
  #pending: Omit<StatementNeeds, 'changes'> | undefined

  constructor(principal: Principal, call: AuditedCall, audit: Audit) {
    this.principal = principal
    this.#call = call
    this.#audit = audit
  }

  /** A script stops where it fails: whoever comes to its next statement has done the one before. */
  admit({ statement, changes, needs }: StatementNeeds): void {
    this.ended(undefined)
    this.require(needs, statement)
    if (changes) this.#pending = { statement, needs }
  }

  /** Throws PERMISSION_DENIED, with the grants that are missing. */
  require(needs: readonly Need[], statement: string): void {
    const missing = needs.filter((need) => !this.principal.rights.cover(need))
    if (missing.length === 0) return
    const error = this.denied(missing.map(grantText), statement)
    this.#audit.statement(this.#call, this.principal, { statement, needs: missing }, error)
    throw error
  }

  /** What was admitted is done, or has failed. */
  ended(error: unknown): void {
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) this.#audit.statement(this.#call, this.principal, pending, error)
  }

  denied(grants: readonly string[], what: string): AppError {
    const all = [...new Set(grants)]
    const shown = all.slice(0, MISSING_SHOWN_MAX).join(', ')
    const more = all.length > MISSING_SHOWN_MAX ? ` and ${all.length - MISSING_SHOWN_MAX} more` : ''
    return new AppError('PERMISSION_DENIED', `"${this.principal.name}" may not: ${what} needs ${shown}${more}`, {
      hint: 'Whoever runs the server gives rights, in the file of --auth-tokens-file.',
    })
  }

  /**
   * Calls back once, when what the caller has shown is no longer good: a stream does not outlive the token that it was
   * opened with. The result ends the watch.
   */
  onRefused(listener: (reason: AppError) => void): () => void {
    const { expiresAtMs, revoked } = this.principal
    const refuse = (message: string) => () =>
      listener(new AppError('UNAUTHENTICATED', message, { hint: 'Call again with a new one.' }))
    const onRevoked = refuse('the token, or its rights, have been revoked')
    revoked?.addEventListener('abort', onRevoked, { once: true })
    const leftMs = (expiresAtMs ?? Number.POSITIVE_INFINITY) - Date.now()
    const timer = leftMs > TIMER_MS_MAX ? undefined : setTimeout(refuse('the token has expired'), Math.max(0, leftMs))
    return () => {
      revoked?.removeEventListener('abort', onRevoked)
      clearTimeout(timer)
    }
  }

  sees(resource: Resource, name: string): boolean {
    return this.principal.rights.cover({ right: 'any', resource, name })
  }
}
