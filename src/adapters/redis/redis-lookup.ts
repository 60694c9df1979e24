import { must } from '../../core/assert.ts'
import type { Field } from '../../core/schema.ts'
import type { SqlType } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import { addressOf } from '../external/store-access.ts'
import type { LookupConnection } from '../external/store-lookup.ts'
import { RedisConnection } from './redis-connection.ts'
import { redisKey } from './redis-rows.ts'

/** Rows as a sink writes them: JSON texts by one MGET, or hashes, whose fields are asked for side by side. */
export class RedisLookup implements LookupConnection {
  readonly #connection: RedisConnection
  readonly #keyOf: (key: Row) => string
  readonly #columns: readonly Field[]
  readonly #isHash: boolean

  private constructor(
    connection: RedisConnection,
    options: Readonly<Record<string, string>>,
    columns: readonly Field[],
    keys: readonly number[],
  ) {
    this.#connection = connection
    this.#columns = columns
    this.#isHash = options['value.type'] === 'hash'
    const types = keys.map((index) => must(columns[index], 'a column of the key').type)
    this.#keyOf = (key) => redisKey(options['key.prefix'] ?? '', types, key)
  }

  static async open(
    options: Readonly<Record<string, string>>,
    columns: readonly Field[],
    keys: readonly number[],
    timeoutMs?: number,
  ): Promise<RedisLookup> {
    return new RedisLookup(await RedisConnection.open(addressOf(options), timeoutMs), options, columns, keys)
  }

  find(keys: readonly Row[]): Promise<readonly (string | null)[]> {
    const names = keys.map(this.#keyOf)
    if (!this.#isHash) return this.#connection.call((client) => client.mGet(names))
    const fields = this.#columns.map(({ name }) => name)
    return this.#connection.call((client) =>
      Promise.all(names.map(async (name) => this.#objectOf(await client.hmGet(name, fields)))),
    )
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  /** Texts of fields as the JSON object that they would be. */
  #objectOf(texts: readonly (string | null)[]): string | null {
    if (texts.every((text) => text === null)) return null
    const members = this.#columns.flatMap(({ name, type }, i) => {
      const text = texts[i] ?? null
      return text === null ? [] : [`${JSON.stringify(name)}:${isJson(type) ? text : JSON.stringify(text)}`]
    })
    return `{${members.join(',')}}`
  }
}

/** Types whose text is JSON as it is. */
function isJson({ kind }: SqlType): boolean {
  return ['boolean', 'int', 'bigint', 'double', 'decimal', 'json', 'array', 'map', 'struct'].includes(kind)
}
