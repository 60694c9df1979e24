import { DatagenReader } from '../adapters/datagen/datagen-reader.ts'
import { FileReader } from '../adapters/file/file-reader.ts'
import { AppError } from '../core/errors.ts'
import type { FormatRegistry } from '../engine/ports/format.ts'
import type { Log, RecordChunk, SourceReader } from '../engine/ports/log.ts'
import type { SourceRelation } from '../plan/catalog.ts'
import { isExternalStore } from '../plan/external-stores.ts'
import type { ScanStep } from '../plan/physical/nodes.ts'
import { firstNumber, partitionWithin, topicIndex, topicOf } from '../plan/physical/scan-topics.ts'
import { checkLookup } from './open-lookup.ts'
import { startOffset } from './start-offset.ts'
import { type TopicReader, TopicsReader } from './topics-reader.ts'

export interface ReaderOptions {
  readonly log: Log
  /** Those that a task reads, where it is one of several; undefined reads all. */
  readonly partitions: readonly number[] | undefined
  readonly nowMs: number
  readonly writerHasFinished: () => boolean | Promise<boolean>
}

/** Opens what a scan reads: a topic of the log, a file, a generator. */
export async function openReader(scan: ScanStep, options: ReaderOptions): Promise<SourceReader> {
  const { kind, options: properties } = scan.connector
  switch (kind) {
    case 'embedded':
    case 'kafka':
    case 'exchange':
      return openTopic(scan, options)
    case 'result':
      return new FinishingReader(await openTopic(scan, options), scan, options)
    case 'file':
      return isElsewhere(options) ? new EmptyReader() : new FileReader(properties, scan.format)
    case 'datagen':
      return isElsewhere(options) ? new EmptyReader() : new DatagenReader(properties, scan.fields, options.nowMs)
    default:
      throw new AppError('NOT_SUPPORTED', `connector "${kind}" can't be read`, {
        hint: `Read from 'kafka', 'embedded', 'file' or 'datagen'.`,
      })
  }
}

/** What has no partitions of the log is read by the first task alone. */
function isElsewhere({ partitions }: ReaderOptions): boolean {
  return partitions !== undefined && !partitions.includes(0)
}

/** Fails with what is wrong with a new source, as far as it can be said before it is read. */
export async function checkSource(relation: SourceRelation, formats: FormatRegistry): Promise<void> {
  const { connector, format, columns } = relation
  const fields = columns.flatMap(({ name, type, nullable, from, path }) =>
    from === 'value' ? [{ name, type, nullable, from, path }] : [],
  )
  if (isExternalStore(connector.kind)) return checkLookup(relation)
  if (connector.kind !== 'datagen') {
    formats.decoder(format, fields)
    return
  }
  new DatagenReader(connector.options, fields).close()
}

async function openTopic(scan: ScanStep, { log, partitions }: ReaderOptions): Promise<SourceReader> {
  if (partitions?.length === 0) return new EmptyReader()
  const topics = scan.topics ?? [{ name: topicOf(scan) }]
  const readers: TopicReader[] = []
  try {
    for (const [i, { name }] of topics.entries()) {
      const own = partitions?.flatMap((number) => (topicIndex(number) === i ? [partitionWithin(number)] : []))
      if (own?.length === 0) continue
      const first = firstNumber(i)
      const reader = new StartingReader(await log.openReader(name, own), (partition) =>
        startOffset(scan, first + partition, { topic: name, partition }, log),
      )
      readers.push({ topic: name, reader, first })
    }
    if (scan.connector.options['scan.bounded.mode'] === 'latest-offset') {
      for (const [i, one] of readers.entries()) {
        readers[i] = { ...one, reader: await BoundedReader.open(one.reader, one.topic, log) }
      }
    }
  } catch (error) {
    for (const { reader } of readers) await reader.close()
    throw error
  }
  const [only] = readers
  const namesTopic = scan.fields.some(({ from }) => from === 'topic')
  return scan.topics === undefined && only !== undefined && !namesTopic ? only.reader : new TopicsReader(readers)
}

/** A source that has nothing for this task, ever. */
class EmptyReader implements SourceReader {
  readonly partitions = []

  startOffset(): number {
    return 0
  }

  read(): undefined {}

  lag(): number {
    return 0
  }

  onAvailable(): () => void {
    return () => {}
  }

  nextAvailableMs(): undefined {}

  close(): void {}
}

/** Passes everything on; the readers below change one thing each. */
class ForwardingReader implements SourceReader {
  protected readonly inner: SourceReader

  constructor(inner: SourceReader) {
    this.inner = inner
  }

