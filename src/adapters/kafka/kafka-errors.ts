import { AppError } from '../../core/errors.ts'

/**
 * What an error of the client means to whoever has to act. Errors of ours pass through. Nothing of a request is
 * repeated in the text: it may hold credentials.
 */
export function kafkaError(error: unknown, what: string): AppError {
  if (error instanceof AppError) return error
  const ids = apiErrors(error)
  const has = (...names: string[]) => names.some((name) => ids.has(name))
  if (has('INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'FENCED_INSTANCE_ID')) {
    return new AppError('FENCED', `${what}: another replica has taken over`, {
      domain: 'external',
      hint: 'Nothing to do: the task goes on where it was moved to.',
      cause: error,
    })
  }
  return new AppError('UNAVAILABLE', `${what}: ${message(error)}`, {
    domain: 'external',
    retry: true,
    hint: 'Look at the brokers: the same is tried again by itself.',
    cause: error,
  })
}

interface ClientError {
  readonly apiId?: string
  readonly message?: string
  readonly errors?: readonly unknown[]
}

/** Names of the protocol errors in a tree of errors. */
function apiErrors(error: unknown, into = new Set<string>()): Set<string> {
  const { apiId, errors = [] } = (error ?? {}) as ClientError
  if (apiId !== undefined) into.add(apiId)
  for (const inner of errors) apiErrors(inner, into)
  return into
}

function message(error: unknown): string {
  const ids = [...apiErrors(error)]
  if (ids.length > 0) return ids.join(', ')
  return error instanceof Error ? error.message : String(error)
}
