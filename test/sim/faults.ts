import { AppError } from '../../src/core/errors.ts'
import type { Random } from '../harness/random.ts'

/**
 * What goes wrong, how often. Each seed switches each kind on or off and chooses its rate (swarm testing): a run with
 * one kind only gets further into it than a run with all of them at once.
 */
export interface FaultRates {
  /** Longest time that a read or a commit takes. */
  readonly readMsMax: number
  readonly commitMsMax: number
  readonly readFails: number
  /** The commit is refused and nothing of it is there. */
  readonly commitFails: number
  /** The commit is there, but its caller hears of an error. */
  readonly commitUnknown: number
  /** The process dies within a commit; half of the time the commit is there. */
  readonly commitCrashes: number
  /** Of each moment, while virtual time goes on: crash, full disk, wrong clock, wake-up without a reason. */
  readonly crash: number
  readonly diskFull: number
  readonly clockJump: number
  readonly wakeUp: number
}

export const NO_FAULTS: FaultRates = {
  readMsMax: 0,
  commitMsMax: 0,
  readFails: 0,
  commitFails: 0,
  commitUnknown: 0,
  commitCrashes: 0,
  crash: 0,
  diskFull: 0,
  clockJump: 0,
  wakeUp: 0,
}

export function randomFaults(random: Random): FaultRates {
  const rate = (max: number): number => (random.chance(0.5) ? random.fraction() * max : 0)
  return {
    readMsMax: random.pick([0, 1, 20, 400]),
    commitMsMax: random.pick([0, 2, 30, 1_500]),
    readFails: rate(0.15),
    commitFails: rate(0.3),
    commitUnknown: rate(0.3),
    commitCrashes: rate(0.3),
    crash: rate(0.2),
    diskFull: rate(0.05),
    clockJump: rate(0.1),
    wakeUp: rate(0.5),
  }
}

export type CommitOutcome = 'committed' | 'rejected' | 'disk-full' | 'unknown' | 'crash-before' | 'crash-after'

/** Answers of the simulated world; after `heal` everything works and nothing waits for long. */
export class Faults {
  readonly #random: Random
  readonly #rates: FaultRates
  #healed = false
  diskFull = false

  constructor(random: Random, rates: FaultRates) {
    this.#random = random
    this.#rates = rates
  }

  heal(): void {
    this.#healed = true
    this.diskFull = false
  }

  happens(kind: 'crash' | 'diskFull' | 'clockJump' | 'wakeUp'): boolean {
    return !this.#healed && this.#random.chance(this.#rates[kind])
  }

  readDelayMs(): number {
    return this.#delayMs(this.#rates.readMsMax)
  }

  readFails(): boolean {
    return !this.#healed && this.#random.chance(this.#rates.readFails)
  }

  commitDelayMs(): number {
    return this.#delayMs(this.#rates.commitMsMax)
  }

  commitOutcome(): CommitOutcome {
    if (this.#healed) return 'committed'
    if (this.diskFull) return 'disk-full'
    if (this.#random.chance(this.#rates.commitFails)) return 'rejected'
    if (this.#random.chance(this.#rates.commitUnknown)) return 'unknown'
    if (this.#random.chance(this.#rates.commitCrashes)) {
      return this.#random.chance(0.5) ? 'crash-before' : 'crash-after'
    }
    return 'committed'
  }

  #delayMs(max: number): number {
    if (max === 0) return 0
    return this.#random.integer(0, this.#healed ? Math.min(max, 5) : max)
  }
}

export function unavailable(what: string): AppError {
  return new AppError('UNAVAILABLE', what, { domain: 'external', retry: true })
}

export function diskFull(): AppError {
  return new AppError('DISK_FULL', 'no space is left on the simulated disk', { domain: 'external', retry: true })
}
