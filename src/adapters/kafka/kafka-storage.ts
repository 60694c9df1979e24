import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Compression } from '../../core/compression.ts'
import type { Storage } from '../storage.ts'
import { KafkaCatalog } from './kafka-catalog.ts'
import { KafkaHeartbeats } from './kafka-heartbeats.ts'
import { KafkaLog } from './kafka-log.ts'
import { KafkaState } from './kafka-state.ts'
import { TaskDirectory } from './task-directory.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/** All that a replica keeps where Kafka is the log: the topics and the catalog there, copies of its state here. */
export interface KafkaStorageOptions {
  readonly connection: KafkaClientOptions
  /** Begins the names of topics and transactional ids; replicas of one deployment share it. */
  readonly prefix: string
  /** Folder of the copies. */
  readonly dataDirectory: string
  readonly replicationFactor?: number | undefined
  /** Of all that is written but the catalog and heartbeats; undefined is none. */
  readonly compression?: Compression | undefined
}

/** A replica that starts reads them all; who was silent for so long is long gone. */
const HEARTBEAT_RETENTION_MS = 600_000

/** The part of the storage that tasks use, with connections of its own: one a thread. */
export function openKafkaPorts(options: KafkaStorageOptions): Pick<Storage, 'log' | 'state'> {
  const { connection, prefix, replicationFactor, compression } = options
  return {
    log: new KafkaLog({ connection, replicationFactor, compression }),
    state: new KafkaState({ connection, compression, path: tasksDirectory(options), prefix }),
  }
}

function tasksDirectory({ dataDirectory }: KafkaStorageOptions): string {
  return join(dataDirectory, 'tasks')
}

export async function openKafkaStorage(options: KafkaStorageOptions): Promise<Storage> {
  const { connection, prefix } = options
  const tasks = tasksDirectory(options)
  await mkdir(tasks, { recursive: true })
  const { log, state } = openKafkaPorts(options)
  try {
    const topic = `${prefix}.catalog`
    await log.createTopic({
      name: topic,
      partitions: 1,
      retentionMs: undefined,
      retentionBytes: undefined,
      cleanup: 'compact',
    })
    const heartbeats = `${prefix}.replicas`
    await log.createTopic({
      name: heartbeats,
      partitions: 1,
      retentionMs: HEARTBEAT_RETENTION_MS,
      retentionBytes: undefined,
      timestamps: 'append',
    })
    const catalog = await KafkaCatalog.open({ connection, topic, transactionalId: `${prefix}/catalog` })
    return {
      log,
      state,
      catalog,
      partitioned: {
        prefix,
        deployment: `${prefix}/${catalog.topicId}`,
        heartbeats: new KafkaHeartbeats(connection, heartbeats),
        heldTasks: async () => (await readdir(tasks)).map(TaskDirectory.taskIdOf),
      },
      onCommit: () => () => {},
      close: async () => {
        await catalog.close()
        await log.close()
      },
    }
  } catch (error) {
    await log.close()
    throw error
  }
}
