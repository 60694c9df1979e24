import { BATCH_ROWS_MAX, Batch, type Column, isRetraction } from '../core/batch.ts'
import { SlidingP95 } from '../core/sliding-p95.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { Value } from '../core/value.ts'
import type { ScanStep, WatermarkSpec } from '../plan/physical/nodes.ts'
import { Bootstrap } from './bootstrap.ts'
import { ChannelWatermarks } from './channel-watermarks.ts'
import { decodedColumns, endsInHalfAnUpdate, isPair, spread, withoutLast, withTimes } from './decoded-rows.ts'
import { PACK_ENTRIES_MAX } from './exchange-sink.ts'
import { compileProjection, type EvalContext, type Projection } from './expression/compile.ts'
import { projectRows } from './expression/rows.ts'
import type { BadRecord, DecodedRows, Decoder } from './ports/format.ts'
import type { RecordChunk, RecordHeader, SourceReader } from './ports/log.ts'
import type { Checkpoint, WatermarkCheckpoint } from './ports/state.ts'
import { unpacked } from './unpack.ts'
import { type PartitionWatermark, SourceWatermark } from './watermark.ts'

/** Records that one read may bring at most: bounds the work between two looks at the clock. */
export const READ_RECORDS_MAX = 2048

/**
 * One scan of a task: records in, batches and watermarks out.
 *
 * Pure but for its reader's positions: the runner fetches chunks, `accept` decodes one, computes columns, stamps event
 * time, guards against timestamps from the future, and cuts the rows wherever the watermark rises, so that what is
 * late is decided row by row and not by the size of a fetch.
 */
export interface SourceOutput {
  onBatch(scanId: string, batch: Batch): void
  onWatermark(scanId: string, watermark: EventTimeMs): void
  onIdle(scanId: string, idle: boolean): void
  /** A record that can't be used; `value` is its bytes, where it has any. */
  onBadRecord(scan: ScanStep, record: RejectedRecord): void
}

export interface RejectedRecord {
  readonly reason: string
  readonly partition: number
  /** Where the source reads several. */
  readonly topic: string | undefined
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

export interface SourceCounters {
  rowsIn: number
  bytesIn: number
  rowsBad: number
  recordsSkipped: number
  rowsFromFuture: number
}

/** How often a table that is loading is asked whether it has been loaded. */
const LOADING_STEP_MS = 10

export class Source {
  readonly step: ScanStep
  readonly reader: SourceReader
  readonly counters: SourceCounters = { rowsIn: 0, bytesIn: 0, rowsBad: 0, recordsSkipped: 0, rowsFromFuture: 0 }
  readonly #decoder: Decoder
  readonly #positions = new Map<number, number>()
  readonly #ended = new Set<number>()
  readonly #watermark: SourceWatermark
  /** Of an exchange: the tasks that write it take the place of partitions. */
  readonly #channels: ChannelWatermarks | undefined
  #bootstrap: Bootstrap | undefined
  readonly #computed: readonly Projection[]
  readonly #watermarkOf: Projection | undefined
  #reportedIdle = false
  /** Processing time less event time of the last row of each batch; not of an exchange, whose rows have come before. */
  readonly #lagMs = new SlidingP95()

  /** `goesOnWhenIdle`: see WatermarkOptions. */
  constructor(step: ScanStep, reader: SourceReader, decoder: Decoder, nowMs: number, goesOnWhenIdle = true) {
    this.step = step
    this.reader = reader
    this.#decoder = decoder
    const watermark = { ...watermarkOptions(step.watermark), goesOnWhenIdle }
    this.#watermark = new SourceWatermark(watermark, reader.partitions, nowMs)
    const { kind, options } = step.connector
    this.#channels = kind === 'exchange' ? new ChannelWatermarks(Number(options['channels']), nowMs) : undefined
    this.#computed = step.computed.map((expression, i) => compileProjection([expression], step.fields.length + i))
    const width = step.fields.length + step.computed.length
    this.#watermarkOf = step.watermark && compileProjection([step.watermark.expression], width)
  }

