import { BATCH_ROWS_MAX, BatchBuilder, DELETE, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { EventTimeMs } from '../../core/time.ts'
import type { Row, Value } from '../../core/value.ts'
import type { Output } from '../operator.ts'

/**
 * Rows out, as changes. An update is -U directly followed by +U in one batch, or +U alone where nobody downstream
 * needs the old row. Rows that did not change are no update.
 */
export class ChangeWriter {
  readonly #builder: BatchBuilder
  readonly #retractions: boolean
  #out: Output | undefined

  constructor(width: number, retractions: boolean) {
    this.#builder = new BatchBuilder(width, (batch) => this.#out?.emit(batch))
    this.#retractions = retractions
  }

  /** Where the following rows go. Between a call of the operator and its `flush` the output is the same. */
  to(out: Output): this {
    this.#out = out
    return this
  }

  insert(row: Row, time: EventTimeMs): void {
    this.#builder.push(row, time, INSERT)
  }

  update(before: Row, after: Row, time: EventTimeMs): void {
    if (sameRow(before, after)) return
    if (this.#retractions) {
      if (this.#builder.length === BATCH_ROWS_MAX - 1) this.#builder.flush()
      this.#builder.push(before, time, UPDATE_BEFORE)
    }
    this.#builder.push(after, time, UPDATE_AFTER)
  }

  delete(row: Row, time: EventTimeMs): void {
    this.#builder.push(row, time, DELETE)
  }

  /** What became of a row: undefined stands for none. */
  change(before: Row | undefined, after: Row | undefined, time: EventTimeMs): void {
    if (before === undefined) {
      if (after !== undefined) this.insert(after, time)
    } else if (after === undefined) this.delete(before, time)
    else this.update(before, after, time)
  }

  flush(): void {
    this.#builder.flush()
  }
}

/** True when both rows show the same values; doubles by their SQL meaning, where NaN is NaN. */
export function sameRow(a: Row, b: Row): boolean {
  for (let i = 0; i < a.length; i++) if (!sameValue(a[i] as Value, b[i] as Value)) return false
  return true
}

function sameValue(a: Value, b: Value): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true
  if (a instanceof Uint8Array) return b instanceof Uint8Array && Buffer.compare(a, b) === 0
  return Array.isArray(a) && Array.isArray(b) && a.length === b.length && sameRow(a as Row, b as Row)
}
