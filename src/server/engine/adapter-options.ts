// The settings as the options of adapters. Secrets stay in their files and are read when they are needed.

import type { DefaultRegistry } from '../../adapters/formats/registry-clients.ts'
import type { KafkaStorageOptions } from '../../adapters/kafka/kafka-storage.ts'
import type { ServerConfig } from '../config/config.ts'
import { kafkaConnection } from './kafka-connection.ts'

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
