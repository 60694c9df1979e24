import {
  type Consumer,
  createAPI,
  FetchIsolationLevels,
  fetchV13,
  fetchV14,
  fetchV15,
  fetchV16,
  fetchV17,
  type RecordsBatch,
} from '@platformatic/kafka'
import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import { FlatReader } from './flat-reader.ts'

/**
 * One fetch request over a connection of the client, and which of its batches a reader of committed records may see.
 *
 * The client's own `Consumer.fetch` leaves out aborted records only where the same response also has the marker of the
 * abort, and of several aborted transactions of one producer only the last: a transaction that spans two responses
 * would be read although it was aborted. So its request and response are used, and `committedBatches` decides.
 */
export interface FetchRequest {
  /** Id of the broker that leads the partitions. */
  readonly node: number
  readonly topicId: string
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[]
  readonly maxWaitMs: number
  readonly partitionBytesMax: number
  readonly bytesMax: number
}

export type FetchResponse = ReturnType<typeof fetchV17.parseResponse>
export type FetchedPartition = FetchResponse['responses'][number]['partitions'][number]

/** The protocol's number of the request. */
const FETCH_KEY = 1

/** By topic id, so that a topic made again under its name is not taken for the old one. */
const VERSIONS = [
  [17, inOnePiece(17, fetchV17)],
  [16, inOnePiece(16, fetchV16)],
  [15, inOnePiece(15, fetchV15)],
  [14, inOnePiece(14, fetchV14)],
  [13, inOnePiece(13, fetchV13)],
] as const

type FetchApi = typeof fetchV17.api

/** The client's request and response, the response put together first: it arrives in pieces of 64 KiB. */
function inOnePiece(
  version: number,
  { createRequest, parseResponse }: Pick<typeof fetchV17, 'createRequest' | 'parseResponse'>,
): FetchApi {
  return createAPI(FETCH_KEY, version, createRequest, (id, key, asked, reader) =>
    parseResponse(id, key, asked, new FlatReader(reader.buffer.buffer)),
  )
}

export async function fetch(consumer: Consumer, request: FetchRequest): Promise<FetchResponse> {
  const { node, topicId, partitions, maxWaitMs, partitionBytesMax, bytesMax } = request
  const metadata = await consumer.metadata({ topics: [] })
  const broker = metadata.brokers.get(node)
  if (broker === undefined) throw new Error(`broker ${node} is not part of the cluster`)
  const connection = await consumer.connections.get(broker)
  const api = await fetchApi(consumer)
  const wanted = partitions.map(({ partition, offset }) => ({
    partition,
    fetchOffset: BigInt(offset),
    currentLeaderEpoch: -1,
    lastFetchedEpoch: -1,
    partitionMaxBytes: partitionBytesMax,
  }))
  const topics = [{ topicId, partitions: wanted }]
  return new Promise((resolve, reject) => {
    api(
      connection,
      maxWaitMs,
      1,
      bytesMax,
      FetchIsolationLevels.READ_COMMITTED,
      0,
      0,
      topics,
      [],
      '',
      (error, response) => {
        if (error) reject(isUnreadable(error) ? unreadable(error) : error)
        else resolve(must(response, 'a fetch without an error has a response'))
      },
    )
  })
}

/** Thrown by whoever takes a response apart: an answer came, and the same one would come again. */
export function isUnreadable(error: Error): boolean {
  const code = 'code' in error ? String(error.code) : ''
  return !code.startsWith('PLT_KFK_') || code === 'PLT_KFK_UNSUPPORTED_COMPRESSION'
}

function unreadable(cause: Error): AppError {
  return new AppError('FAILED_PRECONDITION', `records can't be read: ${cause.message}`, {
    domain: 'external',
    hint: 'They are damaged, or compressed in a way that is not known here: begin behind them, with scan.startup.mode.',
    cause,
  })
}

const versions = new WeakMap<Consumer, Promise<FetchApi>>()

function fetchApi(consumer: Consumer): Promise<FetchApi> {
  let found = versions.get(consumer)
  if (found === undefined) {
    found = negotiate(consumer)
    found.catch(() => versions.delete(consumer))
    versions.set(consumer, found)
  }
  return found
}

async function negotiate(consumer: Consumer): Promise<FetchApi> {
  const supported = (await consumer.listApis()).find((one) => one.name === 'Fetch')
  const version = VERSIONS.find(
    ([number]) => supported !== undefined && number >= supported.minVersion && number <= supported.maxVersion,
  )
  if (version !== undefined) return version[1]
  throw new AppError('NOT_SUPPORTED', 'the Kafka broker is too old: it can not be read by topic id', {
    hint: 'Use Kafka 3.5 or newer.',
  })
}

const IS_TRANSACTIONAL = 1 << 4
const IS_CONTROL = 1 << 5
const ABORT_MARKER = 0

const HAS_APPEND_TIME = 1 << 3

/** The time that all records of a batch have where the broker stamps them; undefined where each has its own. */
export function appendTimeMs({ attributes, maxTimestamp }: RecordsBatch): number | undefined {
  return (attributes & HAS_APPEND_TIME) === 0 ? undefined : Number(maxTimestamp)
}

/** Where the partition goes on after a response: behind its last batch, whatever became of it. */
export function nextOffset(batches: readonly RecordsBatch[], from: number): number {
  const last = batches.at(-1)
  return last === undefined ? from : Math.max(from, Number(last.firstOffset) + last.lastOffsetDelta + 1)
}

/**
 * The batches that hold committed records. A producer's records are aborted from the first offset that the broker names
 * up to the marker that ends its transaction; the markers are no records.
 */
export function committedBatches(partition: FetchedPartition): RecordsBatch[] {
  const records = partition.records ?? []
  const abortedTransactions = partition.abortedTransactions ?? []
  if (abortedTransactions.length === 0) return records.filter(isData)
  const pending = [...abortedTransactions].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1))
  const aborted = new Set<bigint>()
  return records.filter((batch) => {
    const last = batch.firstOffset + BigInt(batch.lastOffsetDelta)
    while (pending.length > 0 && (pending[0] as (typeof pending)[number]).firstOffset <= last) {
      aborted.add((pending.shift() as (typeof pending)[number]).producerId)
    }
    if (isData(batch)) return (batch.attributes & IS_TRANSACTIONAL) === 0 || !aborted.has(batch.producerId)
    const marker = must(batch.records[0], 'a control batch holds its marker')
    if (marker.key?.readInt16BE(2) === ABORT_MARKER) aborted.delete(batch.producerId)
    return false
  })
}

function isData(batch: RecordsBatch): boolean {
  return (batch.attributes & IS_CONTROL) === 0
}
