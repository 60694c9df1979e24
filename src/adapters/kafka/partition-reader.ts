import { Consumer, FetchIsolationLevels } from '@platformatic/kafka'
import { must } from '../../core/assert.ts'
import type { RecordHeader } from '../../engine/ports/log.ts'
import { topicMissing } from '../log-rules.ts'
import { closeClient } from './close-client.ts'
import { appendTimeMs, committedBatches, fetch, nextOffset } from './fetch.ts'
import { kafkaError } from './kafka-errors.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Reads one partition from a position to its end, record by record, committed ones only: changelogs when a task opens
 * or a standby follows, and the catalog. What streams is read by `KafkaReader`, which reads ahead and never waits.
 */
export interface PartitionRecord {
  readonly offset: number
  readonly timestampMs: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

const FETCH_BYTES_MAX = 8 * 1024 * 1024

export class PartitionReader {
  readonly #consumer: Consumer
  readonly #topic: string
  readonly #partition: number
  readonly #topicId: string
  position = 0

  private constructor(consumer: Consumer, topic: string, partition: number, topicId: string) {
    this.#consumer = consumer
    this.#topic = topic
    this.#partition = partition
    this.#topicId = topicId
  }

  static async open(connection: KafkaClientOptions, topic: string, partition: number): Promise<PartitionReader> {
    const consumer = new Consumer({
      ...connection,
      clientId: `read-${topic}`,
      groupId: `read-${topic}`,
      autocommit: false,
    })
    try {
      const metadata = await consumer.metadata({ topics: [topic] })
      const found = metadata.topics.get(topic)
      if (found === undefined) throw topicMissing(topic)
      return new PartitionReader(consumer, topic, partition, found.id)
    } catch (error) {
      await closeClient(consumer)
      throw kafkaError(error, `topic "${topic}"`)
    }
  }

  /** Changes when a topic is deleted and made again under its name. */
  get topicId(): string {
    return this.#topicId
  }

  /** The offset behind the last committed record. */
  async end(): Promise<number> {
    return this.#offset(-1n)
  }

  async start(): Promise<number> {
    return this.#offset(-2n)
  }

  /** Records from `position` on, which moves with them; an empty list when nothing came within `waitMs`. */
  async read(waitMs: number): Promise<readonly PartitionRecord[]> {
    try {
      return await this.#fetch(waitMs)
    } catch (error) {
      throw kafkaError(error, `topic "${this.#topic}", partition ${this.#partition}`)
    }
  }

  async close(): Promise<void> {
    await closeClient(this.#consumer)
  }

  async #offset(timestamp: bigint): Promise<number> {
    try {
      const offsets = await this.#consumer.listOffsets({
        topics: [this.#topic],
        partitions: { [this.#topic]: [this.#partition] },
        timestamp,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      })
      return Number(must(offsets.get(this.#topic)?.[this.#partition], 'the partition has offsets'))
    } catch (error) {
      throw kafkaError(error, `topic "${this.#topic}", partition ${this.#partition}`)
    }
  }

  async #fetch(waitMs: number): Promise<readonly PartitionRecord[]> {
    const metadata = await this.#consumer.metadata({ topics: [this.#topic] })
    const leader = must(metadata.topics.get(this.#topic)?.partitions[this.#partition], 'the partition exists').leader
    const { responses } = await fetch(this.#consumer, {
      node: leader,
      topicId: this.#topicId,
      partitions: [{ partition: this.#partition, offset: this.position }],
      maxWaitMs: waitMs,
      partitionBytesMax: FETCH_BYTES_MAX,
      bytesMax: FETCH_BYTES_MAX,
    })
    const records: PartitionRecord[] = []
    const partition = responses[0]?.partitions[0]
    if (partition === undefined) return records
    for (const batch of committedBatches(partition)) {
      const base = Number(batch.firstOffset)
      const stamped = appendTimeMs(batch)
      for (const { offsetDelta, timestampDelta, key, value, headers } of batch.records) {
        const offset = base + offsetDelta
        if (offset < this.position) continue
        records.push({
          offset,
          timestampMs: stamped ?? Number(batch.firstTimestamp + timestampDelta),
          key,
          value,
          headers,
        })
      }
    }
    this.position = nextOffset(partition.records ?? [], this.position)
    return records
  }
}
