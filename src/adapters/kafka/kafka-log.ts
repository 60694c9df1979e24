import {
  Admin,
  ConfigResourceTypes,
  Consumer,
  FetchIsolationLevels,
  IncrementalAlterConfigOperationTypes,
} from '@platformatic/kafka'
import type { Compression } from '../../core/compression.ts'
import { AppError } from '../../core/errors.ts'
import { PARTITIONS_MAX } from '../../core/limits.ts'
import type {
  AppendResult,
  Log,
  OutputRecord,
  ProducerSequence,
  SourceReader,
  TopicInfo,
  TopicSpec,
} from '../../engine/ports/log.ts'
import {
  checkRecords,
  checkSequence,
  checkTopicSpec,
  partitionMissing,
  RECORD_BYTES_MAX,
  topicExists,
  topicMissing,
} from '../log-rules.ts'
import { AppendQueue } from './append-queue.ts'
import { closeClient } from './close-client.ts'
import { hasApiError, isUnknownTopic, kafkaError } from './kafka-errors.ts'
import { KafkaReader } from './kafka-reader.ts'
import { ProducerSequences } from './producer-sequences.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Topics of a Kafka cluster. Retention is the brokers' business; what is appended here is outside of any query's
 * transaction (ingest, INSERT VALUES).
 */
export interface KafkaLogOptions {
  readonly connection: KafkaClientOptions
  /** Of topics that are made here; undefined takes what the brokers have by default. */
  readonly replicationFactor: number | undefined
  /** Of what is appended; undefined is none. */
  readonly compression?: Compression | undefined
}

/** Room for what Kafka adds to a record. */
const MESSAGE_BYTES_MAX = RECORD_BYTES_MAX + 1024 * 1024
const RETRIES = 5
const RETRY_DELAY_MS = 100
const POLL_MS = 50
/** After this long a topic that was made or deleted should be known to all brokers. */
const SETTLE_MS_MAX = 30_000
const EARLIEST = -2n
const LATEST = -1n

export class KafkaLog implements Log {
  readonly #options: KafkaLogOptions
  readonly #admin: Admin
  /** For offsets alone: it never joins a group. */
  readonly #consumer: Consumer
  readonly #sequences: ProducerSequences
  readonly #appends: AppendQueue

