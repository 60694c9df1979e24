import { assert } from '../../core/assert.ts'
import type { Batch } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { type EventTimeMs, NO_WATERMARK } from '../../core/time.ts'
import type { Row } from '../../core/value.ts'
import type { Step } from '../../plan/physical/nodes.ts'
import { rowsAhead } from '../../plan/physical/over-step.ts'
import type { Operator, OperatorContext, Output } from '../operator.ts'
import type { WatermarkPort } from '../pipeline.ts'
import type { Found } from '../ports/lookup.ts'
import { checkBatch } from './schema.ts'

/**
 * An operator with its contract checked on every call: for tests and for a debug mode, not for production.
 *
 * Rows in and out fit their schemas and make whole updates; watermarks rise; no row of a step that promises it is
 * behind the step's own output watermark; epochs are consecutive; nothing is called before `open`.
 */
export class CheckedOperator implements Operator {
  readonly #operator: Operator
  readonly #step: Step
  readonly #inputs: readonly Schema[]
  readonly #promisesTime: boolean
  #isOpen = false
  #watermark: EventTimeMs = NO_WATERMARK
  #outputWatermark: EventTimeMs = NO_WATERMARK
  #epoch: number | undefined

  constructor(operator: Operator, step: Step, inputs: readonly Schema[]) {
    this.#operator = operator
    this.#step = step
    this.#inputs = inputs
    this.#promisesTime = promisesTime(step)
  }

  open(context: OperatorContext): void {
    assert(!this.#isOpen, `${this.#step.id}: opened twice`)
    this.#isOpen = true
    this.#watermark = context.restoredWatermark
    this.#operator.open(context)
  }

  onBatch(port: number, batch: Batch, out: Output): void {
    const input = this.#inputs[port]
    assert(this.#isOpen && input !== undefined, `${this.#step.id}: rows come in at a port that there is, after open`)
    checkBatch(batch, input, `${this.#step.id}, port ${port}`)
    this.#operator.onBatch(port, batch, this.#checked(out))
  }

  onWatermark(watermark: EventTimeMs, out: Output): void {
    assert(watermark > this.#watermark, `${this.#step.id}: watermark ${watermark} after ${this.#watermark}`)
    this.#watermark = watermark
    this.#operator.onWatermark?.(watermark, this.#checked(out))
  }

  onIdle(idle: boolean, out: Output): void {
    this.#operator.onIdle?.(idle, this.#checked(out))
  }

  outputWatermark(watermark: EventTimeMs): EventTimeMs {
    const output = this.#operator.outputWatermark?.(watermark) ?? watermark
    assert(output >= this.#outputWatermark, `${this.#step.id}: output watermark falls to ${output}`)
    this.#outputWatermark = output
    return output
  }

  onTime(nowMs: number, out: Output): void {
    this.#operator.onTime?.(nowMs, this.#checked(out))
  }

  nextTimeMs(): number | undefined {
    return this.#operator.nextTimeMs?.()
  }

  onBarrier(epoch: number, out: Output): void {
    assert(this.#epoch === undefined || epoch === this.#epoch + 1, `${this.#step.id}: epochs are consecutive`)
    this.#epoch = epoch
    this.#operator.onBarrier?.(epoch, this.#checked(out))
  }

  onCommitted(): void {
    this.#operator.onCommitted?.()
  }

  close(): void {
    this.#operator.close?.()
  }

  get timedPorts(): readonly number[] | undefined {
    return this.#operator.timedPorts
  }

  holdsBack(port: number, ports: readonly WatermarkPort[]): boolean {
    return this.#operator.holdsBack?.(port, ports) ?? false
  }

  wanted(): readonly Row[] | undefined {
    return this.#operator.wanted?.()
  }

  found(found: readonly Found[]): void {
    this.#operator.found?.(found)
  }

  release(out: Output): boolean {
    return this.#operator.release?.(this.#checked(out)) ?? false
  }

  get finished(): boolean {
    return this.#operator.finished ?? false
  }

  #checked(out: Output): Output {
    return {
      emit: (batch) => {
        checkBatch(batch, this.#step.schema, `${this.#step.id}, output`)
        if (this.#promisesTime) this.#checkTimes(batch)
        out.emit(batch)
      },
    }
  }

  #checkTimes(batch: Batch): void {
    for (let row = 0; row < batch.length; row++) {
      const time = batch.times[row] as number
      assert(time >= this.#outputWatermark, `${this.#step.id}: row at ${time} is behind ${this.#outputWatermark}`)
    }
  }
}

/** Steps that give rows times of their own. The others hand late rows on, for whoever comes next to judge. */
function promisesTime(step: Step): boolean {
  switch (step.kind) {
    case 'window-aggregate':
    case 'session-aggregate':
    case 'window-assign':
    case 'interval-join':
    case 'match-recognize':
      return true
    case 'over':
      return rowsAhead(step) === 0
    case 'top-n':
      return step.windowEndColumn !== undefined
    default:
      return false
  }
}
