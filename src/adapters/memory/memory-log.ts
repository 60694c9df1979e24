import type {
  AppendResult,
  Log,
  OutputRecord,
  ProducerSequence,
  RecordChunk,
  RecordHeader,
  SourceReader,
  TopicInfo,
  TopicSpec,
} from '../../engine/ports/log.ts'
import {
  checkRecords,
  checkSequence,
  checkTopicSpec,
  PRODUCER_IDLE_MAX_MS,
  partitionMissing,
  positionAhead,
  positionExpired,
  positionInvalid,
  recordBytes,
  sameSpec,
  topicExists,
  topicMissing,
} from '../log-rules.ts'

/** What a record weighs beside its bytes; for retention by size only. */
const RECORD_OVERHEAD_BYTES = 16

interface Partition {
  start: number
  bytes: number
  records: OutputRecord[]
}

interface Topic {
  spec: TopicSpec
  readonly partitions: readonly Partition[]
  readonly listeners: Set<() => void>
  deleted: boolean
}

/** Topics as arrays. Nothing is durable; an append is readable when its promise resolves, as everywhere. */
export class MemoryLog implements Log {
  readonly #topics = new Map<string, Topic>()
  readonly #producers = new Map<string, { sequence: number; timeMs: number }>()
  readonly #nowMs: () => number
  readonly #committed: () => void

  constructor(nowMs: () => number, committed: () => void = () => {}) {
    this.#nowMs = nowMs
    this.#committed = committed
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    checkTopicSpec(spec)
    const existing = this.#topics.get(spec.name)
    if (existing !== undefined) {
      if (sameSpec(existing.spec, spec)) return
      if (existing.spec.partitions !== spec.partitions) throw topicExists(existing.spec, spec)
      existing.spec = spec
      return
    }
    const partitions = Array.from({ length: spec.partitions }, () => ({ start: 0, bytes: 0, records: [] }))
    this.#topics.set(spec.name, { spec, partitions, listeners: new Set(), deleted: false })
  }

