// The settings as the options of adapters. Secrets stay in their files and are read when they are needed.

import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { DefaultRegistry } from '../../adapters/formats/registry-clients.ts'
import type { KafkaStorageOptions } from '../../adapters/kafka/kafka-storage.ts'
import type { KafkaClientOptions } from '../../adapters/kafka/transactional-producer.ts'
import { AppError } from '../../core/errors.ts'
import type { ServerConfig } from '../config/config.ts'

export function kafkaStorageOptions(config: ServerConfig): KafkaStorageOptions {
  const { kafkaPrefix, dataDirectory, kafkaReplicationFactor, kafkaCompression } = config
  return {
    connection: kafkaConnection(config),
    prefix: kafkaPrefix,
    dataDirectory,
    compression: kafkaCompression,
    replicationFactor: kafkaReplicationFactor === 0 ? undefined : kafkaReplicationFactor,
  }
}

export function defaultRegistry(config: ServerConfig): DefaultRegistry | undefined {
  const { schemaRegistryUrl: url, schemaRegistryUser: user, schemaRegistryPassword: password } = config
  return url === '' ? undefined : { url, user: user || undefined, password: password || undefined }
}

function kafkaConnection(config: ServerConfig): KafkaClientOptions {
  const { kafka, kafkaTls, kafkaCaFile, kafkaCertFile, kafkaKeyFile, kafkaSaslMechanism } = config
  return {
    bootstrapBrokers: kafka.split(','),
    ...(kafkaTls
      ? {
          tls: {
            ...(kafkaCaFile === '' ? {} : { ca: readText(kafkaCaFile, 'kafkaCaFile') }),
            ...(kafkaCertFile === '' ? {} : { cert: readText(kafkaCertFile, 'kafkaCertFile') }),
            ...(kafkaKeyFile === '' ? {} : { key: readText(kafkaKeyFile, 'kafkaKeyFile') }),
          },
          // Brokers of one name each are told apart by it.
          tlsServerName: true,
        }
      : {}),
    ...(kafkaSaslMechanism === 'none' ? {} : { sasl: login(config) }),
  }
}

function login({ kafkaSaslMechanism, kafkaSaslUsername, kafkaSaslPasswordFile }: ServerConfig) {
  const mechanism = kafkaSaslMechanism as Exclude<ServerConfig['kafkaSaslMechanism'], 'none'>
  const secret = async () => (await readFile(kafkaSaslPasswordFile, 'utf8')).trim()
  readText(kafkaSaslPasswordFile, 'kafkaSaslPasswordFile')
  return mechanism === 'OAUTHBEARER'
    ? { mechanism, token: secret }
    : { mechanism, username: kafkaSaslUsername, password: secret }
}

function readText(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new AppError('INVALID_ARGUMENT', `${setting}: file "${path}" can't be read`, {
      hint: 'Give the path of a file that the server may read.',
      cause,
    })
  }
}
