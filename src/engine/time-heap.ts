/** A binary heap: the item with the least time first. */
export interface Timed {
  readonly time: number
}

export class TimeHeap<T extends Timed> {
  readonly #items: T[] = []

  get top(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    const items = this.#items
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parent = (index - 1) >>> 1
      if ((items[parent] as T).time <= item.time) break
      items[index] = items[parent] as T
      index = parent
    }
    items[index] = item
  }

  pop(): T | undefined {
    const items = this.#items
    const top = items[0]
    const last = items.pop()
    if (last === undefined || items.length === 0) return top
    let index = 0
    for (;;) {
      let child = 2 * index + 1
      if (child >= items.length) break
      if (child + 1 < items.length && (items[child + 1] as T).time < (items[child] as T).time) child++
      if ((items[child] as T).time >= last.time) break
      items[index] = items[child] as T
      index = child
    }
    items[index] = last
    return top
  }
}
