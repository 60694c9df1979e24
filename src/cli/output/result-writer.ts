// What turns the events of one result into text. Writers are pure: events in, text out; who writes it where, and when
// a screen is repainted, is `print-results.ts`.

import { CHANGE_KIND_NAMES, type ChangeKind } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import type { Row } from '../../core/value.ts'
import type { ResultEvent, ResultStream } from '../../runtime/api.ts'

export const OUTPUT_FORMATS = ['table', 'json', 'csv', 'vertical'] as const
export type OutputFormat = (typeof OUTPUT_FORMATS)[number]

export interface ResultWriter {
  /** What can be printed now. */
  write(event: ResultEvent): string
  /** What was held back: a repaint of the screen, rows that waited for their neighbours. Called between events. */
  flush(): string
  /** The rest, when no more events come. */
  end(): string
}

export interface WriterOptions {
  /** Cells of a line; undefined where lines may have any length. */
  readonly columns?: number | undefined
  /** Lines of the screen; a table that is repainted in place shows the newest rows that fit. */
  readonly rows?: number | undefined
  readonly colour?: boolean | undefined
}

/**
 * True when the rows are changes of a table and not facts on their own: each is then shown with what it does
 * (`op`: +I insert, -U and +U the two halves of an update, -D delete).
 */
export function isChangelog(results: Pick<ResultStream, 'schema'>): boolean {
  return results.schema.mode !== 'append'
}

export function operationName(kind: ChangeKind): string {
  return CHANGE_KIND_NAMES[kind]
}

/** Calls `visit` for each row of the event; a watermark has none. */
export function forEachRow(event: ResultEvent, visit: (row: Row, kind: ChangeKind) => void): void {
  if (event.kind !== 'rows') return
  event.rows.forEach((row, at) => {
    visit(row, event.changes[at] ?? 0)
  })
}

/** Identifies a row of a changelog by its key columns. */
export function keyOf(schema: Schema, row: Row): string {
  return schema.key.map((at) => keyPart(row[at])).join('\u0000')
}

function keyPart(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(keyPart).join(',')}]`
  return `${typeof value}:${String(value)}`
}
