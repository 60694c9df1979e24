import { ProduceAcks, Producer } from '@platformatic/kafka'
import type { Compression } from '../../core/compression.ts'
import { closeClient } from './close-client.ts'
import { kafkaError } from './kafka-errors.ts'
import { type ProducedBatch, produce } from './produce.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/** Writes outside of any transaction: in order, each record once while the producer lives, visible at once. */
export class OutputProducer {
  readonly #producer: Producer
  readonly #name: string

  private constructor(producer: Producer, name: string) {
    this.#producer = producer
    this.#name = name
  }

  static async open(
    connection: KafkaClientOptions,
    name: string,
    compression: Compression = 'none',
  ): Promise<OutputProducer> {
    return new OutputProducer(new Producer({ ...connection, clientId: name, idempotent: true, compression }), name)
  }

  /** Resolves when all in-sync replicas have the records; see `produce`. */
  async write(batches: readonly ProducedBatch[]): Promise<ReadonlyMap<string, number>> {
    try {
      return await produce(batches, (request) => this.#producer.send({ ...request, acks: ProduceAcks.ALL }))
    } catch (error) {
      throw kafkaError(error, `output of "${this.#name}"`)
    }
  }

  close(): Promise<void> {
    return closeClient(this.#producer)
  }
}
