import type { OperatorMetrics } from './operator.ts'

/**
 * How long each operator of a task works, without those behind it: pushing a batch runs them before it returns. The
 * clock is looked at twice a batch and operator, never a row.
 */
export class TimeMeter {
  readonly #monotonicMs: () => number
  #current: OperatorMetrics | undefined
  #sinceMs = 0

  /** Without a clock it measures nothing. */
  constructor(monotonicMs: () => number = () => 0) {
    this.#monotonicMs = monotonicMs
  }

  /** From now on the time is that of `next`; answers whose it was, for `leave`. */
  enter(next: OperatorMetrics): OperatorMetrics | undefined {
    const before = this.#current
    this.#switch(next)
    return before
  }

  leave(before: OperatorMetrics | undefined): void {
    this.#switch(before)
  }

  #switch(next: OperatorMetrics | undefined): void {
    const nowMs = this.#monotonicMs()
    if (this.#current !== undefined) this.#current.busyMs += nowMs - this.#sinceMs
    this.#current = next
    this.#sinceMs = nowMs
  }
}
