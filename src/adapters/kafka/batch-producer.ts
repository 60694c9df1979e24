import {
  type API,
  type Callback,
  createAPI,
  kGetApi,
  Producer,
  type ProducerOptions,
  produceV9,
  produceV10,
  produceV11,
  Writer,
} from '@platformatic/kafka'
import { AppError } from '../../core/errors.ts'
import type { RecordBatch } from './record-batch.ts'

/**
 * The client's producer (2.12.1), whose messages are whole batches of one partition each: connections, retries,
 * transactions and what errors mean are the client's, the bytes are ours (`RecordBatch`). The client counts a message
 * as one record; so the sequence numbers, which the broker checks, are counted here.
 */
export class BatchProducer extends Producer<Buffer, RecordBatch, Buffer, Buffer> {
  readonly #sequences = new Sequences()
  #api: API<RequestArguments, unknown> | undefined

  override [kGetApi]<Arguments extends unknown[], Response>(
    name: string,
    callback: Callback<API<Arguments, Response>>,
  ): void {
    super[kGetApi]<Arguments, Response>(name, (error, api) => {
      if (error !== null || api === undefined || name !== 'Produce') return callback(error, api)
      try {
        this.#api ??= produceApi(api.version, this.#sequences)
      } catch (unsupported) {
        return callback(unsupported as Error)
      }
      callback(null, this.#api as unknown as API<Arguments, Response>)
    })
  }
}

/** What the client hands over to its own form of the request. */
type RequestArguments = [acks: number, timeout: number, messages: readonly BatchMessage[], options: RequestOptions]

interface BatchMessage {
  readonly topic: string
  readonly partition: number
  readonly value: RecordBatch
}

interface RequestOptions {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly transactionalId?: string
}

/** These have one form of the request: since Kafka 2.4. */
const VERSIONS = [produceV9, produceV10, produceV11]

function produceApi(version: number, sequences: Sequences): API<RequestArguments, unknown> {
  const known = VERSIONS.find(({ api }) => api.version === version)
  if (known === undefined) {
    throw new AppError('UNAVAILABLE', `the broker takes records only in version ${version} of the request`, {
      domain: 'external',
      hint: 'Use Kafka 3.5 or newer.',
    })
  }
  const request = (acks: number, timeout: number, messages: readonly BatchMessage[], options: RequestOptions) =>
    Writer.create()
      .appendString(options.transactionalId)
      .appendInt16(acks)
      .appendInt32(timeout)
      .appendArray([...Map.groupBy(messages, ({ topic }) => topic)], (writer, [topic, ofTopic]) => {
        writer.appendString(topic).appendArray(ofTopic, (_, message) => {
          const bytes = bytesOf(message, options, sequences)
          writer
            .appendInt32(message.partition)
            .appendUnsignedVarInt(bytes.length + 1)
            .append(bytes)
        })
      })
      .appendTaggedFields()
  return createAPI<RequestArguments, unknown>(known.api.key, version, request, known.parseResponse)
}

function bytesOf(message: BatchMessage, options: RequestOptions, sequences: Sequences): Buffer {
  const { producerId, producerEpoch, transactionalId } = options
  const sequence = sequences.of(message, `${producerId}/${producerEpoch}`)
  return message.value.sentBy({ producerId, producerEpoch, sequence, transactional: transactionalId !== undefined })
}

/** Sequence numbers start again at 0 behind the largest int32. */
const SEQUENCES = 2 ** 31

/** Each partition counts its records. A batch that is sent once more, by the same producer, keeps its number. */
export class Sequences {
  #producer = ''
  readonly #next = new Map<string, number>()
  #given = new WeakMap<RecordBatch, number>()

  of({ topic, partition, value: batch }: BatchMessage, producer: string): number {
    if (producer !== this.#producer) {
      this.#producer = producer
      this.#next.clear()
      this.#given = new WeakMap()
    }
    const given = this.#given.get(batch)
    if (given !== undefined) return given
    const key = `${topic}/${partition}`
    const sequence = this.#next.get(key) ?? 0
    this.#given.set(batch, sequence)
    this.#next.set(key, (sequence + batch.count) % SEQUENCES)
    return sequence
  }
}

/** As all producers of ours are. */
export function batchProducer(
  options: Omit<ProducerOptions<Buffer, RecordBatch, Buffer, Buffer>, 'idempotent' | 'compression'>,
): BatchProducer {
  return new BatchProducer({ ...options, idempotent: true })
}
