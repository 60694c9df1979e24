import type { Comparator } from '../../core/compare.ts'
import type { Value } from '../../core/value.ts'

/**
 * Values with how often each is there, in order. New values wait in a list until somebody reads or removes: a few are
 * put in their places then, many are sorted and merged, so both one read a row and one read a window are cheap.
 */
export class SortedMultiset {
  readonly #compare: Comparator
  #values: Value[] = []
  #counts: number[] = []
  #pending: Value[] = []
  #total = 0

  constructor(compare: Comparator) {
    this.#compare = compare
  }

  /** All values, each as often as it is there. */
  get total(): number {
    return this.#total
  }

  /** Different values. */
  get size(): number {
    this.#settle()
    return this.#values.length
  }

  /** At least the number of different values, and costs nothing. */
  get sizeAtMost(): number {
    return this.#values.length + this.#pending.length
  }

  has(value: Value): boolean {
    this.#settle()
    const at = this.#find(value)
    return at < this.#values.length && this.#compare(this.#values[at] as Value, value) === 0
  }

  add(value: Value): void {
    this.#pending.push(value)
    this.#total++
  }

  /** False when the value is not there. */
  remove(value: Value): boolean {
    if (!this.has(value)) return false
    const at = this.#find(value)
    this.#total--
    const count = (this.#counts[at] as number) - 1
    if (count > 0) this.#counts[at] = count
    else {
      this.#values.splice(at, 1)
      this.#counts.splice(at, 1)
    }
    return true
  }

  first(): Value | undefined {
    this.#settle()
    return this.#values[0]
  }

  last(): Value | undefined {
    this.#settle()
    return this.#values[this.#values.length - 1]
  }

  /** The value at a position from 0 in the order of all, repeated ones counted. */
  at(position: number): Value | undefined {
    this.#settle()
    let seen = 0
    for (let i = 0; i < this.#values.length; i++) {
      seen += this.#counts[i] as number
      if (position < seen) return this.#values[i]
    }
    return undefined
  }

  merge(from: SortedMultiset): void {
    const [values, counts] = from.entries()
    for (const [i, value] of values.entries()) {
      this.add(value)
      // One by one would sort repeated values over and over.
      const more = (counts[i] as number) - 1
      if (more > 0) {
        this.#settle()
        const at = this.#find(value)
        this.#counts[at] = (this.#counts[at] as number) + more
        this.#total += more
      }
    }
  }

  /** Values in order, and their counts. */
  entries(): readonly [readonly Value[], readonly number[]] {
    this.#settle()
    return [this.#values, this.#counts]
  }

  static of(compare: Comparator, values: readonly Value[], counts: readonly number[]): SortedMultiset {
    const set = new SortedMultiset(compare)
    set.#values = [...values]
    set.#counts = [...counts]
    set.#total = counts.reduce((sum, count) => sum + count, 0)
    return set
  }

  /** Position of the first value that is not before. */
  #find(value: Value): number {
    let low = 0
    let high = this.#values.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#compare(this.#values[middle] as Value, value) < 0) low = middle + 1
      else high = middle
    }
    return low
  }

  #settle(): void {
    if (this.#pending.length === 0) return
    if (this.#pending.length <= INSERTED_MAX) for (const value of this.#pending) this.#insert(value)
    else this.#mergeSorted(this.#pending.sort(this.#compare))
    this.#pending = []
  }

  #insert(value: Value): void {
    const at = this.#find(value)
    if (at < this.#values.length && this.#compare(this.#values[at] as Value, value) === 0) {
      this.#counts[at] = (this.#counts[at] as number) + 1
      return
    }
    this.#values.splice(at, 0, value)
    this.#counts.splice(at, 0, 1)
  }

  #mergeSorted(added: readonly Value[]): void {
    const values: Value[] = []
    const counts: number[] = []
    const push = (value: Value, count: number): void => {
      const end = values.length - 1
      if (end >= 0 && this.#compare(values[end] as Value, value) === 0) counts[end] = (counts[end] as number) + count
      else {
        values.push(value)
        counts.push(count)
      }
    }
    let next = 0
    for (const value of added) {
      while (next < this.#values.length && this.#compare(this.#values[next] as Value, value) <= 0) {
        push(this.#values[next] as Value, this.#counts[next] as number)
        next++
      }
      push(value, 1)
    }
    for (; next < this.#values.length; next++) push(this.#values[next] as Value, this.#counts[next] as number)
    this.#values = values
    this.#counts = counts
  }
}

/** Up to this many waiting values, moving the rest of the list for each is cheaper than building a new one. */
const INSERTED_MAX = 32
