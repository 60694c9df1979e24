// The gate before all methods, of ours and of libraries: nobody reaches a handler without having been looked at here.
// Who was let in is handed to the handler by the metadata of the call, which is one object from here to there.

import {
  type Metadata,
  ResponderBuilder,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
} from '@grpc/grpc-js'
import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import { toServiceError } from '../errors/status.ts'
import type { Audit, AuditedCall } from './audit.ts'
import type { Authenticator } from './authenticator.ts'
import { Caller } from './caller.ts'
import { PEER, Rights } from './grants.ts'
import type { Principal } from './principal.ts'
import { RULES } from './rules.ts'

/** Whoever calls what is open. */
const NOBODY: Principal = {
  name: 'nobody',
  by: 'nothing',
  rights: Rights.of([]),
  expiresAtMs: undefined,
  revoked: undefined,
}

export class CallGate {
  readonly #authenticator: Authenticator
  readonly #callers = new WeakMap<Metadata, Caller>()
  readonly #audit: Audit

  constructor(authenticator: Authenticator, audit: Audit) {
    this.#authenticator = authenticator
    this.#audit = audit
  }

  readonly interceptor: ServerInterceptor = ({ path }, call) => {
    const listener = new ServerListenerBuilder().withOnReceiveMetadata((metadata, next) => {
      const facts = { method: path, peer: call.getPeer() }
      void this.#admit(facts, metadata, call.getAuthContext().sslPeerCertificate).then(
        () => next(metadata),
        (error: unknown) => {
          const { code, details, metadata: trailers } = toServiceError(error)
          call.sendStatus({ code, details, metadata: trailers })
        },
      )
    })
    return new ServerInterceptingCall(call, new ResponderBuilder().withStart((next) => next(listener.build())).build())
  }

  /** Of a call that has come through the gate. */
  callerOf(metadata: Metadata): Caller {
    return must(this.#callers.get(metadata), 'a call has come through the gate')
  }

  async #admit(
    call: AuditedCall,
    metadata: Metadata,
    certificate: Parameters<Authenticator['authenticate']>[1],
  ): Promise<void> {
    let principal: Principal | undefined
    try {
      const rule = RULES[call.method]
      if (rule === undefined) throw new AppError('PERMISSION_DENIED', `nobody may call ${call.method}`)
      principal = rule.kind === 'open' ? NOBODY : await this.#authenticator.authenticate(metadata, certificate)
      const caller = new Caller(principal, call, this.#audit)
      if (rule.kind === 'peer' && !principal.rights.isPeer) {
        throw caller.denied([PEER], 'what replicas ask of each other')
      }
      this.#callers.set(metadata, caller)
    } catch (error) {
      this.#audit.refused(call, principal, error)
      throw error
    }
  }
}