  /** Where each partition goes on: the checkpoint's position, else where the query starts. */
  async open(checkpoint: Checkpoint | undefined): Promise<void> {
    await this.#decoder.open?.()
    const stored = checkpoint?.inputs[this.step.id]
    for (const partition of this.reader.partitions) {
      const start = stored?.[partition] ?? (await this.reader.startOffset(partition))
      this.#positions.set(partition, start)
    }
    const watermarks = checkpoint?.watermarks[this.step.id]
    if (watermarks !== undefined) (this.#channels ?? this.#watermark).restore(watermarks)
    if (this.step.bootstrap !== true) return
    const silent = this.openPartitions.filter((one) => this.#watermark.partition(one).emitted === NO_WATERMARK)
    this.#bootstrap = new Bootstrap(this.reader, silent, this.step.connector.kind === 'datagen')
  }

  get finished(): boolean {
    return this.#channels?.ended ?? this.#ended.size === this.reader.partitions.length
  }

  get watermark(): EventTimeMs {
    return (this.#channels ?? this.#watermark).current
  }

  /** How far a partition has come in event time; the runner reads the one furthest behind first. */
  progress(partition: number): EventTimeMs {
    return this.#channels?.current ?? this.#watermark.partition(partition).pending
  }

  /** Partitions that may still have records. */
  get openPartitions(): readonly number[] {
    if (this.#channels?.ended === true) return []
    return this.reader.partitions.filter((partition) => !this.#ended.has(partition))
  }

  position(partition: number): number {
    return this.#positions.get(partition) ?? 0
  }

  positions(): Record<number, number> {
    return Object.fromEntries(this.#positions)
  }

  watermarkCheckpoint(): Record<number, WatermarkCheckpoint> {
    return (this.#channels ?? this.#watermark).checkpoint()
  }

  lagRecords(): number | undefined {
    let total = 0
    for (const [partition, offset] of this.#positions) {
      const lag = this.reader.lag(partition, offset)
      if (lag === undefined) return undefined
      total += lag
    }
    return total
  }

  /** How long after their event time its rows come, ms, at the 95th percentile of the last batches. */
  get lagMsP95(): number | undefined {
    return this.#lagMs.value()
  }

  /** Records that one read may bring, so that the rows in them are about as many everywhere. */
  get recordsMax(): number {
    return this.#channels === undefined ? READ_RECORDS_MAX : READ_RECORDS_MAX / PACK_ENTRIES_MAX
  }

  /** What has to be awaited before `accept` can take the chunk; undefined when nothing has. */
  prepare(chunk: RecordChunk): Promise<void> | undefined {
    return chunk.columns === undefined && chunk.count > 0 ? this.#decoder.prepare?.(chunk) : undefined
  }

  accept(read: RecordChunk, context: EvalContext, out: SourceOutput): void {
    const chunk = this.#channels === undefined ? read : unpacked(read)
    this.counters.bytesIn += chunk.data.length
    let { nextOffset } = chunk
    const state = this.#watermark.partition(chunk.partition)
    if (chunk.count > 0) {
      this.#watermark.arrived(state, context.nowMs)
      this.#reportIdle(out)
      let rows = chunk.columns === undefined ? this.#decoder.decode(chunk) : decodedColumns(chunk)
      if (endsInHalfAnUpdate(rows, chunk)) {
        rows = withoutLast(rows)
        nextOffset = chunk.offsets[chunk.count - 1] as number
      }
      for (const bad of rows.bad) this.#reject(chunk, bad, out)
      this.counters.rowsIn += rows.length
      this.counters.recordsSkipped += rows.skipped ?? 0
      this.#emitSegments(chunk, rows, state, context, out)
    }
    this.#positions.set(chunk.partition, nextOffset)
    if (chunk.end) {
      this.#ended.add(chunk.partition)
      if (this.#watermark.end(state)) out.onWatermark(this.step.id, this.#watermark.current)
    } else this.#load(chunk.partition, out)
  }

  /** A partition of a table that is loaded now says so, with what its rows have implied. */
  #load(partition: number, out: SourceOutput): void {
    const watermark = this.#bootstrap?.reached(partition, this.position(partition))
    if (watermark === undefined) return
    if (this.#watermark.observe(this.#watermark.partition(partition), watermark)) {
      out.onWatermark(this.step.id, this.watermark)
    }
  }

  /** Processing time has moved: pending watermarks, idleness. */
  tick(nowMs: number, out: SourceOutput): void {
    if (this.#bootstrap?.done === false) for (const partition of this.openPartitions) this.#load(partition, out)
    if (this.step.watermark === undefined && this.#channels === undefined) return
    const risen = (this.#channels ?? this.#watermark).tick(nowMs)
    if (risen) out.onWatermark(this.step.id, this.watermark)
    this.#reportIdle(out)
  }

  nextTickMs(nowMs: number): number | undefined {
    if (this.#bootstrap?.done === false) return nowMs + LOADING_STEP_MS
    if (this.step.watermark === undefined) return this.#channels?.nextTickMs(nowMs)
    return this.#watermark.nextTickMs(nowMs)
  }

  /** Batches of bounded size, with the watermarks that travel in the log at their places between the rows. */
  #emitSegments(
    chunk: RecordChunk,
    rows: DecodedRows,
    partition: PartitionWatermark,
    context: EvalContext,
    out: SourceOutput,
  ): void {
    let from = 0
    const emitUpTo = (end: number): void => {
      while (from < end) {
        let to = Math.min(from + BATCH_ROWS_MAX, end)
        if (to < end && isPair(rows, to - 1)) to--
        this.#emitRows(chunk, rows, from, to, context, out)
        from = to
      }
    }
    for (const { row, watermark, channel, idle } of rows.watermarks ?? []) {
      emitUpTo(row)
      const risen =
        this.#channels === undefined || channel === undefined
          ? this.#observe(chunk.partition, partition, watermark)
          : this.#channels.observe(channel, watermark, idle, context.nowMs)
      if (risen) out.onWatermark(this.step.id, this.watermark)
      this.#reportIdle(out)
    }
    emitUpTo(rows.length)
  }

  #emitRows(
    chunk: RecordChunk,
    rows: DecodedRows,
    from: number,
    to: number,
    context: EvalContext,
    out: SourceOutput,
  ): void {
    const whole = from === 0 && to === rows.length
    const length = to - from
    let columns: Column[] = whole ? rows.columns : rows.columns.map((column) => column.slice(from, to))
    let batch = new Batch(length, columns, new Float64Array(length).fill(Number.NaN), rows.kinds?.slice(from, to))
    let records = whole ? rows.records : rows.records.subarray(from, to)
    for (const projection of this.#computed) {
      const computed = projectRows(projection, batch, context)
      if (computed.failed !== undefined) {
        for (const failure of computed.failed) this.#rejectRow(chunk, records, failure.row, failure.reason, out)
        const before = records
        records = Int32Array.from(computed.kept, (row) => before[row] as number)
        batch = batch.select(computed.kept)
      }
      columns = [...batch.columns, computed.columns[0] as Column]
      batch = batch.withColumns(columns)
    }
    const spec = this.step.watermark
    if (spec !== undefined) batch = this.#stampTimes(chunk, batch, records, spec, context.nowMs, out)
    else batch = withTimes(batch, chunk, records, rows.times?.subarray(from, to))
    this.#measureLag(batch, context.nowMs)
    if (spec === undefined) this.#emit(batch, out)
    else this.#emitTimed(chunk, batch, context, out)
  }

  #emitTimed(chunk: RecordChunk, batch: Batch, context: EvalContext, out: SourceOutput): void {
    if (batch.length === 0) return
    const projected = projectRows(this.#watermarkOf as Projection, batch, context)
    // A watermark expression that fails implies no watermark for that row; the row itself is as good as any.
    const candidates =
      projected.failed === undefined ? (projected.columns[0] as Column) : spread(projected, batch.length)
    const partition = this.#watermark.partition(chunk.partition)
    let start = 0
    for (let i = 0; i < batch.length; i++) {
      const candidate = candidates[i] as number | null
      if (candidate === null || candidate <= partition.pending) continue
      if (!this.#observe(chunk.partition, partition, candidate)) continue
      this.#emit(batch.slice(start, i + 1), out)
      start = i + 1
      out.onWatermark(this.step.id, this.#watermark.current)
    }
    if (start < batch.length) this.#emit(batch.slice(start, batch.length), out)
  }

  #measureLag({ length, times }: Batch, nowMs: number): void {
    if (this.#channels !== undefined || length === 0) return
    const lagMs = nowMs - (times[length - 1] as number)
    if (Number.isFinite(lagMs)) this.#lagMs.add(Math.max(0, lagMs))
  }

  #observe(number: number, partition: PartitionWatermark, watermark: EventTimeMs): boolean {
    if (this.#bootstrap?.isLoading(number) !== true) return this.#watermark.observe(partition, watermark)
    this.#bootstrap.hold(number, watermark)
    return false
  }

  /** Event times from the time column; rows without one, or from the future, are handled as the source says. */
  #stampTimes(
    chunk: RecordChunk,
    batch: Batch,
    records: Int32Array,
    spec: WatermarkSpec,
    nowMs: number,
    out: SourceOutput,
  ): Batch {
    const times = batch.times
    const column = batch.columns[spec.timeColumn] as Column
    const latest = spec.maxFutureMs === undefined ? END_OF_TIME : nowMs + spec.maxFutureMs
    let dropped: Set<number> | undefined
    let clamped: Value[] | undefined
    for (let i = 0; i < batch.length; i++) {
      const time = column[i] as number | null
      if (time !== null && time <= latest) {
        times[i] = time
        continue
      }
      // A delete may bring the key of its row alone: it happened when it was written.
      if (time === null && batch.kinds !== undefined && isRetraction(batch.kinds[i] as number)) {
        times[i] = chunk.timestamps[records[i] as number] as number
        continue
      }
      if (time === null) this.#rejectRow(chunk, records, i, 'the event time is NULL', out)
      else {
        this.counters.rowsFromFuture++
        if (spec.maxFutureAction === 'clamp') {
          clamped ??= column.slice()
          clamped[i] = latest
          times[i] = latest
          continue
        }
        if (spec.maxFutureAction === 'dead-letter') {
          this.#rejectRow(chunk, records, i, `the event time is ${time - nowMs} ms in the future`, out)
        }
      }
      dropped ??= new Set()
      dropped.add(i)
    }
    let result = batch
    if (clamped !== undefined) {
      const columns = batch.columns.slice()
      columns[spec.timeColumn] = clamped
      result = batch.withColumns(columns)
    }
    if (dropped === undefined) return result
    const kept: number[] = []
    for (let i = 0; i < batch.length; i++) if (!dropped.has(i)) kept.push(i)
    return result.select(kept)
  }

  #emit(batch: Batch, out: SourceOutput): void {
    if (batch.length > 0) out.onBatch(this.step.id, batch)
  }

  #reportIdle(out: SourceOutput): void {
    const idle = (this.#channels ?? this.#watermark).allIdle
    if (idle === this.#reportedIdle) return
    this.#reportedIdle = idle
    out.onIdle(this.step.id, idle)
  }

  #rejectRow(chunk: RecordChunk, records: Int32Array, row: number, reason: string, out: SourceOutput): void {
    this.#reject(chunk, { index: records[row] as number, reason }, out)
  }

  #reject(chunk: RecordChunk, bad: BadRecord, out: SourceOutput): void {
    this.counters.rowsBad++
    const bytes = (start = -1, end = -1) => (start < 0 ? null : chunk.data.slice(start, end))
    out.onBadRecord(this.step, {
      reason: bad.reason,
      partition: chunk.origin?.partition ?? chunk.partition,
      topic: chunk.origin?.topic,
      offset: chunk.offsets[bad.index] as number,
      timestamp: chunk.timestamps[bad.index] as number,
      key: bytes(chunk.keyStart?.[bad.index], chunk.keyEnd?.[bad.index]),
      value: bytes(chunk.valueStart[bad.index], chunk.valueEnd[bad.index]),
      headers: chunk.headers?.(bad.index) ?? [],
    })
  }
}

function watermarkOptions(spec: WatermarkSpec | undefined): {
  intervalMs: number
  idleTimeoutMs: number | undefined
} {
  return {
    intervalMs: spec?.emit.kind === 'periodic' ? spec.emit.intervalMs : 0,
    idleTimeoutMs: spec?.idleTimeoutMs,
  }
}
