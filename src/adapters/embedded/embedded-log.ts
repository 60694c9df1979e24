import { assert, must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
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
  PRODUCER_IDLE_MAX_MS,
  partitionMissing,
  sameSpec,
  topicExists,
  topicMissing,
} from '../log-rules.ts'
import type { CommitQueue, Participant, WriteGroup } from './commit-queue.ts'
import { EmbeddedReader } from './embedded-reader.ts'
import { decodeFrame, encodeFrame, type Frame, FrameError, frameFill, frameRecords, recordBytes } from './frame.ts'
import { afterPrefix, decodeText, encodeText, floats, frameKey, frameKeyBase, prefixKey, textKey } from './keys.ts'
import type { Numbers } from './numbers.ts'
import { META_TOPIC, type Tables } from './tables.ts'
import {
  NEW_PARTITION,
  type Partition,
  partitionMetaKey,
  type StoredTopic,
  specOf,
  type Topic,
  timed,
  topicInfo,
} from './topic.ts'

/**
 * Topics as frames in LMDB. The invariant: the frames of a partition follow each other without a gap from `start` to
 * `end`, so the frame after one is found by its end, without a search.
 *
 * Appends of one transaction are gathered per partition and framed at its end. A small last frame is written again
 * with the new records behind its own: a stream of single appends becomes frames that are worth reading.
 */

/** A last frame of fewer bytes takes the next records in; rewriting it costs at most this much a commit. */
const FRAME_MERGE_BYTES_MAX = 16 * 1024
/** Frames that one transaction of retention removes. */
const RETENTION_FRAMES = 64

export class EmbeddedLog implements Log, Participant {
  readonly #tables: Tables
  readonly #queue: CommitQueue
  readonly #numbers: Numbers
  readonly #nowMs: () => number
  readonly #topics = new Map<string, Topic>()
  /** Topics made or deleted by the transaction under way. */
  readonly #changed = new Map<string, Topic | undefined>()
  readonly #respecified = new Map<Topic, TopicSpec>()
  readonly #touched = new Set<Partition>()
  readonly #sequences = new Map<string, number>()

  constructor(tables: Tables, queue: CommitQueue, numbers: Numbers, nowMs: () => number) {
    this.#tables = tables
    this.#queue = queue
    this.#numbers = numbers
    this.#nowMs = nowMs
    const prefix = textKey(META_TOPIC, '')
    for (const { key, value } of tables.meta.getRange({ start: prefix, end: afterPrefix(prefix) })) {
      const stored = JSON.parse(decodeText(value)) as StoredTopic
      this.#topics.set(decodeText(key.subarray(prefix.length)), this.#topicOf(stored))
    }
    queue.join(this)
  }

