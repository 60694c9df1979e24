import type { Schema } from '../../core/schema.ts'
import type { Row, Value } from '../../core/value.ts'
import type { ExternalStore, RowChange, StoredPosition } from '../../engine/ports/external-store.ts'
import type { Checkpoint } from '../../engine/ports/state.ts'
import { addressOf } from '../external/store-access.ts'
import { PostgresConnection, quoted, quotedTable } from './postgres-connection.ts'
import { checkedTable, createMissingTable, createOnce } from './postgres-table.ts'
import { postgresText } from './postgres-types.ts'

/** Where positions are, in the schema of the table. */
const POSITIONS = 'weir_positions'

/**
 * Rows as rows of a table of PostgreSQL. One transaction writes all changes of a commit and the position behind them.
 * The position comes first: who has moved it, or is about to, holds its lock, and is found there.
 *
 * A statement takes any number of rows: each column is one array of texts, which PostgreSQL casts to the column's type.
 */
export class PostgresStore implements ExternalStore {
  readonly #connection: PostgresConnection
  readonly #schema: Schema
  readonly #name: string
  readonly #statements: Statements

  private constructor(connection: PostgresConnection, schema: Schema, name: string, statements: Statements) {
    this.#connection = connection
    this.#schema = schema
    this.#name = name
    this.#statements = statements
  }

  static async open(
    options: Readonly<Record<string, string>>,
    schema: Schema,
    position: string,
  ): Promise<PostgresStore> {
    const table = options['table'] ?? ''
    const connection = await PostgresConnection.open(addressOf(options))
    try {
      if (options['create.table'] === 'true') await createMissingTable(connection, table, schema)
      const types = await checkedTable(connection, table, schema)
      const statements = statementsOf(table, schema, types)
      await createPositions(connection, statements.positions)
      return new PostgresStore(connection, schema, position, statements)
    } catch (error) {
      await connection.close()
      throw error
    }
  }

  async position(): Promise<StoredPosition | undefined> {
    const { rows } = await this.#connection.query<{ epoch: string; checkpoint: Checkpoint }>(
      `SELECT epoch, checkpoint FROM ${this.#statements.positions} WHERE name = $1`,
      [this.#name],
    )
    const [row] = rows
    return row && { epoch: Number(row.epoch), checkpoint: row.checkpoint }
  }

  async write(changes: readonly RowChange[], before: number, position: StoredPosition): Promise<boolean> {
    const connection = this.#connection
    await connection.query('BEGIN')
    if (!(await this.#movePosition(before, position))) {
      await connection.query('ROLLBACK')
      return false
    }
    const { fields, key } = this.#schema
    const deleted = changes.filter((change) => change.deleted)
    if (deleted.length > 0) await connection.query(this.#statements.delete, this.#columns(deleted, key))
    const written = changes.filter((change) => !change.deleted)
    if (written.length > 0) {
      const all = fields.map((_, i) => i)
      await connection.query(this.#statements.upsert, this.#columns(written, all))
    }
    await connection.query('COMMIT')
    return true
  }

  close(): Promise<void> {
    return this.#connection.close()
  }

  async #movePosition(before: number, { epoch, checkpoint }: StoredPosition): Promise<boolean> {
    const { positions } = this.#statements
    const values = [this.#name, epoch, JSON.stringify(checkpoint)]
    const { count } =
      before === 0
        ? await this.#connection.query(`INSERT INTO ${positions} VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, values)
        : await this.#connection.query(
            `UPDATE ${positions} SET epoch = $2, checkpoint = $3, written_at = now() WHERE name = $1 AND epoch = $4`,
            [...values, before],
          )
    return count === 1
  }

  /** The values of each of the columns, of all rows. */
  #columns(changes: readonly RowChange[], columns: readonly number[]): readonly (readonly (string | null)[])[] {
    return columns.map((column) => {
      const { type } = this.#schema.fields[column] as Schema['fields'][number]
      return changes.map(({ row }: { readonly row: Row }) => postgresText(type, row[column] as Value))
    })
  }
}

interface Statements {
  readonly positions: string
  readonly upsert: string
  readonly delete: string
}

function statementsOf(name: string, { fields, key }: Schema, types: readonly string[]): Statements {
  const table = quotedTable(name)
  const names = fields.map((field) => quoted(field.name))
  const columns = fields.map((_, i) => i)
  const values = columns.map((i) => `u.c${i}::${types[i]}`)
  const insert = `INSERT INTO ${table} (${names.join(', ')}) SELECT ${values.join(', ')} FROM ${unnested(columns)}`
  const matches = key.map((column) => {
    // Where it can't be NULL the index is used.
    const equals = fields[column]?.nullable === true ? 'IS NOT DISTINCT FROM' : '='
    return `t.${names[column]} ${equals} u.c${column}::${types[column]}`
  })
  return {
    positions: quotedTable([...name.split('.').slice(0, -1), POSITIONS].join('.')),
    upsert: `${insert}${onConflict(names, key)}`,
    delete: `DELETE FROM ${table} AS t USING ${unnested(key)} WHERE ${matches.join(' AND ')}`,
  }
}

function onConflict(names: readonly string[], key: readonly number[]): string {
  if (key.length === 0) return ''
  const target = key.map((column) => names[column]).join(', ')
  const others = names.filter((_, i) => !key.includes(i)).map((name) => `${name} = EXCLUDED.${name}`)
  return ` ON CONFLICT (${target}) DO ${others.length === 0 ? 'NOTHING' : `UPDATE SET ${others.join(', ')}`}`
}

/** Arrays of the parameters side by side, as rows. */
function unnested(columns: readonly number[]): string {
  const parameters = columns.map((_, i) => `$${i + 1}::text[]`)
  return `unnest(${parameters.join(', ')}) AS u (${columns.map((column) => `c${column}`).join(', ')})`
}

/** Where it is there already no right to make tables is needed. */
async function createPositions(connection: PostgresConnection, table: string): Promise<void> {
  const { rows } = await connection.query<{ exists: boolean }>('SELECT to_regclass($1) IS NOT NULL AS exists', [table])
  if (rows[0]?.exists === true) return
  await createOnce(
    connection,
    `CREATE TABLE IF NOT EXISTS ${table} (name text PRIMARY KEY, epoch bigint NOT NULL, checkpoint jsonb NOT NULL,
      written_at timestamp with time zone NOT NULL DEFAULT now())`,
  )
}
