/**
 * Waiting times between attempts: they double up to a limit, with jitter, so that clients do not return all at
 * once.
 */
export class Backoff {
  readonly #firstMs: number
  readonly #maxMs: number
  #attempts = 0

  constructor(firstMs = 100, maxMs = 5_000) {
    this.#firstMs = firstMs
    this.#maxMs = maxMs
  }

  get attempts(): number {
    return this.#attempts
  }

  reset(): void {
    this.#attempts = 0
  }

  /** Rejects with the signal's reason when it aborts. */
  async wait(signal?: AbortSignal): Promise<void> {
    const fullMs = Math.min(this.#maxMs, this.#firstMs * 2 ** this.#attempts)
    this.#attempts += 1
    const waitMs = fullMs / 2 + Math.random() * (fullMs / 2)
    signal?.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, waitMs)
      signal?.addEventListener('abort', stop, { once: true })
    })
  }
}
