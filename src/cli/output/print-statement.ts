// One statement's result on the terminal: what was done, a small table, a plan, or rows.

import { unreachable } from '../../core/assert.ts'
import type { Schema } from '../../core/schema.ts'
import { STRING } from '../../core/type.ts'
import type { ResultEvent, ResultStream, StatementResult } from '../../runtime/api.ts'
import { paint, writeTo } from '../terminal.ts'
import { type PrintOptions, type PrintSummary, printResults } from './print-results.ts'

/** Prints the result; for rows, until they end or the signal does. */
export async function printStatement(
  result: StatementResult,
  options: PrintOptions,
): Promise<PrintSummary | undefined> {
  const { terminal } = options
  switch (result.kind) {
    case 'done':
      await writeTo(terminal.err, `${paint(result.message, 'green', terminal.colour.err)}\n`)
      return undefined
    case 'text':
      await writeTo(terminal.out, `${result.text.trimEnd()}\n`)
      return undefined
    case 'table':
      return printResults(textResults(result.columns, result.rows), { ...options, footer: false })
    case 'rows':
      return printResults(result.results, options)
    default:
      return unreachable(result)
  }
}

/** A table of texts as a result, so that SHOW and DESCRIBE come out in every format. */
export function textResults(columns: readonly string[], rows: readonly (readonly string[])[]): ResultStream {
  const fields = columns.map((name) => ({ name, type: STRING, nullable: false }))
  const schema: Schema = { fields, key: [], timeColumn: undefined, mode: 'append' }
  const event: ResultEvent = {
    kind: 'rows',
    rows,
    changes: rows.map(() => 0),
    times: new Float64Array(rows.length).fill(Number.NaN),
    resumeToken: '',
    snapshot: false,
  }
  return {
    schema,
    continuous: false,
    close: async () => undefined,
    async *[Symbol.asyncIterator]() {
      yield event
    },
  }
}
