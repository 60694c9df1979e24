// CSV after RFC 4180, with LF. NULL is an empty field and empty text is `""`, so that the two stay apart. A changelog
// has `op` as its first column.

import { formatValue } from '../../core/format-value.ts'
import type { Row, Value } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import { forEachRow, isChangelog, operationName, type ResultWriter } from './result-writer.ts'

export class CsvWriter implements ResultWriter {
  readonly #results: Pick<ResultStream, 'schema'>
  #started = false

  constructor(results: Pick<ResultStream, 'schema'>) {
    this.#results = results
  }

  write(event: ResultEvent): string {
    let text = this.#header()
    const changelog = isChangelog(this.#results)
    forEachRow(event, (row, kind) => {
      text += `${changelog ? `${operationName(kind)},` : ''}${this.#line(row)}\n`
    })
    return text
  }

  flush(): string {
    return ''
  }

  end(): string {
    return this.#header()
  }

  #header(): string {
    if (this.#started) return ''
    this.#started = true
    const names = this.#results.schema.fields.map((field) => quoted(field.name))
    return `${(isChangelog(this.#results) ? ['op', ...names] : names).join(',')}\n`
  }

  #line(row: Row): string {
    const { fields } = this.#results.schema
    return fields
      .map((field, at) => {
        const value = row[at] as Value
        return value === null ? '' : quoted(formatValue(field.type, value))
      })
      .join(',')
  }
}

function quoted(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
