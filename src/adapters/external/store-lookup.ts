import { AppError } from '../../core/errors.ts'
import type { Row } from '../../core/value.ts'
import type { Clock } from '../../engine/ports/clock.ts'
import type { Found, Lookup } from '../../engine/ports/lookup.ts'
import type { FoundText, FoundTexts } from './found-texts.ts'
import { STORE_TIMEOUT_MS } from './store-access.ts'

/** A connection that rows can be asked of. */
export interface LookupConnection {
  find(keys: readonly Row[]): Promise<readonly FoundText[]>
  close(): Promise<void>
}

export interface StoreLookupOptions {
  readonly connect: (timeoutMs: number) => Promise<LookupConnection>
  readonly texts: FoundTexts
  /** The text that stands for a key, one for each. */
  readonly nameOf: (key: Row) => string
  readonly clock: Clock
  /** `lookup.…` of the table. */
  readonly options: Readonly<Record<string, string>>
}

/** Keys of one question: more make it slow to answer, fewer are more questions. */
const KEYS_MAX = 1_000
const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 5_000
/** Rows that are remembered where the table does not say how many. */
const CACHED_ROWS_DEFAULT = 10_000

/**
 * Rows of a store outside. What can't be reached is asked again, with a pause that grows, for as long as it takes; what
 * was found, or not found, is remembered where the table says so, the oldest of it forgotten first.
 */
export class StoreLookup implements Lookup {
  readonly #given: StoreLookupOptions
  readonly #closing = new AbortController()
  readonly #timeoutMs: number
  /** Undefined remembers nothing. */
  readonly #ttlMs: number | undefined
  readonly #rowsMax: number
  /** By the time at which they were found, the oldest first. */
  readonly #cache = new Map<string, { readonly found: Found; readonly atMs: number }>()
  #connection: LookupConnection | undefined
  #waitingFor: string | undefined

  constructor(given: StoreLookupOptions) {
    this.#given = given
    const { options } = given
    const number = (key: string) => (options[key] === undefined ? undefined : Number(options[key]))
    this.#timeoutMs = number('lookup.timeout') ?? STORE_TIMEOUT_MS
    this.#ttlMs = number('lookup.cache.ttl')
    this.#rowsMax = number('lookup.cache.max-rows') ?? CACHED_ROWS_DEFAULT
  }

  get waitingFor(): string | undefined {
    return this.#waitingFor
  }

  async find(keys: readonly Row[]): Promise<readonly Found[]> {
    if (this.#ttlMs === undefined) return this.#ask(keys)
    const nowMs = this.#given.clock.nowMs()
    const names = keys.map(this.#given.nameOf)
    const known = names.map((name) => this.#remembered(name, nowMs, this.#ttlMs ?? 0))
    const missing = keys.filter((_, i) => known[i] === undefined)
    const asked = (await this.#ask(missing)).values()
    return names.map((name, i) => {
      const before = known[i]
      if (before !== undefined) return before.found
      const found = asked.next().value
      this.#remember(name, found)
      return found
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#disconnect()
  }

  #remembered(name: string, nowMs: number, ttlMs: number): { readonly found: Found } | undefined {
    const entry = this.#cache.get(name)
    if (entry === undefined) return undefined
    const ageMs = nowMs - entry.atMs
    // Of a clock that was set back nothing is known.
    if (ageMs >= 0 && ageMs < ttlMs) return entry
    this.#cache.delete(name)
    return undefined
  }

  #remember(name: string, found: Found): void {
    this.#cache.delete(name)
    this.#cache.set(name, { found, atMs: this.#given.clock.nowMs() })
    if (this.#cache.size <= this.#rowsMax) return
    for (const oldest of this.#cache.keys()) {
      this.#cache.delete(oldest)
      return
    }
  }

  async #ask(keys: readonly Row[]): Promise<readonly Found[]> {
    const found: Found[] = []
    for (let from = 0; from < keys.length; from += KEYS_MAX) {
      const part = keys.slice(from, from + KEYS_MAX)
      found.push(...this.#given.texts.decode(part, await this.#answered(part)))
    }
    return found
  }

  async #answered(keys: readonly Row[]): Promise<readonly FoundText[]> {
    const { clock, connect } = this.#given
    let retryMs = RETRY_MS_MIN
    for (let attempt = 1; ; attempt++) {
      try {
        this.#connection ??= await connect(this.#timeoutMs)
        if (this.#closing.signal.aborted) throw closed()
        const texts = await this.#connection.find(keys)
        this.#waitingFor = undefined
        return texts
      } catch (error) {
        await this.#disconnect()
        const passes = error instanceof AppError && error.retry
        if (!passes || this.#closing.signal.aborted) throw error
        this.#waitingFor = `waiting for ${error.message} (attempt ${attempt})`
        await clock.sleepUntil(clock.nowMs() + retryMs, this.#closing.signal)
        if (this.#closing.signal.aborted) throw error
        retryMs = Math.min(2 * retryMs, RETRY_MS_MAX)
      }
    }
  }

  async #disconnect(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }
}

/** Nobody waits for the answer any more. */
function closed(): AppError {
  return new AppError('CANCELLED', 'the lookup was closed')
}
