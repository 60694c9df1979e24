// Who is taken for whom: API tokens, JWTs and certificates, as they come, change and go.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type ConnectOptions, WeirClient } from '../../../clients/typescript/src/index.ts'
import { ScriptedStream, scriptedRuntime } from '../../../test/e2e/scripted-runtime.ts'
import { GuardedServer } from '../../../test/harness/guarded-server.ts'
import { CertificateAuthority, type Identity } from '../../../test/harness/kafka/certificates.ts'
import type { AppError } from '../../core/errors.ts'
import type { Runtime } from '../../runtime/api.ts'
import { loadConfig, type SettingName } from '../config/config.ts'
import { GrpcPeers } from '../peers/grpc-peers.ts'
import { startServer } from '../start-server.ts'
import { hashOf, newToken } from './api-token.ts'
import { parseAuthFile } from './auth-file.ts'
import { PeerIdentity } from './peer-identity.ts'

const cleanups: (() => unknown)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup()
})

async function guarded(...args: Parameters<typeof GuardedServer.start>): Promise<GuardedServer> {
  const server = await GuardedServer.start(...args)
  cleanups.push(() => server[Symbol.asyncDispose]())
  return server
}

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'weir-test-'))
  cleanups.push(() => rmSync(path, { recursive: true }))
  return path
}

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => 'OK',
    (error: { status?: string }) => error.status ?? String(error),
  )

/** An engine with one subscription that does not end. */
function streaming(): { readonly open: () => Promise<Runtime>; readonly stream: ScriptedStream } {
  const stream = new ScriptedStream(true, () => undefined)
  return { stream, open: async () => scriptedRuntime({ subscribe: async () => stream, list: async () => [] }) }
}

/** The status that a subscription ends with. */
async function endOf(client: WeirClient): Promise<string> {
  const read = async () => {
    for await (const _ of client.subscribe('v'));
  }
  return codeOf(read())
}

