import {
  checkRecords,
  checkSequence,
  checkTopicSpec,
  partitionMissing,
  positionAhead,
  positionExpired,
  positionInvalid,
  sameSpec,
  topicExists,
  topicMissing,
} from '../../src/adapters/log-rules.ts'
import type {
  AppendResult,
  Log,
  OutputRecord,
  ProducerSequence,
  RecordChunk,
  SourceReader,
  TopicInfo,
  TopicSpec,
} from '../../src/engine/ports/log.ts'
import { chunkOf } from '../harness/chunk.ts'
import { type DiskPartition, type DiskTopic, endOffset, recordBytes, type SimDisk } from './sim-disk.ts'
import type { SimProcess } from './sim-storage.ts'

const PRODUCER_IDLE_MAX_MS = 7 * 86_400_000

/**
 * A log in the simulated process: reads take time and may fail; what is appended is on the disk at once or not at
 * all.
 */
export class SimLog implements Log {
  readonly #disk: SimDisk
  readonly #process: SimProcess
  readonly #listeners = new Map<string, Set<() => void>>()

  constructor(disk: SimDisk, process: SimProcess) {
    this.#disk = disk
    this.#process = process
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    checkTopicSpec(spec)
    const existing = this.#disk.topics.get(spec.name)
    if (existing !== undefined) {
      if (sameSpec(existing.spec, spec)) return
      if (existing.spec.partitions !== spec.partitions) throw topicExists(existing.spec, spec)
      existing.spec = spec
      return
    }
    const partitions = Array.from({ length: spec.partitions }, () => ({ start: 0, records: [] }))
    this.#disk.topics.set(spec.name, { spec, partitions, deleted: false })
  }

  async deleteTopic(name: string): Promise<void> {
    this.topicOnDisk(name).deleted = true
    this.#disk.topics.delete(name)
    for (const key of this.#disk.sequences.keys()) {
      if (JSON.parse(key)[0] === name) this.#disk.sequences.delete(key)
    }
    this.signal(name)
  }

