import type { RecordChunk, RecordOrigin, SourceReader } from '../engine/ports/log.ts'

/** One of the topics that are read as one source. */
export interface TopicReader {
  readonly topic: string
  readonly reader: SourceReader
  /** Number of its first partition among those of the source; the others follow. */
  readonly first: number
}

/** Several topics as one source. Each chunk says which topic it is from. */
export class TopicsReader implements SourceReader {
  readonly partitions: readonly number[]
  readonly #readers: readonly TopicReader[]
  readonly #byPartition = new Map<number, TopicReader>()

  constructor(readers: readonly TopicReader[]) {
    this.#readers = readers
    for (const one of readers) {
      for (const partition of one.reader.partitions) this.#byPartition.set(one.first + partition, one)
    }
    this.partitions = [...this.#byPartition.keys()]
  }

  startOffset(number: number): number | Promise<number> {
    const { reader, first } = this.#of(number)
    return reader.startOffset(number - first)
  }

  async read(number: number, offset: number, recordsMax: number, nowMs: number): Promise<RecordChunk | undefined> {
    const { topic, reader, first } = this.#of(number)
    const partition = number - first
    const chunk = await reader.read(partition, offset, recordsMax, nowMs)
    return chunk && { ...chunk, partition: number, origin: { topic, partition } }
  }

  lag(number: number, offset: number): number | undefined {
    const { reader, first } = this.#of(number)
    return reader.lag(number - first, offset)
  }

  origin(number: number): RecordOrigin {
    const { topic, first } = this.#of(number)
    return { topic, partition: number - first }
  }

  onAvailable(listener: () => void): () => void {
    const stops = this.#readers.map(({ reader }) => reader.onAvailable(listener))
    return () => {
      for (const stop of stops) stop()
    }
  }

  nextAvailableMs(nowMs: number): number | undefined {
    const times = this.#readers.flatMap(({ reader }) => reader.nextAvailableMs(nowMs) ?? [])
    return times.length === 0 ? undefined : Math.min(...times)
  }

  async close(): Promise<void> {
    for (const { reader } of this.#readers) await reader.close()
  }

  #of(number: number): TopicReader {
    const found = this.#byPartition.get(number)
    if (found === undefined) throw new Error(`no topic has the partition of number ${number}`)
    return found
  }
}
