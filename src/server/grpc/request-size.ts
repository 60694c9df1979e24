// How large a request was on the wire: what it has become in memory does not say.

import type { ServiceDefinition } from '@grpc/grpc-js'

const sizes = new WeakMap<object, number>()

/** The definition of a service whose requests keep their size. */
export function measured(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => {
      const requestDeserialize = (bytes: Buffer) => {
        const request: object = method.requestDeserialize(bytes)
        sizes.set(request, bytes.length)
        return request
      }
      return [name, { ...method, requestDeserialize }]
    }),
  )
}

export function requestBytes(request: unknown): number {
  return typeof request === 'object' && request !== null ? (sizes.get(request) ?? 0) : 0
}
