import { type Comparator, equalValues } from '../../core/compare.ts'
import type { SqlType } from '../../core/type.ts'
import type { Value } from '../../core/value.ts'

/** Pairs of order and value, by order and then arrival: what functions of the first or last row keep to retract. */
export class OrderedEntries {
  readonly orders: Value[]
  readonly values: Value[]
  readonly #compare: Comparator
  readonly #type: SqlType

  constructor(compare: Comparator, type: SqlType, orders: readonly Value[] = [], values: readonly Value[] = []) {
    this.#compare = compare
    this.#type = type
    this.orders = [...orders]
    this.values = [...values]
  }

  get size(): number {
    return this.values.length
  }

  /** Behind all entries of the same order. */
  insert(order: Value, value: Value): void {
    const at = this.#search(order, true)
    this.orders.splice(at, 0, order)
    this.values.splice(at, 0, value)
  }

  /** The first to arrive of equal pairs, as rows leave a frame; without one of this order, any with the value. */
  remove(order: Value, value: Value) {
    for (let i = this.firstOf(order); i < this.size && this.#compare(this.orders[i] as Value, order) === 0; i++) {
      if (equalValues(this.#type, this.values[i] as Value, value)) return this.#removeAt(i)
    }
    this.#removeAt(this.values.findIndex((other) => equalValues(this.#type, other, value)))
  }

  /** Position of the first entry whose order is not before. */
  firstOf(order: Value): number {
    return this.#search(order, false)
  }

  #removeAt(index: number): void {
    if (index < 0) return
    this.orders.splice(index, 1)
    this.values.splice(index, 1)
  }

  #search(order: Value, after: boolean): number {
    let low = 0
    let high = this.orders.length
    while (low < high) {
      const middle = (low + high) >> 1
      const compared = this.#compare(this.orders[middle] as Value, order)
      if (compared < 0 || (after && compared === 0)) low = middle + 1
      else high = middle
    }
    return low
  }
}
