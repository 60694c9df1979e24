import { AppError } from '../../core/errors.ts'
import type { Field, Schema } from '../../core/schema.ts'
import { typeName } from '../../core/type.ts'
import { type PostgresConnection, quoted, quotedTable } from './postgres-connection.ts'
import { fitsInto, postgresType } from './postgres-types.ts'

/** Serialises what several tasks would make at the same moment; any number that is the same for all. */
const MAKING_LOCK = 0x77656972

export async function createMissingTable(connection: PostgresConnection, name: string, schema: Schema): Promise<void> {
  await createOnce(connection, tableStatement(name, schema))
}

/** IF NOT EXISTS alone fails where two make it at once. */
export async function createOnce(connection: PostgresConnection, statement: string): Promise<void> {
  await connection.query('BEGIN')
  await connection.query('SELECT pg_advisory_xact_lock($1)', [MAKING_LOCK])
  await connection.query(statement)
  await connection.query('COMMIT')
}

function tableStatement(name: string, { fields, key }: Schema): string {
  const columns = fields.map((field) => `${columnText(field)}${field.nullable ? '' : ' NOT NULL'}`)
  const names = key.map((index) => quoted(fields[index]?.name ?? '')).join(', ')
  // A primary key takes no NULL, and the key of a group may be one.
  const nullable = key.some((index) => fields[index]?.nullable)
  const constraint = nullable ? `UNIQUE NULLS NOT DISTINCT (${names})` : `PRIMARY KEY (${names})`
  const all = key.length === 0 ? columns : [...columns, constraint]
  return `CREATE TABLE IF NOT EXISTS ${quotedTable(name)} (${all.join(', ')})`
}

function columnText({ name, type }: Field): string {
  return `${quoted(name)} ${postgresType(type)}`
}

interface TableColumn {
  readonly name: string
  /** With length and precision: what values are cast to. */
  readonly type: string
  readonly base: string
  /** It has to be given: NOT NULL, and nothing fills it. */
  readonly needed: boolean
}

/**
 * The types of the columns that rows go into, in the order of the schema.
 *
 * @throws AppError that names all that the table lacks.
 */
export async function checkedTable(
  connection: PostgresConnection,
  name: string,
  schema: Schema,
): Promise<readonly string[]> {
  const table = quotedTable(name)
  const hint = `Create it, or let it be made with 'create.table' = true: ${tableStatement(name, schema)}`
  const columns = await columnsOf(connection, name, hint)
  const byName = new Map(columns.map((column) => [column.name, column]))
  const faults = schema.fields.flatMap((field) => faultOf(field, byName.get(field.name)) ?? [])
  const written = new Set(schema.fields.map((field) => field.name))
  for (const column of columns) {
    if (column.needed && !written.has(column.name)) {
      faults.push(`column "${column.name}" is NOT NULL without a default, and the query does not give it`)
    }
  }
  if (faults.length === 0) faults.push(...(await keyFaults(connection, table, schema)))
  if (faults.length > 0) {
    throw new AppError(
      'FAILED_PRECONDITION',
      `${whatOf(connection, name)} does not take the rows: ${faults.join('; ')}`,
      {
        hint: `It would fit as: ${tableStatement(name, schema)}`,
      },
    )
  }
  return schema.fields.map((field) => byName.get(field.name)?.type ?? '')
}

/**
 * The types of the columns that rows are read from, in the order of the fields.
 *
 * @throws AppError that names all that the table lacks.
 */
export async function readTable(
  connection: PostgresConnection,
  name: string,
  fields: readonly Field[],
): Promise<readonly string[]> {
  const columns = await columnsOf(connection, name, `Name another one with the option 'table'.`)
  const byName = new Map(columns.map((column) => [column.name, column]))
  const missing = fields.filter((field) => !byName.has(field.name)).map((field) => `"${field.name}"`)
  if (missing.length > 0) {
    throw new AppError('FAILED_PRECONDITION', `${whatOf(connection, name)} has no column ${missing.join(', ')}`, {
      hint: `It has: ${[...byName.keys()].join(', ')}.`,
    })
  }
  return fields.map((field) => byName.get(field.name)?.type ?? '')
}

function whatOf({ place }: PostgresConnection, name: string): string {
  return `${place}: table "${name}"`
}

async function columnsOf(connection: PostgresConnection, name: string, hint: string): Promise<readonly TableColumn[]> {
  const { rows } = await connection.query<TableColumn>(COLUMNS, [quotedTable(name)])
  if (rows.length > 0) return rows
  throw new AppError('FAILED_PRECONDITION', `${whatOf(connection, name)} does not exist`, { hint })
}

function faultOf({ name, type }: Field, column: TableColumn | undefined): string | undefined {
  if (column === undefined) return `there is no column "${name}" for ${typeName(type)}`
  if (fitsInto(type, column.base)) return undefined
  return `column "${name}" is ${column.type}, and the query gives ${typeName(type)}`
}

/** Upserts need an index that says that a key is there once. */
async function keyFaults(
  connection: PostgresConnection,
  table: string,
  { fields, key }: Schema,
): Promise<readonly string[]> {
  if (key.length === 0) return []
  const names = key.map((index) => fields[index]?.name ?? '')
  const { rows } = await connection.query<{ columns: readonly string[] }>(UNIQUE_INDEXES, [table])
  const has = rows.some(({ columns }) => {
    return columns.length === names.length && names.every((name) => columns.includes(name))
  })
  return has ? [] : [`it has no primary key or unique index of (${names.join(', ')})`]
}

const COLUMNS = `
  SELECT attname AS name, format_type(atttypid, atttypmod) AS type, format_type(atttypid, NULL) AS base,
    attnotnull AND NOT atthasdef AND attidentity = '' AS needed
  FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`

const UNIQUE_INDEXES = `
  SELECT array(
    SELECT attname::text FROM unnest(indkey::int2[]) WITH ORDINALITY AS k (number, position)
    JOIN pg_attribute ON attrelid = indrelid AND attnum = number WHERE position <= indnkeyatts
  ) AS columns
  FROM pg_index WHERE indrelid = to_regclass($1) AND indisunique AND indisvalid
    AND indpred IS NULL AND indexprs IS NULL`
