// A schema registry that is not ours: the one at WEIR_TEST_SCHEMA_REGISTRY, else Apicurio. Where none can be had, specs
// are skipped and say so; under `CI=true`, where nobody reads what was skipped, each of them fails instead.

import { describe, it } from 'vitest'
import { Apicurio, RegistryMissingError } from './apicurio.ts'

export interface RealRegistry extends AsyncDisposable {
  /** Where Confluent's interface is. */
  readonly url: string
}

type Found = { readonly registry: RealRegistry } | { readonly missing: string }

export async function findRealRegistry(): Promise<Found> {
  const url = process.env['WEIR_TEST_SCHEMA_REGISTRY']
  if (url !== undefined && url !== '') return { registry: { url, [Symbol.asyncDispose]: async () => {} } }
  try {
    return { registry: await Apicurio.start() }
  } catch (error) {
    if (error instanceof RegistryMissingError) return { missing: error.message }
    throw error
  }
}

export function describeRealRegistry(name: string, found: Found, body: (url: string) => void): void {
  if ('registry' in found) {
    describe(name, () => body(found.registry.url))
    return
  }
  if (process.env['CI'] === 'true') {
    it(`${name} (needs a schema registry)`, () => {
      throw new Error(`CI=true does not skip the tests with a schema registry: ${found.missing}`)
    })
  }
  describe.skipIf(true)(name, () => body('http://127.0.0.1:9'))
}
