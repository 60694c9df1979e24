import type { JsonScanner } from './json-scanner.ts'

/** Slots; a power of two. Regions, states, currencies fit; ids do not, and then the cache stops. */
const SLOTS = 1024
/** Longer strings seldom repeat, and cost more to compare than to build. */
const LENGTH_MAX = 32
/** Strings after which a cache that did not help is given up. */
const TRIAL = 4096

/** Short strings of one column, so that a value that repeats is not built again for each row. */
export class StringCache {
  #slots: (string | undefined)[] | undefined
  #hits = 0
  #misses = 0
  #useful = true

  /** The scanner's last string. */
  get(scanner: JsonScanner): string {
    const length = scanner.stringEnd - scanner.stringStart
    if (!scanner.stringPlain || length > LENGTH_MAX || !this.#useful) return scanner.stringText()
    this.#slots ??= new Array<string | undefined>(SLOTS).fill(undefined)
    // The low bits of hash × 31 + byte hardly depend on the first bytes.
    const hash = scanner.stringHash
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1)
    const cached = this.#slots[slot]
    if (cached !== undefined && cached.length === length) {
      const { data, stringStart } = scanner
      let i = 0
      while (i < length && cached.charCodeAt(i) === data[stringStart + i]) i++
      if (i === length) {
        this.#hits++
        return cached
      }
    }
    if (++this.#misses === TRIAL) this.#judge()
    const text = scanner.stringText()
    if (this.#slots !== undefined) this.#slots[slot] = text
    return text
  }

  #judge(): void {
    this.#useful = this.#hits >= this.#misses
    if (!this.#useful) this.#slots = undefined
    this.#hits = 0
    this.#misses = 0
  }
}
