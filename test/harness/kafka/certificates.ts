// Certificates for the TLS listeners of a test's own brokers, by openssl: an authority, a broker at 127.0.0.1 and
// localhost, and clients. They are good for a day and gone with their folder.

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** PEM files. */
export interface Identity {
  readonly keyPath: string
  readonly certificatePath: string
  /** Both in one file, as a broker wants them. */
  readonly identityPath: string
}

const VALID_DAYS = '1'
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

export class CertificateAuthority implements Disposable {
  readonly #directory = mkdtempSync(join(tmpdir(), 'weir-test-tls-'))
  readonly #keyPath = join(this.#directory, 'authority.key')
  /** PEM: what has to be trusted. */
  readonly certificatePath = join(this.#directory, 'authority.pem')

  private constructor() {}

  static async create(): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority()
    const files = ['-keyout', authority.#keyPath, '-out', authority.certificatePath]
    await openssl(['req', '-x509', ...CURVE, ...files, '-days', VALID_DAYS, '-subj', '/CN=weir test authority'])
    return authority
  }

  /** A broker is known by its address. */
  issueForBroker(): Promise<Identity> {
    return this.#issue('broker', 'subjectAltName=DNS:localhost,IP:127.0.0.1')
  }

  /** One that is not where its certificate says. */
  issueForHost(host: string): Promise<Identity> {
    return this.#issue(`broker-${host}`, `subjectAltName=DNS:${host}`)
  }

  issueForClient(name: string): Promise<Identity> {
    return this.#issue(name, 'extendedKeyUsage=clientAuth')
  }

  [Symbol.dispose](): void {
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #issue(name: string, extension: string): Promise<Identity> {
    const path = (suffix: string) => join(this.#directory, `${name}.${suffix}`)
    const [keyPath, requestPath, certificatePath, identityPath] = [path('key'), path('csr'), path('pem'), path('both')]
    const extensionPath = path('ext')
    writeFileSync(extensionPath, `${extension}\n`)
    await openssl(['req', '-new', ...CURVE, '-keyout', keyPath, '-out', requestPath, '-subj', `/CN=${name}`])
    const signer = ['-CA', this.certificatePath, '-CAkey', this.#keyPath, '-CAcreateserial']
    const files = ['-in', requestPath, '-out', certificatePath, '-extfile', extensionPath]
    await openssl(['x509', '-req', ...files, ...signer, '-days', VALID_DAYS])
    writeFileSync(identityPath, readFileSync(keyPath, 'utf8') + readFileSync(certificatePath, 'utf8'))
    return { keyPath, certificatePath, identityPath }
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  await promisify(execFile)('openssl', args)
}
