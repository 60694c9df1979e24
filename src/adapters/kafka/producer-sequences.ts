import type { AppendResult, OutputRecord, ProducerSequence } from '../../engine/ports/log.ts'
import { PartitionReader } from './partition-reader.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Appends of a producer that may send again what was not acknowledged: each record carries its producer and sequence in
 * headers, and what is at or below the last one written is left out.
 *
 * The last sequence of a producer that this process does not know is looked up at the end of the partition, so that a
 * restart, or another replica, goes on where the one before stopped. Two replicas at once for one producer are not kept
 * apart: a producer speaks to one at a time.
 */
const PRODUCER_HEADER = 'weir-producer'
const SEQUENCE_HEADER = 'weir-sequence'
/** How far back a producer is looked for: more than a client has in flight when it loses its connection. */
const LOOK_BACK_RECORDS = 50_000
/** Producers remembered; one that is forgotten is looked up again. */
const PRODUCERS_MAX = 10_000
const READ_WAIT_MS = 100

export class ProducerSequences {
  readonly #connection: KafkaClientOptions
  /** By topic, partition and producer, in order of their last use. */
  readonly #last = new Map<string, Promise<number>>()

  constructor(connection: KafkaClientOptions) {
    this.#connection = connection
  }

  /** One append of a producer at a time: the next one waits for it. */
  append(
    topic: string,
    partition: number,
    records: readonly OutputRecord[],
    { producerId, sequence }: ProducerSequence,
    write: (records: readonly OutputRecord[]) => Promise<AppendResult>,
  ): Promise<AppendResult> {
    const key = JSON.stringify([topic, partition, producerId])
    const before = this.#last.get(key) ?? this.#lookUp(topic, partition, producerId)
    const done = before.then(async (last) => {
      const duplicates = Math.min(records.length, Math.max(0, last + 1 - sequence))
      const fresh = records.slice(duplicates).map((record, i) => ({
        ...record,
        headers: [
          ...(record.headers ?? []),
          [PRODUCER_HEADER, Buffer.from(producerId)] as const,
          [SEQUENCE_HEADER, Buffer.from(String(sequence + duplicates + i))] as const,
        ],
      }))
      const result = await write(fresh)
      return { ...result, duplicates, last: Math.max(last, sequence + records.length - 1) }
    })
    this.#remember(
      key,
      done.then(({ last }) => last),
    )
    return done.then(({ firstOffset, appended, duplicates }) => ({ firstOffset, appended, duplicates }))
  }

  #remember(key: string, last: Promise<number>): void {
    this.#last.delete(key)
    this.#last.set(key, last)
    // What became of a failed append is looked up before the next one.
    last.catch(() => {
      if (this.#last.get(key) === last) this.#last.delete(key)
    })
    const oldest = this.#last.size > PRODUCERS_MAX ? this.#last.keys().next().value : undefined
    if (oldest !== undefined) this.#last.delete(oldest)
  }

  async #lookUp(topic: string, partition: number, producerId: string): Promise<number> {
    const reader = await PartitionReader.open(this.#connection, topic, partition)
    try {
      const end = await reader.end()
      reader.position = Math.max(await reader.start(), end - LOOK_BACK_RECORDS)
      let last = -1
      while (reader.position < end) {
        for (const { headers } of await reader.read(READ_WAIT_MS)) {
          if (header(headers, PRODUCER_HEADER) !== producerId) continue
          last = Math.max(last, Number(header(headers, SEQUENCE_HEADER)))
        }
      }
      return last
    } finally {
      await reader.close()
    }
  }
}

function header(
  headers: readonly (readonly [Uint8Array | null, Uint8Array | null])[],
  name: string,
): string | undefined {
  const found = headers.find(([key]) => key !== null && Buffer.from(key).toString() === name)
  return found?.[1] ? Buffer.from(found[1]).toString() : undefined
}
