// Which columns of a relation a scan has to produce.

import { must } from '../core/assert.ts'
import type { MaterializedRelation, SourceRelation } from './catalog.ts'
import { columnsOf } from './expression-tree.ts'

/**
 * The columns that a scan has to produce so that `wanted` are among them, in the order that it produces them: with all
 * that computed columns and the watermark are made of.
 */
export function scannedColumns(
  relation: SourceRelation | MaterializedRelation,
  wanted: Iterable<number>,
): readonly number[] {
  if (!('connector' in relation)) return relation.schema.fields.map((_, i) => i)
  const needed = new Set<number>()
  const need = (index: number): void => {
    if (needed.has(index)) return
    needed.add(index)
    const { expression } = must(relation.columns[index], 'a column')
    if (expression !== undefined) for (const one of columnsOf(expression)) need(one)
  }
  for (const one of wanted) need(one)
  const { watermark } = relation
  if (watermark !== undefined) for (const one of [watermark.timeColumn, ...columnsOf(watermark.expression)]) need(one)
  // A row needs its key to be told from others, whether or not the query shows it.
  if (relation.schema.mode !== 'append') for (const one of relation.schema.key) need(one)
  const sorted = [...needed].sort((a, b) => a - b)
  const isComputed = (index: number) => relation.columns[index]?.from === 'computed'
  return [...sorted.filter((one) => !isComputed(one)), ...sorted.filter(isComputed)]
}