  async deleteTopic(name: string): Promise<void> {
    const topic = this.#get(name)
    this.#topics.delete(name)
    topic.deleted = true
    for (const key of this.#producers.keys()) if (key.startsWith(`${name}/`)) this.#producers.delete(key)
    for (const listener of topic.listeners) listener()
  }

  async topicNames(): Promise<readonly string[]> {
    return [...this.#topics.keys()].sort()
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return this.topicsNow()
  }

  /** The topics as they are in this turn, for a snapshot. */
  topicsNow(): readonly TopicInfo[] {
    return [...this.#topics.values()].map(topicInfo).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async topic(name: string): Promise<TopicInfo | undefined> {
    const topic = this.#topics.get(name)
    return topic && topicInfo(topic)
  }

  async openReader(name: string, partitions?: readonly number[]): Promise<SourceReader> {
    return new MemoryReader(this.#get(name), partitions)
  }

  async append(
    name: string,
    number: number,
    records: readonly OutputRecord[],
    producer?: ProducerSequence,
  ): Promise<AppendResult> {
    checkRecords(name, records)
    if (producer !== undefined) checkSequence(producer)
    this.check(name, number)
    const duplicates = producer === undefined ? 0 : this.#duplicates(name, number, records.length, producer)
    const fresh = duplicates === 0 ? records : records.slice(duplicates)
    const firstOffset = this.write(name, number, fresh)
    this.announce([name])
    return { firstOffset, appended: fresh.length, duplicates }
  }

  async offsetAt(name: string, number: number, timestampMs: number): Promise<number> {
    const { start, records } = this.check(name, number)
    const index = records.findIndex((record) => record.timestamp >= timestampMs)
    return start + (index < 0 ? records.length : index)
  }

  async enforceRetention(nowMs: number): Promise<void> {
    for (const { spec, partitions } of this.#topics.values()) {
      for (const partition of partitions) expire(partition, spec, nowMs)
    }
    for (const [key, { timeMs }] of this.#producers) {
      if (timeMs < nowMs - PRODUCER_IDLE_MAX_MS) this.#producers.delete(key)
    }
  }

  async close(): Promise<void> {}

  /** Throws NOT_FOUND. */
  check(name: string, number: number): Partition {
    const topic = this.#get(name)
    const partition = topic.partitions[number]
    if (partition === undefined) throw partitionMissing(name, number, topic.spec.partitions)
    return partition
  }

  /** Without telling anybody; returns the first offset. */
  write(name: string, number: number, records: readonly OutputRecord[]): number {
    const partition = this.check(name, number)
    const first = partition.start + partition.records.length
    for (const record of records) {
      // Copies: the caller's buffers are its own again when the append returns.
      const kept = {
        key: record.key && new Uint8Array(record.key),
        value: record.value && new Uint8Array(record.value),
        timestamp: Number.isNaN(record.timestamp) ? this.#nowMs() : record.timestamp,
        ...(record.headers === undefined ? {} : { headers: copyOf(record.headers) }),
      }
      partition.records.push(kept)
      partition.bytes += weight(kept)
    }
    return first
  }

  /** What was written can be read now. */
  announce(names: Iterable<string>): void {
    for (const name of new Set(names)) for (const listener of this.#topics.get(name)?.listeners ?? []) listener()
    this.#committed()
  }

  #duplicates(name: string, number: number, count: number, producer: ProducerSequence): number {
    const key = `${name}/${number}/${producer.producerId}`
    const last = this.#producers.get(key)?.sequence ?? -1
    const duplicates = Math.min(count, Math.max(0, last - producer.sequence + 1))
    if (duplicates < count) {
      this.#producers.set(key, { sequence: producer.sequence + count - 1, timeMs: this.#nowMs() })
    }
    return duplicates
  }

  #get(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw topicMissing(name)
    return topic
  }
}

function expire(partition: Partition, { retentionMs, retentionBytes }: TopicSpec, nowMs: number): void {
  const olderThan = retentionMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - retentionMs
  const bytesMax = retentionBytes ?? Number.POSITIVE_INFINITY
  let count = 0
  for (const record of partition.records) {
    if (record.timestamp >= olderThan && partition.bytes - weight(record) < bytesMax) break
    partition.bytes -= weight(record)
    count++
  }
  partition.records.splice(0, count)
  partition.start += count
}

function weight(record: OutputRecord): number {
  return RECORD_OVERHEAD_BYTES + recordBytes(record)
}

function topicInfo({ spec, partitions }: Topic): TopicInfo {
  return {
    ...spec,
    offsets: partitions.map(({ start, records }) => ({ start, end: start + records.length })),
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
  }
}

class MemoryReader implements SourceReader {
  readonly #topic: Topic
  readonly #stops = new Set<() => void>()

  readonly partitions: readonly number[]

  constructor(topic: Topic, partitions?: readonly number[]) {
    this.#topic = topic
    this.partitions = partitions ?? topic.partitions.map((_, number) => number)
  }

  startOffset(number: number): number {
    return this.#partition(number).start
  }

  read(number: number, offset: number, recordsMax: number): RecordChunk | undefined {
    const { start, records } = this.#partition(number)
    const { name } = this.#topic.spec
    const end = start + records.length
    if (!Number.isSafeInteger(offset) || offset < 0) throw positionInvalid(name, offset)
    if (offset < start) throw positionExpired(name, number, offset, start)
    if (offset > end) throw positionAhead(name, number, offset, end)
    if (offset === end || recordsMax < 1) return undefined
    return chunkOf(number, offset, records.slice(offset - start, offset - start + recordsMax))
  }

  lag(number: number, offset: number): number {
    const { start, records } = this.#partition(number)
    return Math.max(0, start + records.length - offset)
  }

  onAvailable(listener: () => void): () => void {
    const call = () => listener()
    this.#topic.listeners.add(call)
    const stop = () => {
      this.#topic.listeners.delete(call)
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  close(): void {
    for (const stop of [...this.#stops]) stop()
  }

  #partition(number: number): Partition {
    const { name, partitions } = this.#topic.spec
    if (this.#topic.deleted) throw topicMissing(name)
    const partition = this.#topic.partitions[number]
    if (partition === undefined) throw partitionMissing(name, number, partitions)
    return partition
  }
}

type Headers = NonNullable<OutputRecord['headers']>

function copyOf(headers: Headers): Headers {
  return headers.map(([name, value]) => [name, value && new Uint8Array(value)])
}

function headersOf(headers: Headers): readonly RecordHeader[] {
  return headers.map(([name, value]) => [Buffer.from(name), value])
}

/** Records as one chunk with offsets from `base`. */
export function chunkOf(partition: number, base: number, records: readonly OutputRecord[]): RecordChunk {
  const count = records.length
  const keys = records.some((record) => record.key !== null)
  const data = new Uint8Array(
    records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0), 0),
  )
  const chunk = {
    partition,
    count,
    data,
    valueStart: new Int32Array(count).fill(-1),
    valueEnd: new Int32Array(count).fill(-1),
    keyStart: keys ? new Int32Array(count).fill(-1) : undefined,
    keyEnd: keys ? new Int32Array(count).fill(-1) : undefined,
    timestamps: Float64Array.from(records, (record) => record.timestamp),
    offsets: Float64Array.from(records, (_, i) => base + i),
    nextOffset: base + count,
    end: false,
    columns: undefined,
    headers: records.some((record) => record.headers !== undefined)
      ? (i: number) => headersOf(records[i]?.headers ?? [])
      : undefined,
  }
  let position = 0
  records.forEach(({ key, value }, i) => {
    if (key !== null && chunk.keyStart !== undefined && chunk.keyEnd !== undefined) {
      data.set(key, position)
      chunk.keyStart[i] = position
      position += key.length
      chunk.keyEnd[i] = position
    }
    if (value !== null) {
      data.set(value, position)
      chunk.valueStart[i] = position
      position += value.length
      chunk.valueEnd[i] = position
    }
  })
  return chunk
}
