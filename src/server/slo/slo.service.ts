// Looks at each query once a minute, and keeps for how much of the last thirty days its objectives held. It looks at
// all tasks of a query, wherever they run: so each replica knows the whole, and any of them answers.

import { join } from 'node:path'
import type { Runtime } from '../../runtime/api.ts'
import type { ServerConfig } from '../config/config.ts'
import { faultOf, type Logger } from '../telemetry/logger.ts'
import { Rates } from '../telemetry/rates.ts'
import { Ledger } from './ledger.ts'
import { readLedger, writeLedger } from './ledger-file.ts'
import { type Indicators, isHeld, type Objective, objectivesOf } from './objectives.ts'

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

/** Whether a query holds an objective now. */
export interface Standing {
  readonly query: string
  readonly indicator: string
  readonly held: boolean
}

export interface SloOptions {
  readonly runtime: Pick<Runtime, 'statsOfAll'>
  readonly config: ServerConfig
  readonly logger: Logger
  readonly nowMs: () => number
}

const MINUTE_MS = 60_000
/** Rates are of the last minute, or nearly. */
const SAMPLE_MS = 30_000
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
    const { target } = this
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

  get target(): number {
    return this.#options.config.sloTarget
  }

  /** As it was when it looked last, at most half a minute ago; nothing of what nothing is known of. */
  standings(): readonly Standing[] {
    return [...this.#now].flatMap(([query, indicators]) =>
      this.#objectives.flatMap((objective) => {
        const held = isHeld(objective, indicators)
        return held === undefined ? [] : [{ query, indicator: objective.indicator, held }]
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
    const all = await runtime.statsOfAll()
    this.#rates.add(
      [...all].map(([query, stats]) => ({ query, ...stats })),
      performance.now(),
    )
    this.#now.clear()
    for (const [query, stats] of all) {
      if (stats.state === 'running' || stats.state === 'failed')
        this.#now.set(query, { ...stats, ...this.#rates.of(query) })
    }
    const elapsedMs = nowMs() - this.#lookedMs
    // The clock may have been set back.
    if (elapsedMs >= 0 && elapsedMs < MINUTE_MS) return
    this.#lookedMs = nowMs()
    for (const { query, indicator, held } of this.standings()) this.#ledger.add(query, indicator, held, nowMs())
    this.#ledger.forget(nowMs())
    await this.#store()
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
