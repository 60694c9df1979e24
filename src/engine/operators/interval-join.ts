import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { type DurationMs, END_OF_TIME, type EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { IntervalJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { hasNullKey, JoinRows } from '../join/join-rows.ts'
import { ROWS_PER_KEY_MAX } from '../join/table-rows.ts'
import { newTimedRows, type TimedRow, type TimedRows, timedEntryCodec } from '../join/timed-rows.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import { type Entry, KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { alignDown } from '../window/align.ts'
import { LateRows } from './late-rows.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * Two streams, joined within an interval of time. A row comes out with each match as soon as both are there; one
 * without a match comes out alone, where its side asks for that, when the watermark says that none is to come.
 *
 * Rows are kept by time in buckets, of which about four cover the interval, and go by the bucket when no row that is
 * not late can match them. A row behind the watermark by more than ALLOWED LATENESS is late: counted, and left out, so
 * that what comes out does not depend on what is still in state. Nor does it depend on what is kept where a key has all
 * the rows of a bucket that it may have: a row more is a failed row, and matches nothing.
 */
export class IntervalJoin implements Operator {
  readonly #left: Side
  readonly #right: Side
  readonly #rows: JoinRows
  readonly #builder: BatchBuilder
  readonly #step: IntervalJoinStep
  readonly #latenessMs: DurationMs
  readonly #leftWidth: number
  #out: Output | undefined
  #late: readonly LateRows[] = []
  #context: OperatorContext | undefined
  #watermark: EventTimeMs = Number.NEGATIVE_INFINITY

  constructor(step: IntervalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#rows = new JoinRows(step, left, right, clock)
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
    this.#latenessMs = step.latePolicy.allowedLatenessMs
    this.#leftWidth = left.fields.length
    const { type, lowerMs, upperMs, leftKeys, rightKeys } = step
    const bucketMs = Math.max(BUCKET_MS_MIN, Math.ceil((upperMs - lowerMs) / BUCKETS_PER_INTERVAL))
    const timerMs = Math.max(1, Math.min(TIMER_MS_MAX, Math.floor((upperMs - lowerMs) / TIMERS_PER_INTERVAL)))
    const common = { bucketMs, timerMs, latenessMs: this.#latenessMs }
    const keepsLeft = type === 'left' || type === 'full'
    const keepsRight = type === 'right' || type === 'full'
    this.#left = new Side('left', left, leftKeys, { ...common, fromMs: lowerMs, toMs: upperMs, keeps: keepsLeft })
    this.#right = new Side('right', right, rightKeys, {
      ...common,
      fromMs: -upperMs,
      toMs: -lowerMs,
      keeps: keepsRight,
    })
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    this.#rows.open(context)
    const { latePolicy } = this.#step
    // A late row is a row as it would be joined; what is not of its own side is no column of the batch, and NULL.
    const ofRight = latePolicy.columns.map((column) => column - this.#leftWidth)
    this.#late = [new LateRows(latePolicy, context), new LateRows({ ...latePolicy, columns: ofRight }, context)]
    this.#left.open(context)
    this.#right.open(context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    this.#out = out
    const horizon = this.#watermark - this.#latenessMs
    for (let row = 0; row < batch.length; row++) {
      if ((batch.times[row] as number) < horizon) this.#late[port]?.add(batch, row, this.#watermark, null, null)
      else this.#add(port, batch, row)
    }
    this.#late[port]?.flush()
    this.#builder.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#out = out
    this.#watermark = watermark
    const horizon = watermark - this.#latenessMs
    this.#left.emitUnmatched(horizon, (row, time) => this.#builder.push(this.#rows.leftAlone(row), time))
    this.#right.emitUnmatched(horizon, (row, time) => this.#builder.push(this.#rows.rightAlone(row), time))
    this.#builder.flush()
    this.#left.expire(horizon)
    this.#right.expire(horizon)
  }

  /** A row that comes out may be as far behind the watermark as it has waited for its match, or for having none. */
  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    if (watermark === END_OF_TIME) return watermark
    const { type } = this.#step
    const left = this.#left.waitMs
    const right = this.#right.waitMs
    const wait = type === 'full' ? Math.max(left, right) : type === 'right' ? right : left
    return watermark - this.#latenessMs - wait
  }

  onBarrier(): void {
    this.#left.flush()
    this.#right.flush()
  }

  onCommitted(): void {
    this.#left.evict()
    this.#right.evict()
  }

  #add(port: number, batch: Batch, row: number): void {
    const isLeft = port === 0
    const own = isLeft ? this.#left : this.#right
    const time = batch.times[row] as number
    const values = batch.row(row)
    if (hasNullKey(own.keys, batch.columns, row)) {
      if (own.keeps) this.#builder.push(this.#alone(isLeft, values), time)
      return
    }
    const other = isLeft ? this.#right : this.#left
    const key = own.key.keyAt(batch.columns, row)
    const keyValues = own.key.valuesAt(batch.columns, row)
    const isKept = own.isOpen(time, this.#watermark - this.#latenessMs)
    const entry = isKept ? own.find(key, keyValues, time) : undefined
    try {
      if (entry === undefined) own.key.checkLength(keyValues)
      else own.checkRoom(entry)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, values)
      return
    }
    let matched = false
    other.forEachWithin(key, keyValues, time + own.fromMs, time + own.toMs, (found) => {
      const joined = isLeft ? this.#rows.match(values, found.row) : this.#rows.match(found.row, values)
      if (joined === undefined) return false
      matched = true
      this.#builder.push(joined, this.#timeOf(isLeft ? time : found.time, isLeft ? found.time : time))
      return true
    })
    if (isKept) own.insert(entry, key, keyValues, { row: values, time, matched })
    else if (own.keeps && !matched) this.#builder.push(this.#alone(isLeft, values), time)
  }

  #alone(isLeft: boolean, values: Row): Row {
    return isLeft ? this.#rows.leftAlone(values) : this.#rows.rightAlone(values)
  }

  #timeOf(left: EventTimeMs, right: EventTimeMs): EventTimeMs {
    const { type } = this.#step
    return type === 'full' ? Math.min(left, right) : type === 'right' ? right : left
  }
}

