// JWTs of an identity provider, by jose: signed by a key of its set, for this server, not expired. What their holder
// may do stands in one claim, as names of roles in the auth file, or as grants after `weir:`.

import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { AppError } from '../../core/errors.ts'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Credentials } from './auth-file.ts'
import { GRANTS_MAX, PEER, parseGrant, Rights } from './grants.ts'
import type { Principal } from './principal.ts'
import { settingFault, WatchedFiles } from './watched-file.ts'

/** Signatures of key pairs alone: with a shared secret, who checks a token could have written it. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Clocks of two machines differ by so much. */
const CLOCK_TOLERANCE_S = 10
const JWKS_TIMEOUT_MS = 5_000
const GRANT_PREFIX = 'weir:'

export class JwtVerifier implements Disposable {
  readonly #config: ServerConfig
  readonly #files: WatchedFiles | undefined
  #key: JWTVerifyGetKey

  private constructor(config: ServerConfig, logger: Logger) {
    this.#config = config
    if (config.authJwksFile === '') {
      this.#key = createRemoteJWKSet(new URL(config.authJwksUrl), { timeoutDuration: JWKS_TIMEOUT_MS })
      return
    }
    this.#files = new WatchedFiles(['authJwksFile'], config)
    this.#key = keySet(this.#files.texts)
    this.#files.watch(
      (texts) => {
        this.#key = keySet(texts)
        logger.info('keys of JWTs reloaded')
      },
      (error) => logger.error({ reason: String(error) }, 'keys of JWTs not reloaded; the ones before stay'),
    )
  }

  /** Undefined where the settings name no keys. */
  static of(config: ServerConfig, logger: Logger): JwtVerifier | undefined {
    const { authJwksUrl, authJwksFile } = config
    const rest = ['authJwtIssuer', 'authJwtAudience'] as const
    if (authJwksUrl === '' && authJwksFile === '') {
      const given = rest.find((one) => config[one] !== '')
      if (given === undefined) return undefined
      throw settingFault(given, 'is given, but no keys', 'Add --auth-jwks-url or --auth-jwks-file.')
    }
    if (authJwksUrl !== '' && authJwksFile !== '') {
      throw settingFault('authJwksUrl', 'and --auth-jwks-file exclude each other', 'Give one of them.')
    }
    for (const one of rest) {
      if (config[one] !== '') continue
      throw settingFault(one, 'is missing', 'Without it, tokens that are meant for others would be taken.')
    }
    return new JwtVerifier(config, logger)
  }

  /** Throws UNAUTHENTICATED, or UNAVAILABLE where the keys can't be had. */
  async verify(token: string, credentials: Credentials): Promise<Principal> {
    const { authJwtIssuer: issuer, authJwtAudience: audience } = this.#config
    const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: CLOCK_TOLERANCE_S }
    const { payload } = await jwtVerify(token, this.#key, { ...options, requiredClaims: ['exp', 'sub'] }).catch(
      (cause: unknown) => {
        throw fault(cause)
      },
    )
    const rights = rightsOf(payload[this.#config.authJwtClaim], credentials)
    const expiresAtMs = ((payload.exp ?? 0) + CLOCK_TOLERANCE_S) * 1_000
    return { name: subjectOf(payload), by: 'jwt', rights, expiresAtMs, revoked: credentials.rolesChanged.signal }
  }

  [Symbol.dispose](): void {
    this.#files?.[Symbol.dispose]()
  }
}

function subjectOf({ sub }: JWTPayload): string {
  return sub ?? ''
}

/**
 * A list, or a text with spaces between as `scope` has. What is neither a role nor a grant says nothing here, and a
 * name of a group is never taken for a grant.
 */
function rightsOf(claim: unknown, { roles }: Credentials): Rights {
  const values = (typeof claim === 'string' ? claim.split(' ') : Array.isArray(claim) ? claim : []).slice(0, GRANTS_MAX)
  const grants = values.flatMap((value: unknown): readonly string[] => {
    if (typeof value !== 'string') return []
    if (Object.hasOwn(roles, value)) return roles[value] ?? []
    return value.startsWith(GRANT_PREFIX) ? ownGrant(value.slice(GRANT_PREFIX.length)) : []
  })
  return Rights.of(grants)
}

/** Of people and programs: that somebody is a replica is said here, in the auth file, alone. */
function ownGrant(text: string): readonly string[] {
  if (text === PEER) return []
  try {
    parseGrant(text)
    return [text]
  } catch {
    return text === 'admin' ? [text] : []
  }
}

function keySet([text = '']: readonly string[]): JWTVerifyGetKey {
  try {
    return createLocalJWKSet(JSON.parse(text))
  } catch (cause) {
    throw settingFault('authJwksFile', 'is not usable', 'Give a JWK Set, as {"keys": [...]}.', cause)
  }
}

const OWN_FAULTS = new Set(['ERR_JWKS_TIMEOUT', 'ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID'])

/** The token is not quoted, and neither are its claims. */
function fault(cause: unknown): AppError {
  if (!(cause instanceof errors.JOSEError) || OWN_FAULTS.has(cause.code)) {
    return new AppError('UNAVAILABLE', 'the keys that JWTs are signed with can not be had', {
      domain: 'external',
      retry: true,
      hint: 'Try again; the server could not read them from the identity provider.',
      cause,
    })
  }
  const expired = cause instanceof errors.JWTExpired
  return new AppError('UNAUTHENTICATED', expired ? 'the JWT has expired' : 'the JWT is not valid here', {
    hint: expired
      ? 'Get a new one from the identity provider.'
      : 'It must be signed by a key of the set, with the issuer and the audience of the server.',
    cause,
  })
}
