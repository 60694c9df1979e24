import { readFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'

/** One line of `bench/history.ndjson`. */
export interface Measurement {
  readonly query: string
  readonly source: string
  readonly events: number
  readonly keys: number
  readonly eventsPerSecond: number
  readonly cpuSecondsPerMillion: number
  readonly rssBytesMax: number
  readonly latencyMsP95: number | null
  readonly checkpointMsP95: number
  readonly versions: Readonly<Record<string, string>>
  readonly hardware: Readonly<Record<string, string | number>>
}

export function versions(): Record<string, string> {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return { weir: version, node: process.version }
}

export function hardware(): Record<string, string | number> {
  return { cores: cpus().length, cpu: cpus()[0]?.model ?? 'unknown', memoryGiB: Math.round(totalmem() / 2 ** 30) }
}

/** Watches the resident set of this process while something runs. */
export class RssWatch {
  #max = 0
  readonly #timer = setInterval(() => this.#sample(), 50)

  #sample(): void {
    this.#max = Math.max(this.#max, process.memoryUsage.rss())
  }

  stop(): number {
    this.#sample()
    clearInterval(this.#timer)
    return this.#max
  }
}

export function percentile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? 0
}
