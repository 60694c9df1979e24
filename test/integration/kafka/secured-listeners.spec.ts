// The listeners that the harness offers to specs of TLS and SASL let in whom they should and nobody else; told with
// Kafka's own client.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { KafkaCluster } from '../../../scripts/kafka/kafka-cluster.ts'
import type { SaslMechanism } from '../../../scripts/kafka/kafka-listener.ts'
import { CertificateAuthority, type Identity } from '../../harness/kafka/certificates.ts'
import { describeKafkaCluster } from '../../harness/kafka/describe-kafka.ts'
import { KafkaTools } from '../../harness/kafka/kafka-tools.ts'

const START_MS = 120_000
const ALICE = { name: 'alice', password: 'pass word-1' }
const BOB = { name: 'bob', password: 'another-2' }
const MECHANISMS: readonly SaslMechanism[] = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER']
const MODULES = 'org.apache.kafka.common.security'

/** Properties of a client that logs in with a password. */
function login(mechanism: SaslMechanism, user: string, password: string): readonly string[] {
  const module = mechanism === 'PLAIN' ? 'plain.PlainLoginModule' : 'scram.ScramLoginModule'
  return [
    `sasl.mechanism=${mechanism}`,
    `sasl.jaas.config=${MODULES}.${module} required username="${user}" password="${password}";`,
  ]
}

describeKafkaCluster('secured listeners', () => {
  let authority: CertificateAuthority
  let client: Identity
  let kafka: KafkaCluster

  beforeAll(async () => {
    authority = await CertificateAuthority.create()
    const { identityPath } = await authority.issueForBroker()
    client = await authority.issueForClient('alice')
    const tls = { identityPath }
    kafka = await KafkaCluster.start({
      users: [ALICE, BOB],
      listeners: [
        { name: 'TLS', tls },
        { name: 'MUTUAL', tls: { identityPath, clientAuthorityPath: authority.certificatePath } },
        { name: 'LOGIN', sasl: MECHANISMS },
        { name: 'LOGIN_TLS', sasl: MECHANISMS, tls },
      ],
    })
    await (await KafkaTools.at(kafka.bootstrap)).createTopic('orders')
  }, START_MS)
  afterAll(async () => {
    await kafka?.close()
    authority[Symbol.dispose]()
  })

  const trust = () => ['ssl.truststore.type=PEM', `ssl.truststore.location=${authority.certificatePath}`]

  /** Writes a record there, and fails soon where it may not. */
  async function write(listener: string, properties: readonly string[]): Promise<void> {
    const tools = await KafkaTools.at(kafka.bootstrapOf(listener))
    await tools.produce('orders', ['a'], ['max.block.ms=5000', ...properties])
  }

  it('take a client that trusts the authority, and none that does not', { timeout: START_MS }, async () => {
    await write('TLS', ['security.protocol=SSL', ...trust()])
    using stranger = await CertificateAuthority.create()
    const mistaken = ['ssl.truststore.type=PEM', `ssl.truststore.location=${stranger.certificatePath}`]
    await expect(write('TLS', ['security.protocol=SSL', ...mistaken])).rejects.toThrow(/SSL|PKIX/)
  })

  it('take a client by its certificate, and none without one', { timeout: START_MS }, async () => {
    const identity = ['ssl.keystore.type=PEM', `ssl.keystore.location=${client.identityPath}`]
    await write('MUTUAL', ['security.protocol=SSL', ...trust(), ...identity])
    await expect(write('MUTUAL', ['security.protocol=SSL', ...trust()])).rejects.toThrow(/SSL|Timeout/)
  })

  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    'take a user by password with %s, and none with another password',
    { timeout: START_MS },
    async (mechanism) => {
      const plain = ['security.protocol=SASL_PLAINTEXT']
      const encrypted = ['security.protocol=SASL_SSL', ...trust()]
      await write('LOGIN', [...plain, ...login(mechanism, ALICE.name, ALICE.password)])
      await write('LOGIN_TLS', [...encrypted, ...login(mechanism, BOB.name, BOB.password)])
      const wrong = write('LOGIN', [...plain, ...login(mechanism, ALICE.name, BOB.password)])
      await expect(wrong).rejects.toThrow(/SaslAuthenticationException/)
    },
  )

  it('take an unsigned token, and none that has run out', { timeout: START_MS }, async () => {
    const oauth = (claims: string) => [
      'security.protocol=SASL_PLAINTEXT',
      'sasl.mechanism=OAUTHBEARER',
      `sasl.jaas.config=${MODULES}.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="alice"${claims};`,
    ]
    await write('LOGIN', oauth(''))
    const expired = write('LOGIN', oauth(' unsecuredLoginLifetimeSeconds="-100"'))
    await expect(expired).rejects.toThrow(/SaslAuthenticationException.*invalid_token/)
  })
})
