import type { MessageToProduce, ProduceResult } from '@platformatic/kafka'
import { must } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import { recordBytes } from '../log-rules.ts'
import { RECORD_OVERHEAD_BYTES, RecordBatch } from './record-batch.ts'

/** Records of ours as requests of the client. */
export interface ProducedBatch {
  readonly topic: string
  readonly partition: number
  readonly records: readonly OutputRecord[]
  /** Undefined: that of the producer. */
  readonly compression?: Compression | undefined
}

/** Bytes that one request brings to one partition: below the smallest limit that a broker has by default, 1 MiB. */
const REQUEST_PARTITION_BYTES_MAX = 512 * 1024
/** Bytes of one request: a broker takes 100 MiB by default, and memory holds the request twice. */
const REQUEST_BYTES_MAX = 8 * 1024 * 1024
/** A request: a batch for each of some partitions. */
export interface ProduceRequest {
  readonly messages: MessageToProduce<Buffer, RecordBatch, Buffer, Buffer>[]
}

export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

/** Requests of bounded size, each partition's records in order. */
function* requests(batches: readonly ProducedBatch[]): Generator<ReadonlyMap<string, PartitionRecords>> {
  let request = new Map<string, PartitionRecords>()
  let bytes = 0
  for (const { topic, partition, records } of batches) {
    const key = partitionKey(topic, partition)
    let own = request.get(key)
    for (const record of records) {
      const size = RECORD_OVERHEAD_BYTES + recordBytes(record)
      const isFull = bytes + size > REQUEST_BYTES_MAX || (own?.bytes ?? 0) + size > REQUEST_PARTITION_BYTES_MAX
      if (isFull && bytes > 0) {
        yield request
        request = new Map()
        own = undefined
        bytes = 0
      }
      if (own === undefined) {
        own = { topic, partition, records: [], bytes: 0 }
        request.set(key, own)
      }
      own.records.push(record)
      own.bytes += size
      bytes += size
    }
  }
  if (bytes > 0) yield request
}

interface PartitionRecords {
  readonly topic: string
  readonly partition: number
  readonly records: OutputRecord[]
  bytes: number
}

/**
 * Sends the batches in requests of bounded size, those to one partition in order where they have one compression.
 * Resolves with the offset behind the last record of each partition, by `topic/partition`.
 */
export async function produce(
  batches: readonly ProducedBatch[],
  compression: Compression | undefined,
  send: (request: ProduceRequest) => Promise<ProduceResult>,
): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  for (const [own, alike] of Map.groupBy(batches, (batch) => batch.compression)) {
    for (const request of requests(alike)) {
      const messages = await Promise.all(
        Array.from(request.values(), async ({ topic, partition, records }) => ({
          topic,
          partition,
          value: await RecordBatch.of(records, own ?? compression),
        })),
      )
      // One at a time: in a transaction the client loses partitions of requests that run beside each other.
      const { offsets = [] } = await send({ messages })
      for (const { topic, partition, offset } of offsets) {
        const key = partitionKey(topic, partition)
        ends.set(key, Number(offset) + must(request.get(key), 'an answer is about what was sent').records.length)
      }
    }
  }
  return ends
}
