// Weir and the locks of Kafka: the server's settings against listeners with TLS and logins. Who has the key gets in, with
// each mechanism; who has not is told in one sentence what is wrong and what to do, and never what the secret was.

import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WeirClient } from '../../../clients/typescript/src/index.ts'
import { KafkaCluster } from '../../../scripts/kafka/kafka-cluster.ts'
import type { SaslMechanism } from '../../../scripts/kafka/kafka-listener.ts'
import { KafkaLog } from '../../../src/adapters/kafka/kafka-log.ts'
import { must } from '../../../src/core/assert.ts'
import { AppError } from '../../../src/core/errors.ts'
import { flagName, loadConfig, type SettingName } from '../../../src/server/config/config.ts'
import { kafkaStorageOptions } from '../../../src/server/engine/adapter-options.ts'
import { CertificateAuthority, type Identity } from '../../harness/kafka/certificates.ts'
import { describeKafkaCluster } from '../../harness/kafka/describe-kafka.ts'
import { buildServer, freeAddress, removeBuild, ServerProcess, temporaryDirectory } from '../server-process.ts'

const START_MS = 120_000
const USER = 'alice'
const PASSWORD = 'pass word-1 '
const WRONG = 'wrong-secret-7'
const PASSWORDS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const
const MECHANISMS: readonly SaslMechanism[] = [...PASSWORDS, 'OAUTHBEARER']
const HOUR_S = 3_600

type Flags = Partial<Record<SettingName, string | boolean>>