  async topicNames(): Promise<readonly string[]> {
    return [...this.#disk.topics.keys()].sort()
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return [...this.#disk.topics.values()].map(infoOf).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async topic(name: string): Promise<TopicInfo | undefined> {
    const topic = this.#disk.topics.get(name)
    return topic && infoOf(topic)
  }

  async openReader(name: string, partitions?: readonly number[]): Promise<SourceReader> {
    return new SimReader(this, this.#process, name, this.topicOnDisk(name), partitions)
  }

  async append(
    topic: string,
    partition: number,
    records: readonly OutputRecord[],
    producer?: ProducerSequence,
  ): Promise<AppendResult> {
    checkRecords(topic, records)
    if (producer !== undefined) checkSequence(producer)
    const target = this.partition(topic, partition)
    const duplicates = producer === undefined ? 0 : this.#duplicates(topic, partition, records.length, producer)
    const firstOffset = endOffset(target)
    const nowMs = this.#process.nowMs()
    for (const record of records.slice(duplicates)) {
      const { timestamp } = record
      target.records.push({ ...record, timestamp: Number.isNaN(timestamp) ? nowMs : timestamp })
    }
    if (records.length > duplicates) this.signal(topic)
    this.#process.committed()
    return { firstOffset, appended: records.length - duplicates, duplicates }
  }

  async offsetAt(topic: string, partition: number, timestampMs: number): Promise<number> {
    const { start, records } = this.partition(topic, partition)
    const index = records.findIndex((record) => record.timestamp >= timestampMs)
    return start + (index < 0 ? records.length : index)
  }

  async enforceRetention(nowMs: number): Promise<void> {
    for (const { spec, partitions } of this.#disk.topics.values()) {
      for (const partition of partitions) {
        const { records } = partition
        let bytes = records.reduce((sum, record) => sum + recordBytes(record), 0)
        let expired = 0
        for (const record of records) {
          const old = spec.retentionMs !== undefined && record.timestamp < nowMs - spec.retentionMs
          const spare = spec.retentionBytes !== undefined && bytes - recordBytes(record) >= spec.retentionBytes
          if (!old && !spare) break
          bytes -= recordBytes(record)
          expired++
        }
        partition.records = records.slice(expired)
        partition.start += expired
      }
    }
    for (const [key, { timeMs }] of this.#disk.sequences) {
      if (timeMs < nowMs - PRODUCER_IDLE_MAX_MS) this.#disk.sequences.delete(key)
    }
  }

  async close(): Promise<void> {}

  topicOnDisk(name: string): DiskTopic {
    const topic = this.#disk.topics.get(name)
    if (topic === undefined) throw topicMissing(name)
    return topic
  }

  partition(name: string, number: number): DiskPartition {
    const topic = this.topicOnDisk(name)
    const partition = topic.partitions[number]
    if (partition === undefined) throw partitionMissing(name, number, topic.partitions.length)
    return partition
  }

  listen(topic: string, listener: () => void): () => void {
    const call = (): void => listener()
    const listeners = this.#listeners.get(topic) ?? new Set()
    this.#listeners.set(topic, listeners.add(call))
    return () => listeners.delete(call)
  }

  /** Wakes readers, with or without a reason. */
  signal(topic: string): void {
    for (const listener of [...(this.#listeners.get(topic) ?? [])]) listener()
  }

  #duplicates(topic: string, partition: number, count: number, producer: ProducerSequence): number {
    const key = JSON.stringify([topic, partition, producer.producerId])
    const last = this.#disk.sequences.get(key)?.last ?? -1
    const duplicates = Math.min(count, Math.max(0, last + 1 - producer.sequence))
    if (duplicates < count) {
      this.#disk.sequences.set(key, { last: producer.sequence + count - 1, timeMs: this.#process.nowMs() })
    }
    return duplicates
  }
}

class SimReader implements SourceReader {
  readonly partitions: readonly number[]
  readonly #log: SimLog
  readonly #process: SimProcess
  readonly #name: string
  readonly #topic: DiskTopic
  readonly #stops = new Set<() => void>()

  constructor(
    log: SimLog,
    process: SimProcess,
    name: string,
    topic: DiskTopic,
    partitions: readonly number[] | undefined,
  ) {
    this.#log = log
    this.#process = process
    this.#name = name
    this.#topic = topic
    this.partitions = partitions ?? topic.partitions.map((_, i) => i)
  }

  startOffset(partition: number): number {
    return this.#partition(partition).start
  }

  read(number: number, offset: number, recordsMax: number): RecordChunk | undefined | Promise<RecordChunk | undefined> {
    const waiting = this.#process.beforeRead()
    if (waiting === undefined) return this.#read(number, offset, recordsMax)
    return waiting.then(() => this.#read(number, offset, recordsMax))
  }

  lag(partition: number, offset: number): number {
    return Math.max(0, endOffset(this.#partition(partition)) - offset)
  }

  onAvailable(listener: () => void): () => void {
    const stop = this.#log.listen(this.#name, listener)
    this.#stops.add(stop)
    return stop
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #read(number: number, offset: number, recordsMax: number): RecordChunk | undefined {
    const partition = this.#partition(number)
    const end = endOffset(partition)
    if (!Number.isSafeInteger(offset) || offset < 0) throw positionInvalid(this.#name, offset)
    if (offset < partition.start) throw positionExpired(this.#name, number, offset, partition.start)
    if (offset > end) throw positionAhead(this.#name, number, offset, end)
    if (offset === end || recordsMax < 1) return undefined
    const count = this.#process.readCount(Math.min(recordsMax, end - offset))
    const from = offset - partition.start
    return chunkOf(number, partition.records.slice(from, from + count), offset)
  }

  #partition(number: number): DiskPartition {
    if (this.#topic.deleted) throw topicMissing(this.#name)
    const partition = this.#topic.partitions[number]
    if (partition === undefined) throw partitionMissing(this.#name, number, this.partitions.length)
    return partition
  }
}

function infoOf({ spec, partitions }: DiskTopic): TopicInfo {
  return {
    ...spec,
    offsets: partitions.map((partition) => ({ start: partition.start, end: endOffset(partition) })),
    bytes: partitions.reduce(
      (sum, partition) => sum + partition.records.reduce((bytes, record) => bytes + recordBytes(record), 0),
      0,
    ),
  }
}