describe('an API token', () => {
  it('is 256 random bits, of which the server has the hash', () => {
    const [one, other] = [newToken(), newToken()]
    expect(one).toMatch(/^weir_[A-Za-z0-9_-]{43}$/)
    expect(one).not.toBe(other)
    expect(hashOf('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
  })

  it('gives what its file says, from the moment that the file says it', async () => {
    const server = await guarded()
    const client = await server.client('ann', ['manage:a*', 'read:a*'])
    await client.execute('CREATE STREAM a1 (id BIGINT)')
    expect(await codeOf(client.execute('CREATE STREAM b1 (id BIGINT)'))).toBe('PERMISSION_DENIED')
    await server.token('ann', ['manage:b*'])
    await client.execute('CREATE STREAM b1 (id BIGINT)')
    expect(await codeOf(client.execute('DROP STREAM a1'))).toBe('PERMISSION_DENIED')
    await server.revoke('ann')
    expect(await codeOf(client.execute('SHOW STREAMS'))).toBe('UNAUTHENTICATED')
  })

  it('that has expired is none', async () => {
    const server = await guarded()
    const past = await server.connect(await server.token('past', ['admin'], '2020-01-01'))
    await expect(past.listObjects()).rejects.toMatchObject({
      status: 'UNAUTHENTICATED',
      message: 'the token has expired',
    })
  })

  it('ends the streams that it opened when it is revoked or expires', async () => {
    const revoked = streaming()
    const server = await guarded({}, {}, revoked.open)
    const ended = endOf(await server.client('ann', ['read:v']))
    await expect.poll(() => revoked.stream.pulled).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await server.revoke('ann')
    expect(await ended).toBe('UNAUTHENTICATED')
    await expect.poll(() => revoked.stream.closed).toBe(true)

    const expiring = streaming()
    const second = await guarded({}, {}, expiring.open)
    const soon = new Date(Date.now() + 1_000).toISOString()
    const client = await second.connect(await second.token('bob', ['read:v'], soon))
    expect(await endOf(client)).toBe('UNAUTHENTICATED')
  })

  it('is not taken from a header of another form', async () => {
    const server = await guarded()
    const token = await server.token('ann', ['admin'])
    for (const bad of [`${token}x`, ` ${token} x`, `${token}\t`, 'x'.repeat(6_000), '']) {
      const client = await server.connect(bad)
      expect(await codeOf(client.listObjects()), bad.slice(0, 20)).toMatch(/UNAUTHENTICATED|invalid|characters/i)
    }
  })

  it('of a caller who does not see everything brings no names of what is not seen', async () => {
    const server = await guarded()
    const admin = await server.client('admin', ['admin'])
    await admin.execute('CREATE STREAM orders_secret (id BIGINT)')
    const client = await server.client('ann', ['read:orders*x', 'manage:orders*x'])
    const errors = await Promise.all([
      client.execute('SELECT * FROM orders_secretx EMIT CHANGES').catch(String),
      client.describeObject('orders_secretx').catch(String),
      client.validate('SELECT * FROM orders_secretx').then(JSON.stringify),
      client.execute('DROP STREAM orders_secretx').catch((error) => JSON.stringify([error.message, error.hint])),
    ])
    for (const text of errors) {
      expect(text).toContain('orders_secretx')
      expect(text).not.toMatch(/orders_secret(?!x)/)
    }
    expect((await admin.validate('SELECT * FROM orders_secretx'))[0]?.hint).toContain('"orders_secret"')
  })
})

describe('the file of tokens', () => {
  it.each([
    ['tokens: [', /^line 1: /],
    ['tokens: { a: b }', /tokens: /],
    ['tokens:\n  - { name: a, sha256: canary, grants: [] }', /tokens\.0\.sha256: must be a SHA-256/],
    [`tokens:\n  - { name: a, sha256: "${'a'.repeat(64)}", grants: ["raed:x"] }`, /a grant is read:NAME/],
    [`tokens:\n  - { name: a, sha256: "${'a'.repeat(64)}", grants: [], expires: soon }`, /expires: must be a time/],
    ['users: []', /users/],
    [`tokens: [${`{name: a, sha256: ${'b'.repeat(64)}, grants: []},`.repeat(2)}]`, /has the hash of another/],
    ['roles: &r { a: [admin] }\ncertificates: *r', /alias|expected/i],
  ])('%j is refused', (text, fault) => {
    expect(() => parseAuthFile(text)).toThrow(fault)
    expect(() => parseAuthFile(text)).not.toThrow(/canary/)
  })

  it('is YAML or JSON, and empty is nobody', () => {
    expect(parseAuthFile('')).toEqual({ tokens: [], certificates: [], roles: {} })
    const file = { tokens: [], certificates: [{ name: 'a', grants: ['admin'] }], roles: { r: ['read:*'] } }
    expect(parseAuthFile(JSON.stringify(file))).toEqual(file)
    expect(parseAuthFile('certificates:\n  - name: a\n    grants: [admin]\nroles: { r: ["read:*"] }\n')).toEqual(file)
  })

  it('that is wrong ends the start, and changes nothing while the server runs', async () => {
    const path = join(folder(), 'auth.yaml')
    const start = () =>
      startServer(
        loadConfig({
          flags: { listen: '127.0.0.1:0', logLevel: 'silent', credentialReloadMs: 30, authTokensFile: path },
        }),
        { open: streaming().open },
      )
    writeFileSync(path, 'tokens: 1')
    await expect(start()).rejects.toThrow('--auth-tokens-file is not usable: tokens: ')
    const token = newToken()
    writeFileSync(path, `tokens:\n  - { name: a, sha256: ${hashOf(token)}, grants: [admin] }\n`)
    const server = await start()
    cleanups.push(() => server.close())
    const client = await WeirClient.connect(server.address, { token })
    cleanups.push(() => client.close())
    await client.listObjects()
    for (const text of ['tokens: 1', 'tokens: [']) {
      writeFileSync(path, text)
      await new Promise((resolve) => setTimeout(resolve, 200))
      await client.listObjects()
    }
  })
})

describe('a JWT', () => {
  const issuer = 'https://id.example'
  const audience = 'weir'
  const settings = { authJwtIssuer: issuer, authJwtAudience: audience }
  let keys: Awaited<ReturnType<typeof generateKeyPair>>
  let jwks: string

  beforeAll(async () => {
    keys = await generateKeyPair('ES256')
    jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256' }] })
  })

  const jwt = (claims: Record<string, unknown>) => {
    const now = Math.floor(Date.now() / 1000)
    const all = { iss: issuer, aud: audience, sub: 'ann', exp: now + 60, groups: ['analysts'], ...claims }
    return new SignJWT(all).setProtectedHeader({ alg: 'ES256', kid: 'k1' }).sign(keys.privateKey)
  }

  const withKeys = async (flags: Partial<Record<SettingName, unknown>> = {}) => {
    const authJwksFile = join(folder(), 'jwks.json')
    writeFileSync(authJwksFile, jwks)
    const server = await guarded(
      { authJwksFile, ...settings, ...flags },
      { roles: { analysts: ['read:*'], admin: [] } },
    )
    return { server, authJwksFile }
  }

  const call = async (server: GuardedServer, token: string, sql = 'SELECT 1 AS one') =>
    codeOf((await server.connect(token)).execute(sql))

  it('has the rights of the roles that its claim names, and those after "weir:"', async () => {
    const { server } = await withKeys()
    const make = (name: string) => `CREATE STREAM ${name} (id BIGINT)`
    expect(await call(server, await jwt({}))).toBe('OK')
    expect(await call(server, await jwt({}), make('a'))).toBe('PERMISSION_DENIED')
    expect(await call(server, await jwt({ groups: ['weir:manage:b*'] }), make('b1'))).toBe('OK')
    expect(await call(server, await jwt({ groups: 'x weir:manage:c* y' }), make('c1'))).toBe('OK')
    // A group of that name is a role here, and this one has no rights; without a role it is nothing at all.
    expect(await call(server, await jwt({ groups: ['admin'] }), make('d'))).toBe('PERMISSION_DENIED')
    expect(await call(server, await jwt({ groups: ['manage:*', 'peer', 'weir:peer', 7] }), make('d'))).toBe(
      'PERMISSION_DENIED',
    )
    expect(await call(server, await jwt({ groups: undefined }), 'DESCRIBE b1')).toBe('PERMISSION_DENIED')
  })

  it('is none that is expired, for others, of others, unsigned, or without what it needs', async () => {
    const { server } = await withKeys()
    const past = Math.floor(Date.now() / 1000) - 60
    const others = await generateKeyPair('ES256')
    const body = { iss: issuer, aud: audience, sub: 'ann', exp: past + 3_600 }
    const bad = {
      expired: await jwt({ exp: past }),
      'another audience': await jwt({ aud: 'other' }),
      'another issuer': await jwt({ iss: 'https://evil.example' }),
      'no expiry': await jwt({ exp: undefined }),
      'no subject': await jwt({ sub: undefined }),
      unsigned: new UnsecuredJWT(body).encode(),
      'signed by a stranger': await new SignJWT(body)
        .setProtectedHeader({ alg: 'ES256', kid: 'k1' })
        .sign(others.privateKey),
      'signed with the public key as a secret': await new SignJWT(body)
        .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
        .sign(new TextEncoder().encode(jwks.padEnd(32))),
    }
    for (const [what, token] of Object.entries(bad)) expect(await call(server, token), what).toBe('UNAUTHENTICATED')
  })

  it('is checked with the keys that the file has now, or that an address gives', async () => {
    const { server, authJwksFile } = await withKeys()
    const later = await generateKeyPair('ES256')
    const now = Math.floor(Date.now() / 1000)
    const token = await new SignJWT({ iss: issuer, aud: audience, sub: 'ann', exp: now + 60 })
      .setProtectedHeader({ alg: 'ES256', kid: 'k2' })
      .sign(later.privateKey)
    expect(await call(server, token)).toBe('UNAUTHENTICATED')
    const rotated = JSON.stringify({ keys: [{ ...(await exportJWK(later.publicKey)), kid: 'k2', alg: 'ES256' }] })
    writeFileSync(authJwksFile, rotated)
    await expect.poll(() => call(server, token)).toBe('OK')

    let answers = true
    const provider = createServer((_, response) => {
      if (answers) response.setHeader('content-type', 'application/json').end(rotated)
      else response.writeHead(500).end()
    }).listen(0, '127.0.0.1')
    cleanups.push(() => provider.close())
    await new Promise((resolve) => provider.once('listening', resolve))
    const authJwksUrl = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`
    const remote = await guarded({ authJwksUrl, ...settings })
    expect(await call(remote, token)).toBe('OK')
    answers = false
    const unreachable = await guarded({ authJwksUrl, ...settings })
    expect(await call(unreachable, token)).toBe('UNAVAILABLE')
  })

  it('needs settings that go together', async () => {
    const refusal = (flags: Partial<Record<SettingName, unknown>>) =>
      guarded(flags).then(
        () => 'it started',
        (error: AppError) => error.message,
      )
    const url = 'https://id.example/keys'
    expect(await refusal({ authJwtIssuer: issuer })).toBe('--auth-jwt-issuer is given, but no keys')
    expect(await refusal({ authJwksUrl: url, authJwtIssuer: issuer })).toBe('--auth-jwt-audience is missing')
    expect(await refusal({ authJwksUrl: url, authJwksFile: 'x', ...settings })).toContain('exclude each other')
    expect(await refusal({ authJwksFile: join(folder(), 'none'), ...settings })).toContain("can't be read")
    expect(() => loadConfig({ flags: { authJwksUrl: 'http://id.example/keys' } })).toThrow('must be https://')
  })
})

describe('a certificate', () => {
  let authority: CertificateAuthority
  let server: Identity
  let replica: Identity

  beforeAll(async () => {
    authority = await CertificateAuthority.create()
    server = await authority.issueForBroker()
    replica = await authority.issueForClient('replica-1')
    return () => authority[Symbol.dispose]()
  })

  const flags = () => ({
    tlsCertFile: server.certificatePath,
    tlsKeyFile: server.keyPath,
    tlsClientCaFile: authority.certificatePath,
  })
  const tlsOf = ({ certificatePath, keyPath }: Identity): ConnectOptions => ({
    tls: {
      ca: readFileSync(authority.certificatePath),
      cert: readFileSync(certificatePath),
      key: readFileSync(keyPath),
    },
    channelOptions: { 'grpc.use_local_subchannel_pool': 1 },
  })

  it('has the rights of its name in the file, and a token beside it counts instead', async () => {
    const one = await guarded(flags(), { certificates: [{ name: 'ann', grants: ['manage:a*'] }] })
    const token = await one.token('deploy', ['manage:b*'])
    const connect = async (name: string, options: ConnectOptions = {}) => {
      const client = await WeirClient.connect(one.address, {
        ...tlsOf(await authority.issueForClient(name)),
        ...options,
      })
      cleanups.push(() => client.close())
      return client
    }
    const make = (name: string) => `CREATE STREAM ${name} (id BIGINT)`
    const ann = await connect('ann')
    expect(await codeOf(ann.execute(make('a1')))).toBe('OK')
    expect(await codeOf(ann.execute(make('b1')))).toBe('PERMISSION_DENIED')
    expect(await codeOf((await connect('ann', { token })).execute(make('b1')))).toBe('OK')
    expect(await codeOf((await connect('bob')).execute('SHOW STREAMS'))).toBe('UNAUTHENTICATED')
  })

  it('or a token with "peer" lets replicas ask each other, and nobody else', async () => {
    const open = async () => scriptedRuntime({ describeTasksForPeer: async () => new Map() })
    const certificates = [{ name: 'replica-*', grants: ['peer'] }]
    const one = await guarded(flags(), { certificates }, open)
    const ask = async (settings: Partial<Record<SettingName, unknown>>) => {
      const config = loadConfig({ flags: { kafka: 'k:1', ...settings } })
      const peers = new GrpcPeers({ identity: new PeerIdentity(config, () => {}) })
      cleanups.push(() => peers.close())
      return peers.describeTasks(one.address, { deployment: 'd', query: 'q' }).then(
        () => 'OK',
        (error: AppError) => error.message,
      )
    }
    const own = { ...flags(), tlsCertFile: replica.certificatePath, tlsKeyFile: replica.keyPath }
    expect(await ask(own)).toBe('OK')
    const ann = await authority.issueForClient('ann')
    const stranger = { ...own, tlsCertFile: ann.certificatePath, tlsKeyFile: ann.keyPath }
    expect(await ask(stranger)).toContain('"ann" has no rights')
    const peerTokenFile = join(folder(), 'token')
    writeFileSync(peerTokenFile, `${await one.token('replicas', ['peer'])}\n`)
    expect(await ask({ ...stranger, peerTokenFile })).toBe('OK')
    writeFileSync(peerTokenFile, await one.token('users', ['admin']))
    expect(await ask({ ...stranger, peerTokenFile })).toContain('"users" may not')
  })
})
