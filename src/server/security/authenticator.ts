// Who calls: by the token that a call brings, else by the certificate of its connection, else nobody.

import type { PeerCertificate } from 'node:tls'
import type { Metadata } from '@grpc/grpc-js'
import { AppError } from '../../core/errors.ts'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { hashOf, isApiToken, sameHash } from './api-token.ts'
import { type Credentials, issue, NO_CREDENTIALS, parseAuthFile, tokenKey } from './auth-file.ts'
import { ADMIN, matches, PEER, Rights } from './grants.ts'
import { JwtVerifier } from './jwt.ts'
import type { Principal } from './principal.ts'
import { settingFault, WatchedFiles } from './watched-file.ts'

/** Whoever reaches a server without authentication, which is reached from this machine alone. */
const ANYBODY: Principal = {
  name: 'anybody',
  by: 'nothing',
  rights: Rights.of([ADMIN, PEER]),
  expiresAtMs: undefined,
  revoked: undefined,
}
/** JWTs with many groups have a few KiB. */
const TOKEN_CHARS_MAX = 16 * 1024

const TOKEN_HINT = 'Send the metadata "authorization: Bearer TOKEN"; the command takes --token-file or WEIR_TOKEN.'

export class Authenticator implements Disposable {
  readonly #files: WatchedFiles | undefined
  readonly #jwt: JwtVerifier | undefined
  #credentials: Credentials = NO_CREDENTIALS

  constructor(config: ServerConfig, logger: Logger) {
    this.#jwt = JwtVerifier.of(config, logger)
    if (config.authTokensFile === '') return
    this.#files = new WatchedFiles(['authTokensFile'], config)
    this.#credentials = credentialsOf(this.#files.texts)
    this.#files.watch(
      (texts) => {
        this.#credentials = credentialsOf(texts, this.#credentials)
        logger.info('tokens and rights reloaded')
      },
      (error) => logger.error({ reason: String(error) }, 'tokens and rights not reloaded; the ones before stay'),
    )
  }

  /** Whether anybody is asked who they are. */
  get required(): boolean {
    return this.#files !== undefined || this.#jwt !== undefined
  }

  /** Throws UNAUTHENTICATED. */
  authenticate(metadata: Metadata, certificate: PeerCertificate | undefined): Principal | Promise<Principal> {
    if (!this.required) return ANYBODY
    const given = metadata.get('authorization')
    if (given.length === 0) return this.#byCertificate(certificate)
    const [, token] = /^Bearer +([^ ]+)$/i.exec(String(given[0])) ?? []
    if (token === undefined || given.length > 1 || token.length > TOKEN_CHARS_MAX) {
      throw unauthenticated('the metadata "authorization" is not one "Bearer TOKEN"', TOKEN_HINT)
    }
    if (isApiToken(token)) return this.#byToken(token)
    if (this.#jwt !== undefined) return this.#jwt.verify(token, this.#credentials)
    throw unauthenticated('the token is none of this server', 'Its tokens begin with "weir_"; it takes no JWTs.')
  }

  [Symbol.dispose](): void {
    this.#files?.[Symbol.dispose]()
    this.#jwt?.[Symbol.dispose]()
  }

  #byToken(token: string): Principal {
    const hash = hashOf(token)
    const known = this.#credentials.tokens.get(tokenKey(hash))
    if (known === undefined || !sameHash(hash, known.sha256)) {
      throw unauthenticated('the token is not known here', 'It may have been revoked: ask for a new one.')
    }
    const { principal } = known
    if ((principal.expiresAtMs ?? Number.POSITIVE_INFINITY) <= Date.now()) {
      throw unauthenticated('the token has expired', 'Ask for a new one.')
    }
    return principal
  }

  #byCertificate(certificate: PeerCertificate | undefined): Principal {
    const name = certificate?.subject?.CN
    if (typeof name !== 'string') throw unauthenticated('the call brings no token', TOKEN_HINT)
    const known = this.#credentials.certificates.find(({ pattern }) => matches(pattern, name))
    if (known === undefined) {
      const hint = 'Name it under "certificates" in the file of --auth-tokens-file, or bring a token.'
      throw unauthenticated(`the certificate "${name}" has no rights here`, hint)
    }
    return { ...known.principal, name }
  }
}

function credentialsOf([text = '']: readonly string[], before?: Credentials): Credentials {
  try {
    return issue(parseAuthFile(text), before)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw settingFault('authTokensFile', `is not usable: ${why}`, '`weir token create` writes its lines.', cause)
  }
}

function unauthenticated(message: string, hint: string): AppError {
  return new AppError('UNAUTHENTICATED', message, { hint })
}
