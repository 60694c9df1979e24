import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import { MutualExclusion } from '../mutual-exclusion.ts'
import type { CatalogChange, CatalogStore } from '../storage.ts'
import { PartitionReader } from './partition-reader.ts'
import { type KafkaClientOptions, TransactionalProducer } from './transactional-producer.ts'

/**
 * The catalog as a compacted topic of one partition that every replica follows: what one writes all see, in one order.
 *
 * Definitions exclude each other across replicas by a transactional id that they share: whoever opens it fences the one
 * before, reads to the end, checks, and writes. One that was fenced in between has written nothing, and begins again.
 */
export interface KafkaCatalogOptions {
  readonly connection: KafkaClientOptions
  readonly topic: string
  /** Shared by all replicas. */
  readonly transactionalId: string
}

const FOLLOW_WAIT_MS = 500
const RETRY_MS = 500
const ATTEMPTS_MAX = 5
/** A replica that does not get to the end of the catalog in this time can't say what there is. */
const CATCH_UP_MS_MAX = 15_000

export class KafkaCatalog implements CatalogStore {
  readonly #options: KafkaCatalogOptions
  readonly #entries = new Map<string, string>()
  readonly #listeners = new Set<(changes: readonly CatalogChange[]) => void>()
  readonly #reader: PartitionReader
  readonly #reached = new Set<{ readonly position: number; readonly resolve: () => void }>()
  #closed = false
  #following: Promise<void> = Promise.resolve()
  readonly #exclusion = new MutualExclusion()
  #producer: TransactionalProducer | undefined

  private constructor(options: KafkaCatalogOptions, reader: PartitionReader) {
    this.#options = options
    this.#reader = reader
  }

  /** Resolves when all that is in the topic now has been read. */
  static async open(options: KafkaCatalogOptions): Promise<KafkaCatalog> {
    const reader = await PartitionReader.open(options.connection, options.topic, 0)
    const catalog = new KafkaCatalog(options, reader)
    const end = await reader.end()
    catalog.#following = catalog.#follow()
    await catalog.#reach(end)
    return catalog
  }

  /** Identity of the topic. */
  get topicId(): string {
    return this.#reader.topicId
  }

  get(key: string): string | undefined {
    return this.#entries.get(key)
  }

  list(prefix: string): readonly (readonly [string, string])[] {
    return [...this.#entries].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
  }

  put(key: string, text: string): Promise<void> {
    return this.write([{ key, text }])
  }

  delete(key: string): Promise<void> {
    return this.write([{ key, text: undefined }])
  }

  /** Durable, and seen here, when it resolves. */
  async write(changes: readonly CatalogChange[]): Promise<void> {
    if (!this.#exclusion.isInside) return this.exclusively(() => this.write(changes))
    const producer = must(this.#producer, 'who runs alone has a producer')
    const records = changes.map(({ key, text }) => ({
      key: Buffer.from(key),
      value: text === undefined ? null : Buffer.from(text),
      timestamp: Number.NaN,
    }))
    const ends = await producer.commit([{ topic: this.#options.topic, partition: 0, records }])
    await this.#reach(Math.max(...ends.values()))
  }

  exclusively<T>(run: () => Promise<T>): Promise<T> {
    return this.#exclusion.isInside ? run() : this.#exclusion.run(() => this.#exclusively(run))
  }

  onChange(listener: (changes: readonly CatalogChange[]) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#closed = true
    // What runs alone ends first.
    await this.#exclusion.run(async () => {})
    await this.#following
    await this.#reader.close()
  }

  async #exclusively<T>(run: () => Promise<T>): Promise<T> {
    const { connection, transactionalId } = this.#options
    for (let attempt = 1; ; attempt++) {
      const producer = await TransactionalProducer.open(connection, transactionalId)
      this.#producer = producer
      try {
        await this.#reach(await this.#reader.end())
        return await run()
      } catch (error) {
        // Another replica has defined something meanwhile: what was checked may no longer hold.
        if (!(error instanceof AppError) || error.code !== 'FENCED' || attempt === ATTEMPTS_MAX) throw error
      } finally {
        this.#producer = undefined
        await producer.close()
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt))
    }
  }

  /** Resolves when everything before the offset has been read. */
  async #reach(position: number): Promise<void> {
    if (this.#reader.position >= position) return
    await new Promise<void>((resolve, reject) => {
      const waiting = { position, resolve: () => done(resolve) }
      const timer = setTimeout(() => done(() => reject(behind())), CATCH_UP_MS_MAX)
      const done = (settle: () => void) => {
        clearTimeout(timer)
        this.#reached.delete(waiting)
        settle()
      }
      this.#reached.add(waiting)
    })
  }

  async #follow(): Promise<void> {
    while (!this.#closed) {
      try {
        const records = await this.#reader.read(FOLLOW_WAIT_MS)
        const changes = records.map(({ key, value }) => ({
          key: Buffer.from(key ?? []).toString(),
          text: value === null ? undefined : Buffer.from(value).toString(),
        }))
        this.#apply(changes)
      } catch {
        // The brokers are away: the catalog stays as it was until they are back.
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }

  #apply(changes: readonly CatalogChange[]): void {
    for (const { key, text } of changes) {
      if (text === undefined) this.#entries.delete(key)
      else this.#entries.set(key, text)
    }
    if (changes.length > 0) for (const listener of [...this.#listeners]) listener(changes)
    for (const waiting of [...this.#reached]) if (this.#reader.position >= waiting.position) waiting.resolve()
  }
}

function behind(): AppError {
  return new AppError('UNAVAILABLE', 'the catalog can not be read to its end', {
    domain: 'external',
    retry: true,
    hint: 'Look at the Kafka brokers, then try again.',
  })
}
