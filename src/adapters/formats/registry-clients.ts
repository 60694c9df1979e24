import { AppError } from '../../core/errors.ts'
import type { FormatSpec } from '../../plan/physical/nodes.ts'
import type { RegistryAddress } from '../schema-registry/registry-request.ts'
import { SchemaRegistry } from '../schema-registry/schema-registry.ts'

/** The registry that streams have which name none. */
export interface DefaultRegistry {
  /** One or several addresses, separated by commas. */
  readonly url: string
  readonly user: string | undefined
  /** A reference to a secret. */
  readonly password: string | undefined
}

/** One client for each registry and login, shared by all queries, and with it the schemas that it has read. */
export class RegistryClients {
  readonly #own: DefaultRegistry | undefined
  readonly #clients = new Map<string, SchemaRegistry>()

  constructor(own: DefaultRegistry | undefined) {
    this.#own = own
  }

  /** Undefined where the records of the format name no schema. */
  of({ options }: FormatSpec): SchemaRegistry | undefined {
    const address = registryAddress(options, this.#own)
    if (address === undefined) return undefined
    const key = JSON.stringify(address)
    const client = this.#clients.get(key) ?? new SchemaRegistry(address)
    this.#clients.set(key, client)
    return client
  }
}

function registryAddress(
  options: FormatSpec['options'],
  own: DefaultRegistry | undefined,
): RegistryAddress | undefined {
  const { 'schema.registry': url, 'schema.registry.user': user, 'schema.registry.password': password } = options
  if (url === undefined) return undefined
  if (url !== 'default') return { urls: url.split(','), user, password }
  if (own === undefined) {
    throw new AppError('FAILED_PRECONDITION', 'no schema registry is known', {
      hint: `Give "schema.registry" = 'http://…', or start the server with --schema-registry-url.`,
    })
  }
  return { urls: own.url.split(','), user: user ?? own.user, password: password ?? own.password }
}
