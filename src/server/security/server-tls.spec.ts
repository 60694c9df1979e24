// TLS of the port as a client meets it: certificates by openssl, over real sockets.

import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectOptions, WeirClient } from '../../../clients/typescript/src/index.ts'
import { scriptedRuntime } from '../../../test/e2e/scripted-runtime.ts'
import { CertificateAuthority, type Identity } from '../../../test/harness/kafka/certificates.ts'
import { loadConfig, type SettingName } from '../config/config.ts'
import { startServer } from '../start-server.ts'

const CONNECT_MS = 3_000
const RELOAD_MS = 30

let authority: CertificateAuthority
let other: CertificateAuthority
let identity: Identity
let later: Identity
const cleanups: (() => unknown)[] = []

beforeAll(async () => {
  ;[authority, other] = [await CertificateAuthority.create(), await CertificateAuthority.create()]
  ;[identity, later] = [await authority.issueForBroker(), await other.issueForBroker()]
})
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})
afterAll(() => {
  authority[Symbol.dispose]()
  other[Symbol.dispose]()
})

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-test-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

async function serve(flags: Partial<Record<SettingName, unknown>>): Promise<string> {
  const all = { listen: '127.0.0.1:0', logLevel: 'silent', credentialReloadMs: RELOAD_MS, ...flags }
  const runtime = scriptedRuntime({ list: async () => [] })
  const server = await startServer(loadConfig({ flags: all }), { open: async () => runtime })
  cleanups.push(() => server.close())
  return server.address
}

const ownFiles = () => ({ tlsCertFile: identity.certificatePath, tlsKeyFile: identity.keyPath })
const trusting = (one: CertificateAuthority) => ({ ca: readFileSync(one.certificatePath) })

async function connect(address: string, tls?: ConnectOptions['tls']): Promise<WeirClient> {
  const options = { tls, connectTimeoutMs: CONNECT_MS, channelOptions: { 'grpc.use_local_subchannel_pool': 1 } }
  const client = await WeirClient.connect(address, options)
  cleanups.push(() => client.close())
  return client
}

/** The version that both sides agree on. */
function greet(address: string, versions: { minVersion: 'TLSv1' | 'TLSv1.2'; maxVersion: 'TLSv1.1' | 'TLSv1.2' }) {
  return new Promise<string | null>((resolve, reject) => {
    const port = Number(address.slice(address.lastIndexOf(':') + 1))
    // Level 0, so that it is the server that refuses and not this side.
    const ciphers = 'DEFAULT@SECLEVEL=0'
    const options = { host: '127.0.0.1', port, ...trusting(authority), ...versions, ciphers, ALPNProtocols: ['h2'] }
    const socket = connectTls(options, () => {
      resolve(socket.getProtocol())
      socket.destroy()
    }).on('error', reject)
  })
}

describe('TLS', () => {
  it('lets in whoever trusts the authority, and says what is wrong to others', async () => {
    const address = await serve(ownFiles())
    await (await connect(address, trusting(authority))).listObjects()
    await expect(connect(address, trusting(other))).rejects.toThrow(/within 3000 ms: .*certificate/)
    await expect(connect(address)).rejects.toThrow("can't reach a server")
  })

  it('speaks TLS 1.2 and newer', async () => {
    const address = await serve(ownFiles())
    expect(await greet(address, { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' })).toBe('TLSv1.2')
    await expect(greet(address, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1' })).rejects.toThrow(/protocol version/)
  })

  it('takes new files while it runs: open connections go on, half of a pair changes nothing', async () => {
    const path = folder()
    const [tlsCertFile, tlsKeyFile] = [join(path, 'cert.pem'), join(path, 'key.pem')]
    copyFileSync(identity.certificatePath, tlsCertFile)
    copyFileSync(identity.keyPath, tlsKeyFile)
    const address = await serve({ tlsCertFile, tlsKeyFile })
    const before = await connect(address, trusting(authority))
    await before.listObjects()

    copyFileSync(later.certificatePath, tlsCertFile)
    await new Promise((resolve) => setTimeout(resolve, 10 * RELOAD_MS))
    await connect(address, trusting(authority))

    copyFileSync(later.keyPath, tlsKeyFile)
    const renewed = () => connect(address, trusting(other)).then(() => 'renewed')
    await expect.poll(() => renewed().catch(() => 'not yet'), { timeout: 20_000 }).toBe('renewed')
    await before.listObjects()

    rmSync(tlsKeyFile)
    await new Promise((resolve) => setTimeout(resolve, 10 * RELOAD_MS))
    await connect(address, trusting(other))
  })

  it('asks for certificates of clients where their authority is named', async () => {
    const address = await serve({ ...ownFiles(), tlsClientCaFile: authority.certificatePath })
    const withIdentity = ({ certificatePath, keyPath }: Identity) => ({
      ...trusting(authority),
      cert: readFileSync(certificatePath),
      key: readFileSync(keyPath),
    })
    const client = await connect(address, withIdentity(await authority.issueForClient('ann')))
    await client.listObjects()
    const stranger = await other.issueForClient('mallory')
    const calls = (tls: ConnectOptions['tls']) => connect(address, tls).then((one) => one.listObjects())
    await expect(calls(withIdentity(stranger))).rejects.toThrow()
    await expect(calls(trusting(authority))).rejects.toThrow()
  })
})

describe('settings of TLS', () => {
  const faultOf = async (flags: Partial<Record<SettingName, unknown>>) => {
    const error: { code?: string; message: string; hint?: string } = await serve(flags).then(
      () => ({ message: 'it started' }),
      (thrown) => thrown,
    )
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', hint: expect.stringMatching(/./) })
    return error.message
  }

  it('that do not go together end the start, and so do files that are none', async () => {
    const path = join(folder(), 'secret.pem')
    writeFileSync(path, 'canary')
    const { tlsCertFile, tlsKeyFile } = ownFiles()
    expect(await faultOf({ tlsCertFile })).toBe('--tls-key-file is missing')
    expect(await faultOf({ tlsKeyFile })).toBe('--tls-cert-file is missing')
    expect(await faultOf({ tlsClientCaFile: tlsCertFile })).toContain('--tls-client-ca-file is given')
    expect(await faultOf({ tlsCertFile: '/nowhere', tlsKeyFile })).toBe('--tls-cert-file can\'t be read: "/nowhere"')
    expect(await faultOf({ tlsCertFile, tlsKeyFile: later.keyPath })).toContain('not the key of the certificate')
    const noKey = await faultOf({ tlsCertFile, tlsKeyFile: path })
    expect(noKey).toContain('--tls-key-file is not usable')
    expect(noKey).not.toContain('canary')
  })
})