describeKafkaCluster('Weir and secured listeners', () => {
  const directory = temporaryDirectory()
  let authority: CertificateAuthority
  let stranger: CertificateAuthority
  let client: Identity
  let kafka: KafkaCluster
  let topics = 0

  beforeAll(async () => {
    authority = await CertificateAuthority.create()
    stranger = await CertificateAuthority.create()
    const { identityPath } = await authority.issueForBroker()
    client = await authority.issueForClient(USER)
    const tls = { identityPath }
    const elsewhere = await authority.issueForHost('kafka.example.com')
    kafka = await KafkaCluster.start({
      users: [{ name: USER, password: PASSWORD }],
      listeners: [
        { name: 'TLS', tls },
        { name: 'ELSEWHERE', tls: { identityPath: elsewhere.identityPath } },
        { name: 'MUTUAL', tls: { identityPath, clientAuthorityPath: authority.certificatePath } },
        { name: 'LOGIN', sasl: MECHANISMS },
        { name: 'LOGIN_TLS', sasl: MECHANISMS, tls },
        { name: 'SCRAM', sasl: ['SCRAM-SHA-512'] },
      ],
    })
  }, START_MS)
  afterAll(async () => {
    await kafka?.close()
    authority[Symbol.dispose]()
    stranger[Symbol.dispose]()
    rmSync(directory, { recursive: true })
  })

  function file(name: string, text: string): string {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }

  const trust = () => ({ kafkaTls: true, kafkaCaFile: authority.certificatePath })
  const login = (mechanism: string, password = PASSWORD, user = USER): Flags => ({
    kafkaSaslMechanism: mechanism,
    kafkaSaslUsername: user,
    // As an editor leaves it.
    kafkaSaslPasswordFile: file(`password-${password.length}`, `${password}\n`),
  })

  /** An unsigned one, which these brokers take. */
  function token(name: string, lifetimeS: number): Flags {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const nowS = Math.floor(Date.now() / 1_000)
    const claims = { sub: USER, iat: nowS - 2 * HOUR_S, exp: nowS + lifetimeS }
    const text = `${part({ alg: 'none' })}.${part(claims)}.`
    return { kafkaSaslMechanism: 'OAUTHBEARER', kafkaSaslPasswordFile: file(name, text) }
  }

  const config = (listener: string, flags: Flags) =>
    loadConfig({ flags: { kafka: kafka.bootstrapOf(listener), kafkaReplicationFactor: 1, ...flags } })

  /** Makes a topic there, writes a record and reads it. */
  async function use(listener: string, flags: Flags): Promise<void> {
    const log = new KafkaLog({ ...kafkaStorageOptions(config(listener, flags)), replicationFactor: 1 })
    const topic = `topic-${++topics}`
    try {
      await log.createTopic({ name: topic, partitions: 1, retentionMs: undefined, retentionBytes: undefined })
      await log.append(topic, 0, [{ key: null, value: Buffer.from('a'), timestamp: 1 }])
      const reader = await log.openReader(topic)
      await expect.poll(() => reader.read(0, 0, 10, 0), { timeout: 10_000 }).toMatchObject({ count: 1 })
      await reader.close()
    } finally {
      await log.close()
    }
  }

  /** What is told to who may not. */
  async function refusal(listener: string, flags: Flags): Promise<AppError> {
    try {
      await use(listener, flags)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      expect(`${error.message} ${error.hint}`).not.toMatch(new RegExp(`${WRONG}|${PASSWORD}|eyJ`))
      expect(`${error.message} ${error.hint}`).not.toContain('\n')
      return error
    }
    throw new Error('the broker let it in')
  }

  it('take who trusts the authority, and tell who does not', { timeout: START_MS }, async () => {
    await use('TLS', trust())
    for (const flags of [{ kafkaTls: true, kafkaCaFile: stranger.certificatePath }, { kafkaTls: true }]) {
      expect(await refusal('TLS', flags)).toMatchObject({
        code: 'UNAVAILABLE',
        message: expect.stringContaining('the certificate of the broker is not trusted: unable to verify'),
        hint: expect.stringContaining('--kafka-ca-file'),
      })
    }
    expect((await refusal('ELSEWHERE', trust())).message).toContain('the certificate of the broker is for another host')
  })

  it('tell who forgot TLS, and who speaks it where nobody does', { timeout: START_MS }, async () => {
    expect((await refusal('TLS', {})).message).toContain('the broker wants TLS')
    expect((await refusal('LOGIN', { ...trust(), ...login('PLAIN') })).message).toContain('does not answer with TLS')
  })

  it('take who shows a certificate, and tell who has none', { timeout: START_MS }, async () => {
    await use('MUTUAL', { ...trust(), kafkaCertFile: client.certificatePath, kafkaKeyFile: client.keyPath })
    const without = await refusal('MUTUAL', trust())
    expect(without.message).toContain('the broker closes the connection')
    expect(without.hint).toContain('--kafka-cert-file')
  })

  it.each(PASSWORDS)(
    'take a user by password with %s, and tell another one',
    { timeout: START_MS },
    async (mechanism) => {
      await use('LOGIN', login(mechanism))
      await use('LOGIN_TLS', { ...trust(), ...login(mechanism) })
      for (const flags of [login(mechanism, WRONG), login(mechanism, WRONG, 'nobody')]) {
        expect(await refusal('LOGIN', flags)).toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('the broker refuses the login'),
          hint: expect.stringContaining('Check user and password'),
        })
      }
    },
  )

  it('take a token, and tell who has one that ran out, or none at all', { timeout: START_MS }, async () => {
    await use('LOGIN', token('token', HOUR_S))
    await use('LOGIN_TLS', { ...trust(), ...token('token', HOUR_S) })
    expect((await refusal('LOGIN', token('old', -HOUR_S))).message).toContain('the broker refuses the login')
    const garbage = { kafkaSaslMechanism: 'OAUTHBEARER', kafkaSaslPasswordFile: file('garbage', WRONG) }
    expect((await refusal('LOGIN', garbage)).message).toContain('the broker refuses the login')
  })

  it('tell who logs in in another way than they do, or not at all', { timeout: START_MS }, async () => {
    expect(await refusal('SCRAM', login('PLAIN'))).toMatchObject({
      message: expect.stringContaining('the broker does not take this mechanism of login'),
      hint: 'Give another --kafka-sasl-mechanism: it takes SCRAM-SHA-512.',
    })
    expect(await refusal('LOGIN', {})).toMatchObject({
      message: expect.stringContaining('the broker closes the connection'),
      hint: expect.stringContaining('--kafka-sasl-mechanism'),
    })
  })

  it('a secret that was changed is the one of the next login', { timeout: START_MS }, async () => {
    const flags = login('SCRAM-SHA-256', WRONG)
    const path = String(must(flags.kafkaSaslPasswordFile, 'a login has a file'))
    const log = new KafkaLog({ ...kafkaStorageOptions(config('LOGIN', flags)), replicationFactor: 1 })
    try {
      await expect(log.topics()).rejects.toThrow('the broker refuses the login')
      writeFileSync(path, PASSWORD)
      expect(await log.topics()).toBeInstanceOf(Array)
    } finally {
      await log.close()
    }
  })

  it('a server runs its queries behind TLS and a login; one that is refused says so in a line', {
    timeout: START_MS,
  }, async () => {
    buildServer()
    try {
      const spawn = async (password: string) => {
        const flags: Flags = { kafka: kafka.bootstrapOf('LOGIN_TLS'), ...trust(), ...login('SCRAM-SHA-512', password) }
        const args = Object.entries(flags).flatMap(([name, value]) => [
          `--${flagName(name as SettingName)}`,
          String(value),
        ])
        const replication = ['--kafka-replication-factor', '1']
        return ServerProcess.spawn(await freeAddress(), temporaryDirectory(), [...args, ...replication])
      }
      const refused = await spawn(WRONG)
      expect(await refused.exitCode()).toBe(1)
      expect(refused.stderr).toMatch(/^weir: [^\n]*the broker refuses the login \(Check user and password[^\n]*\)\n$/)
      expect(refused.stderr).not.toContain(WRONG)
      const server = await spawn(PASSWORD)
      try {
        await using weir = await WeirClient.connect(server.address, { connectTimeoutMs: 30_000 })
        await weir.execute(`CREATE STREAM s (id BIGINT) WITH (connector = 'kafka', topic = 's', partitions = 1);
          CREATE MATERIALIZED VIEW v AS SELECT COUNT(*) AS n FROM s; INSERT INTO s VALUES (1), (2)`)
        const rows = async () => (await weir.execute('SELECT n FROM v'))[0]
        await expect.poll(rows, { timeout: 20_000 }).toMatchObject({ rows: [{ n: 2n }] })
      } finally {
        await server.kill()
      }
    } finally {
      removeBuild()
    }
  })
})
