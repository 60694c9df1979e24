// Rates of queries over the last minute, from counters that are looked at now and then.

/** Counters of a query at one moment. */
export interface RateSample {
  readonly query: string
  readonly rowsIn: number
  readonly rowsLate: number
  readonly rowsDuplicate: number
}

export interface QueryRates {
  /** Rows a second; undefined before there are two samples. */
  readonly throughput: number | undefined
  /** Shares of the rows read; undefined where none was. */
  readonly lateRate: number | undefined
  readonly duplicateRate: number | undefined
}

interface Moment extends RateSample {
  readonly atMs: number
}

const WINDOW_MS = 60_000
/** Samples of one query: whoever collects more often than each second replaces the last one. */
const MOMENTS_MAX = 61
const STEP_MS = WINDOW_MS / (MOMENTS_MAX - 1)

export class Rates {
  readonly #moments = new Map<string, Moment[]>()

  /** `atMs` is of a clock that only goes forward. Queries that are not among the samples are forgotten. */
  add(samples: readonly RateSample[], atMs: number): void {
    const names = new Set(samples.map(({ query }) => query))
    for (const name of this.#moments.keys()) if (!names.has(name)) this.#moments.delete(name)
    for (const sample of samples) this.#addOne({ ...sample, atMs })
  }

  of(query: string): QueryRates {
    const moments = this.#moments.get(query) ?? []
    const [first, last] = [moments[0], moments.at(-1)]
    if (first === undefined || last === undefined || first === last) {
      return { throughput: undefined, lateRate: undefined, duplicateRate: undefined }
    }
    const rows = last.rowsIn - first.rowsIn
    const share = (part: number) => (rows === 0 ? undefined : part / rows)
    return {
      throughput: (1_000 * rows) / (last.atMs - first.atMs),
      lateRate: share(last.rowsLate - first.rowsLate),
      duplicateRate: share(last.rowsDuplicate - first.rowsDuplicate),
    }
  }

  #addOne(moment: Moment): void {
    let moments = this.#moments.get(moment.query) ?? []
    const last = moments.at(-1)
    // It counts anew after it was dropped and made again, or was opened anew.
    if (last !== undefined && moment.rowsIn < last.rowsIn) moments = []
    if (moments.length > 1 && moment.atMs - (moments.at(-2)?.atMs ?? 0) < STEP_MS) moments.pop()
    moments.push(moment)
    while (moments.length > 2 && moment.atMs - (moments[0]?.atMs ?? 0) > WINDOW_MS) moments.shift()
    this.#moments.set(moment.query, moments)
  }
}
