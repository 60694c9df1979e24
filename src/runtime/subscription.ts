import { type ChangeKind, INSERT } from '../core/batch.ts'
import { AppError } from '../core/errors.ts'
import type { Schema } from '../core/schema.ts'
import type { Row, Value } from '../core/value.ts'
import type { DecodedRows, Decoder } from '../engine/ports/format.ts'
import type { RecordChunk, SourceReader } from '../engine/ports/log.ts'
import { tableKeyEncoder } from '../engine/sinks.ts'
import type { ResultEvent, ResultStream } from './api.ts'
import type { PeerTablePage } from './peers.ts'
import { encodeResumeToken, type ResumePosition, SEGMENTS_MAX, type SnapshotSegment } from './resume-token.ts'

/**
 * The results of a materialized view as one reader sees them: the table as it is, then every change after it, from the
 * result log. Nothing is buffered here: what the reader has not pulled stays in the log.
 *
 * A slow reader must not keep one view of the store open for long (its pages could not be used again), so the snapshot
 * is read in parts, each as of its own moment; a change is passed on only if it is newer than the part that gave its
 * key. So every change is told exactly once, whatever the speed of the reader and however often it resumes.
 */
export interface SubscriptionOptions {
  readonly schema: Schema
  readonly reader: SourceReader
  /** Of the result log. */
  readonly partition: number
  readonly decoder: Decoder
  /** Decodes a row of the result table. */
  readonly decodeRow: (value: Uint8Array) => { readonly row: Row; readonly time: number }
  /** The table from a key on, as of one commit of its task, wherever that runs. */
  readonly openTable: (from: Uint8Array, signal: AbortSignal) => AsyncGenerator<PeerTablePage>
  readonly position: ResumePosition
  readonly nowMs: () => number
  readonly signal: AbortSignal | undefined
}

const ROWS_PER_EVENT = 512
/** One view of the store is open for this long at most. */
const SNAPSHOT_OPEN_MS_MAX = 2_000

export class Subscription implements ResultStream {
  readonly schema: Schema
  readonly continuous = true
  readonly #options: SubscriptionOptions
  readonly #keyOf: ((row: Row) => Uint8Array) | undefined
  readonly #closed = new AbortController()
  #position: ResumePosition
  #wake: (() => void) | undefined
  #available = true

