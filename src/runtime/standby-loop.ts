import { must } from '../core/assert.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { StateBackend } from '../engine/ports/state.ts'
import type { TaskSpec } from './task-spec.ts'

/**
 * Keeps the copy of a task's state that another replica runs: follows the changelog until it is stopped, and tries again
 * where it can't.
 */
export interface StandbyEvents {
  onFailure(error: unknown): void
  /** Whether it could take over at once: told when that changes. */
  onCopy(inStep: boolean): void
}

/** Between two looks at the changelog: what a take-over still has to read. */
const CATCH_UP_INTERVAL_MS = 500
/** What was written in so long is read in less: a copy that takes longer is behind. */
const IN_STEP_MS_MAX = 5_000
const RETRY_MS_MIN = 500
const RETRY_MS_MAX = 30_000

export class StandbyLoop {
  readonly #spec: TaskSpec
  readonly #state: StateBackend
  readonly #clock: Clock
  readonly #events: StandbyEvents
  readonly #stopping = new AbortController()
  readonly #loop: Promise<void>
  #inStep = false

  constructor(spec: TaskSpec, ports: { readonly state: StateBackend; readonly clock: Clock }, events: StandbyEvents) {
    this.#spec = spec
    this.#state = ports.state
    this.#clock = ports.clock
    this.#events = events
    this.#loop = this.#run()
  }

  /** Resolves when its folder is closed: the task may be opened then. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#loop
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping
    let retryMs = RETRY_MS_MIN
    while (!signal.aborted) {
      const startedMs = this.#clock.nowMs()
      try {
        await this.#follow(signal)
      } catch (error) {
        this.#tell(false)
        this.#events.onFailure(error)
        const nowMs = this.#clock.nowMs()
        if (nowMs - startedMs > RETRY_MS_MAX) retryMs = RETRY_MS_MIN
        await this.#clock.sleepUntil(nowMs + retryMs, signal)
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX)
      }
    }
  }

  async #follow(signal: AbortSignal): Promise<void> {
    const { id, topics } = this.#spec
    const opened = this.#state.openStandby?.(id, must(topics, 'what is copied has a changelog'))
    const standby = await must(opened, 'where replicas share the tasks, state is a copy of a changelog')
    try {
      while (!signal.aborted) {
        const startedMs = this.#clock.nowMs()
        await standby.catchUp(signal)
        if (signal.aborted) return
        this.#tell(this.#clock.nowMs() - startedMs <= IN_STEP_MS_MAX)
        await this.#clock.sleepUntil(startedMs + CATCH_UP_INTERVAL_MS, signal)
      }
    } finally {
      await standby.close()
    }
  }

  #tell(inStep: boolean): void {
    if (inStep === this.#inStep) return
    this.#inStep = inStep
    this.#events.onCopy(inStep)
  }
}
