// Pulls a result and prints it: chooses the writer, repaints a live table at a rate that a person can read, and says
// at the end what was given. Rows go to `out`, the footer to `err`, so that a pipe carries data alone.

import type { ResultStream } from '../../runtime/api.ts'
import { clockText } from '../clock-text.ts'
import { paint, type Terminal, writeTo } from '../terminal.ts'
import { CsvWriter } from './csv-writer.ts'
import { JsonWriter } from './json-writer.ts'
import { LiveTable } from './live-table.ts'
import { isChangelog, type OutputFormat, type ResultWriter, type WriterOptions } from './result-writer.ts'
import { TableWriter } from './table-writer.ts'
import { VerticalWriter } from './vertical-writer.ts'

/** Ten repaints a second: below what the eye takes for delay, and cheap at any rate of changes. */
const REPAINT_MS = 100

export interface PrintOptions {
  readonly terminal: Terminal
  readonly format: OutputFormat
  /** Ends the printing; what was received is still shown. */
  readonly signal?: AbortSignal | undefined
  /** False leaves the footer out; it is never printed in the formats that programs read. */
  readonly footer?: boolean | undefined
  /** Called with the rows printed so far, after each event. */
  readonly onProgress?: ((rows: number) => void) | undefined
}

export interface PrintSummary {
  readonly rows: number
  readonly elapsedMs: number
  /** Event time; undefined when the result told none. */
  readonly watermark: number | undefined
  /** True when the signal ended it, not the result. */
  readonly interrupted: boolean
}

export async function printResults(results: ResultStream, options: PrintOptions): Promise<PrintSummary> {
  const { terminal, signal } = options
  const startedAt = performance.now()
  const writer = chooseWriter(results, options)
  let rows = 0
  let watermark: number | undefined
  // One writer to `out` at a time: a repaint between two halves of another would tear the screen.
  let printing: Promise<void> = Promise.resolve()
  const print = (text: () => string): Promise<void> => {
    printing = printing.then(() => writeTo(terminal.out, text()))
    return printing
  }
  const timer = setInterval(() => void print(() => writer.flush()).catch(() => undefined), REPAINT_MS)
  const onAbort = () => void results.close().catch(() => undefined)
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) onAbort()
  try {
    for await (const event of results) {
      if (event.kind === 'rows') rows += event.rows.length
      else watermark = event.watermark
      await print(() => writer.write(event))
      options.onProgress?.(rows)
      if (signal?.aborted) break
    }
  } catch (error) {
    if (!signal?.aborted) throw error
  } finally {
    clearInterval(timer)
    signal?.removeEventListener('abort', onAbort)
    await results.close()
    await print(() => writer.end())
  }
  const elapsedMs = performance.now() - startedAt
  const summary = { rows, elapsedMs, watermark, interrupted: signal?.aborted ?? false }
  if (options.footer !== false && (options.format === 'table' || options.format === 'vertical')) {
    await writeTo(terminal.err, `${paint(footerText(summary), 'dim', terminal.colour.err)}\n`)
  }
  await printOmitted(results, terminal)
  return summary
}

/** What is missing is said in every format: an empty result must not look like an empty stream. */
async function printOmitted(results: ResultStream, terminal: Terminal): Promise<void> {
  const { failed = 0, late = 0, reason } = results.omitted?.() ?? {}
  const rows = (count: number) => `${count.toLocaleString('en-US')} ${count === 1 ? 'row' : 'rows'}`
  const lines: string[] = []
  if (failed > 0) lines.push(`${rows(failed)} left out${reason === undefined ? '' : `, the first because: ${reason}`}`)
  if (late > 0) lines.push(`${rows(late)} came too late`)
  for (const line of lines) {
    await writeTo(terminal.err, `${paint('warning', 'yellow', terminal.colour.err)}: ${line}\n`)
  }
}

/** `1,234 rows, 3.2 s, watermark 12:00:05`. */
export function footerText(summary: Omit<PrintSummary, 'interrupted'>): string {
  const parts = [
    `${summary.rows.toLocaleString('en-US')} ${summary.rows === 1 ? 'row' : 'rows'}`,
    durationText(summary.elapsedMs),
  ]
  if (summary.watermark !== undefined && Number.isFinite(summary.watermark)) {
    parts.push(`watermark ${clockText(summary.watermark)}`)
  }
  return parts.join(', ')
}

/** `12 ms`, `3.2 s`, `2 min 5 s`. */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`
}

function chooseWriter(results: ResultStream, options: PrintOptions): ResultWriter {
  const { terminal, format } = options
  const size = terminal.size()
  const sizes: WriterOptions = {
    columns: size?.columns,
    rows: size?.rows,
    colour: terminal.colour.out,
  }
  switch (format) {
    case 'json':
      return new JsonWriter(results)
    case 'csv':
      return new CsvWriter(results)
    case 'vertical':
      return new VerticalWriter(results, sizes)
    case 'table': {
      const live = terminal.interactive && results.continuous && isChangelog(results) && results.schema.key.length > 0
      return live ? new LiveTable(results, sizes) : new TableWriter(results, sizes)
    }
  }
}
