import { ProduceAcks } from '@platformatic/kafka'
import type { Compression } from '../../core/compression.ts'
import { type BatchProducer, batchProducer } from './batch-producer.ts'
import { closeClient } from './close-client.ts'
import { kafkaError } from './kafka-errors.ts'
import { type ProducedBatch, produce } from './produce.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/** Writes outside of any transaction: in order, each record once while the producer lives, visible at once. */
export class OutputProducer {
  readonly #producer: BatchProducer
  readonly #name: string
  readonly #compression: Compression | undefined

  private constructor(producer: BatchProducer, name: string, compression: Compression | undefined) {
    this.#producer = producer
    this.#name = name
    this.#compression = compression
  }

  static async open(
    connection: KafkaClientOptions,
    name: string,
    compression?: Compression | undefined,
  ): Promise<OutputProducer> {
    return new OutputProducer(batchProducer({ ...connection, clientId: name }), name, compression)
  }

  /** Resolves when all in-sync replicas have the records; see `produce`. */
  async write(batches: readonly ProducedBatch[]): Promise<ReadonlyMap<string, number>> {
    try {
      return await produce(batches, this.#compression, (request) =>
        this.#producer.send({ ...request, acks: ProduceAcks.ALL }),
      )
    } catch (error) {
      throw kafkaError(error, `output of "${this.#name}"`)
    }
  }

  close(): Promise<void> {
    return closeClient(this.#producer)
  }
}
