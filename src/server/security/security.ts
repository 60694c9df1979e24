// What guards the gRPC port, made from the settings before anything is opened: settings that don't go together, and
// files that can't be used, end the start here.

import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { Audit } from './audit.ts'
import { Authenticator } from './authenticator.ts'
import { CallGate } from './call-gate.ts'
import { checkExposure, isLoopback } from './exposure.ts'
import { type ReloadedCredentials, serverTls } from './server-tls.ts'

export class Security implements Disposable {
  /** Undefined where the port speaks plain text. */
  readonly tls: ReloadedCredentials | undefined

  readonly gate: CallGate
  readonly #authenticator: Authenticator

  constructor(config: ServerConfig, logger: Logger) {
    this.#authenticator = new Authenticator(config, logger)
    const shows = config.peerTokenFile !== '' || config.tlsClientCaFile !== ''
    if (this.#authenticator.required && config.kafka !== '' && !shows) {
      logger.warn('replicas refuse each other without --peer-token-file: parts of views that others have are not read')
    }
    this.gate = new CallGate(this.#authenticator, Audit.of(config, this.#authenticator.required))
    this.tls = serverTls(config, logger)
    checkExposure(config, { tls: this.tls !== undefined, authentication: this.#authenticator.required })
    if (config.insecure && !isLoopback(config.listen)) {
      const guards = { tls: this.tls !== undefined, authentication: this.#authenticator.required }
      logger.warn({ listen: config.listen, ...guards }, 'insecure: whoever reaches this address is not kept out')
    }
  }

  [Symbol.dispose](): void {
    this.tls?.[Symbol.dispose]()
    this.#authenticator[Symbol.dispose]()
  }
}
