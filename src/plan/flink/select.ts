// A SELECT under construction. Steps of a plan are put into one SELECT for as long as SQL allows it, so that the script
// looks like what a person writes; where it does not, what there is becomes a derived table.

import { atom, quoteName, type Sql } from './text.ts'

/** What a step above reads beside the columns of the query, and SQL would lose. */
export interface Hidden<T> {
  /** Flink's time attribute. */
  readonly time: T
  /** Bounds of the window that a row is of. */
  readonly start: T
  readonly end: T
}

export type Needs = Hidden<boolean>
export const NOTHING: Needs = { time: false, start: false, end: false }
export const TIME: Needs = { ...NOTHING, time: true }
export const BOUNDS: Needs = { ...NOTHING, start: true, end: true }

export interface Select extends Partial<Hidden<Sql | undefined>> {
  /** What stands behind FROM. */
  readonly from: string
  /** Set where `from` is a table or view by its name alone: what a window function takes. */
  readonly table: string | undefined
  readonly names: readonly string[]
  /** Over what FROM gives. */
  readonly columns: readonly Sql[]
  readonly where: readonly string[]
  /** Undefined where there is no group; then `having` is empty. */
  readonly groupBy: readonly string[] | undefined
  readonly having: readonly string[]
}

/** More text than this of one column is not put into another expression: it could double at each step. */
const INLINED_LENGTH_MAX = 2_000

const LINE_LENGTH_MAX = 100

export function selectOf(
  from: string,
  columns: readonly Sql[],
  names: readonly string[],
  hidden: Partial<Hidden<Sql | undefined>> = {},
): Select {
  const { time, start, end } = hidden
  const open = { table: undefined, where: [], groupBy: undefined, having: [] }
  return { ...open, from, columns, names: uniqueNames(names), time, start, end }
}

/** Two columns of a query may have one name; those of a derived table may not. */
export function uniqueNames(names: readonly string[]): readonly string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let i = 1; taken.has(unique); i++) unique = `${name}_${i}`
    taken.add(unique)
    return unique
  })
}

export function isInlinable({ columns }: Select): boolean {
  return columns.every(({ text }) => text.length <= INLINED_LENGTH_MAX)
}

export function selectText(select: Select): string {
  const list = select.columns.map(({ text }, i) => {
    const name = quoteName(select.names[i] ?? '')
    return text === name ? text : `${text} AS ${name}`
  })
  return [
    listText(list),
    `FROM ${select.from}`,
    ...(select.where.length === 0 ? [] : [`WHERE ${select.where.join(' AND ')}`]),
    ...(select.groupBy === undefined || select.groupBy.length === 0 ? [] : [`GROUP BY ${select.groupBy.join(', ')}`]),
    ...(select.having.length === 0 ? [] : [`HAVING ${select.having.join(' AND ')}`]),
  ].join('\n')
}

/** A line for each column where one is not enough for all. */
function listText(list: readonly string[]): string {
  const line = `SELECT ${list.join(', ')}`
  return line.length <= LINE_LENGTH_MAX ? line : `SELECT\n${indent(list.join(',\n'))}`
}

/** True where FROM is a table and nothing is done to its rows. */
export function isPlainTable({ table, where, groupBy }: Select): boolean {
  return table !== undefined && where.length === 0 && groupBy === undefined
}

/** Names of columns that are there for steps above alone. None is a name that a window function adds. */
const HIDDEN_NAMES: Hidden<string> = { time: 'event_time', start: 'from_time', end: 'to_time' }
const HIDDEN_KINDS = ['time', 'start', 'end'] as const

/** With what is needed and hidden as columns behind the others. */
export function exposed(select: Select, needs: Needs): Select {
  const added: Sql[] = []
  const names: string[] = []
  for (const kind of HIDDEN_KINDS) {
    const sql = select[kind]
    if (!needs[kind] || sql === undefined || select.columns.some(({ text }) => text === sql.text)) continue
    added.push(sql)
    names.push(HIDDEN_NAMES[kind])
  }
  if (added.length === 0) return select
  return {
    ...select,
    columns: [...select.columns, ...added],
    names: uniqueNames([...select.names, ...names]),
    // What is selected must be grouped; it depends on the window's bounds alone.
    groupBy: select.groupBy && [...new Set([...select.groupBy, ...added.map(({ text }) => text)])],
  }
}

/** A relation made of a select: what its columns are called from outside, the hidden ones apart. */
export function outside(from: string, inner: Select, width: number, qualifier?: string): Select {
  const prefix = qualifier === undefined ? '' : `${quoteName(qualifier)}.`
  const column = (name: string) => atom(`${prefix}${quoteName(name)}`)
  const find = (sql: Sql | undefined) => {
    const name = sql && inner.names[inner.columns.findIndex(({ text }) => text === sql.text)]
    return name === undefined ? undefined : column(name)
  }
  const names = inner.names.slice(0, width)
  const hidden = { time: find(inner.time), start: find(inner.start), end: find(inner.end) }
  return selectOf(from, names.map(column), names, hidden)
}

/** As a derived table with a name of its own, whose columns have no expressions any more. */
export function derived(select: Select, alias: string, needs: Needs, qualified = false): Select {
  const inner = exposed(select, needs)
  const from = `(\n${indent(selectText(inner))}\n) AS ${quoteName(alias)}`
  return outside(from, inner, select.columns.length, qualified ? alias : undefined)
}

export function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
