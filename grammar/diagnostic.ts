// What is wrong with a user's text, where, and what to do about it. Messages are lower case without a final stop;
// a diagnostic never quotes the value of a literal further than the source line that it points at.

import { type RenderOptions, renderSpan, type Span } from './span.ts'

export type Severity = 'error' | 'warning' | 'note'

export interface Diagnostic {
  /** Stable and upper case: `SYNTAX`, `UNKNOWN_COLUMN`. Clients branch on it; the message may change. */
  readonly code: string
  readonly severity: Severity
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly span: Span
}

export interface DiagnosticExtra {
  readonly detail?: string | undefined
  readonly hint?: string | undefined
}

/** The codes that come from parsing; later layers add their own. */
export type GrammarCode =
  | 'SYNTAX'
  | 'UNKNOWN_CHARACTER'
  | 'UNTERMINATED'
  | 'TEXT_TOO_LONG'
  | 'NESTING_TOO_DEEP'
  | 'TOO_MANY_NODES'
  | 'TOO_MANY_JOINS'
  | 'TOO_MANY_ERRORS'
  | 'INVALID_LITERAL'
  | 'INVALID_INTERVAL'
  | 'INVALID_ARGUMENT'
  | 'UNKNOWN_TYPE'
  | 'DUPLICATE_CLAUSE'

export function errorAt(span: Span, code: string, message: string, extra: DiagnosticExtra = {}): Diagnostic {
  return makeDiagnostic('error', span, code, message, extra)
}

export function warningAt(span: Span, code: string, message: string, extra: DiagnosticExtra = {}): Diagnostic {
  return makeDiagnostic('warning', span, code, message, extra)
}

export function noteAt(span: Span, code: string, message: string, extra: DiagnosticExtra = {}): Diagnostic {
  return makeDiagnostic('note', span, code, message, extra)
}

function makeDiagnostic(
  severity: Severity,
  span: Span,
  code: string,
  message: string,
  extra: DiagnosticExtra,
): Diagnostic {
  return {
    code,
    severity,
    message,
    ...(extra.detail === undefined ? {} : { detail: extra.detail }),
    ...(extra.hint === undefined ? {} : { hint: extra.hint }),
    span,
  }
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error')
}

const COLOURS: Record<Severity, string> = { error: '\u001b[31m', warning: '\u001b[33m', note: '\u001b[36m' }
const BOLD = '\u001b[1m'
const RESET = '\u001b[0m'

/** `error[CODE]: message`, the place, the source line with carets, then detail and hint. */
export function renderDiagnostic(text: string, diagnostic: Diagnostic, options: RenderOptions = {}): string {
  const { severity, code, message, detail, hint, span } = diagnostic
  const head = `${severity}[${code}]`
  const lines = [
    options.colour ? `${BOLD}${COLOURS[severity]}${head}${RESET}${BOLD}: ${message}${RESET}` : `${head}: ${message}`,
    ` --> line ${span.line}, column ${span.column}`,
    renderSpan(text, span, options),
  ]
  if (detail !== undefined) lines.push(`detail: ${detail}`)
  if (hint !== undefined) lines.push(`hint: ${hint}`)
  return lines.join('\n')
}

/** All of them, separated by an empty line. */
export function renderDiagnostics(
  text: string,
  diagnostics: readonly Diagnostic[],
  options: RenderOptions = {},
): string {
  return diagnostics.map((diagnostic) => renderDiagnostic(text, diagnostic, options)).join('\n\n')
}
