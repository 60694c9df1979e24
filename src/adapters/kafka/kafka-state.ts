import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { must } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import { AppError } from '../../core/errors.ts'
import type { RestoreProgress, Standby, StateBackend, TaskSnapshot, TaskTopics } from '../../engine/ports/state.ts'
import { KafkaStandby } from './kafka-standby.ts'
import { KafkaTaskStorage } from './kafka-task-storage.ts'
import { TaskDirectory } from './task-directory.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * State over Kafka: a changelog topic is the truth, and an LMDB environment a task the local copy of it. An
 * environment of its own, so that tasks never wait for each other's commits, and giving a task up is deleting a folder.
 */
export interface KafkaStateOptions {
  readonly connection: KafkaClientOptions
  /** Of changelogs, exchanges, results and what sinks write that say nothing else; undefined is none. */
  readonly compression?: Compression | undefined
  /** Folder of the tasks' environments. */
  readonly path: string
  /** Begins the transactional ids: deployments that share a cluster must not fence each other. */
  readonly prefix: string
}

export class KafkaState implements StateBackend {
  readonly #options: KafkaStateOptions
  readonly #open = new Map<string, KafkaTaskStorage>()

  constructor(options: KafkaStateOptions) {
    this.#options = options
  }

  async openTask(
    taskId: string,
    topics?: TaskTopics,
    onRestore?: (progress: RestoreProgress) => void,
  ): Promise<KafkaTaskStorage> {
    const storage = await KafkaTaskStorage.open({
      ...this.#options,
      taskId,
      onRestore,
      topics: must(topics, 'a task over Kafka has a changelog'),
      directory: this.#directory(taskId),
      onClose: () => this.#open.delete(taskId),
    })
    this.#open.set(taskId, storage)
    return storage
  }

  openStandby(taskId: string, { changelog }: TaskTopics): Promise<Standby> {
    return KafkaStandby.open(this.#options.connection, taskId, changelog, this.#directory(taskId))
  }

  /** Of a task that is open in this thread. */
  snapshot(taskId: string): TaskSnapshot {
    const storage = this.#open.get(taskId)
    if (storage !== undefined) return storage.snapshot()
    throw new AppError('UNAVAILABLE', `task "${taskId}" is not open here`, {
      domain: 'external',
      retry: true,
      hint: 'It is being moved or restored: try again.',
    })
  }

  async dropTask(taskId: string): Promise<void> {
    await this.#open.get(taskId)?.close()
    await rm(this.#directory(taskId), { recursive: true, force: true })
  }

  #directory(taskId: string): string {
    return join(this.#options.path, TaskDirectory.nameOf(taskId))
  }
}