  get partitions(): readonly number[] {
    return this.inner.partitions
  }

  startOffset(partition: number): number | Promise<number> {
    return this.inner.startOffset(partition)
  }

  read(partition: number, offset: number, recordsMax: number, nowMs: number): ReturnType<SourceReader['read']> {
    return this.inner.read(partition, offset, recordsMax, nowMs)
  }

  lag(partition: number, offset: number): number | undefined {
    return this.inner.lag(partition, offset)
  }

  onAvailable(listener: () => void): () => void {
    return this.inner.onAvailable(listener)
  }

  nextAvailableMs(nowMs: number): number | undefined {
    return this.inner.nextAvailableMs(nowMs)
  }

  close(): void | Promise<void> {
    return this.inner.close()
  }
}

/** A topic read from where the query says to begin. */
class StartingReader extends ForwardingReader {
  readonly #startOffset: (partition: number) => number | Promise<number>

  constructor(inner: SourceReader, startOffset: (partition: number) => number | Promise<number>) {
    super(inner)
    this.#startOffset = startOffset
  }

  override startOffset(partition: number): number | Promise<number> {
    return this.#startOffset(partition)
  }
}

/** A result log ends when the query that writes it has ended. */
class FinishingReader extends ForwardingReader {
  readonly #scan: ScanStep
  readonly #options: ReaderOptions
  readonly #listeners = new Map<() => void, () => void>()
  /** Opened when the writer had ended: a reader of before may not have heard of what came last. */
  #rest: Promise<SourceReader> | undefined

  constructor(inner: SourceReader, scan: ScanStep, options: ReaderOptions) {
    super(inner)
    this.#scan = scan
    this.#options = options
  }

  override async read(
    partition: number,
    offset: number,
    recordsMax: number,
    nowMs: number,
  ): Promise<RecordChunk | undefined> {
    if (this.#rest === undefined) {
      const chunk = await this.inner.read(partition, offset, recordsMax, nowMs)
      if (chunk !== undefined || !(await this.#options.writerHasFinished())) return chunk
    }
    this.#rest ??= this.#openRest()
    return (await this.#rest).read(partition, offset, recordsMax, nowMs)
  }

  override onAvailable(listener: () => void): () => void {
    this.#listeners.set(listener, this.inner.onAvailable(listener))
    return () => {
      this.#listeners.get(listener)?.()
      this.#listeners.delete(listener)
    }
  }

  override async close(): Promise<void> {
    await (await this.#rest)?.close()
    await this.inner.close()
  }

  async #openRest(): Promise<SourceReader> {
    const { log, partitions } = this.#options
    const topic = topicOf(this.#scan)
    const rest = await BoundedReader.open(await log.openReader(topic, partitions), topic, log)
    for (const [listener, stop] of this.#listeners) {
      stop()
      this.#listeners.set(listener, rest.onAvailable(listener))
    }
    return rest
  }
}

/** A topic up to where it ended when the query began; then the source has ended, and every window closes. */
export class BoundedReader extends ForwardingReader {
  readonly #ends: ReadonlyMap<number, number>

  private constructor(inner: SourceReader, ends: ReadonlyMap<number, number>) {
    super(inner)
    this.#ends = ends
  }

  static async open(inner: SourceReader, topic: string, log: Log): Promise<BoundedReader> {
    const offsets = (await log.topic(topic))?.offsets ?? []
    return new BoundedReader(inner, new Map(offsets.map(({ end }, partition) => [partition, end])))
  }

  override async read(
    partition: number,
    offset: number,
    recordsMax: number,
    nowMs: number,
  ): Promise<RecordChunk | undefined> {
    const end = this.#ends.get(partition) ?? 0
    if (offset >= end) return endOfPartition(partition, offset)
    const chunk = await this.inner.read(partition, offset, Math.min(recordsMax, end - offset), nowMs)
    // A log that is far away has nothing yet; its lag says when there is nothing to come.
    if (chunk === undefined) return this.inner.lag(partition, offset) === 0 ? endOfPartition(partition, offset) : chunk
    return chunk.nextOffset < end ? chunk : upTo(end, chunk)
  }

  override lag(partition: number, offset: number): number | undefined {
    return Math.max(0, (this.#ends.get(partition) ?? 0) - offset)
  }
}

/** The last chunk. Where the last offsets hold no records, it comes with some that lie behind the end. */
function upTo(end: number, chunk: RecordChunk): RecordChunk {
  let { count } = chunk
  while (count > 0 && (chunk.offsets[count - 1] as number) >= end) count--
  return { ...chunk, count, nextOffset: end, end: true }
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
