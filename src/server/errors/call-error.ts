import type { AppError } from '../../core/errors.ts'

/**
 * An AppError with what only this call knows: facts that go into ErrorInfo.metadata, such as the resume token of a
 * stream that is cut.
 */
export class CallError extends Error {
  override readonly name = 'CallError'
  readonly error: AppError
  readonly metadata: Readonly<Record<string, string>>

  constructor(error: AppError, metadata: Readonly<Record<string, string>>) {
    super(error.message, { cause: error })
    this.error = error
    this.metadata = metadata
  }
}
