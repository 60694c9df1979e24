import { must } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import type { AppendResult, OutputRecord } from '../../engine/ports/log.ts'
import { OutputProducer } from './output-producer.ts'
import { type ProducedBatch, partitionKey } from './produce.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Appends outside of any query, in the order of the calls: what comes while a request is under way goes into the next
 * one together. One request at a time keeps the order, also over a failure.
 */
interface Append extends ProducedBatch {
  readonly resolve: (result: AppendResult) => void
  readonly reject: (error: unknown) => void
}

/** Appends of one round; their records wait in memory until it is done. */
const ROUND_APPENDS_MAX = 1_000

export class AppendQueue {
  readonly #connection: KafkaClientOptions
  readonly #compression: Compression | undefined
  #waiting: Append[] = []
  #running: Promise<void> | undefined
  #producer: OutputProducer | undefined

  constructor(connection: KafkaClientOptions, compression: Compression | undefined) {
    this.#connection = connection
    this.#compression = compression
  }

  append(topic: string, partition: number, records: readonly OutputRecord[]): Promise<AppendResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ topic, partition, records, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  async close(): Promise<void> {
    await this.#running
    await this.#producer?.close()
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#round(this.#next())
    this.#running = undefined
  }

  /** Those of one topic: what is wrong with a topic is not the trouble of another. */
  #next(): readonly Append[] {
    const topic = this.#waiting[0]?.topic
    const round: Append[] = []
    const rest: Append[] = []
    for (const append of this.#waiting) {
      if (append.topic === topic && round.length < ROUND_APPENDS_MAX) round.push(append)
      else rest.push(append)
    }
    this.#waiting = rest
    return round
  }

  async #round(appends: readonly Append[]): Promise<void> {
    try {
      this.#producer ??= await OutputProducer.open(this.#connection, 'weir-append', this.#compression)
      const ends = new Map(await this.#producer.write(appends))
      // From the last to the first: each ends where the one behind it in its partition begins.
      for (const { topic, partition, records, resolve } of appends.toReversed()) {
        const key = partitionKey(topic, partition)
        const firstOffset = must(ends.get(key), 'what was written has an offset') - records.length
        ends.set(key, firstOffset)
        resolve({ firstOffset, appended: records.length, duplicates: 0 })
      }
    } catch (error) {
      // What became of its sequence numbers is not known: the next round begins with a new producer.
      await this.#producer?.close()
      this.#producer = undefined
      for (const { reject } of appends) reject(error)
    }
  }
}