  constructor(options: SubscriptionOptions) {
    this.#options = options
    this.#position = options.position
    this.schema = options.schema
    this.#keyOf = options.schema.key.length === 0 ? undefined : tableKeyEncoder(options.schema)
    options.signal?.addEventListener('abort', () => void this.close(), { once: true })
    if (options.signal?.aborted) void this.close()
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ResultEvent> {
    const { reader } = this.#options
    const unsubscribe = reader.onAvailable(() => {
      this.#available = true
      this.#wake?.()
    })
    try {
      while (this.#position.inSnapshot && !this.#closed.signal.aborted) yield* this.#snapshotPart()
      yield* this.#changes()
    } finally {
      unsubscribe()
      await reader.close()
    }
  }

  /** Rows of the snapshot from one view of the table, which is given up when it has been open for too long. */
  async *#snapshotPart(): AsyncGenerator<ResultEvent> {
    const { openTable, nowMs } = this.#options
    const before = this.#position
    if (before.segments.length >= SEGMENTS_MAX) {
      throw new AppError('RESOURCE_EXHAUSTED', 'the reader is too slow for the snapshot of this view', {
        hint: 'Read faster, or subscribe without the snapshot.',
      })
    }
    const giveUpMs = nowMs() + SNAPSHOT_OPEN_MS_MAX
    const after = before.segments.at(-1)?.upTo
    // Behind a key is what begins with it and a zero.
    const pages = openTable(after === undefined ? new Uint8Array(0) : Uint8Array.of(...after, 0), this.#closed.signal)
    try {
      for await (const page of pages) {
        if (this.#closed.signal.aborted) return
        checkNotOlder(before, page.resultEnd)
        const upTo = page.entries.at(-1)?.[0]
        if (page.end) yield this.#snapshotRows(before, { upTo: undefined, offset: page.resultEnd }, page)
        else if (upTo !== undefined) yield this.#snapshotRows(before, { upTo, offset: page.resultEnd }, page)
        if (nowMs() >= giveUpMs) return
      }
    } catch (error) {
      // Closed, it need not say that it was cut off.
      if (this.#closed.signal.aborted) return
      throw error
    } finally {
      await pages.return(undefined)
    }
  }

  #snapshotRows(before: ResumePosition, segment: SnapshotSegment, page: PeerTablePage): ResultEvent {
    this.#position = {
      ...before,
      // The changes to follow begin where the first part was read.
      offset: before.segments.length === 0 ? segment.offset : before.offset,
      segments: [...before.segments, segment],
      inSnapshot: segment.upTo !== undefined,
    }
    const decoded = page.entries.map(([, value]) => this.#options.decodeRow(value))
    return this.#rows(
      decoded.map(({ row }) => row),
      decoded.map(() => INSERT),
      Float64Array.from(decoded, ({ time }) => time),
      true,
    )
  }

  async *#changes(): AsyncGenerator<ResultEvent> {
    const { reader, decoder, partition } = this.#options
    while (!this.#closed.signal.aborted) {
      this.#available = false
      const chunk = await reader.read(partition, this.#position.offset, ROWS_PER_EVENT, 0)
      if (chunk === undefined || chunk.count === 0) {
        await this.#waitForMore()
        continue
      }
      const decoded = decoder.decode(chunk)
      const bad = decoded.bad[0]
      if (bad !== undefined) {
        throw new AppError('DATA_DIRECTORY_CORRUPT', `result log "${this.#position.topic}": ${bad.reason}`, {
          domain: 'internal',
        })
      }
      yield* this.#events(chunk, decoded)
    }
  }

  /** Rows and watermarks of a chunk in their order; each event's token continues right after it. */
  *#events(chunk: RecordChunk, decoded: DecodedRows): Generator<ResultEvent> {
    let from = 0
    for (const { row, watermark } of decoded.watermarks ?? []) {
      if (row > from) yield* this.#rowsBetween(chunk, decoded, from, row)
      from = row
      yield { kind: 'watermark', watermark, resumeToken: encodeResumeToken(this.#position) }
    }
    if (from < decoded.length) yield* this.#rowsBetween(chunk, decoded, from, decoded.length)
    this.#moveTo(chunk.nextOffset)
  }

  *#rowsBetween(chunk: RecordChunk, decoded: DecodedRows, from: number, to: number): Generator<ResultEvent> {
    const rows: Row[] = []
    const changes: ChangeKind[] = []
    const times: number[] = []
    for (let i = from; i < to; i++) {
      const record = decoded.records[i] as number
      const row = decoded.columns.map((column) => column[i] as Value)
      if (!this.#isNews(row, chunk.offsets[record] as number)) continue
      rows.push(row)
      changes.push((decoded.kinds?.[i] ?? INSERT) as ChangeKind)
      times.push(decoded.times?.[i] ?? (chunk.timestamps[record] as number))
    }
    this.#moveTo((chunk.offsets[decoded.records[to - 1] as number] as number) + 1)
    if (rows.length > 0) yield this.#rows(rows, changes, Float64Array.from(times), false)
  }

  /** False for a change that the snapshot's row of the same key already holds. */
  #isNews(row: Row, offset: number): boolean {
    const { segments } = this.#position
    if (segments.length === 0 || this.#keyOf === undefined) return true
    const key = this.#keyOf(row)
    const segment = segments.find(({ upTo }) => upTo === undefined || Buffer.compare(key, upTo) <= 0)
    return segment === undefined || offset >= segment.offset
  }

  /** Past the youngest part of the snapshot, its parts no longer matter. */
  #moveTo(offset: number): void {
    const { segments } = this.#position
    const needed = segments.some((segment) => segment.offset > offset)
    this.#position = { ...this.#position, offset, segments: needed ? segments : [] }
  }

  #rows(rows: Row[], changes: ChangeKind[], times: Float64Array, snapshot: boolean): ResultEvent {
    return { kind: 'rows', rows, changes, times, resumeToken: encodeResumeToken(this.#position), snapshot }
  }

  async #waitForMore(): Promise<void> {
    if (this.#available || this.#closed.signal.aborted) return
    await new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    this.#wake = undefined
  }
}

/** A replica that was taken over and does not know it yet: what the rest of the snapshot says would be undone by it. */
function checkNotOlder({ segments, offset }: ResumePosition, resultEnd: number): void {
  if (segments.length === 0 || resultEnd >= offset) return
  throw new AppError('UNAVAILABLE', 'the rest of the snapshot is at a replica that is behind', {
    domain: 'external',
    retry: true,
    hint: 'Subscribe again with the last resume token.',
  })
}