  constructor(options: KafkaLogOptions) {
    this.#options = options
    const client = { ...options.connection, retries: RETRIES, retryDelay: RETRY_DELAY_MS }
    this.#admin = new Admin({ ...client, clientId: 'weir-admin' })
    this.#consumer = new Consumer({ ...client, clientId: 'weir-offsets', groupId: 'weir-offsets', autocommit: false })
    this.#sequences = new ProducerSequences(options.connection)
    this.#appends = new AppendQueue(options.connection, options.compression)
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    checkTopicSpec(spec)
    const { name, partitions } = spec
    const { replicationFactor } = this.#options
    try {
      await this.#admin.createTopics({
        topics: [name],
        partitions,
        replicas: replicationFactor ?? -1,
        configs: Object.entries(topicConfigs(spec)).map(([key, value]) => ({ name: key, value })),
      })
    } catch (error) {
      if (!hasApiError(error, 'TOPIC_ALREADY_EXISTS')) throw kafkaError(error, `topic "${name}" can't be made`)
      await this.#adopt(spec)
      return
    }
    await this.#until(async () => (await this.#partitionsOf(name)) === partitions && (await this.#isLed(name)))
  }

  async deleteTopic(name: string): Promise<void> {
    try {
      await this.#admin.deleteTopics({ topics: [name] })
    } catch (error) {
      if (isUnknownTopic(error)) throw topicMissing(name)
      throw kafkaError(error, `topic "${name}" can't be deleted`)
    }
    await this.#until(async () => (await this.#partitionsOf(name)) === undefined)
  }

  async topicNames(): Promise<readonly string[]> {
    try {
      return (await this.#admin.listTopics()).filter((name) => !name.startsWith('__')).sort()
    } catch (error) {
      throw kafkaError(error, "topics can't be listed")
    }
  }

  async topics(): Promise<readonly TopicInfo[]> {
    const names = await this.topicNames()
    try {
      return await this.#describeWhatStays(names)
    } catch (error) {
      throw kafkaError(error, "topics can't be described")
    }
  }

  async topic(name: string): Promise<TopicInfo | undefined> {
    try {
      const [found] = await this.#describe([name])
      return found
    } catch (error) {
      if (isUnknownTopic(error)) return undefined
      throw kafkaError(error, `topic "${name}"`)
    }
  }

  openReader(topic: string, partitions?: readonly number[]): Promise<SourceReader> {
    return KafkaReader.open(this.#options.connection, topic, partitions)
  }

  async append(
    topic: string,
    partition: number,
    records: readonly OutputRecord[],
    producer?: ProducerSequence,
  ): Promise<AppendResult> {
    checkRecords(topic, records)
    if (producer !== undefined) checkSequence(producer)
    await this.#checkPartition(topic, partition)
    const write = async (fresh: readonly OutputRecord[]): Promise<AppendResult> => {
      if (fresh.length > 0)
        return this.#appends.append(topic, partition, fresh).catch((error) => this.#refused(topic, error))
      const [firstOffset = 0] = await this.#offsets(topic, LATEST, [partition])
      return { firstOffset, appended: 0, duplicates: 0 }
    }
    return producer === undefined ? write(records) : this.#sequences.append(topic, partition, records, producer, write)
  }

  async committedOffset(group: string, topic: string, partition: number): Promise<number | undefined> {
    const topics = [{ name: topic, partitionIndexes: [partition] }]
    try {
      const [found] = await this.#admin.listConsumerGroupOffsets({ groups: [{ groupId: group, topics }] })
      const committed = found?.topics[0]?.partitions[0]?.committedOffset ?? -1n
      return committed < 0n ? undefined : Number(committed)
    } catch (error) {
      throw kafkaError(error, `offsets of group "${group}"`)
    }
  }

  async offsetAt(topic: string, partition: number, timestampMs: number): Promise<number> {
    await this.#checkPartition(topic, partition)
    try {
      // Negative times mean the first and the last offset to the broker.
      const [found] = await this.#offsets(topic, BigInt(Math.max(0, Math.ceil(timestampMs))), [partition])
      if (found !== undefined && found >= 0) return found
      const [end] = await this.#offsets(topic, LATEST, [partition])
      return end ?? 0
    } catch (error) {
      throw kafkaError(error, `topic "${topic}", partition ${partition}`)
    }
  }

  async enforceRetention(): Promise<void> {}

  async close(): Promise<void> {
    await this.#appends.close()
    await closeClient(this.#consumer)
    await this.#admin.close().catch(() => undefined)
  }

  /** A topic may have gone since its partitions were looked up. */
  async #refused(topic: string, error: unknown): Promise<never> {
    throw (await this.#partitionsOf(topic)) === undefined ? topicMissing(topic) : error
  }

  /** A topic that is there already: with as many partitions it is taken as it is, its retention as now wished. */
  async #adopt(spec: TopicSpec): Promise<void> {
    const partitions = await this.#partitionsOf(spec.name)
    if (partitions !== undefined && partitions !== spec.partitions) throw topicExists({ ...spec, partitions }, spec)
    if (spec.retentionMs === undefined && spec.retentionBytes === undefined) return
    const { 'retention.ms': ms, 'retention.bytes': bytes } = topicConfigs(spec)
    const change = (name: string, value: string | undefined) => ({
      name,
      configOperation: IncrementalAlterConfigOperationTypes.SET,
      value: value ?? '-1',
    })
    try {
      await this.#admin.incrementalAlterConfigs({
        resources: [
          {
            resourceType: ConfigResourceTypes.TOPIC,
            resourceName: spec.name,
            configs: [change('retention.ms', ms), change('retention.bytes', bytes)],
          },
        ],
      })
    } catch (error) {
      throw kafkaError(error, `retention of topic "${spec.name}" can't be set`)
    }
  }

  async #checkPartition(topic: string, partition: number): Promise<void> {
    const known = this.#consumer.currentMetadata?.topics.get(topic)?.partitionsCount
    const partitions = known !== undefined && partition < known ? known : await this.#partitionsOf(topic)
    if (partitions === undefined) throw topicMissing(topic)
    if (!Number.isInteger(partition) || partition < 0 || partition >= partitions) {
      throw partitionMissing(topic, partition, partitions)
    }
  }

  async #partitionsOf(topic: string): Promise<number | undefined> {
    try {
      const metadata = await this.#consumer.metadata({ topics: [topic], forceUpdate: true })
      const count = metadata.topics.get(topic)?.partitionsCount
      if (count === undefined || count <= PARTITIONS_MAX) return count
    } catch (error) {
      if (isUnknownTopic(error)) return undefined
      throw kafkaError(error, `topic "${topic}"`)
    }
    throw new AppError('RESOURCE_EXHAUSTED', `topic "${topic}" has more than ${PARTITIONS_MAX} partitions`, {
      hint: 'Use a topic with fewer partitions.',
    })
  }

  /** Without those that have gone since they were listed: of one that has, nothing is said of the others either. */
  async #describeWhatStays(names: readonly string[]): Promise<readonly TopicInfo[]> {
    try {
      return await this.#describe(names)
    } catch (error) {
      // One that is just being deleted is still known for a moment, and no broker leads it any more.
      if (!isUnknownTopic(error) && !hasApiError(error, 'NOT_LEADER_OR_FOLLOWER')) throw error
      const [name, ...others] = names
      if (name !== undefined && others.length === 0) {
        if ((await this.#partitionsOf(name)) === undefined) return []
        throw error
      }
      const middle = names.length >> 1
      const first = await this.#describeWhatStays(names.slice(0, middle))
      return [...first, ...(await this.#describeWhatStays(names.slice(middle)))]
    }
  }

  async #describe(names: readonly string[]): Promise<readonly TopicInfo[]> {
    if (names.length === 0) return []
    const topics = [...names]
    const metadata = await this.#consumer.metadata({ topics, forceUpdate: true })
    const isolationLevel = FetchIsolationLevels.READ_COMMITTED
    const start = await this.#consumer.listOffsets({ topics, timestamp: EARLIEST, isolationLevel })
    const end = await this.#consumer.listOffsets({ topics, timestamp: LATEST, isolationLevel })
    return names.map((name) => ({
      name,
      partitions: metadata.topics.get(name)?.partitionsCount ?? 0,
      retentionMs: undefined,
      retentionBytes: undefined,
      offsets: (start.get(name) ?? []).map((first, i) => ({
        start: Number(first),
        end: Number(end.get(name)?.[i] ?? first),
      })),
      bytes: undefined,
    }))
  }

  /** By partition; −1 where there is none for a time. */
  async #offsets(topic: string, timestamp: bigint, partitions: readonly number[] = []): Promise<number[]> {
    const found = await this.#consumer.listOffsets({
      topics: [topic],
      ...(partitions.length === 0 ? {} : { partitions: { [topic]: [...partitions] } }),
      timestamp,
      isolationLevel: FetchIsolationLevels.READ_COMMITTED,
    })
    const offsets = found.get(topic) ?? []
    return (partitions.length === 0 ? offsets : partitions.map((one) => offsets[one] as bigint)).map(Number)
  }

  /** A new topic is in the metadata a moment before its leaders answer. */
  async #isLed(topic: string): Promise<boolean> {
    try {
      await this.#offsets(topic, LATEST)
      return true
    } catch (error) {
      if (hasApiError(error, 'NOT_LEADER_OR_FOLLOWER') || isUnknownTopic(error)) return false
      throw kafkaError(error, `topic "${topic}"`)
    }
  }

  async #until(condition: () => Promise<boolean>): Promise<void> {
    const giveUpMs = performance.now() + SETTLE_MS_MAX
    while (performance.now() < giveUpMs && !(await condition())) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
}

function topicConfigs(spec: TopicSpec): Record<string, string> {
  const { retentionMs, retentionBytes, cleanup = 'delete' } = spec
  const common: Record<string, string> = { 'max.message.bytes': String(MESSAGE_BYTES_MAX) }
  if (spec.timestamps === 'append') common['message.timestamp.type'] = 'LogAppendTime'
  if (cleanup === 'compact') {
    // Small segments, since only closed ones are compacted, and what is restored is what is not compacted.
    return { ...common, 'cleanup.policy': 'compact', 'segment.bytes': '67108864', 'min.cleanable.dirty.ratio': '0.3' }
  }
  return {
    ...common,
    'retention.ms': retentionMs === undefined ? '-1' : String(Math.trunc(retentionMs)),
    'retention.bytes': retentionBytes === undefined ? '-1' : String(Math.trunc(retentionBytes)),
  }
}
