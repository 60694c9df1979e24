/** Who wants to be called back. The same function may be added twice, and is then called twice. */
export class Listeners<T> {
  readonly #calls = new Set<(value: T) => void>()

  /** Returns how to stop that. */
  add(listener: (value: T) => void): () => void {
    const call = (value: T) => listener(value)
    this.#calls.add(call)
    return () => this.#calls.delete(call)
  }

  call(value: T): void {
    for (const call of this.#calls) call(value)
  }
}
