// How `weir` ends, in one place; docs/cli.md has the same table, and a test holds them equal. Scripts branch on these
// numbers, so that a number is never given a second meaning.

import { AppError } from '../core/errors.ts'

export const EXIT_CODES = {
  ok: 0,
  /** A statement, a query or a self-check failed while it ran. */
  failure: 1,
  /** The command line itself is wrong: unknown option, missing file, two options that exclude each other. */
  usage: 2,
  /** No server answers at the address, or it is not ready to. */
  unreachable: 3,
  /** The SQL does not parse or bind: the same text fails again. */
  invalidSql: 4,
  /** The server does not know who calls, or their rights do not cover it. */
  refused: 5,
  /** Ctrl-C ended it before its end; the shell's own convention, 128 + SIGINT. */
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES]

/** The command line is wrong. Carries the hint that stands under the message. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
  readonly hint: string | undefined

  constructor(message: string, hint?: string) {
    super(message)
    this.hint = hint
  }
}

export function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof UsageError) return EXIT_CODES.usage
  if (!(error instanceof AppError)) return EXIT_CODES.failure
  switch (error.code) {
    case 'INVALID_SQL':
      return EXIT_CODES.invalidSql
    case 'UNAUTHENTICATED':
    case 'PERMISSION_DENIED':
      return EXIT_CODES.refused
    case 'UNAVAILABLE':
      return EXIT_CODES.unreachable
    case 'CANCELLED':
      return EXIT_CODES.interrupted
    default:
      return EXIT_CODES.failure
  }
}
