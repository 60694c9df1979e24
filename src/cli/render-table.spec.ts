import { describe, expect, it } from 'vitest'
import { fitWidths, renderTable, type TableColumn } from './render-table.ts'
import { textWidth } from './text-width.ts'

const columns: readonly TableColumn[] = [
  { name: 'region', align: 'left' },
  { name: 'orders', align: 'right' },
]

describe('renderTable', () => {
  it('aligns text left and numbers right', () => {
    const rows = [
      ['eu', '1200'],
      ['日本', '7'],
    ]
    expect(renderTable(columns, rows)).toBe(
      [' region | orders', '--------+--------', ' eu     |   1200', ' 日本   |      7'].join('\n'),
    )
  })

  it('shows the header of a table without rows', () => {
    expect(renderTable(columns, [])).toBe([' region | orders', '--------+--------'].join('\n'))
  })

  it('cuts the widest column first when the terminal is narrow', () => {
    const rows = [['a very long name of a region', '1']]
    const table = renderTable(columns, rows, 24)
    expect(table.split('\n')[2]).toBe(' a very long … |      1')
    for (const line of table.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(24)
  })

  it('keeps a column readable in a terminal that is too narrow for all', () => {
    const many = Array.from({ length: 8 }, (_, at): TableColumn => ({ name: `column_${at}`, align: 'left' }))
    expect(fitWidths(many, [], 20)).toEqual(Array(8).fill(4))
  })
})

describe('fitWidths', () => {
  it('only widens columns that were printed before', () => {
    const first = fitWidths(columns, [['north', '12345678']])
    expect(first).toEqual([6, 8])
    expect(fitWidths(columns, [['northernmost', '1']], undefined, first)).toEqual([12, 8])
  })

  it('is quick for a very long cell', () => {
    expect(fitWidths(columns, [['x'.repeat(1_000_000), '1']], 80)).toEqual([69, 6])
  })
})
