import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js'

/** What a controller serves: a service of proto/ and the handlers of its methods. */
export interface GrpcService {
  readonly definition: ServiceDefinition
  readonly implementation: UntypedServiceImplementation
}

/**
 * The definition of a service with one response that handlers may also give as bytes, ready encoded: row batches skip
 * the objects (row-encoder.ts).
 */
export function withEncodedResponses<D extends ServiceDefinition>(definition: D, method: keyof D & string): D {
  const original = definition[method] as D[typeof method]
  const responseSerialize = (value: unknown) =>
    Buffer.isBuffer(value) ? value : original.responseSerialize(value as never)
  return { ...definition, [method]: { ...original, responseSerialize } }
}
