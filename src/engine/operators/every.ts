/**
 * When changes that are held back for EVERY go out. The first change goes at once; then one round of them each
 * `everyMs` of processing time. Without EVERY everything goes at once.
 */
export class Every {
  readonly #everyMs: number
  #lastMs = Number.NEGATIVE_INFINITY
  #waiting = false

  constructor(everyMs: number | undefined) {
    this.#everyMs = everyMs ?? 0
  }

  /** There are changes: may they go out now? */
  isDue(nowMs: number): boolean {
    this.#waiting = nowMs < this.#lastMs + this.#everyMs
    return !this.#waiting
  }

  /** All changes went out. */
  emitted(nowMs: number): void {
    this.#lastMs = nowMs
    this.#waiting = false
  }

  get nextTimeMs(): number | undefined {
    return this.#waiting ? this.#lastMs + this.#everyMs : undefined
  }
}
