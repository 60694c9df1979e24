import { must } from '../../core/assert.ts'
import type { RecordChunk, SourceReader } from '../../engine/ports/log.ts'
import { partitionMissing, positionAhead, positionExpired, positionInvalid, topicMissing } from '../log-rules.ts'
import type { EmbeddedLog } from './embedded-log.ts'
import { type Frame, mergeFrames } from './frame.ts'
import type { Partition, Topic } from './topic.ts'

/** Small frames are copied into one chunk up to this size; beyond, the copy costs more than a second chunk. */
const MERGE_BYTES_MAX = 256 * 1024

/**
 * Reads a topic frame by frame. It remembers the last frame of each partition, since a read may end within one. Offsets
 * are checked against what is committed: nothing else is in LMDB's tables.
 */
export class EmbeddedReader implements SourceReader {
  readonly #log: EmbeddedLog
  readonly #topic: Topic
  readonly #stops = new Set<() => void>()
  readonly #cached = new Map<number, Frame>()

  readonly partitions: readonly number[]

  constructor(log: EmbeddedLog, topic: Topic, partitions?: readonly number[]) {
    this.#log = log
    this.#topic = topic
    this.partitions = partitions ?? topic.partitions.map((partition) => partition.number)
  }

  startOffset(partition: number): number {
    return this.#partition(partition).state.start
  }

  read(number: number, offset: number, recordsMax: number): RecordChunk | undefined {
    const partition = this.#partition(number)
    const { end } = partition.state
    // Retention that is being committed has taken the frames already, for whoever looks into LMDB.
    const start = Math.max(partition.state.start, partition.pending?.start ?? 0)
    const name = this.#topic.spec.name
    if (!Number.isSafeInteger(offset) || offset < 0) throw positionInvalid(name, offset)
    if (offset < start) throw positionExpired(name, number, offset, start)
    // A snapshot of the store sees a commit a moment before this thread is told of it.
    if (offset > (partition.pending?.end ?? end)) throw positionAhead(name, number, offset, end)
    if (offset >= end || recordsMax < 1) return undefined
    const frames = [this.#frameAt(partition, offset)]
    const first = frames[0] as Frame
    let next = first.base + first.count
    let bytes = first.data.length
    while (next < end && next - offset < recordsMax && bytes < MERGE_BYTES_MAX) {
      const frame = this.#frameAt(partition, next)
      // The last frame was written again, longer, since this reader saw it: what it holds beyond `next` is for the
      // next read, which finds its place in it.
      if (frame.base < next) break
      bytes += frame.data.length
      if (bytes > MERGE_BYTES_MAX) break
      frames.push(frame)
      next = frame.base + frame.count
    }
    // A commit that LMDB has and this thread was not told of yet may have made the last frame longer: not beyond `end`.
    return mergeFrames(number, frames, offset - first.base, Math.min(recordsMax, end - offset))
  }

  lag(partition: number, offset: number): number | undefined {
    return Math.max(0, this.#partition(partition).state.end - offset)
  }

  onAvailable(listener: () => void): () => void {
    // A wrapper, so that the same listener given twice counts twice and is stopped once.
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
    this.#cached.clear()
  }

  #partition(number: number): Partition {
    if (this.#topic.deleted) throw topicMissing(this.#topic.spec.name)
    const partition = this.#topic.partitions[number]
    if (partition === undefined) throw partitionMissing(this.#topic.spec.name, number, this.#topic.spec.partitions)
    return partition
  }

  #frameAt(partition: Partition, offset: number): Frame {
    const cached = this.#cached.get(partition.number)
    if (cached !== undefined && offset >= cached.base && offset < cached.base + cached.count) return cached
    const frame = must(this.#log.frameAt(partition, offset), 'an offset before the end has a frame')
    this.#cached.set(partition.number, frame)
    return frame
  }
}
