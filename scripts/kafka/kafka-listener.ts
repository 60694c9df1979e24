// What a listener asks of its clients, as the properties that a broker understands: TLS from PEM files, and SASL with
// the users that the cluster was started with.

import type { BoundListener } from './broker-properties.ts'

export type SaslMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER'

/** A listener besides the plain one. */
export interface KafkaListener {
  /** Capital letters and underscores. */
  readonly name: string
  readonly tls?: ListenerTls | undefined
  /** Who connects must log in, by one of these. OAUTHBEARER takes unsigned tokens: there is no identity provider. */
  readonly sasl?: readonly SaslMechanism[] | undefined
  /** Where it listens, and what it tells clients to connect to; 127.0.0.1. */
  readonly host?: string | undefined
}

export interface ListenerTls {
  /** PEM: the private key (PKCS#8), then its certificate. */
  readonly identityPath: string
  /** PEM: who may sign the certificates of clients; with it every client must have one. */
  readonly clientAuthorityPath?: string | undefined
}

/** Neither has a comma, a quote or a bracket: Kafka's tools have no way to write them. */
export interface KafkaUser {
  readonly name: string
  readonly password: string
}

const LOGIN_MODULES = 'org.apache.kafka.common.security'

export function bindListener(listener: KafkaListener, port: number, users: readonly KafkaUser[]): BoundListener {
  const { name, tls, sasl, host = '127.0.0.1' } = listener
  return {
    name,
    bind: `${host}:${port}`,
    advertise: `${host}:${port}`,
    protocol: sasl === undefined ? (tls === undefined ? 'PLAINTEXT' : 'SSL') : tls ? 'SASL_SSL' : 'SASL_PLAINTEXT',
    properties: {
      ...(tls === undefined ? {} : tlsProperties(tls)),
      ...(sasl === undefined ? {} : saslProperties(sasl, users)),
    },
  }
}

/** Arguments of `StorageTool format`: SCRAM passwords are in the cluster's metadata from its first record on. */
export function scramArguments(users: readonly KafkaUser[]): readonly string[] {
  return users.flatMap(({ name, password }) =>
    ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${name},password=${password}]`,
    ]),
  )
}

function tlsProperties({ identityPath, clientAuthorityPath }: ListenerTls): Readonly<Record<string, string>> {
  return {
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': identityPath,
    ...(clientAuthorityPath === undefined
      ? {}
      : {
          'ssl.client.auth': 'required',
          'ssl.truststore.type': 'PEM',
          'ssl.truststore.location': clientAuthorityPath,
        }),
  }
}

function saslProperties(
  mechanisms: readonly SaslMechanism[],
  users: readonly KafkaUser[],
): Readonly<Record<string, string>> {
  const logins: Readonly<Record<SaslMechanism, string>> = {
    PLAIN: `plain.PlainLoginModule required ${users.map(({ name, password }) => `user_${name}="${password}"`).join(' ')}`,
    'SCRAM-SHA-256': 'scram.ScramLoginModule required',
    'SCRAM-SHA-512': 'scram.ScramLoginModule required',
    OAUTHBEARER: 'oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker"',
  }
  return {
    'sasl.enabled.mechanisms': mechanisms.join(','),
    ...Object.fromEntries(
      mechanisms.map((mechanism) => [
        `${mechanism.toLowerCase()}.sasl.jaas.config`,
        `${LOGIN_MODULES}.${logins[mechanism]};`,
      ]),
    ),
  }
}
