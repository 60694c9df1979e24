import { AsyncLocalStorage } from 'node:async_hooks'

/**
 * One at a time in this process, in the order of the calls. What runs inside may ask again and goes on at once; what it
 * has started and left running may not, once it has ended.
 */
export class MutualExclusion {
  #last: Promise<unknown> = Promise.resolve()
  readonly #inside = new AsyncLocalStorage<{ over: boolean }>()

  get isInside(): boolean {
    return this.#inside.getStore()?.over === false
  }

  run<T>(run: () => Promise<T>): Promise<T> {
    if (this.isInside) return run()
    const turn = this.#last.then(() => this.#enter(run))
    this.#last = turn.catch(() => undefined)
    return turn
  }

  async #enter<T>(run: () => Promise<T>): Promise<T> {
    const scope = { over: false }
    try {
      return await this.#inside.run(scope, run)
    } finally {
      scope.over = true
    }
  }
}
