import { isRetraction } from '../../src/core/batch.ts'
import type { Schema } from '../../src/core/schema.ts'
import type { Row, Value } from '../../src/core/value.ts'
import type { LoggedRow } from './query-world.ts'
import { renderRow, renderValue } from './render.ts'

/**
 * The rows that a changelog leaves: by key, or, where rows have none, each row as often as it was added more than taken
 * away. Throws where a row is taken away that is not there.
 */
export function foldChanges(rows: readonly LoggedRow[], schema: Schema): Row[] {
  const table = new Map<string, Row[]>()
  for (const { kind, row } of rows) {
    const keyed = schema.key.length > 0
    const key = keyed ? keyOf(row, schema) : renderRow(row, schema)
    const there = table.get(key) ?? []
    if (isRetraction(kind)) {
      if (there.pop() === undefined) throw new Error(`a row is taken away that is not there: ${renderRow(row, schema)}`)
    } else if (keyed) there[0] = row
    else there.push(row)
    table.set(key, there)
  }
  return [...table.values()].flat()
}

export function keyOf(row: Row, schema: Schema): string {
  return schema.key
    .map((column) => renderValue(row[column] as Value, (schema.fields[column] as Schema['fields'][number]).type))
    .join()
}
