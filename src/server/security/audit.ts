// The audit log: a line of JSON for each statement that changes something and for each call that was refused. Who, from
// where, what kind, over which objects, and what came of it; never the text of a statement, and no value.

import { destination, type Logger, pino } from 'pino'
import { AppError } from '../../core/errors.ts'
import type { Need } from '../../runtime/access.ts'
import type { ServerConfig } from '../config/config.ts'
import { appErrorOf } from '../errors/status.ts'
import type { Principal } from './principal.ts'

/** Of one line; a script that pauses ten thousand queries names the first of them. */
const OBJECTS_MAX = 50
const NAME_CHARS_MAX = 200
/** Refusals a second that are written; callers whom nobody knows must not fill the disk. The rest is counted. */
export const REFUSALS_PER_SECOND_MAX = 100
const SECOND_MS = 1_000
const STDERR = 2

export interface AuditedCall {
  /** `/weir.v1.QueryService/Execute`. */
  readonly method: string
  /** Address and port. */
  readonly peer: string
}

export class Audit {
  readonly #log: Logger | undefined
  #secondMs = 0
  #refusals = 0

  /** Undefined writes nothing. */
  constructor(log: Logger | undefined) {
    this.#log = log
  }

  static of({ auditFile }: ServerConfig, authenticated: boolean): Audit {
    if (auditFile === '' && !authenticated) return new Audit(undefined)
    const dest = auditFile === '' || auditFile === '-' ? STDERR : auditFile
    const options = { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: 'info' }
    try {
      // At once, so that a crash does not take the last lines with it.
      return new Audit(pino(options, destination({ dest, sync: true, mkdir: false, mode: 0o600 })))
    } catch (cause) {
      throw new AppError('INVALID_ARGUMENT', `--audit-file can't be written: "${auditFile}"`, {
        hint: 'Give the path of a file in a folder that is there and that the server may write to.',
        cause,
      })
    }
  }

  statement(
    { method, peer }: AuditedCall,
    { name, by }: Principal,
    { statement, needs }: { readonly statement: string; readonly needs: readonly Need[] },
    error: unknown,
  ): void {
    const objects = needs.slice(0, OBJECTS_MAX).map(objectText)
    const outcome = error === undefined ? { outcome: 'done' } : { outcome: outcomeOf(error), code: codeOf(error) }
    this.#log?.info({ audit: 'statement', who: name, by, peer, method, statement, objects, ...outcome })
  }

  /** A call that got no further than the gate. */
  refused({ method, peer }: AuditedCall, principal: Principal | undefined, error: unknown): void {
    const second = Math.floor(Date.now() / SECOND_MS)
    const unwritten = Math.max(0, this.#refusals - REFUSALS_PER_SECOND_MAX)
    if (second !== this.#secondMs) {
      ;[this.#secondMs, this.#refusals] = [second, 0]
      if (unwritten > 0) this.#log?.info({ audit: 'call', outcome: 'refused', unwritten })
    }
    this.#refusals += 1
    if (this.#refusals > REFUSALS_PER_SECOND_MAX) return
    const who = principal === undefined ? {} : { who: principal.name, by: principal.by }
    this.#log?.info({ audit: 'call', ...who, peer, method, outcome: 'refused', code: codeOf(error) })
  }
}

function objectText({ resource, name }: Need): string {
  const text = resource === 'relation' ? name : `${resource}:${name}`
  return text.slice(0, NAME_CHARS_MAX)
}

function codeOf(error: unknown): string {
  return appErrorOf(error).error.code
}

function outcomeOf(error: unknown): 'refused' | 'failed' {
  return codeOf(error) === 'PERMISSION_DENIED' ? 'refused' : 'failed'
}
