import type { MessageToProduce, ProduceResult } from '@platformatic/kafka'
import { must } from '../../core/assert.ts'
import type { Compression } from '../../core/compression.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import { recordBytes } from '../log-rules.ts'
import { mendClientWriter } from './client-writer.ts'

mendClientWriter()

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
/** What a record costs beside key, value and headers. */
const RECORD_OVERHEAD_BYTES = 32

type Message = MessageToProduce<Buffer, Buffer, Buffer, Buffer>

/** A request has one compression for all that it brings. */
export interface ProduceRequest {
  readonly messages: Message[]
  readonly compression?: Compression
}

export function partitionKey(topic: string, partition: number): string {
  return `${topic}/${partition}`
}

/** Requests of bounded size, each partition's records in order. */
function* requests(batches: readonly ProducedBatch[]): Generator<Message[]> {
  let messages: Message[] = []
  let bytes = 0
  let inPartition = new Map<string, number>()
  for (const { topic, partition, records } of batches) {
    const key = partitionKey(topic, partition)
    for (const record of records) {
      const size = RECORD_OVERHEAD_BYTES + recordBytes(record)
      const partitionBytes = (inPartition.get(key) ?? 0) + size
      const full = bytes + size > REQUEST_BYTES_MAX || partitionBytes > REQUEST_PARTITION_BYTES_MAX
      if (full && messages.length > 0) {
        yield messages
        messages = []
        bytes = 0
        inPartition = new Map()
      }
      messages.push(message(topic, partition, record))
      bytes += size
      inPartition.set(key, (inPartition.get(key) ?? 0) + size)
    }
  }
  if (messages.length > 0) yield messages
}

function message(topic: string, partition: number, { key, value, timestamp, headers }: OutputRecord): Message {
  return {
    topic,
    partition,
    // The client takes undefined for null; its types say Buffer, any bytes will do.
    key: (key ?? undefined) as Buffer,
    value: (value ?? undefined) as Buffer,
    ...(Number.isFinite(timestamp) ? { timestamp: BigInt(Math.trunc(timestamp)) } : {}),
    ...(headers === undefined ? {} : { headers: new Map(headers.map(([name, bytes]) => [Buffer.from(name), bytes])) }),
  } as Message
}

/**
 * Sends the batches in requests of bounded size, those to one partition in order where they have one compression.
 * Resolves with the offset behind the last record of each partition, by `topic/partition`.
 */
export async function produce(
  batches: readonly ProducedBatch[],
  send: (request: ProduceRequest) => Promise<ProduceResult>,
): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  for (const [compression, alike] of Map.groupBy(batches, (batch) => batch.compression)) {
    for (const messages of requests(alike)) {
      // One at a time: in a transaction the client loses partitions of requests that run beside each other.
      const { offsets } = await send(compression === undefined ? { messages } : { messages, compression })
      addEnds(ends, messages, offsets ?? [])
    }
  }
  return ends
}

function addEnds(
  ends: Map<string, number>,
  messages: readonly Message[],
  offsets: readonly { readonly topic: string; readonly partition: number; readonly offset: bigint }[],
): void {
  const counts = new Map<string, number>()
  for (const { topic, partition } of messages) {
    const key = partitionKey(topic, must(partition, 'each record has its partition'))
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  for (const { topic, partition, offset } of offsets) {
    const key = partitionKey(topic, partition)
    ends.set(key, Number(offset) + (counts.get(key) ?? 0))
  }
}
