import { DuckDBDecimalValue, DuckDBListValue, type DuckDBValue } from '@duckdb/node-api'
import type { Schema } from '../../src/core/schema.ts'
import type { SqlType } from '../../src/core/type.ts'
import type { Row, Value } from '../../src/core/value.ts'
import { renderRow, renderValue } from '../harness/render.ts'
import { type Output, type QuerySpec, resultColumns } from './workload.ts'

/** What differs between the engine's rows and DuckDB's, one line each; empty when they agree. */
export function differences(
  rows: readonly Row[],
  schema: Schema,
  expected: readonly (readonly DuckDBValue[])[],
  query: QuerySpec,
): string[] {
  const bounds = query.window === undefined ? 0 : 2
  const columns = resultColumns(query)
  const keyColumns = columns.keys.length + bounds
  const outputs: (Output | undefined)[] = [...columns.keys, ...columns.others]
  outputs.splice(columns.keys.length, 0, ...new Array<undefined>(bounds).fill(undefined))
  const merges = query.window?.kind === 'session'
  const keyText = (cells: readonly unknown[]): string => JSON.stringify(cells.slice(0, keyColumns).map(plainText))
  const wanted = new Map(expected.map((cells) => [keyText(cells.map(plainDuck)), cells]))
  const found: string[] = []
  for (const row of rows) {
    const cells = row.map((value, i) => plainWeir(value, (schema.fields[i] as Schema['fields'][number]).type))
    const key = keyText(cells)
    const other = wanted.get(key)
    wanted.delete(key)
    if (other === undefined) found.push(`not expected: ${renderRow(row, schema)}`)
    else {
      const theirs = other.map(plainDuck)
      const differ = cells.findIndex((cell, i) => !sameCell(cell, theirs[i], outputs[i], merges))
      if (differ >= 0) {
        const name = (schema.fields[differ] as Schema['fields'][number]).name
        found.push(`${name} is ${cells[differ]}, not ${theirs[differ]}: ${renderRow(row, schema)}`)
      }
    }
  }
  for (const cells of wanted.values())
    found.push(`missing: ${cells.map((cell) => plainText(plainDuck(cell))).join(', ')}`)
  return found
}

type Plain = null | boolean | number | bigint | string

/** One form for both engines: exact numbers as text of an integer or decimal, doubles as numbers. */
function plainWeir(value: Value, type: SqlType): Plain {
  if (value === null) return null
  if (type.kind === 'array')
    return `[${(value as readonly Value[]).map((item) => plainText(plainWeir(item, type.element))).join()}]`
  if (type.kind === 'decimal') return trimZeros(renderValue(value, type))
  if (type.kind === 'double' || type.kind === 'boolean') return value as number | boolean
  return String(value)
}

function plainDuck(value: DuckDBValue): Plain {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof DuckDBDecimalValue)
    return trimZeros(renderValue(value.value, { kind: 'decimal', precision: 38, scale: value.scale }))
  if (value instanceof DuckDBListValue) return `[${value.items.map((item) => plainText(plainDuck(item))).join()}]`
  return String(value)
}

/** 1.50 and 1.5 are equal; the scale of a sum is the engine's own choice. */
function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

function plainText(value: unknown): string {
  return String(value)
}

function sameCell(a: Plain, b: Plain | undefined, output: Output | undefined, merges: boolean): boolean {
  if (a === null || b === null || b === undefined) return a === b
  const tolerance = output?.tolerance ?? 0
  if (tolerance > 0 || typeof a === 'number' || typeof b === 'number') {
    const [x, y] = [Number(a), Number(b)]
    return Object.is(x, y) || Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))
  }
  if (output?.ordered && merges) return elements(a) === elements(b)
  return String(a) === String(b)
}

/** The elements of a list or a joined text, in an order of their own. */
function elements(value: Plain): string {
  return String(value)
    .replace(/^\[|\]$/g, '')
    .split(',')
    .sort()
    .join()
}
