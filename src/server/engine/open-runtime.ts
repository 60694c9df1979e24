// The engine of a server: data directory, formats and clock of this machine.

import { hostname } from 'node:os'
import { openDataDirectory } from '../../adapters/embedded/data-directory.ts'
import { formatRegistry } from '../../adapters/formats/registry.ts'
import type { DefaultRegistry } from '../../adapters/formats/registry-clients.ts'
import { openKafkaStorage } from '../../adapters/kafka/kafka-storage.ts'
import type { Storage } from '../../adapters/storage.ts'
import { SystemClock } from '../../adapters/system-clock.ts'
import type { Runtime } from '../../runtime/api.ts'
import { WeirRuntime } from '../../runtime/weir-runtime.ts'
import type { ServerConfig } from '../config/config.ts'
import { faultOf, type Logger } from '../telemetry/logger.ts'
import { kafkaConnection } from './kafka-connection.ts'

export async function openRuntime(config: ServerConfig, logger: Logger): Promise<Runtime> {
  const storage = await openStorage(config)
  try {
    return await WeirRuntime.open({
      storage,
      formats: formatRegistry({ schemaRegistry: defaultRegistry(config) }),
      clock: new SystemClock(),
      replica: {
        name: config.replicaName || `${hostname()}-${config.listen.slice(config.listen.lastIndexOf(':') + 1)}`,
        address: config.listen,
        sessionTimeoutMs: config.sessionTimeoutMs,
      },
      print: (line) => process.stdout.write(`${line}\n`),
      limits: { ingestRecordsMax: config.ingestRecordsMax },
      onJobFailure: (query, error, willRetry) => logger.error({ query, willRetry, ...faultOf(error) }, 'query failed'),
    })
  } catch (error) {
    await storage.close()
    throw error
  }
}

function defaultRegistry(config: ServerConfig): DefaultRegistry | undefined {
  const { schemaRegistryUrl: url, schemaRegistryUser: user, schemaRegistryPassword: password } = config
  return url === '' ? undefined : { url, user: user || undefined, password: password || undefined }
}

function openStorage(config: ServerConfig): Promise<Storage> {
  const { dataDirectory, kafka, kafkaPrefix, kafkaReplicationFactor } = config
  if (kafka === '') return openDataDirectory(dataDirectory)
  return openKafkaStorage({
    connection: kafkaConnection(config),
    prefix: kafkaPrefix,
    dataDirectory,
    replicationFactor: kafkaReplicationFactor === 0 ? undefined : kafkaReplicationFactor,
  })
}
