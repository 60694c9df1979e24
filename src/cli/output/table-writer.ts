// Aligned rows that scroll. The first rows decide the widths: they wait until enough of them are there, or until the
// stream pauses (flush), whichever is first. Later rows widen a column where they must and never narrow one.

import { formatValue } from '../../core/format-value.ts'
import type { Row, Value } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import {
  type ColumnWidths,
  fitWidths,
  renderHeader,
  renderRow,
  type TableColumn,
  tableColumns,
} from '../render-table.ts'
import { paint } from '../terminal.ts'
import { forEachRow, isChangelog, operationName, type ResultWriter, type WriterOptions } from './result-writer.ts'

/** Rows that are looked at before the first is printed: enough for good widths, little enough to hold. */
const SAMPLE_ROWS_MAX = 1000

export class TableWriter implements ResultWriter {
  readonly #results: Pick<ResultStream, 'schema'>
  readonly #options: WriterOptions
  readonly #columns: readonly TableColumn[]
  #waiting: string[][] = []
  #widths: ColumnWidths | undefined

  constructor(results: Pick<ResultStream, 'schema'>, options: WriterOptions = {}) {
    this.#results = results
    this.#options = options
    const columns = tableColumns(results.schema.fields)
    this.#columns = isChangelog(results) ? [{ name: 'op', align: 'left' }, ...columns] : columns
  }

  write(event: ResultEvent): string {
    forEachRow(event, (row, kind) => {
      const cells = this.#cells(row)
      this.#waiting.push(isChangelog(this.#results) ? [operationName(kind), ...cells] : cells)
    })
    return this.#widths !== undefined || this.#waiting.length >= SAMPLE_ROWS_MAX ? this.flush() : ''
  }

  flush(): string {
    return this.#waiting.length === 0 ? '' : this.#print()
  }

  end(): string {
    return this.#waiting.length > 0 || this.#widths === undefined ? this.#print() : ''
  }

  #cells(row: Row): string[] {
    return this.#results.schema.fields.map((field, at) => formatValue(field.type, row[at] as Value))
  }

  #print(): string {
    const rows = this.#waiting
    this.#waiting = []
    const first = this.#widths === undefined
    const widths = fitWidths(this.#columns, rows, this.#options.columns, this.#widths ?? [])
    this.#widths = widths
    const lines = rows.map((row) => `${renderRow(this.#columns, widths, row)}\n`)
    if (first) {
      const [names, rule] = renderHeader(this.#columns, widths).split('\n')
      lines.unshift(`${paint(names ?? '', 'bold', this.#options.colour ?? false)}\n${rule}\n`)
    }
    return lines.join('')
  }
}
