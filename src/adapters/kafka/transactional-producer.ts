import type { BaseOptions } from '@platformatic/kafka'
import { assert } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import { type BatchProducer, batchProducer } from './batch-producer.ts'
import { closeClient } from './close-client.ts'
import { kafkaError } from './kafka-errors.ts'
import { type ProducedBatch, produce } from './produce.ts'

/**
 * The writer of one task: all records of an epoch in one Kafka transaction.
 *
 * The transactional id belongs to the task, not to the process: opening it fences whoever wrote for the task before and
 * ends that one's open transaction, so what is read from the log after `open` is final. Whatever goes wrong leaves the
 * outcome unknown; a producer that failed is thrown away, and opening the same id anew settles it (ADR on the client).
 */
/** Connection of a client: brokers, TLS, SASL. */
export type KafkaClientOptions = Omit<BaseOptions, 'clientId'>

/**
 * Longest time from the first record of a transaction to its commit. A transaction that a dead task has left open holds
 * back readers of its topics for as long, where nobody opens the task again.
 */
const TRANSACTION_TIMEOUT_MS = 30_000
/** The broker says CONCURRENT_TRANSACTIONS while it still writes the markers of the transaction before. */
const RETRY_DELAY_MS = 10
const RETRIES = 100
type Transaction = Awaited<ReturnType<BatchProducer['beginTransaction']>>

export class TransactionalProducer {
  readonly #id: string
  readonly #producer: BatchProducer
  readonly #compression: Compression | undefined
  /** Begun, and nothing sent yet: the client tells the broker of a transaction with its first record. */
  #begun: Transaction | undefined
  #failed = false

  private constructor(id: string, producer: BatchProducer, compression: Compression | undefined, begun: Transaction) {
    this.#id = id
    this.#producer = producer
    this.#compression = compression
    this.#begun = begun
  }

  static async open(
    connection: KafkaClientOptions,
    transactionalId: string,
    compression?: Compression | undefined,
  ): Promise<TransactionalProducer> {
    const producer = batchProducer({
      ...connection,
      clientId: transactionalId,
      transactionalId,
      retries: RETRIES,
      retryDelay: RETRY_DELAY_MS,
      // The client sends its request time-out as the time-out of the transaction.
      timeout: TRANSACTION_TIMEOUT_MS,
      // By default the client claims producer 0 with epoch 0, and the second one of an id is refused.
      producerId: -1n,
      producerEpoch: -1,
    })
    try {
      return new TransactionalProducer(transactionalId, producer, compression, await producer.beginTransaction())
    } catch (error) {
      await closeClient(producer)
      throw kafkaError(error, `transactional id "${transactionalId}" can't be opened`)
    }
  }

  /**
   * Writes the batches and commits. Resolves with the offset behind the last record of each partition, by
   * `topic/partition`. Rejects with AppError: FENCED when another opened the task since, else the outcome is unknown;
   * either way this producer is of no more use.
   */
  async commit(batches: readonly ProducedBatch[]): Promise<ReadonlyMap<string, number>> {
    assert(!this.#failed, 'a producer that failed is thrown away')
    try {
      const transaction = this.#begun ?? (await this.#producer.beginTransaction())
      this.#begun = undefined
      const ends = await produce(batches, this.#compression, (request) => transaction.send(request))
      await transaction.commit()
      return ends
    } catch (error) {
      this.#failed = true
      throw kafkaError(error, `transaction of "${this.#id}"`)
    }
  }

  async close(): Promise<void> {
    // What can't be closed in order is cut: the broker ends the transaction when the id is opened again.
    await closeClient(this.#producer)
  }
}
