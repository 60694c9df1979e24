import { AppError } from '../../core/errors.ts'
import type { FetchResponse } from './fetch.ts'

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

/** True where the error of the client is, or holds, this error of the protocol. */
export function hasApiError(error: unknown, name: string): boolean {
  return apiErrors(error).has(name)
}

/** True where the broker, or the client by what it has heard, does not know the topic. */
export function isUnknownTopic(error: unknown): boolean {
  const ids = apiErrors(error)
  if (ids.has('UNKNOWN_TOPIC_OR_PARTITION') || ids.has('UNKNOWN_TOPIC_ID')) return true
  return error instanceof Error && error.message.startsWith('Unknown topic ')
}

/** What a response with an error in one of its parts says of the others. */
export function responseOf(error: unknown): FetchResponse | undefined {
  const { response, errors = [] } = (error ?? {}) as ClientError
  if (response !== undefined && 'responses' in response) return response as FetchResponse
  for (const inner of errors) {
    const found = responseOf(inner)
    if (found !== undefined) return found
  }
  return undefined
}

interface ClientError {
  readonly response?: object
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
