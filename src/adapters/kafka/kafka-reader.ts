import { Consumer, FetchIsolationLevels } from '@platformatic/kafka'
import { must } from '../../core/assert.ts'
import { AppError } from '../../core/errors.ts'
import type { RecordChunk, SourceReader } from '../../engine/ports/log.ts'
import { partitionMissing, positionExpired, positionInvalid, topicMissing } from '../log-rules.ts'
import { closeClient } from './close-client.ts'
import { committedBatches, type FetchedPartition, fetch, nextOffset } from './fetch.ts'
import { isRefused, isUnknownTopic, kafkaError, responseOf } from './kafka-errors.ts'
import { type FetchedChunk, fetchedChunk, sliceChunk } from './record-chunks.ts'
import type { KafkaClientOptions } from './transactional-producer.ts'

/**
 * Reads partitions of a topic, committed records only, with a client and connections of its own.
 *
 * `read` never waits: it gives what has come already. In the background one request a broker is under way for all
 * partitions with room for more; what comes is kept as it came, up to a bound, and tells whoever listens. So the engine
 * works on one part of the log while the next is on its way.
 */

/** Kept unread for a partition, after which no more is asked for: two requests' worth of larger records. */
const READ_AHEAD_BYTES = 2 * 1024 * 1024
const FETCH_PARTITION_BYTES_MAX = 1024 * 1024
const FETCH_BYTES_MAX = 16 * 1024 * 1024
/** A request waits this long for the first record; a partition that has got room again waits for it as well. */
const FETCH_WAIT_MS = 250
const RETRY_MS_MIN = 50
const RETRY_MS_MAX = 1_000
/** Without an answer for so long although somebody reads: the client is made anew, whatever it believes. */
const STALLED_MS = 30_000

interface Partition {
  readonly number: number
  /** Where to fetch on; undefined until somebody reads. */
  position: number | undefined
  /** The offset that the next read asks for. */
  next: number
  chunks: { readonly chunk: FetchedChunk; from: number }[]
  bytes: number
  /** Last stable offset, as of the last response; undefined before it. */
  end: number | undefined
  error: AppError | undefined
}

export class KafkaReader implements SourceReader {
  readonly partitions: readonly number[]
  readonly #connection: KafkaClientOptions
  readonly #topic: string
  readonly #topicId: string
  readonly #partitions: ReadonlyMap<number, Partition>
  readonly #listeners = new Set<() => void>()
  /** Brokers that a request is under way to. */
  readonly #busy = new Set<number>()
  readonly #closed = new AbortController()
  #consumer: Consumer
  #pumping = false
  #retryMs = RETRY_MS_MIN
  #answeredMs = performance.now()

  private constructor(
    connection: KafkaClientOptions,
    consumer: Consumer,
    topic: string,
    topicId: string,
    partitions: readonly number[],
  ) {
    this.#connection = connection
    this.#consumer = consumer
    this.#topic = topic
    this.#topicId = topicId
    this.partitions = partitions
    this.#partitions = new Map(partitions.map((number) => [number, newPartition(number)]))
  }

  /** @throws AppError NOT_FOUND when the topic or a partition does not exist. */
  static async open(
    connection: KafkaClientOptions,
    topic: string,
    partitions?: readonly number[],
  ): Promise<KafkaReader> {
    const consumer = newConsumer(connection, topic)
    try {
      const metadata = await consumer.metadata({ topics: [topic], forceUpdate: true })
      const found = metadata.topics.get(topic)
      if (found === undefined) throw topicMissing(topic)
      const all = Array.from({ length: found.partitionsCount }, (_, i) => i)
      const missing = partitions?.find((number) => !all.includes(number))
      if (missing !== undefined) throw partitionMissing(topic, missing, all.length)
      return new KafkaReader(connection, consumer, topic, found.id, partitions ?? all)
    } catch (error) {
      await closeClient(consumer)
      if (isUnknownTopic(error)) throw topicMissing(topic)
      throw kafkaError(error, `topic "${topic}"`)
    }
  }

