// What one client may have at once and send in a second, so that none takes the server from the others. A client is who
// it says it is; where nobody is asked, its address. What is sent on a stream too fast is not read for a moment, which
// flow control tells the sender; a single call is refused, and told when to come again.

import { setTimeout as sleep } from 'node:timers/promises'
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible'
import { AppError } from '../../core/errors.ts'
import { flagName, type ServerConfig, type SettingName } from '../config/config.ts'
import type { Caller } from '../security/caller.ts'
import { settingFault } from '../security/watched-file.ts'

/** How long is left until what was asked for may be had; at most this, for what nobody knows. */
const SLOT_RETRY_MS = 1_000
const WINDOW_S = 1

export interface Client {
  readonly peer: string
  readonly caller: Caller
}

export class Quotas {
  readonly #config: ServerConfig
  readonly #rates: readonly {
    readonly setting: SettingName
    readonly what: string
    readonly limiter: RateLimiterMemory
  }[]
  readonly #held = new Map<string, number>()

  constructor(config: ServerConfig) {
    this.#config = config
    const { quotaMessagesPerSecond: messages, quotaBytesPerSecond: bytes, messageReceiveBytesMax } = config
    if (bytes > 0 && bytes < messageReceiveBytesMax) {
      const hint = `Give at least ${messageReceiveBytesMax}, or make that smaller.`
      throw settingFault('quotaBytesPerSecond', `is below --${flagName('messageReceiveBytesMax')}`, hint)
    }
    const rate = (setting: SettingName, what: string, points: number) =>
      points === 0 ? [] : [{ setting, what, limiter: new RateLimiterMemory({ points, duration: WINDOW_S }) }]
    this.#rates = [
      ...rate('quotaMessagesPerSecond', 'messages', messages),
      ...rate('quotaBytesPerSecond', 'bytes', bytes),
    ]
  }

  /** Takes one of those that a client may have at once, until disposed of. Throws RESOURCE_EXHAUSTED. */
  hold(what: 'queries' | 'subscriptions' | 'streams', client: Client): Disposable {
    const setting = (
      { queries: 'quotaQueries', subscriptions: 'quotaSubscriptions', streams: 'quotaStreams' } as const
    )[what]
    const limit = this.#config[setting]
    if (limit === 0) return { [Symbol.dispose]: () => {} }
    const key = `${what} ${clientKey(client)}`
    const held = this.#held.get(key) ?? 0
    if (held >= limit) throw exceeded(`too many ${what} of one client: the limit is ${limit}`, setting, SLOT_RETRY_MS)
    this.#held.set(key, held + 1)
    return {
      [Symbol.dispose]: () => {
        const left = (this.#held.get(key) ?? 1) - 1
        if (left > 0) this.#held.set(key, left)
        else this.#held.delete(key)
      },
    }
  }

  /** One message of a call. Throws RESOURCE_EXHAUSTED with the time after which there is room again. */
  async take(client: Client, bytes: number): Promise<void> {
    for (const { setting, what, limiter } of this.#rates) {
      try {
        await limiter.consume(clientKey(client), what === 'bytes' ? bytes : 1)
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        const message = `too many ${what} a second of one client: the limit is ${limiter.points}`
        throw exceeded(message, setting, Math.max(1, refusal.msBeforeNext))
      }
    }
  }

  /** One message of a stream: waits until there is room for it. */
  async wait(client: Client, bytes: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        await this.take(client, bytes)
        return
      } catch (error) {
        if (!(error instanceof AppError) || error.retryAfterMs === undefined) throw error
        // Aborted or not, what has become of the call is asked next.
        await sleep(error.retryAfterMs, undefined, { signal }).catch(() => undefined)
        signal.throwIfAborted()
      }
    }
  }
}

function clientKey({ caller: { principal }, peer }: Client): string {
  return principal.by === 'nothing' ? `address ${peer}` : `${principal.by} ${principal.name}`
}

function exceeded(message: string, setting: SettingName, retryAfterMs: number): AppError {
  const hint = `Try again later, or raise --${flagName(setting)}.`
  return new AppError('RESOURCE_EXHAUSTED', message, { retry: true, retryAfterMs, hint })
}
