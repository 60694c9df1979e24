import { assert } from '../../core/assert.ts'
import type { CommitQueue, Participant, WriteGroup } from './commit-queue.ts'
import { decodeText, encodeText, numberKey, textKey } from './keys.ts'
import { META_GARBAGE, META_NUMBER, removeRange, type Tables } from './tables.ts'

/**
 * Numbers of topics and tasks, from 1, never used twice. What is dropped becomes garbage in the transaction that drops
 * it: its name is free at once, its rows go in the background, and a restart goes on with what is left.
 */
export class Numbers implements Participant {
  readonly #tables: Tables
  readonly #queue: CommitQueue
  #committed: number
  #next: number
  #sweep: Promise<void> = Promise.resolve()
  #closing = false

  constructor(tables: Tables, queue: CommitQueue) {
    this.#tables = tables
    this.#queue = queue
    const stored = tables.meta.get(textKey(META_NUMBER, ''))
    this.#committed = stored === undefined ? 1 : Number(decodeText(stored))
    this.#next = this.#committed
    queue.join(this)
  }

  take(): number {
    return this.#next++
  }

  beforeCommit(group: WriteGroup): void {
    if (this.#next === this.#committed) return
    group.put(this.#tables.meta, textKey(META_NUMBER, ''), encodeText(String(this.#next)))
  }

  committed(): void {
    this.#committed = this.#next
  }

  failed(): void {
    this.#next = this.#committed
  }

  /** Within a transaction: all rows of the number are to go. Call `sweep` when it is committed. */
  discard(group: WriteGroup, number: number): void {
    assert(number >= 1 && number < this.#next, 'only what has a number is dropped')
    group.put(this.#tables.meta, textKey(META_GARBAGE, String(number)), encodeText('{}'))
  }

  /**
   * Removes the rows of all garbage. Never rejects: the drop itself is committed, and what can't be removed now, such
   * as
   * on a full disk, goes with the next sweep or start.
   */
  sweep(): Promise<void> {
    this.#sweep = this.#sweep.then(() => this.#sweepAll()).catch(() => {})
    return this.#sweep
  }

  async #sweepAll(): Promise<void> {
    const { meta, log, producers, state } = this.#tables
    const from = textKey(META_GARBAGE, '')
    for (const key of [...meta.getKeys({ start: from, end: textKey(META_GARBAGE, '~') })]) {
      const number = Number(decodeText(key.subarray(from.length)))
      for (const table of [log, producers, state]) {
        if (this.#closing) return
        await removeRange(this.#queue, this.#tables, table, numberKey(number), numberKey(number + 1))
      }
      await this.#queue.submit(64, (group) => group.remove(meta, key))
    }
  }

  /** Lets a sweep end early; the next start goes on. */
  async close(): Promise<void> {
    this.#closing = true
    await this.#sweep
  }
}
