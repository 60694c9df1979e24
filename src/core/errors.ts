import type { Diagnostic } from '../../grammar/diagnostic.ts'

/**
 * Who has to act: `user` (fix the statement or the data), `external` (disk, network, another system),
 * `internal` (a defect of ours).
 */
export type ErrorDomain = 'user' | 'external' | 'internal'

/** The closed list of errors that leave the process. The server maps each to one gRPC status, in one place. */
export type ErrorCode =
  | 'INVALID_SQL'
  | 'INVALID_ARGUMENT'
  | 'NOT_FOUND'
  | 'ALREADY_EXISTS'
  | 'FAILED_PRECONDITION'
  /** Nobody knows who is asking. */
  | 'UNAUTHENTICATED'
  /** It is known who is asking, and that is not theirs to do. */
  | 'PERMISSION_DENIED'
  | 'RESOURCE_EXHAUSTED'
  | 'POSITION_EXPIRED'
  | 'NOT_SUPPORTED'
  | 'DISK_FULL'
  | 'DATA_DIRECTORY_IN_USE'
  | 'DATA_DIRECTORY_CORRUPT'
  | 'DATA_DIRECTORY_NEWER'
  | 'ADDRESS_IN_USE'
  | 'UNAVAILABLE'
  /** Another process has taken over what this one was writing. */
  | 'FENCED'
  | 'CANCELLED'
  | 'INTERNAL'

export interface AppErrorOptions {
  readonly domain?: ErrorDomain
  /** True when the same call may succeed later without a change. */
  readonly retry?: boolean
  /** When it may: then, at the earliest. */
  readonly retryAfterMs?: number
  /** What to do about it, one sentence. */
  readonly hint?: string
  readonly diagnostics?: readonly Diagnostic[]
  readonly cause?: unknown
}

/** A fault that is not a defect: it says what, where and what to do. */
export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly domain: ErrorDomain
  readonly retry: boolean
  readonly retryAfterMs: number | undefined
  readonly hint: string | undefined
  readonly diagnostics: readonly Diagnostic[]

  constructor(code: ErrorCode, message: string, options: AppErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.domain = options.domain ?? 'user'
    this.retry = options.retry ?? false
    this.retryAfterMs = options.retryAfterMs
    this.hint = options.hint
    this.diagnostics = options.diagnostics ?? []
  }
}
