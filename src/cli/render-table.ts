// Rows as an aligned table, in psql's look: copies cleanly into a mail or a ticket and needs no special font.
//
//  region | orders
// --------+--------
//  eu     |    120

import type { Field } from '../core/schema.ts'
import { isNumeric } from '../core/type.ts'
import { pad, printable, textWidth, truncate } from './text-width.ts'

export interface TableColumn {
  readonly name: string
  readonly align: 'left' | 'right'
}

/** Widths in cells, one a column. */
export type ColumnWidths = readonly number[]

/** A column is never made narrower than this, even when the table is then wider than the terminal. */
const COLUMN_WIDTH_MIN = 4
/** Cells that a column costs besides its content: a space on both sides and a bar. */
const COLUMN_FRAME = 3

/** Numbers stand at the right of their column. */
export function tableColumns(fields: readonly Field[]): readonly TableColumn[] {
  return fields.map(({ name, type }) => ({ name, align: isNumeric(type) ? 'right' : 'left' }))
}

/**
 * Widths that fit these rows, the widest columns cut first when all together are wider than `widthMax`. With the
 * widths of the rows above, columns only grow: what was printed stays aligned with most of what follows.
 */
export function fitWidths(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  widthMax?: number | undefined,
  above: ColumnWidths = [],
): ColumnWidths {
  const widths = columns.map((column, at) => {
    const least = Math.max(textWidth(printable(column.name)), above[at] ?? 0)
    return rows.reduce((widest, row) => Math.max(widest, textWidth(printable(row[at] ?? ''))), least)
  })
  if (widthMax === undefined) return widths
  const room = widthMax - columns.length * COLUMN_FRAME + 1
  let excess = widths.reduce((sum, width) => sum + width, 0) - room
  while (excess > 0) {
    const widest = widths.indexOf(Math.max(...widths))
    const width = widths[widest] ?? 0
    if (width <= COLUMN_WIDTH_MIN) break
    // Down to the second widest in one go, so that a very long text costs a few rounds, not one a cell.
    const next = Math.max(COLUMN_WIDTH_MIN, ...widths.filter((_, at) => at !== widest))
    const cut = Math.max(1, Math.min(excess, width - next))
    widths[widest] = width - cut
    excess -= cut
  }
  return widths
}

export function renderHeader(columns: readonly TableColumn[], widths: ColumnWidths): string {
  const names = columns.map((column) => column.name)
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+')
  return `${renderRow(columns, widths, names)}\n${rule}`
}

/** One line; a text wider than its column is cut. */
export function renderRow(columns: readonly TableColumn[], widths: ColumnWidths, row: readonly string[]): string {
  const cells = columns.map((column, at) => {
    const width = widths[at] ?? 0
    return pad(truncate(printable(row[at] ?? ''), width), width, column.align)
  })
  return ` ${cells.join(' | ')}`.trimEnd()
}

/** The whole table, without a final line break. */
export function renderTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  widthMax?: number | undefined,
): string {
  const widths = fitWidths(columns, rows, widthMax)
  return [renderHeader(columns, widths), ...rows.map((row) => renderRow(columns, widths, row))].join('\n')
}
