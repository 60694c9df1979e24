// A changelog as the table that it describes, repainted in place. Rows stay in the order in which their keys came, so
// that the eye finds them again; when there are more than fit, the newest keys are shown.
//
// A repaint goes up by the lines of the last one, so that nothing else may be written to the screen in between.

import { assert } from '../../core/assert.ts'
import { DELETE, UPDATE_BEFORE } from '../../core/batch.ts'
import { formatValue } from '../../core/format-value.ts'
import type { Value } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import { clockText } from '../clock-text.ts'
import {
  type ColumnWidths,
  fitWidths,
  renderHeader,
  renderRow,
  type TableColumn,
  tableColumns,
} from '../render-table.ts'
import { paint } from '../terminal.ts'
import { textWidth, truncate } from '../text-width.ts'
import { forEachRow, keyOf, type ResultWriter, type WriterOptions } from './result-writer.ts'

/** Lines of the screen that are not rows: header, rule, status, and the line the cursor stands on. */
const FRAME_LINES = 4
/** Rows that are kept; beyond it the oldest keys are forgotten, so that a query over many keys does not fill memory. */
export const LIVE_ROWS_MAX = 10_000

const CLEAR_TO_END = '\u001b[J'

export class LiveTable implements ResultWriter {
  readonly #results: Pick<ResultStream, 'schema'>
  readonly #options: WriterOptions
  readonly #columns: readonly TableColumn[]
  readonly #rows = new Map<string, readonly string[]>()
  #widths: ColumnWidths = []
  #paintedLines = 0
  #dirty = false
  #changes = 0
  #watermark: number | undefined

  /** The rows must have a key: without one, an update could not find the row that it replaces. */
  constructor(results: Pick<ResultStream, 'schema'>, options: WriterOptions = {}) {
    assert(results.schema.key.length > 0, 'a live table has a key')
    this.#results = results
    this.#options = options
    this.#columns = tableColumns(results.schema.fields)
  }

  /** Rows of the table as it is now, as text. */
  get rows(): readonly (readonly string[])[] {
    return [...this.#rows.values()]
  }

  write(event: ResultEvent): string {
    const { schema } = this.#results
    if (event.kind === 'watermark') this.#watermark = event.watermark
    forEachRow(event, (row, kind) => {
      this.#changes += 1
      // -U is followed by the +U of the same key: taking the row out in between would move it to the end.
      if (kind === UPDATE_BEFORE) return
      const key = keyOf(schema, row)
      if (kind === DELETE) {
        this.#rows.delete(key)
        return
      }
      this.#rows.set(
        key,
        schema.fields.map((field, at) => formatValue(field.type, row[at] as Value)),
      )
      if (this.#rows.size > LIVE_ROWS_MAX) this.#rows.delete(this.#rows.keys().next().value as string)
    })
    this.#dirty = true
    return ''
  }

  flush(): string {
    if (!this.#dirty) return ''
    this.#dirty = false
    return this.#paint()
  }

  end(): string {
    return this.flush()
  }

  #paint(): string {
    const { columns, rows: height, colour = false } = this.#options
    const room = Math.max(1, (height ?? Number.POSITIVE_INFINITY) - FRAME_LINES)
    const all = [...this.#rows.values()]
    const shown = all.slice(-room)
    this.#widths = fitWidths(this.#columns, shown, columns, this.#widths)
    const [names, rule] = renderHeader(this.#columns, this.#widths).split('\n') as [string, string]
    // A line that wraps would make the next repaint go up too little: cut at the width of the screen.
    const cut = (line: string) => (columns !== undefined && textWidth(line) > columns ? truncate(line, columns) : line)
    const lines = [
      paint(cut(names), 'bold', colour),
      cut(rule),
      ...shown.map((row) => cut(renderRow(this.#columns, this.#widths, row))),
      paint(cut(this.#status(all.length - shown.length)), 'dim', colour),
    ]
    const up = this.#paintedLines === 0 ? '' : `\u001b[${this.#paintedLines}A\r`
    this.#paintedLines = lines.length
    return `${up}${up === '' ? '' : CLEAR_TO_END}${lines.join('\n')}\n`
  }

  #status(hidden: number): string {
    const parts = [`${this.#changes.toLocaleString('en-US')} changes`]
    if (hidden > 0) parts.unshift(`${hidden.toLocaleString('en-US')} older rows not shown`)
    if (this.#watermark !== undefined) parts.push(`watermark ${clockText(this.#watermark)}`)
    return `${parts.join(', ')} (Ctrl-C to stop)`
  }
}
