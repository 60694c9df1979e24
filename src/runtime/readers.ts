import { DatagenReader } from '../adapters/datagen/datagen-reader.ts'
import { FileReader } from '../adapters/file/file-reader.ts'
import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { RecordChunk, SourceReader } from '../engine/ports/log.ts'
import type { ScanStep } from '../plan/physical/nodes.ts'

/** Opens what a scan reads: a topic of the log, a file, a generator. */
export function openReader(scan: ScanStep, storage: Storage, nowMs: () => number): SourceReader {
  const { kind, options } = scan.connector
  switch (kind) {
    case 'embedded':
    case 'result':
      return openTopic(scan, storage)
    case 'file':
      return new FileReader(options, scan.format)
    case 'datagen':
      return new DatagenReader(options, scan.fields, nowMs())
    default:
      throw new AppError('NOT_SUPPORTED', `connector "${kind}" can't be read`, {
        hint: `Read from 'embedded', 'file' or 'datagen'.`,
      })
  }
}

function openTopic(scan: ScanStep, storage: Storage): SourceReader {
  const topic = scan.connector.options['topic'] ?? scan.relation
  const reader = new StartingReader(storage.log.reader(topic), (partition) => {
    const offsets = storage.log.topic(topic)?.offsets[partition]
    if (offsets === undefined) throw new AppError('NOT_FOUND', `topic "${topic}" has no partition ${partition}`)
    return scan.startup.kind === 'timestamp'
      ? storage.log.offsetAt(topic, partition, scan.startup.timestampMs)
      : scan.startup.kind === 'latest'
        ? offsets.end
        : offsets.start
  })
  return scan.connector.options['scan.bounded.mode'] === 'latest-offset' ? new BoundedReader(reader, topic, storage) : reader
}

/** A topic read from where the query says to begin. */
class StartingReader implements SourceReader {
  readonly #inner: SourceReader
  readonly #startOffset: (partition: number) => number | Promise<number>

  constructor(inner: SourceReader, startOffset: (partition: number) => number | Promise<number>) {
    this.#inner = inner
    this.#startOffset = startOffset
  }

  get partitions(): readonly number[] {
    return this.#inner.partitions
  }

  startOffset(partition: number): number | Promise<number> {
    return this.#startOffset(partition)
  }

  read(partition: number, offset: number, recordsMax: number, nowMs: number): ReturnType<SourceReader['read']> {
    return this.#inner.read(partition, offset, recordsMax, nowMs)
  }

  lag(partition: number, offset: number): number | undefined {
    return this.#inner.lag(partition, offset)
  }

  onAvailable(listener: () => void): () => void {
    return this.#inner.onAvailable(listener)
  }

  nextAvailableMs(): number | undefined {
    return undefined
  }

  close(): void | Promise<void> {
    return this.#inner.close()
  }
}

/** A topic up to where it ended when the query began; then the source has ended, and every window closes. */
export class BoundedReader implements SourceReader {
  readonly #inner: SourceReader
  readonly #ends: ReadonlyMap<number, number>

  constructor(inner: SourceReader, topic: string, storage: Storage) {
    this.#inner = inner
    const offsets = storage.log.topic(topic)?.offsets ?? []
    this.#ends = new Map(offsets.map(({ end }, partition) => [partition, end]))
  }

  get partitions(): readonly number[] {
    return this.#inner.partitions
  }

  startOffset(partition: number): number | Promise<number> {
    return this.#inner.startOffset(partition)
  }

  async read(
    partition: number,
    offset: number,
    recordsMax: number,
    nowMs: number,
  ): Promise<RecordChunk | undefined> {
    const end = this.#ends.get(partition) ?? 0
    if (offset >= end) return endOfPartition(partition, offset)
    const chunk = await this.#inner.read(partition, offset, Math.min(recordsMax, end - offset), nowMs)
    if (chunk === undefined) return endOfPartition(partition, offset)
    return chunk.nextOffset >= end ? { ...chunk, end: true } : chunk
  }

  lag(partition: number, offset: number): number | undefined {
    return Math.max(0, (this.#ends.get(partition) ?? 0) - offset)
  }

  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(): number | undefined {
    return undefined
  }

  close(): void | Promise<void> {
    return this.#inner.close()
  }
}

function endOfPartition(partition: number, offset: number): RecordChunk {
  return {
    partition,
    count: 0,
    data: new Uint8Array(0),
    valueStart: new Int32Array(0),
    valueEnd: new Int32Array(0),
    keyStart: undefined,
    keyEnd: undefined,
    timestamps: new Float64Array(0),
    offsets: new Float64Array(0),
    nextOffset: offset,
    end: true,
    columns: undefined,
  }
}
