import { assert, must } from '../../core/assert.ts'
import { type Batch, type Column, isRetraction } from '../../core/batch.ts'
import { EvaluationError } from '../../core/evaluation-error.ts'
import { type RowCodec, rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { DeduplicateStep } from '../../plan/physical/nodes.ts'
import type { EvalContext } from '../expression/compile.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import { type Entry, KeyedTable, type Namespace } from '../keyed-table.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import { ChangeWriter } from './change-writer.ts'
import { LateRows } from './late-rows.ts'
import { StateTtl } from './state-ttl.ts'
import { keyColumnsOf } from './window-groups.ts'

/**
 * One row a key.
 *
 * - Keep first: the first row to arrive goes on at once, later ones of its key are counted as duplicates. The key is
 *   forgotten when the watermark passes the first row's event time + WITHIN (the clock where rows have no event time).
 * - Keep earliest: by event time, at equal times the first to arrive; a change each time another takes over.
 * - Keep last: the latest row by event time, at equal times the last to arrive; a change each time another takes over.
 *
 * A row is late when it is further behind the watermark than ALLOWED LATENESS. Without that clause it is late only
 * when its key may already be forgotten, so that being late never makes a duplicate.
 */
interface Kept {
  /** Event time of the row that is kept. */
  timeMs: number
  /** The row itself; not for keep first, which has nothing to take back. */
  row: Row | undefined
  touchedMs: number
}

export class Deduplicate implements Operator {
  readonly #step: DeduplicateStep
  readonly #input: Schema
  readonly #clock: EvalContext
  readonly #key: KeyColumns
  readonly #writer: ChangeWriter
  /** How far behind the watermark a row may be. */
  readonly #lateAfterMs: number
  #context: OperatorContext | undefined
  #table: KeyedTable<Kept> | undefined
  #late: LateRows | undefined
  #expiry: StateTtl<Kept> | undefined
  /** True when every row of a key prolongs its life; false when it ends a fixed time after the first. */
  readonly #touchedByAll: boolean
  #watermark: EventTimeMs = NO_WATERMARK

  constructor(step: DeduplicateStep, input: Schema, evalContext: EvalContext) {
    assert(input.mode === 'append', 'input of a deduplication has inserts only')
    this.#step = step
    this.#input = input
    this.#clock = evalContext
    this.#key = keyColumnsOf(step.keys, input)
    this.#writer = new ChangeWriter(step.schema.fields.length, step.schema.mode === 'retract')
    const { allowedLatenessMs } = step.latePolicy
    this.#lateAfterMs = allowedLatenessMs > 0 ? allowedLatenessMs : (step.withinMs ?? Number.POSITIVE_INFINITY)
    this.#touchedByAll = lifetimeMs(step) !== step.withinMs
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#watermark = context.restoredWatermark
    this.#late = new LateRows(this.#step.latePolicy, context)
    const row = this.#step.keep === 'first' ? undefined : rowCodec(this.#input.fields.map((field) => field.type))
    this.#table = new KeyedTable(context.store('keys'), this.#key, keptCodec(row), context)
    const lifetime = lifetimeMs(this.#step)
    if (lifetime !== undefined) {
      this.#expiry = new StateTtl(lifetime, this.#table, this.#key, context, this.#input, this.#clock)
    }
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    if (this.#step.keep === 'first') this.#keepFirst(batch, out)
    else this.#keepByTime(batch, out)
    this.#late?.flush()
  }

  onWatermark(watermark: EventTimeMs): void {
    this.#watermark = watermark
    this.#expiry?.onWatermark(watermark)
  }

  onTime(nowMs: number): void {
    this.#expiry?.onTime(nowMs)
  }

  nextTimeMs(): number | undefined {
    return this.#expiry?.nextTimeMs
  }

  onBarrier(): void {
    this.#state.flush()
    this.#expiry?.flush()
  }

  onCommitted(): void {
    this.#state.evict()
    this.#expiry?.evict()
  }

  get #state(): KeyedTable<Kept> {
    return must(this.#table, 'operator is open')
  }

  #keepFirst(batch: Batch, out: Output): void {
    const { columns, length } = batch
    const positions = new Int32Array(length)
    let count = 0
    const namespace = this.#state.namespace(0)
    const metrics = must(this.#context, 'operator is open').metrics
    for (let row = 0; row < length; row++) {
      if (this.#isLate(batch, row)) continue
      const key = this.#keyAt(columns, row)
      const entry = this.#find(namespace, key, columns, row)
      if (entry === undefined) {
        if (this.#insert(namespace, key, batch, row, undefined)) positions[count++] = row
      } else {
        metrics.rowsDuplicate++
        if (this.#touchedByAll) this.#touch(namespace, entry, batch.times[row] as number)
      }
    }
    if (count === length) out.emit(batch)
    else if (count > 0) out.emit(batch.select(positions, count))
  }

  #keepByTime(batch: Batch, out: Output): void {
    const { columns, length, times } = batch
    const namespace = this.#state.namespace(0)
    const writer = this.#writer.to(out)
    const metrics = must(this.#context, 'operator is open').metrics
    for (let row = 0; row < length; row++) {
      if (this.#isLate(batch, row)) continue
      const key = this.#keyAt(columns, row)
      const time = times[row] as number
      const values = batch.row(row)
      const entry = this.#find(namespace, key, columns, row)
      if (entry === undefined) {
        if (this.#insert(namespace, key, batch, row, values)) writer.insert(values, time)
        continue
      }
      if (this.#touchedByAll) this.#touch(namespace, entry, time)
      const { timeMs } = entry.value
      if (this.#step.keep === 'last' ? time < timeMs : time >= timeMs) {
        metrics.rowsDuplicate++
        continue
      }
      writer.update(must(entry.value.row, 'the row is kept'), values, time)
      entry.value.row = values
      entry.value.timeMs = time
      if (!entry.dirty) this.#state.touch(namespace, entry)
    }
    writer.flush()
  }

  #isLate(batch: Batch, row: number): boolean {
    const time = batch.times[row] as number
    assert(batch.kinds === undefined || !isRetraction(batch.kinds[row] as number), 'a deduplication gets inserts only')
    if (!(time + this.#lateAfterMs < this.#watermark)) return false
    this.#late?.add(batch, row, this.#watermark, null, null)
    return true
  }

  #keyAt(columns: readonly Column[], row: number): MapKey {
    return this.#key.keyAt(columns, row)
  }

  /** The key's entry unless its time is over. */
  #find(namespace: Namespace<Kept>, key: MapKey, columns: readonly Column[], row: number): Entry<Kept> | undefined {
    const entry = namespace.entries.get(key) ?? this.#state.get(namespace, key, columns, row)
    if (entry === undefined || this.#expiry?.isExpired(entry.value) !== true) return entry
    this.#state.delete(namespace, entry)
    return undefined
  }

  /** False, and the row is in the dead letter, when its key can't be stored. */
  #insert(namespace: Namespace<Kept>, key: MapKey, batch: Batch, row: number, values: Row | undefined): boolean {
    const time = batch.times[row] as number
    const kept: Kept = { timeMs: time, row: values, touchedMs: NO_WATERMARK }
    this.#expiry?.touch(kept, time)
    try {
      const entry = this.#state.insert(namespace, key, this.#key.valuesAt(batch.columns, row), kept)
      this.#expiry?.watch(entry)
      return true
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      this.#context?.deadLetter(error.reason, batch.row(row))
      return false
    }
  }

  #touch(namespace: Namespace<Kept>, entry: Entry<Kept>, time: EventTimeMs): void {
    if (this.#expiry === undefined) return
    this.#expiry.touch(entry.value, time)
    if (!entry.dirty) this.#state.touch(namespace, entry)
  }
}

/** WITHIN or the state TTL, whichever ends first. */
function lifetimeMs({ withinMs, ttlMs }: DeduplicateStep): number | undefined {
  if (withinMs === undefined || ttlMs === undefined) return withinMs ?? ttlMs
  return Math.min(withinMs, ttlMs)
}

/** Bytes: time and last touch as doubles, then the row where it is kept. Stored for ever: never change a form. */
function keptCodec(codec: RowCodec | undefined) {
  return {
    encode: ({ timeMs, row, touchedMs }: Kept): Uint8Array => {
      const tail = codec === undefined || row === undefined ? undefined : codec.encode(row)
      const bytes = new Uint8Array(16 + (tail?.length ?? 0))
      const view = new DataView(bytes.buffer)
      view.setFloat64(0, timeMs)
      view.setFloat64(8, touchedMs)
      if (tail !== undefined) bytes.set(tail, 16)
      return bytes
    },
    decode: (bytes: Uint8Array): Kept => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      const row = codec?.decode(bytes.subarray(16))
      return { timeMs: view.getFloat64(0), row, touchedMs: view.getFloat64(8) }
    },
  }
}
