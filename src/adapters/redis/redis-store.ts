import { WatchError } from '@redis/client'
import type { Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { ExternalStore, RowChange, StoredPosition } from '../../engine/ports/external-store.ts'
import { addressOf } from '../external/store-access.ts'
import { RedisConnection } from './redis-connection.ts'
import { redisHash, redisJson, redisKeyOf } from './redis-rows.ts'

/**
 * Rows as keys of a Redis. A transaction (MULTI) writes all changes of a commit and the position behind them; WATCH on
 * the position makes it fail where someone else has moved it. Redis takes nothing back when a command fails in the
 * middle, so only such are used as can't: SET and DEL take any key whatever it held, and a hash is deleted first.
 */
export class RedisStore implements ExternalStore {
  readonly #connection: RedisConnection
  readonly #options: Readonly<Record<string, string>>
  readonly #schema: Schema
  readonly #keyOf: (row: Row) => string
  readonly #positionKey: string

  private constructor(
    connection: RedisConnection,
    options: Readonly<Record<string, string>>,
    schema: Schema,
    position: string,
  ) {
    this.#connection = connection
    this.#options = options
    this.#schema = schema
    this.#keyOf = redisKeyOf(options['key.prefix'] ?? '', schema)
    this.#positionKey = `weir:position:${position}`
  }

  static async open(options: Readonly<Record<string, string>>, schema: Schema, position: string): Promise<RedisStore> {
    return new RedisStore(await RedisConnection.open(addressOf(options)), options, schema, position)
  }

  async position(): Promise<StoredPosition | undefined> {
    const text = await this.#connection.call((client) => client.get(this.#positionKey))
    return text === null ? undefined : (JSON.parse(text) as StoredPosition)
  }

  async write(changes: readonly RowChange[], before: number, position: StoredPosition): Promise<boolean> {
    return this.#connection.call(async (client) => {
      await client.watch(this.#positionKey)
      const text = await client.get(this.#positionKey)
      const stored = text === null ? 0 : (JSON.parse(text) as StoredPosition).epoch
      if (stored !== before) {
        await client.unwatch()
        return false
      }
      const transaction = client.multi()
      for (const { row, deleted } of changes) this.#stage(transaction, row, deleted)
      transaction.set(this.#positionKey, JSON.stringify(position))
      try {
        await transaction.exec()
        return true
      } catch (error) {
        if (error instanceof WatchError) return false
        throw error
      }
    })
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  #stage(transaction: Transaction, row: Row, deleted: boolean): void {
    const key = this.#keyOf(row)
    const ttl = this.#options['ttl']
    if (deleted) transaction.del(key)
    else if (this.#options['value.type'] === 'hash') {
      transaction.del(key)
      transaction.hSet(key, redisHash(this.#schema, row))
      if (ttl !== undefined) transaction.pExpire(key, Number(ttl))
    } else {
      const expiration = ttl === undefined ? {} : { expiration: { type: 'PX' as const, value: Number(ttl) } }
      transaction.set(key, redisJson(this.#schema, row), expiration)
    }
  }
}

/** The commands that a change becomes. */
interface Transaction {
  del(key: string): unknown
  set(key: string, value: string, options?: { expiration?: { type: 'PX'; value: number } }): unknown
  hSet(key: string, fields: Record<string, string>): unknown
  pExpire(key: string, ms: number): unknown
}
