// What guards the gRPC port, made from the settings before anything is opened: settings that don't go together, and
// files that can't be used, end the start here.

import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type ReloadedCredentials, serverTls } from './server-tls.ts'

export class Security implements Disposable {
  /** Undefined where the port speaks plain text. */
  readonly tls: ReloadedCredentials | undefined

  constructor(config: ServerConfig, logger: Logger) {
    this.tls = serverTls(config, logger)
  }

  [Symbol.dispose](): void {
    this.tls?.[Symbol.dispose]()
  }
}
