import { afterEach, expect, it } from 'vitest'
import { ManualClock } from '../adapters/memory/manual-clock.ts'
import { AppError } from '../core/errors.ts'
import type { Standby, StateBackend } from '../engine/ports/state.ts'
import { StandbyLoop } from './standby-loop.ts'
import type { TaskSpec } from './task-spec.ts'

const TOPICS = { changelog: { topic: 'c', partition: 0 }, result: undefined, guarantee: 'exactly-once' } as const
const SPEC = { id: 'q.1/0/0', query: 'q', topics: TOPICS } as unknown as TaskSpec

/** Copies that take as long as a case says, or fail; what happened to them, in order. */
class ScriptedCopies {
  readonly clock = new ManualClock(0)
  readonly done: string[] = []
  /** Of each look, ms; an error instead rejects it. */
  readonly looks: (number | Error)[] = []
  #loop: StandbyLoop | undefined

  start(): void {
    const state = { openStandby: async () => this.#open() } as unknown as StateBackend
    this.#loop = new StandbyLoop(
      SPEC,
      { state, clock: this.clock },
      {
        onFailure: (error) => this.done.push((error as Error).message),
        onCopy: (inStep) => this.done.push(inStep ? 'in step' : 'behind'),
      },
    )
  }

  async stop(): Promise<void> {
    await this.#loop?.stop()
  }

  async pass(ms: number): Promise<void> {
    for (let i = 0; i < ms; i += 100) {
      await new Promise((resolve) => setImmediate(resolve))
      this.clock.advanceBy(100)
    }
    await new Promise((resolve) => setImmediate(resolve))
  }

  #open(): Standby {
    this.done.push('open')
    return {
      catchUp: async () => {
        const look = this.looks.shift() ?? 0
        if (typeof look !== 'number') throw look
        this.clock.advanceBy(look)
      },
      close: async () => {
        this.done.push('close')
      },
    }
  }
}

const copies: ScriptedCopies[] = []
afterEach(async () => {
  for (const one of copies.splice(0)) await one.stop()
})

function scripted(...looks: readonly (number | Error)[]): ScriptedCopies {
  const one = new ScriptedCopies()
  one.looks.push(...looks)
  copies.push(one)
  one.start()
  return one
}

it('is in step once a look takes no longer than what it copies took to be written, and behind when it does', async () => {
  const one = scripted(60_000, 100, 100, 9_000, 100)
  await one.pass(3_000)
  expect(one.done).toEqual(['open', 'in step', 'behind', 'in step'])
})

it('begins anew when it fails, later each time, and is behind meanwhile', async () => {
  const down = () => new AppError('UNAVAILABLE', 'down', { retry: true })
  const one = scripted(0, down(), down(), down(), 0)
  await one.pass(1_000)
  expect(one.done.slice(0, 5)).toEqual(['open', 'in step', 'close', 'behind', 'down'])
  await one.pass(10_000)
  expect(one.done.filter((what) => what === 'down')).toHaveLength(3)
  expect(one.done.filter((what) => what === 'close')).toHaveLength(3)
  expect(one.done.at(-1)).toBe('in step')
})

it('has closed its copy when it has stopped', async () => {
  const one = scripted()
  await one.pass(1_000)
  await one.stop()
  expect(one.done).toEqual(['open', 'in step', 'close'])
})
