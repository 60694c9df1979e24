import { must } from '../../core/assert.ts'
import { type Batch, BatchBuilder, isRetraction, UPDATE_BEFORE } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import type { Schema } from '../../core/schema.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { TemporalJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { JoinRows } from '../join/join-rows.ts'
import { addVersion, newVersions, prune, type Versions, versionAt, versionsCodec } from '../join/table-versions.ts'
import { WaitingRows } from '../join/waiting-rows.ts'
import type { KeyColumns } from '../key-columns.ts'
import { KeyTimers } from '../key-timers.ts'
import { KeyedTable } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { LateRows } from './late-rows.ts'
import { keyColumnsOf } from './window-groups.ts'

/** Rows that wait in memory for a table's watermark; with more the stream is not read. */
export const WAITING_ROWS_MAX = 100_000

/** Keys that were deleted are forgotten together by so much time. */
const DELETED_BUCKET_MS = 1_000

const STREAM = 0
const TABLE = 1

/** How a row of the stream comes out, given the row of the table that it has found. */
class Lookup {
  readonly #step: TemporalJoinStep
  readonly #rows: JoinRows
  readonly #builder: BatchBuilder
  #out: Output | undefined

  constructor(step: TemporalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#rows = new JoinRows(step, left, right, clock)
    this.#builder = new BatchBuilder(step.schema.fields.length, (batch) => this.#out?.emit(batch))
  }

  open(context: OperatorContext): void {
    this.#rows.open(context)
  }

  to(out: Output): void {
    this.#out = out
  }

  emit(row: Row, found: Row | undefined, time: EventTimeMs): void {
    const joined = found === undefined ? undefined : this.#rows.match(row, found)
    const { type } = this.#step
    if (type === 'semi' || type === 'anti') {
      if ((joined !== undefined) === (type === 'semi')) this.#builder.push(row, time)
    } else if (joined !== undefined) this.#builder.push(joined, time)
    else if (type === 'left') this.#builder.push(this.#rows.leftAlone(row), time)
  }

  flush(): void {
    this.#builder.flush()
  }
}

/**
 * A stream with the row that a table had at the event time of the stream's row, which waits until the watermark has
 * passed it: then all versions up to its time are known. Rows come out in the order of their times.
 *
 * Versions are kept as far back as rows that are not late ask for. A row that asks for one that is no longer known is
 * late. When the watermark stands still, rows go on after `waitMs` with what is known, and are counted.
 */
export class AsOfJoin implements Operator {
  readonly #step: TemporalJoinStep
  readonly #left: Schema
  readonly #right: Schema
  readonly #rightKey: KeyColumns
  readonly #lookup: Lookup
  readonly #clock: EvalContext
  #context: OperatorContext | undefined
  #table: KeyedTable<Versions> | undefined
  #waiting: WaitingRows | undefined
  #late: LateRows | undefined
  /** Keys that were deleted, to be forgotten when nobody asks for what they were. */
  #deleted: KeyTimers | undefined
  #watermark: EventTimeMs = NO_WATERMARK
  /** The watermark has stood still, with rows waiting, since then. */
  #stillSinceMs: number | undefined

  constructor(step: TemporalJoinStep, left: Schema, right: Schema, clock: EvalContext) {
    this.#step = step
    this.#left = left
    this.#right = right
    this.#rightKey = keyColumnsOf(step.rightKeys, right)
    this.#lookup = new Lookup(step, left, right, clock)
    this.#clock = clock
  }

  holdsBack(port: number): boolean {
    return port === STREAM && this.#rows.count >= WAITING_ROWS_MAX
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    this.#lookup.open(context)
    this.#late = new LateRows(this.#step.latePolicy, context)
    this.#table = new KeyedTable(context.store('versions'), this.#rightKey, versionsCodec(this.#right), context)
    this.#deleted = new KeyTimers(context.store('deleted'), this.#rightKey, DELETED_BUCKET_MS, context)
    this.#waiting = new WaitingRows(this.#left, context)
    context.metrics.rowsWaiting = this.#rows.count
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    this.#lookup.to(out)
    for (let row = 0; row < batch.length; row++) {
      if (port === TABLE) this.#change(batch, row)
      else this.#arrive(batch, row)
    }
    this.#counted()
    this.#lookup.flush()
    this.#late?.flush()
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    this.#watermark = watermark
    this.#stillSinceMs = undefined
    this.#release(watermark, out)
    this.#forgetDeleted()
  }

