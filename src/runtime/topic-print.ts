import { INSERT } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import type { RecordChunk, SourceReader } from '../engine/ports/log.ts'
import type { ResultEvent, ResultStream } from './api.ts'
import { PRINTED_SCHEMA, printedRecord } from './printed-record.ts'

/**
 * The records of a topic as they are, for one reader. It pulls: nothing is read that was not asked for. Partitions take
 * turns, so that each is seen; in each the order is that of the log.
 */
export interface TopicPrintOptions {
  readonly reader: SourceReader
  /** By partition. */
  readonly from: readonly number[]
  /** Where each partition has ended; undefined goes on with what comes. */
  readonly to: readonly number[] | undefined
  readonly limit: number | undefined
  readonly signal: AbortSignal | undefined
  readonly onClose: () => void
}

/** Records that a partition gives in one turn. */
const TURN_RECORDS = 256

export class TopicPrint implements ResultStream {
  readonly schema: Schema = PRINTED_SCHEMA
  readonly continuous: boolean
  readonly #options: TopicPrintOptions
  readonly #positions: number[]
  #left: number
  #closed: Promise<void> | undefined
  #available = false
  #wake: (() => void) | undefined

  constructor(options: TopicPrintOptions) {
    this.#options = options
    this.continuous = options.to === undefined
    this.#positions = [...options.from]
    this.#left = options.limit ?? Number.POSITIVE_INFINITY
    const { signal } = options
    signal?.addEventListener('abort', () => void this.close(), { once: true })
    if (signal?.aborted) void this.close()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    const stopListening = this.#options.reader.onAvailable(() => {
      this.#available = true
      this.#wake?.()
    })
    try {
      while (!this.#ended) {
        this.#available = false
        let came = false
        for (const partition of this.#options.reader.partitions) {
          const chunk = await this.#read(partition)
          if (chunk === undefined || this.#closed !== undefined) continue
          came = true
          const event = this.#eventOf(chunk)
          if (event !== undefined) yield event
        }
        if (!came) await this.#waitForMore()
      }
    } finally {
      stopListening()
      await this.close()
    }
  }

  /** Safe to call twice; whoever iterates sees the end. */
  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  get #ended(): boolean {
    const { to, reader } = this.#options
    if (this.#closed !== undefined || this.#left <= 0) return true
    return to !== undefined && reader.partitions.every((one) => this.#positionOf(one) >= (to[one] ?? 0))
  }

  #positionOf(partition: number): number {
    return this.#positions[partition] ?? 0
  }

  async #read(partition: number): Promise<RecordChunk | undefined> {
    const { reader, to } = this.#options
    const position = this.#positionOf(partition)
    const recordsMax = Math.min(TURN_RECORDS, this.#left)
    if (recordsMax < 1 || this.#closed !== undefined || position >= (to?.[partition] ?? Number.POSITIVE_INFINITY))
      return
    const chunk = await reader.read(partition, position, recordsMax, 0)
    if (chunk !== undefined) this.#positions[partition] = chunk.nextOffset
    // What ends in offsets without records is read to its end when nothing is left before it.
    else if (to !== undefined && reader.lag(partition, position) === 0) this.#positions[partition] = to[partition] ?? 0
    return chunk
  }

  #eventOf(chunk: RecordChunk): ResultEvent | undefined {
    const end = this.#options.to?.[chunk.partition] ?? Number.POSITIVE_INFINITY
    let count = 0
    while (count < chunk.count && (chunk.offsets[count] as number) < end) count++
    if (count === 0) return undefined
    this.#left -= count
    const rows = Array.from({ length: count }, (_, i) => printedRecord(chunk, i))
    const times = Float64Array.from(chunk.timestamps.subarray(0, count))
    return { kind: 'rows', rows, changes: rows.map(() => INSERT), times, resumeToken: '', snapshot: false }
  }

  async #waitForMore(): Promise<void> {
    if (this.#available || this.#ended) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }

  async #close(): Promise<void> {
    // Whoever looks whether it is closed, woken by this, must see that it is.
    await Promise.resolve()
    this.#wake?.()
    this.#options.onClose()
    await this.#options.reader.close()
  }
}
