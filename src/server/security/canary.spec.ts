// Secrets that a server is given, by file and by environment, are planted as canaries; then all that it says and stores is
// read: lists, descriptions, plans, errors, logs, the audit log and the files of the data directory.

import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { CertificateAuthority } from '../../../test/harness/kafka/certificates.ts'
import { TestSchemaRegistry } from '../../../test/harness/schema-registry.ts'
import { AppError } from '../../core/errors.ts'
import { loadConfig } from '../config/config.ts'
import { type RunningServer, startServer } from '../start-server.ts'
import { hashOf, newToken } from './api-token.ts'

const FILE_CANARY = 'canary-in-a-file-5d41402abc'
const ENV_CANARY = 'canary-in-the-environment-7d793037a0'
const OWN_CANARY = 'canary-of-the-server-9c1185a5c5'
const ENV_NAME = 'CANARY_OF_THIS_TEST'

let folder: string
let authority: CertificateAuthority
let registry: TestSchemaRegistry
let server: RunningServer
let token: string
let privateKey: string
let connect: (withToken?: string) => Promise<WeirClient>
const said: string[] = []
const logged: string[] = []

/** What a call gives or how it fails, with everything that can be read of it. */
async function say(call: Promise<unknown>): Promise<void> {
  const text = await call.then(
    (answer) => JSON.stringify(answer, (_, value) => (typeof value === 'bigint' ? String(value) : value)),
    (error) => JSON.stringify([String(error), error, error.hint, error.cause, error.metadata, error.diagnostics]),
  )
  said.push(text)
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  process.env[ENV_NAME] = ENV_CANARY
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  authority = await CertificateAuthority.create()
  const identity = await authority.issueForBroker()
  privateKey = readFileSync(identity.keyPath, 'utf8').split('\n')[1] ?? ''
  registry = await TestSchemaRegistry.open()
  registry.add('s-value', { type: 'record', name: 'S', fields: [{ name: 'id', type: 'long' }] })
  token = newToken()
  const tokens = [{ name: 'ann', sha256: hashOf(token), grants: ['admin'] }]
  const config = loadConfig({
    flags: {
      listen: '127.0.0.1:0',
      dataDirectory: join(folder, 'data'),
      tlsCertFile: identity.certificatePath,
      tlsKeyFile: identity.keyPath,
      authTokensFile: file('auth.json', JSON.stringify({ tokens })),
      auditFile: join(folder, 'audit.jsonl'),
      peerTokenFile: file('peer', token),
      schemaRegistryUrl: registry.url,
      schemaRegistryUser: 'weir',
      schemaRegistryPassword: `\${file:${file('own', OWN_CANARY)}}`,
      credentialReloadMs: 50,
    },
  })
  file('registry', `${FILE_CANARY}\n`)
  const log = new PassThrough().on('data', (chunk) => logged.push(String(chunk)))
  server = await startServer(config, { logger: pino({ level: 'trace' }, log) })
  connect = (withToken = token) =>
    WeirClient.connect(server.address, { tls: { ca: readFileSync(authority.certificatePath) }, token: withToken })
}, 60_000)

afterAll(async () => {
  await server.close()
  await registry[Symbol.asyncDispose]()
  authority[Symbol.dispose]()
  delete process.env[ENV_NAME]
  rmSync(folder, { recursive: true })
})

const stream = (name: string, login: string) =>
  `CREATE STREAM ${name} (id BIGINT) WITH (format = 'avro', subject = 's-value'${login})`
const withLogin = (url: string, user: string, password: string) =>
  `, 'schema.registry' = '${url}', 'schema.registry.user' = '${user}', 'schema.registry.password' = '${password}'`

