// Orders that look like a shop's: five regions of different size, amounts of a few coins to a few hundred, and event
// times that arrive out of order. The same seed gives the same orders.

export interface Order {
  readonly order_id: string
  readonly region: string
  readonly amount: string
  /** ISO 8601; when the order was placed, which is a little before it arrives. */
  readonly ts: string
}

/** The watermark of the demo's stream lags by as much, so that no order is late. */
export const DISORDER_MS_MAX = 2_000

const REGIONS = [
  ['eu-west', 0.34],
  ['us-east', 0.28],
  ['ap-south', 0.19],
  ['us-west', 0.12],
  ['sa-east', 0.07],
] as const

export class OrderGenerator {
  readonly #random: () => number
  #count = 0

  constructor(seed: number) {
    this.#random = mulberry32(seed)
  }

  /** The next order, which arrives at `nowMs`. */
  next(nowMs: number): Order {
    this.#count += 1
    // Most are a few milliseconds old, a few nearly as old as the watermark allows.
    const age = Math.floor(this.#random() ** 6 * DISORDER_MS_MAX)
    const cents = Math.floor(300 + this.#random() ** 3 * 40_000)
    return {
      order_id: `o-${String(this.#count).padStart(7, '0')}`,
      region: this.#region(),
      amount: (cents / 100).toFixed(2),
      ts: new Date(nowMs - age).toISOString(),
    }
  }

  #region(): string {
    let share = this.#random()
    for (const [name, weight] of REGIONS) {
      share -= weight
      if (share < 0) return name
    }
    return REGIONS[0][0]
  }
}

/** A small generator with 32 bits of state: enough for a demonstration, and the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
