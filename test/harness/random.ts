/**
 * Random numbers from a seed: sfc32, the same on every machine. Tests that choose at random take one of these, print
 * the seed, and so can be run again.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(seed: number) {
    this.#a = 0x9e3779b9
    this.#b = seed | 0
    this.#c = Math.floor(seed / 0x1_0000_0000) | 0
    for (let i = 0; i < 16; i++) this.#next()
  }

  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#next() / 0x1_0000_0000
  }

  /** An integer, both bounds included. */
  integer(from: number, to: number): number {
    return from + Math.floor(this.fraction() * (to - from + 1))
  }

  chance(probability: number): boolean {
    return this.fraction() < probability
  }

  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new RangeError('nothing to pick from')
    return from[this.integer(0, from.length - 1)] as T
  }

  /** Each of them with this probability, in their order. */
  some<T>(from: readonly T[], probability: number): T[] {
    return from.filter(() => this.chance(probability))
  }

  shuffle<T>(from: readonly T[]): T[] {
    const out = from.slice()
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.integer(0, i)
      const moved = out[i] as T
      out[i] = out[j] as T
      out[j] = moved
    }
    return out
  }

  /** Another generator that depends on this one and the label only, so that one more draw here moves nothing there. */
  fork(label: string): Random {
    let hash = this.#next()
    for (let i = 0; i < label.length; i++) hash = Math.imul(hash ^ label.charCodeAt(i), 0x01000193)
    return new Random(hash >>> 0)
  }
}