/** Buckets that an interval is cut into: how many are looked through for a row, and how much is kept for too long. */
const BUCKETS_PER_INTERVAL = 4
const BUCKET_MS_MIN = 1_000
/** A row without a match comes out at most this part of the interval after it is known to have none, */
const TIMERS_PER_INTERVAL = 16
/** and at most this much. */
const TIMER_MS_MAX = 1_000

interface SideOptions {
  /** A row of the other side matches from so long after a row of this one … */
  readonly fromMs: DurationMs
  /** … to so long. */
  readonly toMs: DurationMs
  readonly bucketMs: DurationMs
  readonly timerMs: DurationMs
  readonly latenessMs: DurationMs
  /** Rows come out without a match too. */
  readonly keeps: boolean
}

/** What is kept of one input: by bucket of time, then by key. */
class Side {
  readonly keys: readonly number[]
  readonly key: KeyColumns
  readonly keeps: boolean
  readonly fromMs: DurationMs
  readonly toMs: DurationMs
  readonly #name: string
  readonly #schema: Schema
  readonly #options: SideOptions
  #table: KeyedTable<TimedRows> | undefined
  #timers: KeyTimers | undefined

  constructor(name: string, schema: Schema, keys: readonly number[], options: SideOptions) {
    this.#name = name
    this.#schema = schema
    this.#options = options
    this.keys = keys
    this.key = keyColumnsOf(keys, schema)
    this.keeps = options.keeps
    this.fromMs = options.fromMs
    this.toMs = options.toMs
  }

  open(context: OperatorContext): void {
    this.#table = new KeyedTable(context.store(this.#name), this.key, timedEntryCodec(this.#schema), context)
    if (this.keeps) {
      this.#timers = new KeyTimers(context.store(`${this.#name}-unmatched`), this.key, this.#options.timerMs, context)
    }
  }

  /** How far a row's time may be behind the watermark when it comes out, lateness aside. */
  get waitMs(): DurationMs {
    const alone = this.keeps ? this.toMs + this.#options.timerMs + 2 : 0
    return Math.max(0, this.toMs, alone)
  }

  /** A match may be to come. */
  isOpen(time: EventTimeMs, horizon: EventTimeMs): boolean {
    return this.#dueMs(time) > horizon
  }

