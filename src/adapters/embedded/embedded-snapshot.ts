import type { Transaction } from 'lmdb'
import { assert } from '../../core/assert.ts'
import type { Checkpoint, TaskSnapshot } from '../../engine/ports/state.ts'
import { topicMissing } from '../log-rules.ts'
import { StoreRange } from './embedded-store.ts'
import { decodeText, floats, prefixKey, textKey } from './keys.ts'
import {
  CHECKPOINT_STORE,
  META_PARTITION,
  META_STORE,
  META_TASK,
  META_TOPIC,
  parseCheckpoint,
  storeName,
  type Tables,
} from './tables.ts'

/**
 * One LMDB read transaction: all that is asked comes from the same commit, while later ones go on. Names are resolved
 * in it as well, so a snapshot never mixes a store of one moment with the numbers of another.
 */
export class EmbeddedSnapshot implements TaskSnapshot {
  readonly #tables: Tables
  readonly #transaction: Transaction
  readonly #task: number | undefined
  readonly checkpoint: Checkpoint | undefined
  #closed = false

  constructor(tables: Tables, taskId: string) {
    this.#tables = tables
    this.#transaction = tables.root.useReadTransaction()
    try {
      this.#task = this.#number(textKey(META_TASK, taskId))
      const text = this.#task && this.#read('state', prefixKey(this.#task, CHECKPOINT_STORE))
      this.checkpoint = text ? parseCheckpoint(decodeText(text), taskId) : undefined
    } catch (error) {
      this.close()
      throw error
    }
  }

  get(operatorId: string, table: string, key: Uint8Array): Uint8Array | undefined {
    return this.#range(operatorId, table)?.get(key)
  }

  scan(
    operatorId: string,
    table: string,
    from: Uint8Array,
    to: Uint8Array | undefined,
  ): Iterable<readonly [Uint8Array, Uint8Array]> {
    return this.#range(operatorId, table)?.scan(from, to) ?? []
  }

  topicEnd(topic: string, partition: number): number {
    const stored = this.#read('meta', textKey(META_TOPIC, topic))
    if (stored === undefined) throw topicMissing(topic)
    const { number } = JSON.parse(decodeText(stored)) as { number: number }
    const state = this.#read('meta', textKey(META_PARTITION, `${number}/${partition}`))
    return state === undefined ? 0 : (floats(state)[1] as number)
  }

  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#transaction.done()
  }

  #range(operatorId: string, table: string): StoreRange | undefined {
    assert(!this.#closed, 'a snapshot is not read after it was closed')
    if (this.#task === undefined) return undefined
    const store = this.#number(textKey(META_STORE, `${this.#task}/${storeName(operatorId, table)}`))
    return store === undefined ? undefined : new StoreRange(this.#tables.state, this.#task, store, this.#transaction)
  }

  #number(key: Uint8Array): number | undefined {
    const bytes = this.#read('meta', key)
    return bytes && Number(decodeText(bytes))
  }

  #read(table: 'meta' | 'state', key: Uint8Array): Uint8Array | undefined {
    assert(!this.#closed, 'a snapshot is not read after it was closed')
    return this.#tables[table].get(key, { transaction: this.#transaction })
  }
}
