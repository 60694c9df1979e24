import { AppError } from '../../core/errors.ts'
import type { FetchResponse } from './fetch.ts'
import { accessFault, type ClientError, errorsIn, isLeaf } from './kafka-access.ts'

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
  const fault = accessFault(error)
  return new AppError('UNAVAILABLE', `${what}: ${fault?.message ?? message(error)}`, {
    domain: 'external',
    retry: true,
    hint: fault?.hint ?? 'Look at the brokers: the same is tried again by itself.',
    cause: error,
  })
}

/** True where the broker does not let us in: to ask again soon would help nobody. */
export function isRefused(error: unknown): boolean {
  return accessFault(error)?.certain === true
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

/** Names of the protocol errors in a tree of errors. */
function apiErrors(error: unknown): ReadonlySet<string> {
  return new Set(errorsIn(error).flatMap(({ apiId }) => apiId ?? []))
}

function message(error: unknown): string {
  const ids = [...apiErrors(error)]
  if (ids.length > 0) return ids.join(', ')
  // What happened, and not that it happened several times.
  return errorsIn(error).find((one) => isLeaf(one) && one.message)?.message ?? String(error)
}
