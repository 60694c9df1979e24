import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { Field } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { FoundText } from '../external/found-texts.ts'
import { addressOf } from '../external/store-access.ts'
import type { LookupConnection } from '../external/store-lookup.ts'
import { PostgresConnection, quoted, quotedTable } from './postgres-connection.ts'
import { readTable } from './postgres-table.ts'
import { postgresText } from './postgres-types.ts'

/** Rows of a table, all keys of a question by one statement: arrays of their parts, joined with the table. */
export class PostgresLookup implements LookupConnection {
  readonly #connection: PostgresConnection
  readonly #keys: readonly Field[]
  readonly #statement: string

  private constructor(connection: PostgresConnection, keys: readonly Field[], statement: string) {
    this.#connection = connection
    this.#keys = keys
    this.#statement = statement
  }

  /** @throws AppError that names the columns that the table does not have. */
  static async open(
    options: Readonly<Record<string, string>>,
    columns: readonly Field[],
    keys: readonly number[],
    timeoutMs?: number,
  ): Promise<PostgresLookup> {
    const table = options['table'] ?? ''
    const connection = await PostgresConnection.open(addressOf(options), timeoutMs)
    try {
      const types = await readTable(connection, table, columns)
      const key = keys.map((index) => must(columns[index], 'a column of the key'))
      const statement = statementOf(
        table,
        columns,
        key.map(({ name }) => name),
        keys.map((index) => must(types[index], 'a type a column')),
      )
      return new PostgresLookup(connection, key, statement)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  /** A key that can't be one of the table, such as a text that is no uuid, must not keep the others from theirs. */
  async find(keys: readonly Row[]): Promise<readonly FoundText[]> {
    try {
      return await this.#find(keys)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'INVALID_ARGUMENT') throw error
      if (keys.length === 1) return [{ reason: `it can't be looked up: ${error.message}` }]
      const half = keys.length >> 1
      return [...(await this.find(keys.slice(0, half))), ...(await this.find(keys.slice(half)))]
    }
  }

  async #find(keys: readonly Row[]): Promise<readonly FoundText[]> {
    const parts = this.#keys.map(({ type }, i) => keys.map((key) => postgresText(type, key[i] as Value)))
    const { rows } = await this.#connection.query<{ position: string; found: string }>(this.#statement, parts)
    const found = new Array<string | null>(keys.length).fill(null)
    // Of a key that is not unique the last one counts.
    for (const row of rows) found[Number(row.position) - 1] = row.found
    return found
  }

  close(): Promise<void> {
    return this.#connection.close()
  }
}

function statementOf(
  table: string,
  columns: readonly Field[],
  keys: readonly string[],
  types: readonly string[],
): string {
  const members = columns.map(({ name, type }) => {
    const column = `t.${quoted(name)}`
    // As the JSON format has them: a text of anything, and bytes in base64.
    const value =
      type.kind === 'string'
        ? `${column}::text`
        : type.kind === 'bytes'
          ? `translate(encode(${column}, 'base64'), E'\\n', '')`
          : column
    return `${value} AS ${quoted(name)}`
  })
  const arrays = types.map((_, i) => `$${i + 1}::text[]`)
  const equal = types.map((type, i) => `t.${quoted(keys[i] ?? '')} = k.c${i}::${type}`)
  return `SELECT k.position, row_to_json(r)::text AS found
    FROM unnest(${arrays.join(', ')}) WITH ORDINALITY AS k (${types.map((_, i) => `c${i}`).join(', ')}, position)
    JOIN ${quotedTable(table)} AS t ON ${equal.join(' AND ')}
    CROSS JOIN LATERAL (SELECT ${members.join(', ')}) AS r`
}
