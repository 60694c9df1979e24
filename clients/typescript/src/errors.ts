// What goes wrong, as the server told it: a gRPC status with google.rpc details becomes one WeirError.

import { type ServiceError, status } from '@grpc/grpc-js'
import { BAD_REQUEST, ERROR_INFO, STATUS } from './protos.ts'

/** Something wrong with a text, and where: offset and length in UTF-16 units, line and column from 1. */
export interface ErrorDiagnostic {
  /** Stable, such as `UNKNOWN_COLUMN`. */
  readonly code: string
  readonly message: string
  readonly hint: string | undefined
  readonly line: number
  readonly column: number
  readonly offset: number
  readonly length: number
}

export class WeirError extends Error {
  override readonly name = 'WeirError'
  /** Name of the gRPC status: `INVALID_ARGUMENT`, `NOT_FOUND`, `UNAVAILABLE` … */
  readonly status: string
  /** Stable reason, such as `UNKNOWN_COLUMN`; the status when the server gave none. */
  readonly reason: string
  /** What to do about it. */
  readonly hint: string | undefined
  /** True when the same call may succeed later without a change. */
  readonly retry: boolean
  /** When it may, ms from now; undefined where the server did not say. */
  readonly retryAfterMs: number | undefined
  /** Of a statement that can't run; empty for other errors. At most twenty. */
  readonly diagnostics: readonly ErrorDiagnostic[]
  /** Where a stream that was cut goes on. */
  readonly resumeToken: string | undefined
  readonly metadata: Readonly<Record<string, string>>

  constructor(error: ServiceError) {
    const details = readDetails(error)
    super(error.details === '' ? error.message : error.details, { cause: error })
    const { reason, metadata, diagnostics } = details
    this.status = status[error.code] ?? 'UNKNOWN'
    this.reason = reason === '' ? this.status : reason
    this.hint = metadata['hint']
    this.retry = metadata['retry'] === 'true' || error.code === status.UNAVAILABLE || wasReset(error, details)
    const afterMs = metadata['retry_after_ms']
    this.retryAfterMs = afterMs === undefined ? undefined : Number(afterMs)
    this.diagnostics = diagnostics
    this.resumeToken = metadata['resume_token']
    this.metadata = metadata
  }

  /** For a terminal: every diagnostic with its line of the statement and carets under the place. */
  render(sql: string): string {
    if (this.diagnostics.length === 0) {
      return `error[${this.reason}]: ${this.message}${this.hint === undefined ? '' : `\nhint: ${this.hint}`}`
    }
    return this.diagnostics.map((diagnostic) => renderDiagnostic(sql, diagnostic)).join('\n\n')
  }
}

/** Anything that a call throws, as a WeirError where it came from the server. */
export function toWeirError(thrown: unknown): unknown {
  const isServiceError = thrown instanceof Error && 'code' in thrown && 'details' in thrown && 'metadata' in thrown
  return isServiceError ? new WeirError(thrown as ServiceError) : thrown
}

/** What grpc-js says of it; "Bandwidth exhausted …" is ENHANCE_YOUR_CALM. */
const RESET = /RST_STREAM|ECONNRESET|^Bandwidth exhausted/

/** A stream that was reset, by a server that cut a slow reader or by a connection that broke, brings no details. */
function wasReset(error: ServiceError, details: Details): boolean {
  const reset = error.code === status.INTERNAL || error.code === status.RESOURCE_EXHAUSTED
  return reset && details === NO_DETAILS && RESET.test(error.details)
}

interface Details {
  readonly reason: string
  readonly metadata: Readonly<Record<string, string>>
  readonly diagnostics: readonly ErrorDiagnostic[]
}

const NO_DETAILS: Details = { reason: '', metadata: {}, diagnostics: [] }

function readDetails(error: ServiceError): Details {
  const [bytes] = error.metadata?.get('grpc-status-details-bin') ?? []
  if (!Buffer.isBuffer(bytes)) return NO_DETAILS
  try {
    let { reason, metadata, diagnostics } = NO_DETAILS
    for (const any of STATUS.deserialize(bytes).details) {
      const { type_url: type, value } = any as unknown as { type_url: string; value: Buffer }
      if (type.endsWith('/google.rpc.ErrorInfo')) ({ reason, metadata } = ERROR_INFO.deserialize(value))
      if (type.endsWith('/google.rpc.BadRequest')) {
        diagnostics = BAD_REQUEST.deserialize(value).fieldViolations.flatMap(({ description }) =>
          readViolation(description),
        )
      }
    }
    return { reason, metadata, diagnostics }
  } catch {
    // Details of another server, or of a proxy: the status alone has to do.
    return NO_DETAILS
  }
}

const VIOLATION = /^line (\d+), column (\d+), offset (\d+), length (\d+): ([A-Z0-9_]+): (.*?)(?: \(hint: (.*)\))?$/s

function readViolation(description: string): ErrorDiagnostic[] {
  const [, line, column, offset, length, code, message, hint] = VIOLATION.exec(description) ?? []
  if (code === undefined || message === undefined) return []
  const place = { line: Number(line), column: Number(column), offset: Number(offset), length: Number(length) }
  return [{ code, message, hint, ...place }]
}

function renderDiagnostic(sql: string, { code, message, hint, line, column, offset, length }: ErrorDiagnostic): string {
  const start = offset - (column - 1)
  const newline = sql.indexOf('\n', offset)
  const text = sql.slice(start, newline === -1 ? undefined : newline).replace(/\r$/, '')
  const carets = '^'.repeat(Math.max(1, Math.min(length, text.length - (column - 1))))
  const margin = ' '.repeat(String(line).length)
  // Tabs stay tabs in the padding, so that the carets stand under their text at any tab width.
  const padding = text.slice(0, column - 1).replace(/[^\t]/g, ' ')
  return [
    `error[${code}]: ${message}`,
    ` --> line ${line}, column ${column}`,
    `${margin} |`,
    `${line} | ${text}`,
    `${margin} | ${padding}${carets}`,
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ].join('\n')
}
