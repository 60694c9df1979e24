// Looks at each query once a minute, and keeps for how much of the last thirty days its objectives held.

import { join } from 'node:path'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { faultOf, type Logger } from '../telemetry/logger.ts'
import { Rates } from '../telemetry/rates.ts'
import { Ledger } from './ledger.ts'
import { readLedger, writeLedger } from './ledger-file.ts'
import { type Indicators, type Objective, objectivesOf } from './objectives.ts'

export interface ObjectiveReport extends Omit<Objective, 'valueIn'> {
  readonly query: string
  /** Now; undefined where no row has come. */
  readonly value: number | undefined
  /** Share of the time in which it has to hold. */
  readonly target: number
  /** Share of the time in which it held; undefined where nothing is known. */
  readonly attainment: number | undefined
  /** What is left of the time in which it may fail: 1 all of it, 0 none, below 0 more than there was. */
  readonly errorBudget: number | undefined
  /** Minutes of the last thirty days that something is known of. */
  readonly minutes: number
}

export interface SloOptions {
  readonly runtime: Pick<Runtime, 'activityHere'>
  readonly config: ServerConfig
  readonly logger: Logger
  readonly nowMs: () => number
}

const MINUTE_MS = 60_000
/** Rates are of the last minute. */
const SAMPLE_MS = 10_000
const FILE = 'slo.json'

export class SloService {
  readonly #options: SloOptions
  readonly #objectives: readonly Objective[]
  readonly #path: string
  readonly #rates = new Rates()
  readonly #now = new Map<string, Indicators>()
  readonly #timer: NodeJS.Timeout
  #ledger = new Ledger()
  #lookedMs: number
  #look: Promise<void>

  constructor(options: SloOptions) {
    this.#options = options
    this.#objectives = objectivesOf(options.config)
    this.#path = join(options.config.dataDirectory, FILE)
    this.#lookedMs = options.nowMs()
    this.#look = this.#open()
    this.#timer = setInterval(() => void this.look(), SAMPLE_MS)
    this.#timer.unref()
  }

  /** What holds of each query, in the order of their names. */
  async report(): Promise<readonly ObjectiveReport[]> {
    await this.look()
    const nowMs = this.#options.nowMs()
    const { sloTarget: target } = this.#options.config
    return [...this.#now.keys()].sort().flatMap((query) =>
      this.#objectives.map(({ indicator, threshold, valueIn }): ObjectiveReport => {
        const { total, good } = this.#ledger.of(query, indicator, nowMs)
        const indicators = this.#now.get(query)
        return {
          query,
          indicator,
          threshold,
          value: indicators === undefined ? undefined : valueIn(indicators),
          target,
          attainment: total === 0 ? undefined : good / total,
          errorBudget: total === 0 ? undefined : budgetLeft(good / total, target),
          minutes: total,
        }
      }),
    )
  }

  /** Looks now; counts a minute where one has passed since the last that was counted. */
  look(): Promise<void> {
    this.#look = this.#look
      .then(() => this.#lookNow())
      .catch((error: unknown) => {
        this.#options.logger.warn(faultOf(error), 'objectives could not be looked at')
      })
    return this.#look
  }

  /** Stores what it knows. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#look
    await this.#store()
  }

  async #open(): Promise<void> {
    const { logger, nowMs } = this.#options
    this.#ledger = await readLedger(this.#path, nowMs(), () => {
      logger.warn({ file: FILE }, 'the file of objectives is damaged: it is put aside, and counting begins anew')
    })
  }

  async #lookNow(): Promise<void> {
    const { runtime, nowMs } = this.#options
    const activities = await runtime.activityHere()
    this.#rates.add(
      activities.map(({ query, stats }) => ({ query, ...stats })),
      performance.now(),
    )
    this.#now.clear()
    for (const { query, stats } of activities) {
      if (stats.state === 'running' || stats.state === 'failed')
        this.#now.set(query, { ...stats, ...this.#rates.of(query) })
    }
    const elapsedMs = nowMs() - this.#lookedMs
    // The clock may have been set back.
    if (elapsedMs >= 0 && elapsedMs < MINUTE_MS) return
    this.#lookedMs = nowMs()
    for (const { query, stats } of activities) this.#count(query, stats.state === 'failed')
    this.#ledger.forget(nowMs())
    await this.#store()
  }

  /** A query that has failed holds nothing that it promises; of one without rows only what is known counts. */
  #count(query: string, failed: boolean): void {
    const indicators = this.#now.get(query)
    if (indicators === undefined) return
    for (const objective of this.#objectives) {
      const value = objective.valueIn(indicators)
      if (value === undefined && !failed) continue
      const good = !failed && value !== undefined && value < objective.threshold
      this.#ledger.add(query, objective.indicator, good, this.#options.nowMs())
    }
  }

  async #store(): Promise<void> {
    try {
      await writeLedger(this.#path, this.#ledger)
    } catch (error) {
      this.#options.logger.warn(faultOf(error), 'objectives could not be stored')
    }
  }
}

/** Of a target of 100 % there is no budget: it is gone with the first bad minute. */
function budgetLeft(attainment: number, target: number): number {
  const spent = 1 - attainment
  if (target >= 1) return spent === 0 ? 1 : 0
  return 1 - spent / (1 - target)
}
