// The engine of a server: data directory, formats and clock of this machine.

import { availableParallelism, hostname } from 'node:os'
import { openDataDirectory } from '../../adapters/embedded/data-directory.ts'
import { formatRegistry } from '../../adapters/formats/registry.ts'
import { openKafkaStorage } from '../../adapters/kafka/kafka-storage.ts'
import type { Storage } from '../../adapters/storage.ts'
import { SystemClock } from '../../adapters/system-clock.ts'
import type { Runtime } from '../../runtime/api.ts'
import { type TaskThreads, WeirRuntime } from '../../runtime/weir-runtime.ts'
import type { ServerConfig } from '../config/config.ts'
import { GrpcPeers } from '../peers/grpc-peers.ts'
import { PeerIdentity } from '../security/peer-identity.ts'
import { faultOf, type Logger } from '../telemetry/logger.ts'
import { defaultRegistry, kafkaStorageOptions } from './adapter-options.ts'
import { advertisedAddress } from './advertised-address.ts'
import { spawnTaskThread } from './spawn-task-thread.ts'

export async function openRuntime(config: ServerConfig, logger: Logger): Promise<Runtime> {
  const onIdentityFault = (error: unknown) =>
    logger.error({ reason: String(error) }, 'what other replicas are shown is not reloaded; the one before stays')
  const storage = await openStorage(config)
  try {
    return await WeirRuntime.open({
      storage,
      formats: formatRegistry({ schemaRegistry: defaultRegistry(config) }),
      clock: new SystemClock(),
      replica: {
        name: config.replicaName || `${hostname()}-${config.listen.slice(config.listen.lastIndexOf(':') + 1)}`,
        address: advertisedAddress(config, hostname()),
        sessionTimeoutMs: config.sessionTimeoutMs,
        standbyReplicas: config.standbyReplicas,
        peers: new GrpcPeers({ identity: new PeerIdentity(config, onIdentityFault) }),
      },
      threads: taskThreads(config),
      print: (line) => process.stdout.write(`${line}\n`),
      limits: { ingestRecordsMax: config.ingestRecordsMax },
      onJobFailure: (query, error, willRetry) => logger.error({ query, willRetry, ...faultOf(error) }, 'query failed'),
    })
  } catch (error) {
    await storage.close()
    throw error
  }
}

/** The embedded log belongs to one thread; over Kafka each has connections of its own. */
function taskThreads(config: ServerConfig): TaskThreads | undefined {
  if (config.kafka === '') return undefined
  return { count: config.threads || availableParallelism(), spawn: () => spawnTaskThread(config) }
}

function openStorage(config: ServerConfig): Promise<Storage> {
  return config.kafka === '' ? openDataDirectory(config.dataDirectory) : openKafkaStorage(kafkaStorageOptions(config))
}
