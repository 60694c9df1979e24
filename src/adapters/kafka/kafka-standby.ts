import type { Standby, TopicPartition } from '../../engine/ports/state.ts'
import { PartitionReader } from './partition-reader.ts'
import { TaskDirectory } from './task-directory.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Follows the changelog of a task into the folder that the task would use here. It reads what is committed, and writes
 * nothing to the log: nobody is fenced by it.
 */
export class KafkaStandby implements Standby {
  readonly #directory: TaskDirectory
  readonly #reader: PartitionReader

  private constructor(directory: TaskDirectory, reader: PartitionReader) {
    this.#directory = directory
    this.#reader = reader
  }

  static async open(
    connection: KafkaClientOptions,
    taskId: string,
    { topic, partition }: TopicPartition,
    path: string,
  ): Promise<KafkaStandby> {
    const directory = await TaskDirectory.open(path, taskId)
    try {
      return new KafkaStandby(directory, await PartitionReader.open(connection, topic, partition))
    } catch (error) {
      await directory.close()
      throw error
    }
  }

  async catchUp(signal: AbortSignal): Promise<void> {
    const end = await this.#reader.end()
    await this.#directory.restore(this.#reader, { end, resultEnd: undefined, nowMs: Date.now(), signal })
  }

  async close(): Promise<void> {
    await this.#reader.close()
    await this.#directory.close()
  }
}
