// For how much of the last thirty days each objective of each query held: minutes that were looked at, and those of
// them that were good, by the hour. Pure but for what it is told.

const HOUR_MS = 3_600_000
export const WINDOW_HOURS = 30 * 24
/** Of each query four objectives, each of 720 hours at most. */
export const QUERIES_MAX = 1_000

export interface Attainment {
  /** Minutes that something is known of. */
  readonly total: number
  readonly good: number
}

/** By hour since the epoch: minutes looked at, and good ones. */
type Hours = Map<number, { total: number; good: number }>

/** As it is stored: query, indicator, and [hour, total, good] in the order of the hours. */
export type LedgerEntry = readonly [string, string, readonly (readonly [number, number, number])[]]

export class Ledger {
  readonly #byQuery = new Map<string, Map<string, Hours>>()

  static of(entries: readonly LedgerEntry[], nowMs: number): Ledger {
    const ledger = new Ledger()
    for (const [query, indicator, hours] of entries) {
      for (const [hour, total, good] of hours) ledger.#add(query, indicator, hour, total, good)
    }
    ledger.forget(nowMs)
    return ledger
  }

  /** One more minute, of this query and indicator. */
  add(query: string, indicator: string, good: boolean, nowMs: number): void {
    this.#add(query, indicator, Math.floor(nowMs / HOUR_MS), 1, good ? 1 : 0)
  }

  of(query: string, indicator: string, nowMs: number): Attainment {
    let [total, good] = [0, 0]
    const oldest = oldestHour(nowMs)
    for (const [hour, one] of this.#byQuery.get(query)?.get(indicator) ?? []) {
      if (hour < oldest) continue
      total += one.total
      good += one.good
    }
    return { total, good }
  }

  /** Hours that have left the window, and queries that have none in it. */
  forget(nowMs: number): void {
    const oldest = oldestHour(nowMs)
    for (const [query, indicators] of this.#byQuery) {
      for (const [indicator, hours] of indicators) {
        for (const hour of hours.keys()) if (hour < oldest) hours.delete(hour)
        if (hours.size === 0) indicators.delete(indicator)
      }
      if (indicators.size === 0) this.#byQuery.delete(query)
    }
  }

  entries(): readonly LedgerEntry[] {
    return [...this.#byQuery].flatMap(([query, indicators]) =>
      [...indicators].map(([indicator, hours]): LedgerEntry => {
        const sorted = [...hours].sort(([a], [b]) => a - b)
        return [query, indicator, sorted.map(([hour, { total, good }]) => [hour, total, good] as const)]
      }),
    )
  }

  #add(query: string, indicator: string, hour: number, total: number, good: number): void {
    let indicators = this.#byQuery.get(query)
    if (indicators === undefined) {
      if (this.#byQuery.size >= QUERIES_MAX) return
      indicators = new Map()
      this.#byQuery.set(query, indicators)
    }
    const hours: Hours = indicators.get(indicator) ?? new Map()
    indicators.set(indicator, hours)
    const before = hours.get(hour)
    if (before === undefined) hours.set(hour, { total, good })
    else {
      before.total += total
      before.good += good
    }
  }
}

function oldestHour(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS) - WINDOW_HOURS + 1
}