describe('a secret', () => {
  it('is used, and is in nothing that the server says or stores', async () => {
    await using client = await connect()
    const fromFile = `\${file:${join(folder, 'registry')}}`
    const fromEnvironment = `\${env:${ENV_NAME}}`
    const views = ['own', 'of_file', 'of_env', 'of_user']
    await client.execute(stream('own', ", 'schema.registry' = 'default'"))
    await client.execute(stream('of_file', withLogin(registry.url, 'u', fromFile)))
    await client.execute(stream('of_env', withLogin(registry.url, 'u', fromEnvironment)))
    await client.execute(stream('of_user', withLogin(registry.url, fromEnvironment, fromFile)))
    for (const view of views) {
      await client.execute(`CREATE MATERIALIZED VIEW v_${view} AS SELECT COUNT(*) AS n FROM ${view} EMIT CHANGES`)
      await using writer = client.ingest(view)
      await writer.write(Buffer.from([0, 0, 0, 0, 1, 2]))
      await writer.flush()
    }
    // Used: the registry was shown each of them.
    const shown = () => registry.authorizations.map((one) => Buffer.from((one ?? '').slice(6), 'base64').toString())
    for (const pair of [`weir:${OWN_CANARY}`, `u:${FILE_CANARY}`, `u:${ENV_CANARY}`, `${ENV_CANARY}:${FILE_CANARY}`]) {
      await expect.poll(shown, { timeout: 20_000 }).toContain(pair)
    }

    for (const what of ['STREAMS', 'TABLES', 'VIEWS', 'MATERIALIZED VIEWS', 'SINKS', 'QUERIES', 'TOPICS']) {
      await say(client.execute(`SHOW ${what}`))
    }
    for (const view of views) {
      await say(client.execute(`DESCRIBE EXTENDED ${view}`))
      await say(client.execute(`DESCRIBE EXTENDED v_${view}`))
      await say(client.execute(`EXPLAIN SELECT * FROM ${view} EMIT CHANGES`))
      await say(client.execute(`EXPLAIN QUERY v_${view}`))
      await say(client.describeObject(view))
      await say(client.describeQuery(`v_${view}`))
    }
    await say(client.analyzeQuery('v_of_file'))
    await say(client.listObjects())
    expect(said.join()).toContain(fromEnvironment)

    // Errors: of the registry that refuses, is away, or is none; of secrets that are not there; of SQL with one in it.
    registry.fault = (_, response) => response.writeHead(401).end('{"error_code":40101,"message":"Unauthorized"}')
    await say(client.execute(stream('refused', withLogin(registry.url, 'u', fromFile)).replace('(id BIGINT)', '')))
    registry.fault = (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    await say(client.execute(stream('moved', withLogin(registry.url, 'u', fromEnvironment)).replace('(id BIGINT)', '')))
    registry.fault = undefined
    await say(client.execute(stream('away', withLogin('http://127.0.0.1:1', 'u', fromFile)).replace('(id BIGINT)', '')))
    await say(client.execute(stream('none', withLogin(registry.url, 'u', `\${env:${FILE_CANARY.slice(0, 6)}}`))))
    await say(client.execute(stream('plain', withLogin(registry.url, 'u', 'not a reference'))))
    await say(client.execute('SELECT * FROM own, of_file JOIN'))
    await using wrong = await connect(`${token}x`)
    await say(wrong.listObjects())
    expect(said.join()).toMatch(/UNAUTHENTICATED/)
    expect(said.join()).toMatch(/Unauthorized/)

    const stored = globSync('{data/**/*,audit.jsonl}', { cwd: folder, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    expect(stored.join().length).toBeGreaterThan(10_000)
    expect(logged.join().length).toBeGreaterThan(1_000)
    for (const secret of [FILE_CANARY, ENV_CANARY, OWN_CANARY, token, privateKey]) {
      const forms = [
        secret,
        Buffer.from(secret).toString('base64').replace(/=*$/, ''),
        Buffer.from(secret).toString('hex'),
      ]
      for (const form of forms) {
        expect(said.find((text) => text.includes(form))).toBeUndefined()
        expect(logged.find((text) => text.includes(form))).toBeUndefined()
        expect(stored.some((text) => text.includes(form))).toBe(false)
      }
    }
  }, 120_000)

  it('is not quoted by settings that are wrong', async () => {
    const path = join(folder, 'registry')
    const settings = { listen: '127.0.0.1:0', logLevel: 'silent' } as const
    for (const more of [{ authTokensFile: path }, { authJwksFile: path, authJwtIssuer: 'i', authJwtAudience: 'a' }]) {
      const error = await startServer(loadConfig({ flags: { ...settings, ...more } })).then(
        () => undefined,
        (thrown: AppError) => thrown,
      )
      expect(error).toBeInstanceOf(AppError)
      expect(`${error?.message} ${error?.hint}`).not.toContain(FILE_CANARY)
    }
  })
})
