import pg from 'pg'
import { AppError } from '../../core/errors.ts'
import {
  CONNECT_TIMEOUT_MS,
  leave,
  placeOf,
  STORE_TIMEOUT_MS,
  type StoreAddress,
  secretUrl,
  storeUnavailable,
  within,
} from '../external/store-access.ts'

export interface PostgresResult<T> {
  readonly rows: readonly T[]
  readonly count: number
}

/** One connection to a PostgreSQL. It is not mended by itself: whoever uses it opens another one. */
export class PostgresConnection {
  readonly place: string
  readonly #client: pg.Client
  readonly #timeoutMs: number

  private constructor(client: pg.Client, place: string, timeoutMs: number) {
    this.#client = client
    this.place = place
    this.#timeoutMs = timeoutMs
  }

  static async open(address: StoreAddress, timeoutMs = STORE_TIMEOUT_MS): Promise<PostgresConnection> {
    const place = placeOf(address, 'postgres')
    const client = new pg.Client({
      connectionString: await secretUrl(address, 'postgresql'),
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      application_name: 'weir',
      keepAlive: true,
    })
    const connection = new PostgresConnection(client, place, timeoutMs)
    // Whoever calls next is told; without a listener the process would end.
    client.on('error', () => {})
    try {
      await within(CONNECT_TIMEOUT_MS, client.connect())
      return connection
    } catch (error) {
      await connection.close()
      throw storeUnavailable(place, error)
    }
  }

  /** @throws AppError, by who has to act. */
  async query<T extends object>(text: string, values: readonly unknown[] = []): Promise<PostgresResult<T>> {
    try {
      const { rows, rowCount } = await within(this.#timeoutMs, this.#client.query<T>(text, [...values]))
      return { rows, count: rowCount ?? 0 }
    } catch (error) {
      throw this.#faultOf(error)
    }
  }

  async close(): Promise<void> {
    await leave(this.#client.end())
  }

  #faultOf(error: unknown): AppError {
    const { code, message } = error as { readonly code?: string; readonly message?: string }
    if (code === undefined || !LASTING.test(code)) return storeUnavailable(this.place, error)
    return new AppError(VALUES.test(code) ? 'INVALID_ARGUMENT' : 'FAILED_PRECONDITION', `${this.place}: ${message}`, {
      hint: 'Mend the table or the rights, then RESUME QUERY: it goes on with the same rows.',
    })
  }
}

/** Classes of SQLSTATE that do not pass by themselves: values, constraints, rights and names. */
const LASTING = /^(?:22|23|42)/
const VALUES = /^22/

/** `schema.table`, each part quoted by the library. */
export function quotedTable(name: string): string {
  return name.split('.').map(quoted).join('.')
}

export function quoted(name: string): string {
  return pg.escapeIdentifier(name)
}
