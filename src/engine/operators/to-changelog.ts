import { Batch, type Column, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Value } from '../../core/value.ts'
import { CHANGE_NAMES, type ToChangelogStep } from '../../plan/physical/changelog-steps.ts'
import type { Operator, Output } from '../operator.ts'

/** Each change as a row, which is added. What an update takes back is from the moment at which it does. */
export class ToChangelog implements Operator {
  readonly #timed: boolean

  constructor({ timed }: ToChangelogStep) {
    this.#timed = timed
  }

  open(): void {}

  onBatch(_port: number, batch: Batch, out: Output): void {
    const { length } = batch
    const names: Value[] = new Array(length)
    const times = new Float64Array(length)
    for (let row = 0; row < length; row++) {
      const kind = batch.kind(row)
      names[row] = CHANGE_NAMES[kind]
      // The new row is in the batch of the old one, and behind it.
      times[row] = batch.times[kind === UPDATE_BEFORE ? row + 1 : row] as number
    }
    const columns: Column[] = [names, ...batch.columns]
    if (this.#timed) columns.push(Array.from(times, (time) => (Number.isNaN(time) ? null : time)))
    out.emit(new Batch(length, columns, times))
  }
}
