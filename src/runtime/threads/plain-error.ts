import { AppError, type ErrorCode, type ErrorDomain } from '../../core/errors.ts'

/** An error as plain data: a message between threads keeps neither the class of an error nor its fields. */
export interface PlainError {
  readonly message: string
  readonly stack: string | undefined
  /** Undefined for what is not an AppError. */
  readonly app: PlainAppError | undefined
  readonly cause: PlainError | undefined
}

interface PlainAppError {
  readonly code: ErrorCode
  readonly domain: ErrorDomain
  readonly retry: boolean
  readonly hint: string | undefined
  readonly diagnostics: AppError['diagnostics']
}

/** A chain of causes is cut here: it is for a person who reads a log. */
const CAUSES_MAX = 4

export function toPlainError(error: unknown, causesMax = CAUSES_MAX): PlainError {
  if (!(error instanceof Error)) return { message: String(error), stack: undefined, app: undefined, cause: undefined }
  const { message, stack, cause } = error
  return {
    message,
    stack,
    app: error instanceof AppError ? appPart(error) : undefined,
    cause: cause === undefined || causesMax === 0 ? undefined : toPlainError(cause, causesMax - 1),
  }
}

export function fromPlainError({ message, stack, app, cause: plainCause }: PlainError): Error {
  const cause = plainCause === undefined ? undefined : fromPlainError(plainCause)
  const error = app === undefined ? new Error(message, { cause }) : appError(message, app, cause)
  // Where it was thrown, not where it was read.
  if (stack !== undefined) error.stack = stack
  return error
}

function appPart({ code, domain, retry, hint, diagnostics }: AppError): PlainAppError {
  return { code, domain, retry, hint, diagnostics }
}

function appError(
  message: string,
  { code, domain, retry, hint, diagnostics }: PlainAppError,
  cause: Error | undefined,
): AppError {
  return new AppError(code, message, { domain, retry, diagnostics, cause, ...(hint === undefined ? {} : { hint }) })
}
