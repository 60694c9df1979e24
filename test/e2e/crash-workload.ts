// Input for queries that are killed while it comes, and what they have to give: worked out plainly, all at once.

import { Random } from '../harness/random.ts'

export interface Click {
  readonly id: number
  readonly k: string
  readonly v: number
  readonly tsMs: number
}

/** A row of a window, a session or a group, as text: what is compared and counted. */
export type ResultLine = string

const START_MS = Date.UTC(2026, 0, 1)
const STEP_MS = 20
export const DISORDER_MS = 1_000
export const WINDOW_MS = 2_000
/** Odd, while times are even: no two rows are exactly so far apart. */
export const GAP_MS = 301
const KEYS = ['a', 'b', 'c', 'd', 'e']

/** Closes every window before it; no part of the results. */
export const LAST: Click = { id: -1, k: 'end', v: 0, tsMs: START_MS + 86_400_000 }

/** Out of order by at most DISORDER_MS, so that a watermark that stays so far behind makes no row late. */
export function clicks(count: number, seed: number): readonly Click[] {
  const random = new Random(seed)
  return Array.from({ length: count }, (_, id) => ({
    id,
    k: random.pick(KEYS),
    v: random.integer(-5, 100),
    tsMs: START_MS + DISORDER_MS + id * STEP_MS - 2 * random.integer(0, DISORDER_MS / 2),
  }))
}

export function windowLine(k: unknown, startMs: number, endMs: number, n: unknown, total: unknown): ResultLine {
  return `${k} ${startMs - START_MS}..${endMs - START_MS} n=${n} total=${total}`
}

export function expectedWindows(input: readonly Click[]): ResultLine[] {
  const windows = Map.groupBy(input, ({ k, tsMs }) => `${k}/${Math.floor(tsMs / WINDOW_MS) * WINDOW_MS}`)
  return [...windows].map(([key, rows]) => {
    const [k, start] = key.split('/')
    return windowLine(k, Number(start), Number(start) + WINDOW_MS, rows.length, sum(rows))
  })
}

export function expectedSessions(input: readonly Click[]): ResultLine[] {
  const lines: ResultLine[] = []
  for (const [k, rows] of Map.groupBy(input, (row) => row.k)) {
    let session: Click[] = []
    const end = (): void => {
      const [first, last] = [session[0], session.at(-1)]
      if (first === undefined || last === undefined) return
      lines.push(windowLine(k, first.tsMs, last.tsMs + GAP_MS, session.length, sum(session)))
    }
    for (const row of [...rows].sort((x, y) => x.tsMs - y.tsMs)) {
      const last = session.at(-1)
      if (last !== undefined && row.tsMs - last.tsMs > GAP_MS) {
        end()
        session = []
      }
      session.push(row)
    }
    end()
  }
  return lines
}

export function expectedTotals(input: readonly Click[]): ReadonlyMap<string, string> {
  const groups = Map.groupBy(input, ({ k }) => k)
  return new Map([...groups].map(([k, rows]) => [k, `n=${rows.length} total=${sum(rows)}`]))
}

function sum(rows: readonly Click[]): number {
  return rows.reduce((total, { v }) => total + v, 0)
}
