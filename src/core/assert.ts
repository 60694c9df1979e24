/**
 * Assertions state what this program relies on. They stay on in production: a broken invariant must stop a task
 * before it commits wrong results. What a user or the world can cause is a Diagnostic or an AppError instead.
 */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The value, which the caller knows to be there. */
export function must<T>(value: T | undefined | null, message: string): T {
  if (value === undefined || value === null) throw new AssertionError(message)
  return value
}

/** Makes a `switch` over a union exhaustive: it does not compile while a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
