// NDJSON: one JSON text a line. A result that only grows gives plain row objects; a changelog gives
// `{"op":"+U","row":{…}}`, so that a column may be called `op` too and a reader always knows which it has.

import { writeJsonObject } from '../../core/format-value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'
import { forEachRow, isChangelog, operationName, type ResultWriter } from './result-writer.ts'

export class JsonWriter implements ResultWriter {
  readonly #results: Pick<ResultStream, 'schema'>

  constructor(results: Pick<ResultStream, 'schema'>) {
    this.#results = results
  }

  write(event: ResultEvent): string {
    const { schema } = this.#results
    const changelog = isChangelog(this.#results)
    let text = ''
    forEachRow(event, (row, kind) => {
      const shown = writeJsonObject(schema.fields, row)
      text += changelog ? `{"op":"${operationName(kind)}","row":${shown}}\n` : `${shown}\n`
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