  async createTopic(spec: TopicSpec): Promise<void> {
    checkTopicSpec(spec)
    await this.#queue.submit(1024, (group) => {
      const existing = this.#current(spec.name)
      if (existing !== undefined) {
        if (sameSpec(existing.spec, spec)) return
        if (existing.spec.partitions !== spec.partitions) throw topicExists(existing.spec, spec)
      }
      const stored: StoredTopic = {
        number: existing?.number ?? this.#numbers.take(),
        name: spec.name,
        partitions: spec.partitions,
        retentionMs: spec.retentionMs ?? null,
        retentionBytes: spec.retentionBytes ?? null,
      }
      group.put(this.#tables.meta, textKey(META_TOPIC, spec.name), encodeText(JSON.stringify(stored)))
      if (existing === undefined) this.#changed.set(spec.name, this.#topicOf(stored))
      else this.#respecified.set(existing, specOf(stored))
    })
  }

  async deleteTopic(name: string): Promise<void> {
    await this.#queue.submit(1024, (group) => {
      const topic = this.#current(name)
      if (topic === undefined) throw topicMissing(name)
      group.remove(this.#tables.meta, textKey(META_TOPIC, name))
      for (const partition of topic.partitions) group.remove(this.#tables.meta, partitionMetaKey(partition))
      this.#numbers.discard(group, topic.number)
      this.#changed.set(name, undefined)
    })
    await this.#numbers.sweep()
  }

  async topicNames(): Promise<readonly string[]> {
    return [...this.#topics.keys()].sort()
  }

  async topics(): Promise<readonly TopicInfo[]> {
    return [...this.#topics.values()].map(topicInfo).sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async topic(name: string): Promise<TopicInfo | undefined> {
    const topic = this.#topics.get(name)
    return topic && topicInfo(topic)
  }

  async openReader(name: string, partitions?: readonly number[]): Promise<SourceReader> {
    return new EmbeddedReader(this, this.#get(name), partitions)
  }

  async append(
    name: string,
    partition: number,
    records: readonly OutputRecord[],
    producer?: ProducerSequence,
  ): Promise<AppendResult> {
    checkRecords(name, records)
    if (producer !== undefined) checkSequence(producer)
    let bytes = 0
    for (const record of records) bytes += recordBytes(record)
    return this.#queue.submit(bytes, (group) => {
      const duplicates = producer === undefined ? 0 : this.#sequence(group, name, partition, records.length, producer)
      const fresh = duplicates === 0 ? records : records.slice(duplicates)
      return { firstOffset: this.stage(name, partition, fresh), appended: fresh.length, duplicates }
    })
  }

  async offsetAt(name: string, number: number, timestampMs: number): Promise<number> {
    const partition = this.partition(name, number)
    const { end, maxTimestamp } = partition.state
    const start = Math.max(partition.state.start, partition.pending?.start ?? 0)
    if (start === end || maxTimestamp < timestampMs) return end
    // The first frame whose running maximum reaches the time. Its base lies in [low, high].
    let low = start
    let high = end - 1
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      const frame = this.frameAt(partition, middle)
      if (frame.runningMaxTimestamp >= timestampMs) high = frame.base
      else low = frame.base + frame.count
      if (high < low) high = low
    }
    // A maximum that retention has deleted since makes the first frames promise too much: look on.
    for (let offset = low; offset < end; ) {
      const frame = this.frameAt(partition, offset)
      if (frame.maxTimestamp >= timestampMs) {
        const index = frame.timestamps.findIndex((timestamp) => timestamp >= timestampMs)
        return frame.base + index
      }
      offset = frame.base + frame.count
    }
    return end
  }

  async enforceRetention(nowMs: number): Promise<void> {
    for (const topic of [...this.#topics.values()]) {
      if (topic.spec.retentionMs === undefined && topic.spec.retentionBytes === undefined) continue
      for (const partition of topic.partitions) {
        while (await this.#queue.submit(1024, (group) => this.#expire(group, topic.spec, partition, nowMs)));
      }
    }
    await this.#forgetProducers(nowMs)
  }

  async close(): Promise<void> {}

  /** Within a transaction: takes records for a partition; returns the first offset they get. */
  stage(name: string, number: number, records: readonly OutputRecord[]): number {
    const partition = this.partition(name, number, this.#current(name))
    const state = partition.pending ?? partition.state
    const first = state.end
    if (records.length === 0) return first
    partition.pending = { ...state, end: first + records.length }
    for (const record of records) partition.records.push(timed(record, this.#nowMs))
    this.#touched.add(partition)
    return first
  }

  /** Throws NOT_FOUND: so a caller can ask before it stages anything. */
  partition(name: string, number: number, topic: Topic | undefined = this.#topics.get(name)): Partition {
    if (topic === undefined) throw topicMissing(name)
    const partition = topic.partitions[number]
    if (partition === undefined) throw partitionMissing(name, number, topic.spec.partitions)
    return partition
  }

  beforeCommit(group: WriteGroup): void {
    for (const partition of this.#touched) {
      if (partition.topic.deleted || this.#isDeleted(partition.topic)) continue
      if (partition.records.length > 0) this.#writeFrames(group, partition)
      const { start, end, bytes, maxTimestamp } = must(partition.pending, 'a touched partition has a new state')
      const stored = new Float64Array([start, end, bytes, maxTimestamp])
      group.put(this.#tables.meta, partitionMetaKey(partition), new Uint8Array(stored.buffer))
    }
  }

  committed(): void {
    for (const [name, topic] of this.#changed) {
      const previous = this.#topics.get(name)
      if (topic !== undefined) this.#topics.set(name, topic)
      else this.#topics.delete(name)
      if (previous !== undefined && topic === undefined) {
        previous.deleted = true
        for (const listener of previous.listeners) listener()
      }
    }
    for (const [topic, spec] of this.#respecified) topic.spec = spec
    const appended = new Set<Topic>()
    for (const partition of this.#touched) {
      const pending = must(partition.pending, 'a touched partition has a new state')
      if (pending.end > partition.state.end) appended.add(partition.topic)
      partition.state = pending
    }
    this.#forgetPending()
    for (const topic of appended) for (const listener of topic.listeners) listener()
  }

  failed(): void {
    this.#forgetPending()
  }

  /** The frame that holds the offset, which lies in [start, end). Throws DATA_DIRECTORY_CORRUPT. */
  frameAt(partition: Partition, offset: number): Frame {
    const exact = this.#frame(partition, offset)
    if (exact !== undefined) return exact
    const { log } = this.#tables
    const start = frameKey(partition.topic.number, partition.number, offset)
    const end = prefixKey(partition.topic.number, partition.number)
    for (const key of log.getKeys({ start, end, reverse: true, limit: 1 })) {
      const frame = this.#frame(partition, frameKeyBase(key))
      if (frame !== undefined && offset < frame.base + frame.count) return frame
    }
    throw this.#corrupt(partition, offset, 'it is missing')
  }

  #frame(partition: Partition, base: number): Frame | undefined {
    const bytes = this.#tables.log.get(frameKey(partition.topic.number, partition.number, base))
    if (bytes === undefined) return undefined
    try {
      return decodeFrame(bytes, base)
    } catch (error) {
      if (error instanceof FrameError) throw this.#corrupt(partition, base, error.message)
      throw error
    }
  }

  #corrupt(partition: Partition, offset: number, reason: string): AppError {
    const where = `topic "${partition.topic.spec.name}", partition ${partition.number}, offset ${offset}`
    return new AppError('DATA_DIRECTORY_CORRUPT', `${where}: the stored frame is damaged: ${reason}`, {
      domain: 'external',
      hint: 'Restore the data directory from a backup, or drop the stream and load it again.',
    })
  }

  #writeFrames(group: WriteGroup, partition: Partition): void {
    const pending = must(partition.pending, 'a touched partition has a new state')
    const { log } = this.#tables
    let records = partition.records
    let base = pending.end - records.length
    let { bytes, maxTimestamp } = pending
    const last = this.#mergeableTail(partition, base, pending.start)
    if (last !== undefined) {
      records = [...frameRecords(last), ...records]
      base = last.base
      bytes -= last.data.length
    }
    for (let index = 0; index < records.length; ) {
      const count = frameFill(records, index)
      const frame = encodeFrame(base, records, index, count, maxTimestamp)
      group.put(log, frameKey(partition.topic.number, partition.number, base), frame.bytes)
      bytes += frame.bytes.length
      maxTimestamp = frame.runningMaxTimestamp
      base += count
      index += count
    }
    assert(base === pending.end, 'frames end where the partition ends')
    partition.pending = { ...pending, bytes, maxTimestamp }
  }

  /** The last frame if it is small, kept by retention, and was not written by the transaction under way. */
  #mergeableTail(partition: Partition, end: number, start: number): Frame | undefined {
    if (end === start || partition.records.length >= 1024) return undefined
    const frame = this.frameAt(partition, end - 1)
    return frame.data.length < FRAME_MERGE_BYTES_MAX && frame.base >= start ? frame : undefined
  }

  /** The number of leading records that the producer has appended before. */
  #sequence(group: WriteGroup, name: string, number: number, count: number, producer: ProducerSequence): number {
    const partition = this.partition(name, number, this.#current(name))
    const id = encodeText(producer.producerId)
    const key = new Uint8Array(8 + id.length)
    key.set(prefixKey(partition.topic.number, partition.number))
    key.set(id, 8)
    const stored = this.#tables.producers.get(key)
    const mapKey = `${partition.topic.number}/${partition.number}/${producer.producerId}`
    const last = this.#sequences.get(mapKey) ?? (stored === undefined ? -1 : producerEntry(stored)[0])
    const duplicates = Math.min(count, Math.max(0, last - producer.sequence + 1))
    if (duplicates === count) return duplicates
    const now = producer.sequence + count - 1
    this.#sequences.set(mapKey, now)
    group.put(this.#tables.producers, key, new Uint8Array(new Float64Array([now, this.#nowMs()]).buffer))
    return duplicates
  }

  /** Removes leading frames that are too old or too many; true when there may be more of them. */
  #expire(group: WriteGroup, spec: TopicSpec, partition: Partition, nowMs: number): boolean {
    if (partition.topic.deleted || this.#isDeleted(partition.topic)) return false
    let { start, bytes } = partition.state
    const { end } = partition.state
    const olderThan = spec.retentionMs === undefined ? Number.NEGATIVE_INFINITY : nowMs - spec.retentionMs
    const bytesMax = spec.retentionBytes ?? Number.POSITIVE_INFINITY
    let frames = 0
    while (start < end && frames < RETENTION_FRAMES) {
      const frame = this.frameAt(partition, start)
      const size = frame.data.length
      if (frame.maxTimestamp >= olderThan && bytes - size < bytesMax) break
      group.remove(this.#tables.log, frameKey(partition.topic.number, partition.number, frame.base))
      start = frame.base + frame.count
      bytes -= size
      frames++
    }
    if (frames === 0) return false
    partition.pending = { ...(partition.pending ?? partition.state), start, bytes }
    this.#touched.add(partition)
    return frames === RETENTION_FRAMES
  }

  async #forgetProducers(nowMs: number): Promise<void> {
    const idle: Uint8Array[] = []
    for (const { key, value } of this.#tables.producers.getRange({ start: new Uint8Array(1) })) {
      if (producerEntry(value)[1] < nowMs - PRODUCER_IDLE_MAX_MS) idle.push(key)
    }
    if (idle.length === 0) return
    await this.#queue.submit(idle.length * 64, (group) => {
      for (const key of idle) group.remove(this.#tables.producers, key)
    })
  }

  #get(name: string): Topic {
    const topic = this.#topics.get(name)
    if (topic === undefined) throw topicMissing(name)
    return topic
  }

  /** As the transaction under way sees it. */
  #current(name: string): Topic | undefined {
    return this.#changed.has(name) ? this.#changed.get(name) : this.#topics.get(name)
  }

  #isDeleted(topic: Topic): boolean {
    return this.#changed.has(topic.spec.name) && this.#changed.get(topic.spec.name)?.number !== topic.number
  }

  #forgetPending(): void {
    for (const partition of this.#touched) {
      partition.pending = undefined
      partition.records = []
    }
    this.#touched.clear()
    this.#changed.clear()
    this.#respecified.clear()
    this.#sequences.clear()
  }

  #topicOf(stored: StoredTopic): Topic {
    const partitions: Partition[] = []
    const topic: Topic = {
      number: stored.number,
      spec: specOf(stored),
      partitions,
      listeners: new Set(),
      deleted: false,
    }
    for (let number = 0; number < stored.partitions; number++) {
      const partition: Partition = { topic, number, state: NEW_PARTITION, pending: undefined, records: [] }
      const state = this.#tables.meta.get(partitionMetaKey(partition))
      if (state !== undefined) {
        const [start, end, bytes, maxTimestamp] = floats(state) as unknown as [number, number, number, number]
        partition.state = { start, end, bytes, maxTimestamp }
      }
      partitions.push(partition)
    }
    return topic
  }
}

function producerEntry(bytes: Uint8Array): readonly [sequence: number, timeMs: number] {
  const [sequence, timeMs] = floats(bytes)
  return [sequence as number, timeMs as number]
}
