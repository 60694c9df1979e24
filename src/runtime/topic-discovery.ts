import type { Storage } from '../adapters/storage.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { QueryEntry } from '../plan/catalog.ts'
import { readsPatterns } from '../plan/physical/scan-topics.ts'
import type { StoredCatalog } from './catalog.ts'
import { mayGrow, withTopics } from './scan-topics.ts'

/**
 * Finds partitions that have come since a query began, and topics where its stream names them by a pattern. They become
 * part of its plan in the catalog, where all replicas find them: its tasks open again from their last commit, with what
 * is new from its beginning.
 */
export interface TopicDiscoveryOptions {
  readonly catalog: StoredCatalog
  readonly storage: Storage
  readonly clock: Clock
  readonly onJobFailure?: (query: string, error: unknown, willRetry: boolean) => void
}

export const DISCOVERY_INTERVAL_MS = 60_000
/** Granularity of the intervals; a list of all topics is asked for no more often. */
const STEP_MS = 1_000

export class TopicDiscovery {
  readonly #options: TopicDiscoveryOptions
  readonly #lookedMs = new Map<string, number>()

  constructor(options: TopicDiscoveryOptions) {
    this.#options = options
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, catalog } = this.#options
    while (!signal.aborted) {
      await clock.sleepUntil(clock.nowMs() + STEP_MS, signal)
      const entries = catalog.queries().filter(({ plan, layout }) => readsPatterns(plan) || layout !== undefined)
      const names = new Set(entries.map(({ name }) => name))
      for (const name of this.#lookedMs.keys()) if (!names.has(name)) this.#lookedMs.delete(name)
      for (const entry of entries) if (!signal.aborted && this.#isDue(entry)) await this.#look(entry)
    }
  }

  #isDue({ name, plan }: QueryEntry): boolean {
    const intervals = plan.steps.flatMap((step) =>
      mayGrow(step) ? Number(step.connector.options[INTERVAL_OPTION] ?? DISCOVERY_INTERVAL_MS) : [],
    )
    const shortest = Math.min(...intervals.filter((ms) => ms > 0))
    const nowMs = this.#options.clock.nowMs()
    // It has been looked at when it was created.
    const lookedMs = this.#lookedMs.get(name) ?? nowMs
    this.#lookedMs.set(name, lookedMs)
    return nowMs - lookedMs >= shortest
  }

  async #look({ name, plan, layout }: QueryEntry): Promise<void> {
    const { catalog, clock, onJobFailure } = this.#options
    this.#lookedMs.set(name, clock.nowMs())
    try {
      if ((await withTopics(plan, this.#options, layout)) === plan) return
      await catalog.exclusively(async () => {
        // Another replica may have found them as well, or somebody has altered the query.
        const entry = catalog.query(name)
        if (entry === undefined) return
        const found = await withTopics(entry.plan, this.#options, entry.layout)
        if (found !== entry.plan) await catalog.write({ queries: [{ ...entry, plan: found }] })
      })
    } catch (error) {
      onJobFailure?.(name, error, true)
    }
  }
}

const INTERVAL_OPTION = 'scan.topic-partition-discovery.interval'
