import { compressionsAlgorithms, crc32c } from '@platformatic/kafka'
import type { Compression } from '../../core/compression.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import { recordBytes } from '../log-rules.ts'

/**
 * Records of one partition as Kafka's record batch (format 2), in one buffer. The client writes some ten small buffers
 * a record and joins them; here each record is written once, to where it stays.
 *
 * Who sends it is written with each attempt: a producer that begins anew has another id, and other sequence numbers.
 */
export interface BatchSender {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly transactional: boolean
  /** Of the first record. */
  readonly sequence: number
}

/** At most, what a record costs beside key, value and headers: six numbers and a byte. */
export const RECORD_OVERHEAD_BYTES = 32
/** At most, the two lengths of a header. */
const HEADER_OVERHEAD_BYTES = 10

const HEAD_BYTES = 61
/** What the length of a batch does not count: first offset, and the length itself. */
const UNCOUNTED_BYTES = 12
const MAGIC = 2
const CRC_FROM = 21
const TRANSACTIONAL = 1 << 4

export class RecordBatch {
  readonly count: number
  readonly #bytes: Buffer
  readonly #attributes: number

  private constructor(count: number, bytes: Buffer, attributes: number) {
    this.count = count
    this.#bytes = bytes
    this.#attributes = attributes
  }

  /** A record without a time gets that of now. */
  static async of(
    records: readonly OutputRecord[],
    compression: Compression = 'none',
    nowMs: number = Date.now(),
  ): Promise<RecordBatch> {
    const times = records.map(({ timestamp }) => (Number.isFinite(timestamp) ? Math.trunc(timestamp) : nowMs))
    const plain = encoded(records, times)
    const algorithm = compressionsAlgorithms[compression]
    if (compression === 'none') return new RecordBatch(records.length, plain, algorithm.bitmask)
    const body = plain.subarray(HEAD_BYTES)
    const packed = 'compress' in algorithm ? await algorithm.compress(body) : algorithm.compressSync(body)
    const bytes = Buffer.concat([plain.subarray(0, HEAD_BYTES), packed])
    return new RecordBatch(records.length, bytes, algorithm.bitmask)
  }

  /** All of it, as it is sent. */
  sentBy({ producerId, producerEpoch, transactional, sequence }: BatchSender): Buffer {
    const bytes = this.#bytes
    bytes.writeInt32BE(bytes.length - UNCOUNTED_BYTES, 8)
    bytes.writeInt16BE(this.#attributes | (transactional ? TRANSACTIONAL : 0), 21)
    bytes.writeBigInt64BE(producerId, 43)
    bytes.writeInt16BE(producerEpoch, 51)
    bytes.writeInt32BE(sequence, 53)
    bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_FROM)), 17)
    return bytes
  }
}

/** Room for the head, with what does not depend on the sender, and the records behind it. */
function encoded(records: readonly OutputRecord[], times: readonly number[]): Buffer {
  let room = HEAD_BYTES
  for (const record of records) {
    room += RECORD_OVERHEAD_BYTES + recordBytes(record) + HEADER_OVERHEAD_BYTES * (record.headers?.length ?? 0)
  }
  const writer = new RecordWriter(Buffer.allocUnsafeSlow(room), HEAD_BYTES)
  const [firstTime = 0] = times
  let maxTime = firstTime
  for (const [i, record] of records.entries()) {
    const time = times[i] as number
    if (time > maxTime) maxTime = time
    writer.record(record, time - firstTime, i)
  }
  const bytes = writer.written()
  bytes.fill(0, 0, HEAD_BYTES)
  bytes.writeInt8(MAGIC, 16)
  bytes.writeInt32BE(records.length - 1, 23)
  bytes.writeBigInt64BE(BigInt(firstTime), 27)
  bytes.writeBigInt64BE(BigInt(maxTime), 35)
  bytes.writeInt32BE(records.length, 57)
  return bytes
}

/** Numbers are zigzag varints: the sign in the lowest bit, then seven bits a byte, the lowest first. */
class RecordWriter {
  readonly #bytes: Buffer
  #at: number

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.#at = at
  }

  written(): Buffer {
    return this.#bytes.subarray(0, this.#at)
  }

  record({ key, value, headers = NO_HEADERS }: OutputRecord, timeDelta: number, offsetDelta: number): void {
    const names = headers === NO_HEADERS ? NO_NAMES : headers.map(([name]) => Buffer.from(name))
    let length = 1 + varintBytes(timeDelta) + varintBytes(offsetDelta) + sizeOf(key) + sizeOf(value)
    length += varintBytes(headers.length)
    for (const [i, [, header]] of headers.entries()) length += sizeOf(names[i] as Buffer) + sizeOf(header)
    this.#varint(length)
    this.#bytes[this.#at++] = 0
    this.#varint(timeDelta)
    this.#varint(offsetDelta)
    this.#part(key)
    this.#part(value)
    this.#varint(headers.length)
    for (const [i, [, header]] of headers.entries()) {
      this.#part(names[i] as Buffer)
      this.#part(header)
    }
  }

  #part(part: Uint8Array | null): void {
    if (part === null) {
      this.#varint(-1)
      return
    }
    this.#varint(part.length)
    this.#bytes.set(part, this.#at)
    this.#at += part.length
  }

  #varint(value: number): void {
    const bytes = this.#bytes
    const magnitude = magnitudeOf(value)
    let byte = ((magnitude % 64) << 1) | Number(value < 0)
    for (let rest = Math.floor(magnitude / 64); rest > 0; rest = Math.floor(rest / 128)) {
      bytes[this.#at++] = byte | 0x80
      byte = rest % 128
    }
    bytes[this.#at++] = byte
  }
}

const NO_HEADERS: NonNullable<OutputRecord['headers']> = []
const NO_NAMES: readonly Buffer[] = []

function sizeOf(part: Uint8Array | null): number {
  return part === null ? varintBytes(-1) : varintBytes(part.length) + part.length
}

function varintBytes(value: number): number {
  let count = 1
  for (let rest = Math.floor(magnitudeOf(value) / 64); rest > 0; rest = Math.floor(rest / 128)) count++
  return count
}

/** A double, which holds the difference of any two times in ms: bit operations would end at 2^31 ms, 25 days. */
function magnitudeOf(value: number): number {
  return value < 0 ? -value - 1 : value
}
