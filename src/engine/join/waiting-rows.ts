import { INSERT } from '../../core/batch.ts'
import { type RowCodec, rowCodec } from '../../core/row-codec.ts'
import type { Schema } from '../../core/schema.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import { encodeNamespace, NAMESPACE_BYTES } from '../namespace-codec.ts'
import type { OperatorContext } from '../operator.ts'
import type { StateStore } from '../ports/state.ts'
import { TimeHeap } from '../time-heap.ts'

export interface WaitingRow {
  readonly row: Row
  readonly time: EventTimeMs
  /** In order of arrival. */
  readonly number: number
  stored: boolean
}

/**
 * Rows of a stream that wait for the watermark of a table, by event time, at equal times in order of arrival. All are
 * in memory: who holds them stops reading when they are many. In the store a row is under its time and its number.
 */
export class WaitingRows {
  readonly #store: StateStore
  readonly #codec: RowCodec
  readonly #heap = new TimeHeap<{ readonly time: number; readonly rows: WaitingRow[] }>()
  readonly #byTime = new Map<number, WaitingRow[]>()
  #added: WaitingRow[] = []
  /** Keys of rows that have gone and are still in the store. */
  #gone: Uint8Array[] = []
  #next = 0
  #count = 0

  constructor(schema: Schema, context: OperatorContext) {
    this.#store = context.store('waiting')
    this.#codec = rowCodec(schema.fields.map((field) => field.type))
    for (const [key, bytes] of this.#store.scan(new Uint8Array(0), undefined)) {
      const number = new DataView(key.buffer, key.byteOffset + NAMESPACE_BYTES, 8).getFloat64(0)
      const { row, timeMs } = this.#codec.decodeChange(bytes)
      this.#keep({ row, time: timeMs, number, stored: true })
      this.#next = Math.max(this.#next, number + 1)
    }
  }

  get count(): number {
    return this.#count
  }

  get firstTime(): EventTimeMs | undefined {
    return this.#heap.top?.time
  }

  add(row: Row, time: EventTimeMs): void {
    const waiting = { row, time, number: this.#next++, stored: false }
    this.#keep(waiting)
    this.#added.push(waiting)
  }

  /** Takes out the rows before a time, in order. */
  *takeBefore(time: EventTimeMs): Iterable<WaitingRow> {
    for (;;) {
      const top = this.#heap.top
      if (top === undefined || top.time >= time) return
      this.#heap.pop()
      this.#byTime.delete(top.time)
      for (const row of top.rows) {
        this.#count--
        if (row.stored) this.#gone.push(keyOf(row))
        // One that came since the last barrier is never written.
        else row.stored = true
        yield row
      }
    }
  }

  flush(): void {
    for (const key of this.#gone) this.#store.delete(key)
    this.#gone = []
    for (const waiting of this.#added) {
      if (waiting.stored) continue
      this.#store.put(keyOf(waiting), this.#codec.encodeChange(waiting.row, INSERT, waiting.time))
      waiting.stored = true
    }
    this.#added = []
  }

  #keep(waiting: WaitingRow): void {
    this.#count++
    const known = this.#byTime.get(waiting.time)
    if (known !== undefined) {
      known.push(waiting)
      return
    }
    const rows = [waiting]
    this.#byTime.set(waiting.time, rows)
    this.#heap.push({ time: waiting.time, rows })
  }
}

function keyOf({ time, number }: WaitingRow): Uint8Array {
  const bytes = new Uint8Array(NAMESPACE_BYTES + 8)
  bytes.set(encodeNamespace(time))
  new DataView(bytes.buffer).setFloat64(NAMESPACE_BYTES, number)
  return bytes
}
