// AppError → gRPC status with google.rpc details. The only place where an error becomes a status: handlers throw,
// the call host asks here.
//
// Details travel in a trailer, and trailers count against the client's header limit (8 KiB in many of them), so their
// size is bounded: a long list of diagnostics is cut, the reason and the resume token never are.

import { Metadata, type ServiceError, status } from '@grpc/grpc-js'
import type { Diagnostic } from '../../../grammar/diagnostic.ts'
import { AppError, type ErrorCode } from '../../core/errors.ts'
import { BAD_REQUEST_MESSAGE, ERROR_INFO_MESSAGE, RETRY_INFO_MESSAGE, STATUS_MESSAGE } from '../grpc/protos.ts'
import { CallError } from './call-error.ts'

/** Half of the smallest common limit for all headers of a response, 8 KiB; base64 makes them a third longer. */
export const DETAILS_BYTES_MAX = 4096
/** More than anybody reads at once. */
export const VIOLATIONS_MAX = 20
/** Longest text of one message, hint or metadata value; the resume token is exempt. */
const TEXT_CHARS_MAX = 512
const DOMAIN = 'weir'
const DETAILS_KEY = 'grpc-status-details-bin'
const TYPE_PREFIX = 'type.googleapis.com/'

const STATUS_OF: Readonly<Record<ErrorCode, status>> = {
  INVALID_SQL: status.INVALID_ARGUMENT,
  INVALID_ARGUMENT: status.INVALID_ARGUMENT,
  NOT_FOUND: status.NOT_FOUND,
  ALREADY_EXISTS: status.ALREADY_EXISTS,
  FAILED_PRECONDITION: status.FAILED_PRECONDITION,
  UNAUTHENTICATED: status.UNAUTHENTICATED,
  PERMISSION_DENIED: status.PERMISSION_DENIED,
  RESOURCE_EXHAUSTED: status.RESOURCE_EXHAUSTED,
  POSITION_EXPIRED: status.OUT_OF_RANGE,
  NOT_SUPPORTED: status.UNIMPLEMENTED,
  DISK_FULL: status.RESOURCE_EXHAUSTED,
  DATA_DIRECTORY_IN_USE: status.FAILED_PRECONDITION,
  DATA_DIRECTORY_CORRUPT: status.DATA_LOSS,
  DATA_DIRECTORY_NEWER: status.FAILED_PRECONDITION,
  ADDRESS_IN_USE: status.UNAVAILABLE,
  UNAVAILABLE: status.UNAVAILABLE,
  FENCED: status.UNAVAILABLE,
  CANCELLED: status.CANCELLED,
  INTERNAL: status.INTERNAL,
}

/** The error as grpc-js wants it. A defect of ours tells the caller nothing but that it is one. */
export function toServiceError(thrown: unknown): ServiceError {
  const { error, metadata: facts } = appErrorOf(thrown)
  const message = shorten(messageOf(error))
  const code = STATUS_OF[error.code]
  const metadata = new Metadata()
  metadata.set(DETAILS_KEY, encodeDetails(error, code, message, facts))
  return Object.assign(new Error(message), { code, details: message, metadata })
}

/** The code that a caller is answered with. */
export function statusOf(thrown: unknown): status {
  return STATUS_OF[appErrorOf(thrown).error.code]
}

/** What a thrown value means; anything that is not an AppError is a defect. */
export function appErrorOf(thrown: unknown): { error: AppError; metadata: Readonly<Record<string, string>> } {
  if (thrown instanceof CallError) return { error: thrown.error, metadata: thrown.metadata }
  if (thrown instanceof AppError) return { error: thrown, metadata: {} }
  const error = new AppError('INTERNAL', 'internal error', {
    domain: 'internal',
    hint: 'this is a defect of Weir: the server log has the details',
    cause: thrown,
  })
  return { error, metadata: {} }
}

/** The first diagnostic says more than the summary of the error that carries it. */
function messageOf(error: AppError): string {
  const first = errorsFirst(error.diagnostics)[0]
  return first === undefined ? error.message : `line ${first.span.line}, column ${first.span.column}: ${first.message}`
}

function encodeDetails(
  error: AppError,
  code: status,
  message: string,
  facts: Readonly<Record<string, string>>,
): Buffer {
  const diagnostics = errorsFirst(error.diagnostics)
  const info = ERROR_INFO_MESSAGE.serialize({
    reason: diagnostics[0]?.code ?? error.code,
    domain: DOMAIN,
    metadata: { ...metadataOf(error, diagnostics), ...facts },
  })
  for (let count = Math.min(diagnostics.length, VIOLATIONS_MAX); ; count = Math.floor(count / 2)) {
    const details = [{ type_url: `${TYPE_PREFIX}google.rpc.ErrorInfo`, value: info }]
    if (error.retryAfterMs !== undefined) {
      details.push({ type_url: `${TYPE_PREFIX}google.rpc.RetryInfo`, value: retryInfo(error.retryAfterMs) })
    }
    if (count > 0) {
      const value = BAD_REQUEST_MESSAGE.serialize({ fieldViolations: diagnostics.slice(0, count).map(violation) })
      details.push({ type_url: `${TYPE_PREFIX}google.rpc.BadRequest`, value })
    }
    const encoded = STATUS_MESSAGE.serialize({ code, message, details })
    if (encoded.length <= DETAILS_BYTES_MAX || count === 0) return encoded
  }
}

function retryInfo(ms: number): Buffer {
  const seconds = Math.floor(ms / 1_000)
  return RETRY_INFO_MESSAGE.serialize({ retryDelay: { seconds, nanos: Math.round((ms - seconds * 1_000) * 1e6) } })
}

function metadataOf(error: AppError, diagnostics: readonly Diagnostic[]): Record<string, string> {
  const first = diagnostics[0]
  const hint = first?.hint ?? error.hint
  return {
    code: error.code,
    retry: String(error.retry),
    ...(error.retryAfterMs === undefined ? {} : { retry_after_ms: String(Math.ceil(error.retryAfterMs)) }),
    ...(hint === undefined ? {} : { hint: shorten(hint) }),
    ...(first?.detail === undefined ? {} : { detail: shorten(first.detail) }),
    ...(first === undefined
      ? {}
      : {
          line: String(first.span.line),
          column: String(first.span.column),
          offset: String(first.span.start),
          length: String(first.span.end - first.span.start),
          diagnostics: String(diagnostics.length),
        }),
  }
}

/**
 * `line 3, column 18, offset 41, length 12: CODE: message (hint: …)`: one text that a person reads and that a client
 * takes apart again, since FieldViolation has no room for a position.
 */
function violation(diagnostic: Diagnostic): { field: string; description: string } {
  const { span, code, message, hint } = diagnostic
  const place = `line ${span.line}, column ${span.column}, offset ${span.start}, length ${span.end - span.start}`
  const advice = hint === undefined ? '' : ` (hint: ${shorten(hint)})`
  return { field: 'sql', description: `${place}: ${code}: ${shorten(message)}${advice}` }
}

function errorsFirst(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return [
    ...diagnostics.filter((diagnostic) => diagnostic.severity === 'error'),
    ...diagnostics.filter((diagnostic) => diagnostic.severity !== 'error'),
  ]
}

function shorten(text: string): string {
  return text.length > TEXT_CHARS_MAX ? `${text.slice(0, TEXT_CHARS_MAX - 1)}…` : text
}
