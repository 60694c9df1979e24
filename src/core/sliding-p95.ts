/** The 95th percentile of the last measurements; bounded, exact over its window. */
const WINDOW = 256

export class SlidingP95 {
  readonly #values: number[] = []
  #next = 0

  add(value: number): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % WINDOW
  }

  /** Undefined before the first measurement. */
  value(): number | undefined {
    if (this.#values.length === 0) return undefined
    const sorted = this.#values.toSorted((a, b) => a - b)
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * 0.95))]
  }
}
