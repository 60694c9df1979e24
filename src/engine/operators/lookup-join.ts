import { must } from '../../core/assert.ts'
import { Batch, INSERT } from '../../core/batch.ts'
import { type RowCodec, rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { LookupJoinStep } from '../../plan/physical/join-steps.ts'
import type { EvalContext } from '../expression/compile.ts'
import { FoundRows } from '../join/found-rows.ts'
import { hasNullKey } from '../join/join-rows.ts'
import type { KeyColumns, MapKey } from '../key-columns.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import type { Found, LookupFault } from '../ports/lookup.ts'
import type { StateStore } from '../ports/state.ts'
import { keyColumnsOf } from './window-groups.ts'

/** Rows, or a watermark that has come behind them. */
type Waiting = Batch | EventTimeMs

/**
 * A stream with rows of a table that is somewhere else. Its rows wait here, watermarks between them, until the runner
 * has asked for their keys; then all go on in the order in which they came, as if nobody had waited. The runner asks
 * before it reads on or commits, so that what waits is no more than what one read has brought.
 *
 * What comes at the barrier itself, or waits when the task is stopped, is part of the checkpoint.
 */
export class LookupJoin implements Operator {
  readonly #step: LookupJoinStep
  readonly #key: KeyColumns
  readonly #codec: RowCodec
  readonly #matches: FoundRows
  #context: OperatorContext | undefined
  #store: StateStore | undefined
  #queue: Waiting[] = []
  /** What the answers stand for: their position by key. */
  readonly #asked = new Map<MapKey, number>()
  #wanted: Row[] | undefined
  #found: readonly Found[] = []
  /** Nothing that waits is before it. */
  #released: EventTimeMs = NO_WATERMARK
  #storedEntries = 0

  constructor(step: LookupJoinStep, left: Schema, clock: EvalContext) {
    this.#step = step
    this.#key = keyColumnsOf(step.leftKeys, left)
    this.#codec = rowCodec(left.fields.map((field) => field.type))
    this.#matches = new FoundRows(step, step.columns.length, clock)
  }

  open(context: OperatorContext): void {
    this.#context = context
    this.#matches.open(context)
    this.#store = context.store('waiting')
    this.#released = context.restoredWatermark
    this.#restore(this.#store)
  }

  onBatch(_port: number, batch: Batch): void {
    this.#queue.push(copyOf(batch))
    this.#wanted = undefined
  }

  onWatermark(watermark: EventTimeMs): void {
    if (this.#queue.length === 0) this.#released = watermark
    else this.#queue.push(watermark)
  }

  outputWatermark(): EventTimeMs {
    return this.#released
  }

  wanted(): readonly Row[] | undefined {
    if (this.#queue.length === 0) return undefined
    this.#wanted ??= this.#keysOfAll()
    return this.#wanted
  }

  found(found: readonly Found[]): void {
    this.#found = found
  }

  release(out: Output): boolean {
    const next = this.#queue.shift()
    if (typeof next === 'number') this.#released = next
    else if (next !== undefined) this.#emit(next, out)
    if (this.#queue.length > 0) return true
    this.#asked.clear()
    this.#wanted = undefined
    this.#found = []
    return false
  }

  /** What waits, between the watermark before it and the one behind it; mostly nothing. */
  onBarrier(): void {
    const store = must(this.#store, 'operator is open')
    let number = 0
    if (this.#queue.length > 0) {
      store.put(keyOf(number++), encodeWatermark(this.#released))
      for (const one of this.#queue) {
        if (typeof one === 'number') store.put(keyOf(number++), encodeWatermark(one))
        else for (let row = 0; row < one.length; row++) store.put(keyOf(number++), this.#encode(one, row))
      }
    }
    for (let gone = number; gone < this.#storedEntries; gone++) store.delete(keyOf(gone))
    this.#storedEntries = number
  }

  #keysOfAll(): Row[] {
    this.#asked.clear()
    const keys: Row[] = []
    for (const batch of this.#queue) {
      if (typeof batch === 'number') continue
      for (let row = 0; row < batch.length; row++) {
        if (hasNullKey(this.#step.leftKeys, batch.columns, row)) continue
        const key = this.#key.keyAt(batch.columns, row)
        if (this.#asked.has(key)) continue
        this.#asked.set(key, keys.length)
        keys.push(this.#key.valuesAt(batch.columns, row))
      }
    }
    return keys
  }

  #emit(all: Batch, out: Output): void {
    const found = Array.from({ length: all.length }, (_, row) => this.#foundFor(all, row))
    const faulty = found.flatMap((one, row) => (isFault(one) ? [{ row, reason: one.reason }] : []))
    for (const { row, reason } of faulty) this.#context?.deadLetter(reason, all.row(row))
    const kept = found.flatMap((one, row) => (isFault(one) ? [] : [row]))
    const batch = faulty.length === 0 ? all : all.select(kept)
    const rows = found.flatMap((one) => (isFault(one) ? [] : [one]))
    if (batch.length > 0) this.#matches.emit(batch, rows, out)
  }

  #foundFor(batch: Batch, row: number): Found {
    if (hasNullKey(this.#step.leftKeys, batch.columns, row)) return undefined
    return this.#found[must(this.#asked.get(this.#key.keyAt(batch.columns, row)), 'its key was asked for')]
  }

  #encode(batch: Batch, row: number): Uint8Array {
    const bytes = this.#codec.encodeChange(batch.row(row), INSERT, batch.times[row] as number)
    return Uint8Array.of(ROW, ...bytes)
  }

  #restore(store: StateStore): void {
    let rows: { readonly row: Row; readonly timeMs: number }[] = []
    const close = () => {
      if (rows.length > 0) {
        this.#queue.push(
          Batch.ofRows(
            rows.map(({ row }) => row),
            rows.map(({ timeMs }) => timeMs),
          ),
        )
      }
      rows = []
    }
    for (const [, bytes] of store.scan(new Uint8Array(0), undefined)) {
      this.#storedEntries++
      if (bytes[0] === ROW) rows.push(this.#codec.decodeChange(bytes.subarray(1)))
      else {
        close()
        this.onWatermark(new DataView(bytes.buffer, bytes.byteOffset + 1, 8).getFloat64(0))
      }
    }
    close()
  }
}

const ROW = 0
const WATERMARK = 1

function isFault(found: Found): found is LookupFault {
  return found !== undefined && 'reason' in found
}

/** In the order of the numbers. */
function keyOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, number)
  return bytes
}

function encodeWatermark(watermark: EventTimeMs): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = WATERMARK
  new DataView(bytes.buffer).setFloat64(1, watermark)
  return bytes
}

/** Whoever gave it may use its columns again. */
function copyOf({ length, columns, times }: Batch): Batch {
  return new Batch(
    length,
    columns.map((column) => column.slice(0, length)),
    times.slice(0, length),
  )
}