  onTime(nowMs: number, out: Output): void {
    // After a restart, too, a row waits as long as any.
    if (this.#rows.count > 0) this.#stillSinceMs ??= nowMs
    const dueMs = this.nextTimeMs()
    if (dueMs === undefined || dueMs > nowMs) return
    must(this.#context, 'operator is open').metrics.rowsOverdue += this.#rows.count
    this.#release(END_OF_TIME, out)
  }

  nextTimeMs(): number | undefined {
    const { waitMs } = this.#step
    return this.#stillSinceMs === undefined || waitMs === undefined ? undefined : this.#stillSinceMs + waitMs
  }

  onBarrier(): void {
    this.#state.flush()
    this.#deleted?.flush()
    this.#rows.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#deleted?.evict()
  }

  /** No row at or after this asks for what was before it. */
  get #horizon(): EventTimeMs {
    return this.#watermark - this.#step.latePolicy.allowedLatenessMs
  }

  get #state(): KeyedTable<Versions> {
    return must(this.#table, 'operator is open')
  }

  get #rows(): WaitingRows {
    return must(this.#waiting, 'operator is open')
  }

  #arrive(batch: Batch, row: number): void {
    const time = batch.times[row] as number
    if (time >= this.#watermark) {
      this.#rows.add(batch.row(row), time)
      return
    }
    const values = batch.row(row)
    const versions = this.#versionsOf(values)
    const knownFrom = versions?.knownFrom ?? this.#horizon
    if (time < knownFrom) this.#late?.add(batch, row, this.#watermark, null, null)
    else this.#answer(values, versions, time)
  }

  #release(before: EventTimeMs, out: Output): void {
    this.#lookup.to(out)
    for (const { row, time } of this.#rows.takeBefore(before)) this.#answer(row, this.#versionsOf(row), time)
    this.#counted()
    this.#lookup.flush()
  }

  #counted(): void {
    const { count } = this.#rows
    must(this.#context, 'operator is open').metrics.rowsWaiting = count
    if (count === 0) this.#stillSinceMs = undefined
    else this.#stillSinceMs ??= this.#clock.nowMs
  }

  #answer(row: Row, versions: Versions | undefined, time: EventTimeMs): void {
    this.#lookup.emit(row, versions === undefined ? undefined : versionAt(versions, time)?.row, time)
  }

  #versionsOf(row: Row): Versions | undefined {
    const key = this.#step.leftKeys.map((index) => row[index] ?? null)
    if (key.includes(null)) return undefined
    return this.#state.getByValues(this.#state.namespace(0), key)?.value
  }

  #change(batch: Batch, row: number): void {
    const { columns } = batch
    const kind = batch.kind(row)
    const table = this.#state
    const namespace = table.namespace(0)
    const key = this.#rightKey.keyAt(columns, row)
    if (kind === UPDATE_BEFORE && row + 1 < batch.length && this.#rightKey.keyAt(columns, row + 1) === key) return
    // A row without a time of its own is valid from where the table is now.
    const own = batch.times[row] as number
    const time = Number.isNaN(own) ? this.#watermark : own
    const version = { time, row: isRetraction(kind) ? undefined : batch.row(row) }
    let entry = table.get(namespace, key, columns, row)
    if (entry === undefined && version.row === undefined) return
    try {
      if (entry === undefined) {
        entry = table.insert(namespace, key, this.#rightKey.valuesAt(columns, row), newVersions())
      } else if (!entry.dirty) table.touch(namespace, entry)
      // Those that nobody asks for any more must not count.
      prune(entry.value, this.#horizon)
      addVersion(entry.value, version)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, batch.row(row))
      return
    }
    prune(entry.value, this.#horizon)
    if (version.row === undefined && Number.isFinite(time)) this.#deleted?.add(time + DELETED_BUCKET_MS, entry.values)
  }

  /** A deleted key is kept as long as a row may ask for it, or a change from before the delete may come. */
  #forgetDeleted(): void {
    const timers = this.#deleted
    const horizon = this.#horizon
    for (const bucket of timers?.take(horizon) ?? []) {
      for (const values of timers?.keysOf(bucket) ?? []) {
        const table = this.#state
        const entry = table.getByValues(table.namespace(0), values)
        if (entry === undefined) continue
        if (prune(entry.value, horizon) && !entry.dirty) table.touch(table.namespace(0), entry)
        const [first, ...others] = entry.value.list
        if (others.length === 0 && first?.row === undefined) table.delete(table.namespace(0), entry)
      }
      timers?.release(bucket)
    }
  }
}