  async startOffset(partition: number): Promise<number> {
    try {
      const offsets = await this.#consumer.listOffsets({
        topics: [this.#topic],
        partitions: { [this.#topic]: [partition] },
        timestamp: -2n,
        isolationLevel: FetchIsolationLevels.READ_COMMITTED,
      })
      return Number(must(offsets.get(this.#topic)?.[partition], 'a partition has a first offset'))
    } catch (error) {
      throw kafkaError(error, `topic "${this.#topic}", partition ${partition}`)
    }
  }

  read(number: number, offset: number, recordsMax: number): RecordChunk | undefined {
    const partition = this.#partition(number)
    if (!Number.isSafeInteger(offset) || offset < 0) throw positionInvalid(this.#topic, offset)
    if (partition.position === undefined || offset !== partition.next) this.#seek(partition, offset)
    if (partition.error !== undefined) throw partition.error
    const chunk = recordsMax < 1 ? undefined : take(partition, recordsMax)
    if (partition.bytes < READ_AHEAD_BYTES) this.#pump()
    return chunk
  }

  lag(number: number, offset: number): number | undefined {
    const partition = this.#partition(number)
    if (partition.end === undefined) return undefined
    // All that was fetched is read and done with: what lies between is markers of transactions, and no records.
    const isThrough = partition.chunks.length === 0 && partition.position === partition.end
    if (isThrough && offset >= partition.next) return 0
    return Math.max(0, partition.end - offset)
  }

  onAvailable(listener: () => void): () => void {
    const call = () => listener()
    this.#listeners.add(call)
    return () => this.#listeners.delete(call)
  }

  nextAvailableMs(): undefined {
    return undefined
  }

  async close(): Promise<void> {
    this.#closed.abort()
    this.#listeners.clear()
    for (const partition of this.#partitions.values()) clear(partition)
    await closeClient(this.#consumer)
  }

  #partition(number: number): Partition {
    const partition = this.#partitions.get(number)
    if (partition === undefined) throw partitionMissing(this.#topic, number, this.partitions.length)
    return partition
  }

  #seek(partition: Partition, offset: number): void {
    clear(partition)
    partition.position = offset
    partition.next = offset
    partition.error = undefined
  }

  /** Sees to it that every broker which leads a partition with room is asked. */
  #pump(): void {
    if (this.#pumping || this.#closed.signal.aborted) return
    this.#pumping = true
    void this.#ask().finally(() => {
      this.#pumping = false
    })
  }

  async #ask(): Promise<void> {
    try {
      const leaders = await this.#leaders()
      for (const [node, wanted] of leaders) {
        if (this.#busy.has(node)) continue
        this.#busy.add(node)
        void this.#fetch(node, wanted)
      }
    } catch (error) {
      await this.#failed(error)
    }
  }

  async #leaders(): Promise<ReadonlyMap<number, readonly Partition[]>> {
    const wanted = [...this.#partitions.values()].filter(
      ({ position, bytes, error }) => position !== undefined && bytes < READ_AHEAD_BYTES && error === undefined,
    )
    if (wanted.length === 0) return new Map()
    const metadata = await this.#consumer.metadata({ topics: [this.#topic] })
    const topic = metadata.topics.get(this.#topic)
    if (topic === undefined || topic.id !== this.#topicId) throw topicMissing(this.#topic)
    const leaders = new Map<number, Partition[]>()
    for (const partition of wanted) {
      const leader = topic.partitions[partition.number]?.leader ?? -1
      leaders.set(leader, [...(leaders.get(leader) ?? []), partition])
    }
    return leaders
  }

  async #fetch(node: number, wanted: readonly Partition[]): Promise<void> {
    const asked = wanted.map((partition) => ({ partition, offset: partition.position ?? 0 }))
    try {
      const response = await fetch(this.#consumer, {
        node,
        topicId: this.#topicId,
        partitions: asked.map(({ partition, offset }) => ({ partition: partition.number, offset })),
        maxWaitMs: FETCH_WAIT_MS,
        partitionBytesMax: FETCH_PARTITION_BYTES_MAX,
        bytesMax: FETCH_BYTES_MAX,
      })
      this.#accept(asked, response.responses[0]?.partitions ?? [])
      this.#retryMs = RETRY_MS_MIN
    } catch (error) {
      const partial = responseOf(error)
      if (partial !== undefined) this.#accept(asked, partial.responses[0]?.partitions ?? [])
      this.#busy.delete(node)
      if (isUnreadable(error)) this.#refuse(wanted, error)
      return this.#failed(error)
    }
    this.#busy.delete(node)
    this.#pump()
  }

  #accept(
    asked: readonly { readonly partition: Partition; readonly offset: number }[],
    fetched: readonly FetchedPartition[],
  ): void {
    this.#answeredMs = performance.now()
    let arrived = false
    for (const answer of fetched) {
      const one = asked.find(({ partition }) => partition.number === answer.partitionIndex)
      // Somebody has moved it elsewhere while the request was under way.
      if (one === undefined || one.partition.position !== one.offset) continue
      const { partition, offset } = one
      if (answer.errorCode === OFFSET_OUT_OF_RANGE) {
        partition.error = positionExpired(this.#topic, partition.number, offset, Number(answer.logStartOffset))
        arrived = true
        continue
      }
      if (answer.errorCode !== 0) continue
      const chunk = fetchedChunk(committedBatches(answer), offset)
      if (chunk !== undefined) {
        partition.chunks.push({ chunk, from: 0 })
        partition.bytes += chunk.weightBytes
      }
      partition.position = nextOffset(answer.records ?? [], offset)
      const end = Number(answer.lastStableOffset)
      // Offsets without records are told as well: with the last of them a bounded source has ended.
      if (partition.position !== offset || end !== partition.end) arrived = true
      partition.end = end
    }
    if (arrived) for (const listener of [...this.#listeners]) listener()
  }

  /** Tells who reads, instead of asking for the same for ever; which partition of a request it is, the client hides. */
  #refuse(wanted: readonly Partition[], error: AppError): void {
    const places = wanted.map(({ number, position }) => `partition ${number} at offset ${position}`)
    const { code, domain, hint = '' } = error
    const message = `topic "${this.#topic}", ${places.join(' or ')}: ${error.message}`
    for (const partition of wanted) partition.error = new AppError(code, message, { domain, hint, cause: error })
    for (const listener of [...this.#listeners]) listener()
  }

  /** Leaders move, brokers restart: the log is asked again, with a pause that grows. */
  async #failed(error: unknown): Promise<void> {
    if (this.#closed.signal.aborted) return
    if (isRefused(error)) this.#refuse([...this.#partitions.values()], kafkaError(error, "records can't be read"))
    const gone = (error instanceof AppError && error.code === 'NOT_FOUND') || isUnknownTopic(error)
    if (gone && (await this.#isDeleted())) {
      for (const partition of this.#partitions.values()) partition.error = topicMissing(this.#topic)
      for (const listener of [...this.#listeners]) listener()
      return
    }
    await new Promise((resolve) => setTimeout(resolve, this.#retryMs))
    this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MS_MAX)
    if (this.#closed.signal.aborted) return
    if (performance.now() - this.#answeredMs > STALLED_MS) await this.#replaceClient()
    else this.#consumer.clearMetadata()
    this.#pumping = false
    this.#pump()
  }

  async #isDeleted(): Promise<boolean> {
    try {
      const metadata = await this.#consumer.metadata({ topics: [this.#topic], forceUpdate: true })
      const topic = metadata.topics.get(this.#topic)
      return topic === undefined || topic.id !== this.#topicId
    } catch (error) {
      return isUnknownTopic(error)
    }
  }

  async #replaceClient(): Promise<void> {
    const old = this.#consumer
    this.#consumer = newConsumer(this.#connection, this.#topic)
    this.#answeredMs = performance.now()
    await closeClient(old)
  }
}

const OFFSET_OUT_OF_RANGE = 1

function isUnreadable(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'FAILED_PRECONDITION'
}

function newConsumer(connection: KafkaClientOptions, topic: string): Consumer {
  // The client wants a group, which it never joins here.
  return new Consumer({
    ...connection,
    clientId: `read-${topic}`,
    groupId: `read-${topic}`,
    autocommit: false,
    retries: 1,
  })
}

function newPartition(number: number): Partition {
  return { number, position: undefined, next: -1, chunks: [], bytes: 0, end: undefined, error: undefined }
}

function clear(partition: Partition): void {
  partition.chunks = []
  partition.bytes = 0
}

function take(partition: Partition, recordsMax: number): RecordChunk | undefined {
  const [first] = partition.chunks
  if (first === undefined) return undefined
  const { chunk, from } = first
  const to = Math.min(from + recordsMax, chunk.count)
  partition.next = (chunk.offsets[to - 1] as number) + 1
  const taken = sliceChunk(chunk, from, to, { partition: partition.number, nextOffset: partition.next })
  if (to < chunk.count) first.from = to
  else {
    partition.chunks.shift()
    partition.bytes -= chunk.weightBytes
  }
  return taken
}
