import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder } from '../../core/batch.ts'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { OverStep } from '../../plan/physical/nodes.ts'
import { type Accumulators, type AggregateSet, compileAggregates } from '../aggregate/aggregate-set.ts'
import { type TimedRow, timedRowsCodec } from '../join/timed-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import { type Entry, type EntryCodec, KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { LateRows } from './late-rows.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * OVER: each row with aggregates of the rows of its key up to it, in the order of event time, and of arrival among
 * those of one time. A row waits until the watermark says that none before it is to come; one that comes behind the
 * watermark is late: counted, and part of no frame.
 *
 * State: by key the rows that are still in a frame, those that wait behind them, and the aggregates of the frame of the
 * last row that came out. A timer for each millisecond in which a row waits, and, of a range, for when the last one
 * has left every frame.
 */
export class OverAggregate implements Operator {
  readonly #step: OverStep
  readonly #input: Schema
  readonly #key: KeyColumns
  readonly #aggregates: AggregateSet
  readonly #builder: BatchBuilder
  #out: Output | undefined
  #context: OperatorContext | undefined
  #late: LateRows | undefined
  #table: KeyedTable<Frame> | undefined
  #timers: KeyTimers | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  /** One row as columns, for the aggregates. */
  readonly #columns: Value[][]

  constructor(step: OverStep, input: Schema) {
    this.#step = step
    this.#input = input
    this.#key = keyColumnsOf(step.keys, input)
    this.#aggregates = compileAggregates(step.aggregates, { retractable: step.frame.preceding !== undefined })
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
    this.#columns = input.fields.map(() => [null])
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    const late = { allowedLatenessMs: 0, into: undefined, columns: [] }
    this.#late = new LateRows(late, context)
    this.#table = new KeyedTable(context.store('frames'), this.#key, frameCodec(this.#input, this.#aggregates), context)
    this.#timers = new KeyTimers(context.store('timers'), this.#key, 1, context)
  }

  onBatch(_port: number, batch: Batch): void {
    for (let row = 0; row < batch.length; row++) {
      const time = batch.times[row] as number
      try {
        if (Number.isNaN(time)) throw new EvaluationError('the event time is NULL')
        if (time < this.#watermark) this.#late?.add(batch, row, this.#watermark, null, null)
        else this.#add(batch, row, time)
      } catch (error) {
        if (!(error instanceof EvaluationError)) throw error
        this.#context?.deadLetter(error.reason, batch.row(row))
      }
    }
    this.#late?.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#out = out
    this.#watermark = watermark
    const due: DueRow[] = []
    for (const values of this.#dueKeys(watermark)) this.#advance(values, watermark, due)
    // The same order whatever the watermarks were in between: by time, then by key, then by arrival.
    for (const { row, time } of due.sort((a, b) => a.time - b.time)) this.#builder.push(row, time)
    this.#builder.flush()
  }

  /** A row waits for the end of its millisecond. */
  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    return watermark === END_OF_TIME ? watermark : Math.floor(watermark)
  }

  onBarrier(): void {
    this.#state.flush()
    this.#alarms.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#alarms.evict()
  }

  get #state(): KeyedTable<Frame> {
    return must(this.#table, 'operator is open')
  }

  get #alarms(): KeyTimers {
    return must(this.#timers, 'operator is open')
  }

  #add(batch: Batch, row: number, time: EventTimeMs): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const values = this.#key.valuesAt(batch.columns, row)
    const key = this.#key.keyAt(batch.columns, row)
    const entry = table.get(namespace, key, batch.columns, row)
    const rows = entry?.value.rows ?? []
    if (rows.length >= OVER_ROWS_MAX) {
      throw new EvaluationError(`OVER holds its maximum of ${OVER_ROWS_MAX} rows for one key`)
    }
    const timed: TimedRow = { row: batch.row(row), time, matched: false }
    if (entry === undefined) {
      table.insert(namespace, key, values, { done: 0, rows: [timed], accumulators: this.#aggregates.create() })
      this.#alarms.add(time, values)
      return
    }
    let at = rows.length
    while (at > entry.value.done && (rows[at - 1] as TimedRow).time > time) at--
    const before = at > entry.value.done ? Math.floor((rows[at - 1] as TimedRow).time) : undefined
    rows.splice(at, 0, timed)
    if (before !== Math.floor(time)) this.#alarms.add(time, values)
    if (!entry.dirty) table.touch(namespace, entry)
  }

  /** In the order of the keys, each once. */
  #dueKeys(watermark: EventTimeMs): readonly Row[] {
    const timers = this.#alarms
    const keys = new Map<unknown, Row>()
    // A millisecond is over when the watermark has reached the next one.
    for (const bucket of timers.take(watermark === END_OF_TIME ? watermark : Math.floor(watermark) - 1)) {
      for (const values of timers.keysOf(bucket)) keys.set(this.#key.keyOf(values), values)
      timers.release(bucket)
    }
    return [...keys.values()].sort(this.#key.compare)
  }

  /** What came out of its frame, and what waits, of one key. */
  #advance(values: Row, watermark: EventTimeMs, due: DueRow[]): void {
    const table = this.#state
    const namespace = table.namespace(0)
    const entry = table.getByValues(namespace, values)
    if (entry === undefined) return
    const frame = entry.value
    const horizon = watermark === END_OF_TIME ? watermark : Math.floor(watermark)
    while (frame.done < frame.rows.length && (frame.rows[frame.done] as TimedRow).time < horizon) {
      this.#emitPeers(frame, due)
    }
    this.#forget(entry, values, horizon)
    if (entry.live && !entry.dirty) table.touch(namespace, entry)
  }

  /** The next row that waits, and of a range those of its time with it. */
  #emitPeers(frame: Frame, due: DueRow[]): void {
    const { unit, preceding } = this.#step.frame
    const { rows } = frame
    const { time } = rows[frame.done] as TimedRow
    this.#leaveFrame(frame, time)
    let end = frame.done + 1
    while (unit === 'range' && (rows[end]?.time ?? Number.NaN) === time) end++
    const first = frame.done
    while (frame.done < end) {
      const { row } = rows[frame.done] as TimedRow
      if (this.#enterFrame(frame, row, time)) frame.done++
      else {
        rows.splice(frame.done, 1)
        end--
      }
    }
    for (const { row } of rows.slice(first, end)) this.#result(frame, row, time, due)
    if (preceding !== undefined) return
    // Without a bound no row ever leaves: they need not be kept.
    rows.splice(0, frame.done)
    frame.done = 0
  }

  #enterFrame({ accumulators }: Frame, row: Row, time: EventTimeMs): boolean {
    try {
      this.#aggregates.add(accumulators, this.#asColumns(row), 0, time)
      return true
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, row)
      return false
    }
  }

