import type { Batch } from '../../core/batch.ts'
import { UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { LimitStep } from '../../plan/physical/nodes.ts'
import { decodeNamespace, encodeNamespace } from '../namespace-codec.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import type { StateStore } from '../ports/state.ts'

const COUNT_KEY = Uint8Array.of(0)

/** The first `count` rows; an update -U/+U is one. When it has them the task may end. */
export class Limit implements Operator {
  readonly #count: number
  #store: StateStore | undefined
  #passed = 0
  #stored = 0

  constructor(step: LimitStep) {
    this.#count = step.count
  }

  get finished(): boolean {
    return this.#passed >= this.#count
  }

  open(context: OperatorContext): void {
    this.#store = context.store('count')
    const bytes = this.#store.get(COUNT_KEY)
    if (bytes !== undefined) this.#passed = this.#stored = decodeNamespace(bytes)
  }

  onBatch(_port: number, batch: Batch, out: Output): void {
    let end = 0
    while (end < batch.length && !this.finished) {
      const pair = batch.kind(end) === UPDATE_BEFORE && batch.kinds?.[end + 1] === UPDATE_AFTER
      end += pair ? 2 : 1
      this.#passed++
    }
    if (end > 0) out.emit(batch.slice(0, end))
  }

  onBarrier(): void {
    if (this.#passed === this.#stored) return
    this.#store?.put(COUNT_KEY, encodeNamespace(this.#passed))
    this.#stored = this.#passed
  }
}
