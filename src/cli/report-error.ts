// Errors for the person at the terminal: what, where, and what to do. The stack is for defects only, and on request.

import { debuglog } from 'node:util'
import { renderDiagnostics } from '../../grammar/diagnostic.ts'
import { AppError } from '../core/errors.ts'
import { EXIT_CODES, type ExitCode, exitCodeOf, UsageError } from './exit-codes.ts'
import { paint } from './terminal.ts'

export interface ReportOptions {
  readonly colour?: boolean | undefined
  /** The text that the diagnostics point into. */
  readonly sql?: string | undefined
  /** Name of the file that the text came from. */
  readonly file?: string | undefined
}

/** The error as text, without a final line break. */
export function errorText(error: unknown, options: ReportOptions = {}): string {
  const colour = options.colour ?? false
  const label = paint('error', 'red', colour)
  if (error instanceof AppError) {
    if (error.diagnostics.length > 0 && options.sql !== undefined) {
      const shown = renderDiagnostics(options.sql, error.diagnostics, { colour })
      return options.file === undefined ? shown : shown.replaceAll('--> line', `--> ${options.file}, line`)
    }
    const lines = [`${label}: ${error.message}`]
    if (error.hint !== undefined) lines.push(`hint: ${error.hint}`)
    return lines.join('\n')
  }
  if (error instanceof UsageError) {
    return error.hint === undefined ? `${label}: ${error.message}` : `${label}: ${error.message}\nhint: ${error.hint}`
  }
  const message = error instanceof Error ? error.message : String(error)
  const stack = error instanceof Error && debuglog('weir').enabled ? `\n${error.stack}` : ''
  return `${label}: ${message}${stack}\nhint: this looks like a defect of weir; NODE_DEBUG=weir shows where`
}

/** Prints the error to standard error and gives the code to exit with. A closed pipe is no error: `weir … | head`. */
export function reportError(error: unknown, stderr: NodeJS.WritableStream, options: ReportOptions = {}): ExitCode {
  if (isClosedPipe(error)) return EXIT_CODES.ok
  stderr.write(`${errorText(error, options)}\n`)
  return exitCodeOf(error)
}

export function isClosedPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE'
}
