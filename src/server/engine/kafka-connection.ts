// How the server reaches Kafka, from its settings. What does not go together is told before anything is connected:
// a file of certificates without TLS would be a password that everybody reads. Secrets stay in their files and are read
// when they are needed.

import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { createSecureContext } from 'node:tls'
import type { KafkaClientOptions } from '../../adapters/kafka/transactional-producer.ts'
import { AppError } from '../../core/errors.ts'
import { flagName, type ServerConfig, type SettingName } from '../config/config.ts'

export function kafkaConnection(config: ServerConfig): KafkaClientOptions {
  const bootstrapBrokers = config.kafka.split(',')
  const tls = tlsOptions(config)
  const sasl = login(config)
  return {
    bootstrapBrokers,
    // Brokers of one name each are told apart by it; an address is none.
    ...(tls === undefined ? {} : { tls, tlsServerName: bootstrapBrokers.some((broker) => isIP(hostOf(broker)) === 0) }),
    ...(sasl === undefined ? {} : { sasl }),
  }
}

function hostOf(broker: string): string {
  return broker.slice(0, broker.lastIndexOf(':'))
}

function tlsOptions(config: ServerConfig): KafkaClientOptions['tls'] {
  const files = ['kafkaCaFile', 'kafkaCertFile', 'kafkaKeyFile'] as const
  if (!config.kafkaTls) {
    const given = files.find((name) => config[name] !== '')
    if (given !== undefined) throw fault(given, 'is given, but no TLS', `Add --${flagName('kafkaTls')} true.`)
    return undefined
  }
  if ((config.kafkaCertFile === '') !== (config.kafkaKeyFile === '')) {
    const missing = config.kafkaCertFile === '' ? 'kafkaCertFile' : 'kafkaKeyFile'
    throw fault(missing, 'is missing', 'A certificate and its private key are given together.')
  }
  const [ca, cert, key] = files.map((name) => (config[name] === '' ? undefined : readText(config, name)))
  if (ca !== undefined) check('kafkaCaFile', () => new X509Certificate(ca))
  const options = { ...(ca === undefined ? {} : { ca }), ...(cert === undefined ? {} : { cert, key }) }
  if (cert !== undefined) check('kafkaCertFile', () => createSecureContext(options))
  return options
}

function login(config: ServerConfig): KafkaClientOptions['sasl'] {
  const { kafkaSaslMechanism: mechanism, kafkaSaslUsername: username, kafkaSaslPasswordFile: path } = config
  if (mechanism === 'none') {
    const given = (['kafkaSaslUsername', 'kafkaSaslPasswordFile'] as const).find((name) => config[name] !== '')
    if (given === undefined) return undefined
    throw fault(given, 'is given, but no mechanism of login', `Add --${flagName('kafkaSaslMechanism')}.`)
  }
  if (path === '') throw fault('kafkaSaslPasswordFile', 'is missing', `${mechanism} needs a file with the secret.`)
  if (withoutLineEnd(readText(config, 'kafkaSaslPasswordFile')) === '') {
    throw fault('kafkaSaslPasswordFile', `is empty: "${path}"`, 'Write the secret into it, and nothing else.')
  }
  const secret = async () => withoutLineEnd(await readFile(path, 'utf8'))
  if (mechanism === 'OAUTHBEARER') return { mechanism, token: secret, authBytesValidator: refusedToken }
  if (username === '') throw fault('kafkaSaslUsername', 'is missing', `${mechanism} needs a user.`)
  return { mechanism, username, password: secret }
}

type Validator = NonNullable<NonNullable<KafkaClientOptions['sasl']>['authBytesValidator']>

/** A broker that takes a token says nothing; one that refuses it says why, and not by an error of the protocol. */
const refusedToken: Validator = (said, callback) => {
  if (said.length === 0) callback(null, said)
  else callback(new Error('the broker refuses the token'))
}

/** Editors end a file with a line end; all else may be part of a password. */
function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, '')
}

function readText(
  config: ServerConfig,
  name: 'kafkaCaFile' | 'kafkaCertFile' | 'kafkaKeyFile' | 'kafkaSaslPasswordFile',
) {
  try {
    return readFileSync(config[name], 'utf8')
  } catch (cause) {
    throw fault(name, `can't be read: "${config[name]}"`, 'Give the path of a file that the server may read.', cause)
  }
}

/** The text of the library says what is wrong with the file, and nothing of what is in it. */
function check(name: SettingName, read: () => unknown): void {
  try {
    read()
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw fault(
      name,
      `is not usable: ${why}`,
      'Give PEM: a certificate begins with -----BEGIN CERTIFICATE-----.',
      cause,
    )
  }
}

function fault(name: SettingName, what: string, hint: string, cause?: unknown): AppError {
  return new AppError('INVALID_ARGUMENT', `--${flagName(name)} ${what}`, { hint, cause })
}
