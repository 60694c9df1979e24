import { createClient } from '@redis/client'
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

type Client = ReturnType<typeof newClient>

/**
 * One connection to a Redis. It is not mended by itself: whoever uses it opens another one, and looks first where it
 * has to go on.
 */
export class RedisConnection {
  readonly #client: Client
  readonly #place: string
  readonly #timeoutMs: number

  private constructor(client: Client, place: string, timeoutMs: number) {
    this.#client = client
    this.#place = place
    this.#timeoutMs = timeoutMs
  }

  static async open(address: StoreAddress, timeoutMs = STORE_TIMEOUT_MS): Promise<RedisConnection> {
    const place = placeOf(address, 'redis')
    const client = newClient(await secretUrl(address, 'redis'))
    const connection = new RedisConnection(client, place, timeoutMs)
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

  /** @throws AppError UNAVAILABLE for whatever goes wrong. */
  async call<T>(run: (client: Client) => Promise<T>): Promise<T> {
    try {
      return await within(this.#timeoutMs, run(this.#client))
    } catch (error) {
      throw storeUnavailable(this.#place, error)
    }
  }

  async close(): Promise<void> {
    if (!this.#client.isOpen) return
    if (this.#client.isReady) await leave(this.#client.close())
    if (this.#client.isOpen) this.#client.destroy()
  }
}

function newClient(url: string) {
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  })
}
