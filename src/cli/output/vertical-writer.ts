// One column a line, as psql's `\x`: for rows that are wider than the screen.

import { formatValue } from '../../core/format-value.ts'
import type { Value } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import { paint } from '../terminal.ts'
import { pad, printable, textWidth } from '../text-width.ts'
import { forEachRow, isChangelog, operationName, type ResultWriter, type WriterOptions } from './result-writer.ts'

const RULE_WIDTH = 40

export class VerticalWriter implements ResultWriter {
  readonly #results: Pick<ResultStream, 'schema'>
  readonly #colour: boolean
  #count = 0

  constructor(results: Pick<ResultStream, 'schema'>, options: WriterOptions = {}) {
    this.#results = results
    this.#colour = options.colour ?? false
  }

  write(event: ResultEvent): string {
    const { fields } = this.#results.schema
    const changelog = isChangelog(this.#results)
    const nameWidth = Math.max(0, ...fields.map((field) => textWidth(printable(field.name))))
    let text = ''
    forEachRow(event, (row, kind) => {
      this.#count += 1
      const title = `-[ RECORD ${this.#count}${changelog ? ` ${operationName(kind)}` : ''} ]`
      text += `${paint(title.padEnd(RULE_WIDTH, '-'), 'dim', this.#colour)}\n`
      fields.forEach((field, at) => {
        const name = pad(printable(field.name), nameWidth, 'left')
        text += `${name} | ${printable(formatValue(field.type, row[at] as Value))}\n`
      })
    })
    return text
  }

  flush(): string {
    return ''
  }

  end(): string {
    return ''
  }
}
