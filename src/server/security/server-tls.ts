// TLS of the gRPC port, by node:tls. Certificate and key are files; when they change, connections from then on are
// greeted with the new ones, and those that are open go on. A pair that does not fit, which is what a file that is
// being replaced looks like for a moment, changes nothing.

import { createPrivateKey, X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions, type Server as TlsServer } from 'node:tls'
import { ServerCredentials } from '@grpc/grpc-js'
import type { ServerConfig } from '../config/config.ts'
import type { Logger } from '../telemetry/logger.ts'
import { type FileSetting, settingFault, WatchedFiles } from './watched-file.ts'

/** TLS 1.1 and older are broken (RFC 8996). */
const TLS_VERSION_MIN = 'TLSv1.2'

const PEM_HINT = 'Give PEM: a certificate begins with -----BEGIN CERTIFICATE-----.'

/** Undefined where the settings ask for no TLS. Throws INVALID_ARGUMENT for settings that don't go together. */
export function serverTls(config: ServerConfig, logger: Logger): ReloadedCredentials | undefined {
  if (config.tlsCertFile === '' && config.tlsKeyFile === '') {
    if (config.tlsClientCaFile === '') return undefined
    throw settingFault('tlsClientCaFile', 'is given, but no certificate of the server', 'Add --tls-cert-file.')
  }
  for (const name of ['tlsCertFile', 'tlsKeyFile'] as const) {
    if (config[name] !== '') continue
    throw settingFault(name, 'is missing', 'A certificate and its private key are given together.')
  }
  const names = config.tlsClientCaFile === '' ? PAIR : ([...PAIR, 'tlsClientCaFile'] as const)
  return new ReloadedCredentials(new WatchedFiles(names, config), logger)
}

const PAIR = ['tlsCertFile', 'tlsKeyFile'] as const

export class ReloadedCredentials extends ServerCredentials implements Disposable {
  readonly #files: WatchedFiles

  constructor(files: WatchedFiles, logger: Logger) {
    const asksClients = files.texts.length > PAIR.length
    // Where an authority of clients is named, nobody comes in without a certificate of it.
    super({ requestCert: asksClients, rejectUnauthorized: asksClients }, contextOf(files.texts))
    this.#files = files
    files.watch(
      (texts) => {
        this.updateSecureContextOptions(contextOf(texts))
        logger.info('certificates reloaded')
      },
      // Of the file system or of OpenSSL: neither quotes what is in a key.
      (error) => logger.error({ reason: String(error) }, 'certificates not reloaded; the ones before stay'),
    )
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]()
  }
}

/** Certificate and key alone, for a page: a browser that has no certificate of its own brings a token. */
export function pageTls(config: ServerConfig, logger: Logger): ReloadedPair | undefined {
  return config.tlsCertFile === '' ? undefined : new ReloadedPair(new WatchedFiles(PAIR, config), logger)
}

export class ReloadedPair implements Disposable {
  readonly #files: WatchedFiles
  readonly #logger: Logger

  constructor(files: WatchedFiles, logger: Logger) {
    this.#files = files
    this.#logger = logger
  }

  get context(): SecureContextOptions {
    return contextOf(this.#files.texts)
  }

  /** From now on it greets with what the files hold. */
  follow<T extends TlsServer>(server: T): T {
    this.#files.watch(
      (texts) => server.setSecureContext(contextOf(texts)),
      (error) => this.#logger.error({ reason: String(error) }, 'certificates of the console not reloaded'),
    )
    return server
  }

  [Symbol.dispose](): void {
    this.#files[Symbol.dispose]()
  }
}

/** Checked as a whole, so that what is handed to the listening socket is taken by it. */
function contextOf([cert = '', key = '', ca]: readonly string[]): SecureContextOptions {
  check('tlsCertFile', () => new X509Certificate(cert))
  check('tlsKeyFile', () => {
    if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) {
      throw new Error('it is not the key of the certificate')
    }
  })
  if (ca !== undefined) check('tlsClientCaFile', () => new X509Certificate(ca))
  const options = { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: TLS_VERSION_MIN } as const
  check('tlsCertFile', () => createSecureContext(options))
  return options
}

function check(name: FileSetting, read: () => unknown): void {
  try {
    read()
  } catch (cause) {
    throw settingFault(
      name,
      `is not usable: ${cause instanceof Error ? cause.message : String(cause)}`,
      PEM_HINT,
      cause,
    )
  }
}
