// A server that anybody may use is for this machine alone. At any other address it wants to know who calls, and speaks
// to nobody in plain text; else it does not start, unless it is told that the network guards it.

import { AppError } from '../../core/errors.ts'
import { flagName, type ServerConfig } from '../config/config.ts'

export interface Guards {
  readonly tls: boolean
  readonly authentication: boolean
}

/** Throws INVALID_ARGUMENT where an address is open to others and not guarded. */
export function checkExposure({ listen, consoleListen, insecure }: ServerConfig, guards: Guards): void {
  if (insecure || (guards.tls && guards.authentication)) return
  for (const address of [listen, consoleListen]) {
    if (address !== '' && !isLoopback(address)) throw exposed(address, guards)
  }
}

function exposed(address: string, { tls, authentication }: Guards): AppError {
  const missing = [tls ? '' : 'TLS', authentication ? '' : 'authentication'].filter(Boolean).join(' and no ')
  const how = [
    ...(tls ? [] : [`--${flagName('tlsCertFile')} and --${flagName('tlsKeyFile')}`]),
    ...(authentication ? [] : [`--${flagName('authTokensFile')} (\`weir token create\` makes tokens)`]),
  ].join(', ')
  return new AppError('INVALID_ARGUMENT', `other machines reach ${address}, and there is no ${missing}`, {
    hint: `give ${how}; or listen at 127.0.0.1; or, where the network lets in nobody else, say --insecure`,
  })
}

/** `host:port` that no other machine reaches. */
export function isLoopback(address: string): boolean {
  return /^(127(\.\d{1,3}){3}|localhost|\[::1\]|\[::ffff:127(\.\d{1,3}){3}\]):\d+$/i.test(address)
}
