import { type Batch, BatchBuilder, type ChangeKind, DELETE, INSERT, UPDATE_AFTER } from '../../core/batch.ts'
import type { Value } from '../../core/value.ts'
import type { FromChangelogStep } from '../../plan/physical/changelog-steps.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'

/**
 * Rows as the changes that they say to be. What an update takes back need not be told: whoever has to know what a row
 * was before keeps it (`normalize`), as of a table that is read from a topic.
 */
export class FromChangelog implements Operator {
  readonly #op: number
  readonly #keys: readonly number[]
  readonly #builder: BatchBuilder
  #context: OperatorContext | undefined
  #out: Output | undefined

  constructor({ op, keys, schema }: FromChangelogStep) {
    this.#op = op
    this.#keys = keys
    this.#builder = new BatchBuilder(schema.fields.length, (batch) => this.#out?.emit(batch))
  }

  open(context: OperatorContext): void {
    this.#context = context
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    this.#out = out
    for (let row = 0; row < batch.length; row++) {
      const values = batch.row(row)
      const change = values[this.#op] ?? null
      const kind = KINDS.get(change)
      const rest = values.filter((_, i) => i !== this.#op)
      if (kind === undefined) {
        const said = change === null ? 'NULL' : `"${change}"`
        this.#context?.deadLetter(`${said} is no change: INSERT, UPDATE_BEFORE, UPDATE_AFTER or DELETE`, values)
      } else if (this.#keys.some((key) => rest[key] === null)) {
        this.#context?.deadLetter('a column of the key is NULL', values)
      } else if (kind !== 'nothing') this.#builder.push(rest, batch.times[row] as number, kind)
    }
    this.#builder.flush()
  }
}

/** What is there may be inserted again, and what is not there updated: the last row of a key counts. */
const KINDS: ReadonlyMap<Value, ChangeKind | 'nothing'> = new Map<Value, ChangeKind | 'nothing'>([
  ['INSERT', INSERT],
  ['UPDATE_BEFORE', 'nothing'],
  ['UPDATE_AFTER', UPDATE_AFTER],
  ['DELETE', DELETE],
])
