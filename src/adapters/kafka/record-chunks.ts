import type { RecordsBatch } from '@platformatic/kafka'
import type { RecordChunk } from '../../engine/ports/log.ts'
import { appendTimeMs } from './fetch.ts'

/**
 * Records of a response as one chunk: positions within the bytes that came. A response arrives in pieces, and a batch
 * that was compressed has a buffer of its own; where there is one buffer nothing is copied, else each is copied once.
 */
export interface FetchedChunk {
  readonly count: number
  readonly data: Uint8Array
  readonly offsets: Float64Array
  readonly timestamps: Float64Array
  /** Positions in `data`; -1 for a null. */
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  readonly keyStart: Int32Array | undefined
  readonly keyEnd: Int32Array | undefined
  readonly headers: readonly RecordHeaders[] | undefined
  /** About what it holds in memory; a record without key and value is not for nothing. */
  readonly weightBytes: number
}

/** Positions, offset and time of a record. */
const RECORD_OVERHEAD_BYTES = 32
const HEADER_OVERHEAD_BYTES = 64

type Records = RecordsBatch['records']
type RecordHeaders = Records[number]['headers']

/** Records of the batches from an offset on; undefined when there are none. */
export function fetchedChunk(batches: readonly RecordsBatch[], fromOffset: number): FetchedChunk | undefined {
  let count = 0
  for (const batch of batches) count += batch.records.length - firstAt(batch, fromOffset)
  if (count === 0) return undefined
  const bytes = new Regions()
  const offsets = new Float64Array(count)
  const timestamps = new Float64Array(count)
  const valueStart = new Int32Array(count)
  const valueEnd = new Int32Array(count)
  const keyStart = new Int32Array(count)
  const keyEnd = new Int32Array(count)
  let headers: RecordHeaders[] | undefined
  let headerBytes = 0
  let hasKeys = false
  let i = 0
  for (const batch of batches) {
    const base = Number(batch.firstOffset)
    const firstTimestamp = Number(batch.firstTimestamp)
    const stamped = appendTimeMs(batch)
    const { records } = batch
    for (let r = firstAt(batch, fromOffset); r < records.length; r++) {
      const record = records[r] as Records[number]
      const { key, value } = record
      offsets[i] = base + record.offsetDelta
      timestamps[i] = stamped ?? firstTimestamp + Number(record.timestampDelta)
      keyStart[i] = key === null ? -1 : bytes.place(key)
      keyEnd[i] = key === null ? -1 : bytes.end
      if (key !== null) hasKeys = true
      valueStart[i] = value === null ? -1 : bytes.place(value)
      valueEnd[i] = value === null ? -1 : bytes.end
      if (record.headers.length > 0) {
        headers ??= new Array<RecordHeaders>(count).fill([])
        headers[i] = record.headers
        headerBytes += bytesOf(record.headers)
      }
      i++
    }
  }
  const data = bytes.join()
  return {
    count,
    data,
    offsets,
    timestamps,
    valueStart,
    valueEnd,
    keyStart: hasKeys ? keyStart : undefined,
    keyEnd: hasKeys ? keyEnd : undefined,
    headers,
    weightBytes: data.length + headerBytes + count * RECORD_OVERHEAD_BYTES,
  }
}

function bytesOf(headers: RecordHeaders): number {
  let bytes = 0
  for (const [name, value] of headers) bytes += HEADER_OVERHEAD_BYTES + (name?.length ?? 0) + (value?.length ?? 0)
  return bytes
}

function firstAt({ firstOffset, records }: RecordsBatch, fromOffset: number): number {
  const delta = fromOffset - Number(firstOffset)
  if (delta <= 0) return 0
  const found = records.findIndex(({ offsetDelta }) => offsetDelta >= delta)
  return found === -1 ? records.length : found
}

interface Region {
  readonly buffer: ArrayBufferLike
  /** Where it begins in what is joined. */
  readonly base: number
  readonly low: number
  high: number
}

/** Pieces of buffers, in the order in which they lie there, as if they were one after the other. */
class Regions {
  readonly #regions: Region[] = []
  #current: Region | undefined
  /** Position behind what was placed last. */
  end = 0

  /** The position that the bytes get. */
  place(bytes: Uint8Array): number {
    if (bytes.length === 0) return this.end
    let region = this.#current
    if (region === undefined || region.buffer !== bytes.buffer || bytes.byteOffset < region.high) {
      region = { buffer: bytes.buffer, base: this.end, low: bytes.byteOffset, high: bytes.byteOffset }
      this.#regions.push(region)
      this.#current = region
    }
    region.high = bytes.byteOffset + bytes.length
    this.end = region.base + region.high - region.low
    return this.end - bytes.length
  }

  join(): Uint8Array {
    const [first] = this.#regions
    if (first === undefined) return new Uint8Array(0)
    if (this.#regions.length === 1) return new Uint8Array(first.buffer, first.low, this.end)
    const joined = new Uint8Array(this.end)
    for (const { buffer, base, low, high } of this.#regions) joined.set(new Uint8Array(buffer, low, high - low), base)
    return joined
  }
}

/** Records `from` to `to` of a chunk, over only the bytes that they need. */
export function sliceChunk(
  chunk: FetchedChunk,
  from: number,
  to: number,
  place: Pick<RecordChunk, 'partition' | 'nextOffset'>,
): RecordChunk {
  const low = firstPosition(chunk, from, to)
  const high = lastPosition(chunk, from, to)
  const { headers } = chunk
  return {
    ...place,
    count: to - from,
    data: chunk.data.subarray(low, high),
    valueStart: shifted(chunk.valueStart, from, to, low),
    valueEnd: shifted(chunk.valueEnd, from, to, low),
    keyStart: chunk.keyStart && shifted(chunk.keyStart, from, to, low),
    keyEnd: chunk.keyEnd && shifted(chunk.keyEnd, from, to, low),
    timestamps: chunk.timestamps.subarray(from, to),
    offsets: chunk.offsets.subarray(from, to),
    end: false,
    columns: undefined,
    headers: headers && ((i) => headers[from + i] ?? []),
  }
}

/** Positions ascend: the first that is there is the lowest. */
function firstPosition({ keyStart, valueStart }: FetchedChunk, from: number, to: number): number {
  for (let i = from; i < to; i++) {
    const key = keyStart?.[i] ?? -1
    if (key >= 0) return key
    if ((valueStart[i] as number) >= 0) return valueStart[i] as number
  }
  return 0
}

function lastPosition({ keyEnd, valueEnd }: FetchedChunk, from: number, to: number): number {
  for (let i = to - 1; i >= from; i--) {
    if ((valueEnd[i] as number) >= 0) return valueEnd[i] as number
    const key = keyEnd?.[i] ?? -1
    if (key >= 0) return key
  }
  return 0
}

function shifted(positions: Int32Array, from: number, to: number, by: number): Int32Array {
  const out = positions.slice(from, to)
  if (by === 0) return out
  for (let i = 0; i < out.length; i++) {
    const position = out[i] as number
    if (position >= 0) out[i] = position - by
  }
  return out
}