  /** Takes away what is too far before the row that comes next. */
  #leaveFrame(frame: Frame, time: EventTimeMs): void {
    const { unit, preceding } = this.#step.frame
    if (preceding === undefined) return
    const { rows, done, accumulators } = frame
    const isOut = (at: number) =>
      unit === 'rows' ? done - at > preceding : (rows[at] as TimedRow).time < time - preceding
    let gone = 0
    while (gone < done && isOut(gone)) {
      const { row, time: then } = rows[gone++] as TimedRow
      this.#aggregates.retract(accumulators, this.#asColumns(row), 0, then)
    }
    rows.splice(0, gone)
    frame.done -= gone
  }

  #result(frame: Frame, row: Row, time: EventTimeMs, due: DueRow[]): void {
    try {
      due.push({ row: [...row, ...this.#aggregates.results(frame.accumulators)], time })
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, row)
    }
  }

  /** Of a range nothing is left when no row to come can have the last one in its frame. */
  #forget(entry: Entry<Frame>, values: Row, horizon: EventTimeMs): void {
    const { unit, preceding } = this.#step.frame
    const { rows, done } = entry.value
    if (unit === 'rows' || preceding === undefined || done < rows.length) return
    const last = rows.at(-1)
    const endMs = last === undefined ? NO_WATERMARK : last.time + preceding
    if (endMs < horizon) this.#state.delete(this.#state.namespace(0), entry)
    else this.#alarms.add(endMs + 1, values)
  }

  #asColumns(row: Row): readonly Value[][] {
    for (let i = 0; i < this.#columns.length; i++) (this.#columns[i] as Value[])[0] = row[i] as Value
    return this.#columns
  }
}

/** State of a key is loaded and written as a whole, so it has to stay small. */
export const OVER_ROWS_MAX = 100_000

interface DueRow {
  readonly row: Row
  readonly time: EventTimeMs
}

interface Frame {
  /** In the order of their times: those that have come out and are still in a frame, then those that wait. */
  readonly rows: TimedRow[]
  /** How many have come out. */
  done: number
  readonly accumulators: Accumulators
}

/**
 * Bytes: how many rows have come out and the length of the accumulators as varints, those, then the rows. Stored for
 * ever: never change a form.
 */
function frameCodec(input: Schema, aggregates: AggregateSet): EntryCodec<Frame> {
  const rowsCodec = timedRowsCodec(input)
  const writer = new ByteWriter()
  return {
    encode: ({ rows, done, accumulators }) => {
      const bytes = aggregates.encode(accumulators)
      const tail = rowsCodec.encode(rows)
      writer.length = 0
      writer.varint(done)
      writer.varint(bytes.length)
      writer.raw(bytes)
      writer.raw(tail)
      return writer.take()
    },
    decode: (bytes) => {
      const reader = new ByteReader(bytes)
      const done = reader.varint('how many rows have come out')
      const accumulators = aggregates.decode(reader.raw(reader.varint('the length of aggregates'), 'aggregates'))
      return { done, accumulators, rows: rowsCodec.decode(reader.raw(reader.remaining, 'rows')) }
    },
  }
}