  /** The rows of the key in the bucket of the time. */
  find(key: MapKey, values: Row, time: EventTimeMs): Entry<TimedRows> | undefined {
    return this.#find(key, values, this.#bucketOf(time))
  }

  /** Throws EvaluationError at the limit. */
  checkRoom({ value: { rows } }: Entry<TimedRows>): void {
    if (rows.length < ROWS_PER_KEY_MAX) return
    throw new EvaluationError(
      `a key of the join has its maximum of ${ROWS_PER_KEY_MAX} rows within ${this.#options.bucketMs} ms`,
    )
  }

  /** `entry`: what `find` has found for it. */
  insert(entry: Entry<TimedRows> | undefined, key: MapKey, values: Row, row: TimedRow): void {
    const table = this.#state
    const namespace = table.namespace(this.#bucketOf(row.time))
    if (entry === undefined) table.insert(namespace, key, values, newTimedRows([row]))
    else {
      entry.value.rows.push(row)
      entry.value.changes.note(row)
      if (!entry.dirty) table.touch(namespace, entry)
    }
    if (!row.matched) this.#timers?.add(this.#dueMs(row.time) + this.#options.timerMs, values)
  }

  /** The rows of a key between two times, both included; `visit` says whether the row has found its match. */
  forEachWithin(key: MapKey, values: Row, from: EventTimeMs, to: EventTimeMs, visit: (row: TimedRow) => boolean): void {
    const table = this.#state
    const { bucketMs } = this.#options
    const last = this.#bucketOf(to)
    for (let bucket = this.#bucketOf(from); bucket <= last; bucket += bucketMs) {
      const entry = this.#find(key, values, bucket)
      if (entry === undefined) continue
      const { rows, changes } = entry.value
      for (const [at, row] of rows.entries()) {
        if (row.time < from || row.time > to || !visit(row) || row.matched || !this.keeps) continue
        row.matched = true
        changes.note(at)
        if (!entry.dirty) table.touch(table.namespace(bucket), entry)
      }
    }
  }

  /** Rows that no row at or after `horizon` matches, and none before it has. In order of when that was known. */
  emitUnmatched(horizon: EventTimeMs, emit: (row: Row, time: EventTimeMs) => void): void {
    const timers = this.#timers
    if (timers === undefined) return
    const { timerMs } = this.#options
    for (const taken of timers.take(horizon)) {
      const from = taken.time - timerMs - this.toMs - 2
      const to = taken.time - this.toMs
      for (const values of [...timers.keysOf(taken)].sort(this.key.compare))
        this.#emitKey(values, from, to, horizon, emit)
      timers.release(taken)
    }
  }

  #emitKey(
    values: Row,
    from: EventTimeMs,
    to: EventTimeMs,
    horizon: EventTimeMs,
    emit: (row: Row, time: EventTimeMs) => void,
  ): void {
    this.forEachWithin(this.key.keyOf(values), values, from, to, ({ row, time, matched }) => {
      if (matched || this.#dueMs(time) > horizon) return false
      emit(row, time)
      return true
    })
  }

  /** Drops buckets of which no row is matched any more, and all have come out that do so alone. */
  expire(horizon: EventTimeMs): void {
    const table = this.#state
    const { bucketMs, timerMs } = this.#options
    const keptMs = bucketMs + this.toMs + (this.keeps ? timerMs + 2 : 0)
    for (;;) {
      const first = table.namespaces[0]
      if (first === undefined || first + keptMs > horizon) return
      table.drop(first)
    }
  }

  flush(): void {
    this.#state.flush()
    this.#timers?.flush()
  }

  evict(): void {
    this.#state.evict()
    this.#timers?.evict()
  }

  #find(key: MapKey, values: Row, bucket: number): Entry<TimedRows> | undefined {
    const table = this.#state
    const namespace = table.find(bucket)
    if (namespace === undefined) return undefined
    return namespace.entries.get(key) ?? (namespace.spilled ? table.getByValues(namespace, values) : undefined)
  }

  get #state(): KeyedTable<TimedRows> {
    return must(this.#table, 'operator is open')
  }

  /** The first horizon at which no match is to come. */
  #dueMs(time: EventTimeMs): EventTimeMs {
    return Math.floor(time) + this.toMs + 1
  }

  #bucketOf(time: EventTimeMs): number {
    return alignDown(time, this.#options.bucketMs, 0)
  }
}
