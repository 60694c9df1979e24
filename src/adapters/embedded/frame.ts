import { crc32 } from 'node:zlib'
import { assert } from '../../core/assert.ts'
import type { OutputRecord, RecordChunk } from '../../engine/ports/log.ts'

/**
 * A frame is what the embedded log stores under one LMDB key: up to a thousand records in one value, so that writing
 * and reading cost is per frame. Layout, little-endian:
 *
 * | bytes | what                                                                   |
 * |-------|------------------------------------------------------------------------|
 * | 0     | magic `WRF` and the version, 1                                          |
 * | 4     | CRC-32 of everything from byte 8                                        |
 * | 8     | count of records                                                       |
 * | 12    | flags: 1 = the records have keys                                       |
 * | 16    | base offset (float64)                                                  |
 * | 24    | highest timestamp in this frame (float64)                              |
 * | 32    | highest timestamp in the partition up to the end of this frame (float64) |
 * | 40    | timestamps (float64 × count), value lengths (int32 × count), key lengths (int32 × count, with keys) |
 * | …     | key and value of each record, one after the other                      |
 *
 * A length of -1 is a null. The highest timestamp so far never falls, so an offset is found by time in a binary search
 * over frames, without an index.
 */
const MAGIC = 0x01_46_52_57
const MAGIC_WITHOUT_VERSION = 0x46_52_57
const HEADER_BYTES = 40
const FLAG_KEYS = 1

/** A frame is read as a whole: larger ones would be read again for each batch, smaller ones cost more LMDB look-ups. */
export const FRAME_RECORDS_MAX = 1024
/** Bytes of keys and values after which a frame is closed; one record alone may be larger. */
export const FRAME_DATA_BYTES_MAX = 256 * 1024

export interface Frame {
  readonly base: number
  readonly count: number
  /** Highest timestamp in the frame, ms. */
  readonly maxTimestamp: number
  /** Highest timestamp of the partition up to here, ms. */
  readonly runningMaxTimestamp: number
  readonly data: Uint8Array
  readonly valueStart: Int32Array
  readonly valueEnd: Int32Array
  readonly keyStart: Int32Array | undefined
  readonly keyEnd: Int32Array | undefined
  readonly timestamps: Float64Array
}

/** Why a frame can't be read; the log adds where it is. */
export class FrameError extends Error {
  override readonly name = 'FrameError'
}

/** What a record takes in a frame, about. */
export function recordBytes(record: OutputRecord): number {
  return 16 + (record.key?.length ?? 0) + (record.value?.length ?? 0)
}

/** The number of records from `start` that one frame takes: at least one. */
export function frameFill(records: readonly OutputRecord[], start: number): number {
  let bytes = 0
  let index = start
  while (index < records.length && index - start < FRAME_RECORDS_MAX) {
    bytes += recordBytes(records[index] as OutputRecord)
    if (bytes > FRAME_DATA_BYTES_MAX && index > start) break
    index++
  }
  return index - start
}

export interface EncodedFrame {
  readonly bytes: Uint8Array
  readonly runningMaxTimestamp: number
}

export function encodeFrame(
  base: number,
  records: readonly OutputRecord[],
  start: number,
  count: number,
  runningMaxTimestamp: number,
): EncodedFrame {
  assert(count >= 1 && count <= FRAME_RECORDS_MAX, 'a frame has 1 to FRAME_RECORDS_MAX records')
  let dataBytes = 0
  let keys = false
  for (let i = start; i < start + count; i++) {
    const record = records[i] as OutputRecord
    dataBytes += (record.key?.length ?? 0) + (record.value?.length ?? 0)
    if (record.key !== null) keys = true
  }
  const headerBytes = HEADER_BYTES + count * (keys ? 16 : 12)
  // Its own buffer, not Node's pool: LMDB's thread reads it until the commit.
  const bytes = new Uint8Array(headerBytes + dataBytes)
  const view = new DataView(bytes.buffer)
  let maxTimestamp = Number.NEGATIVE_INFINITY
  let position = headerBytes
  const valueLengths = HEADER_BYTES + count * 8
  const keyLengths = HEADER_BYTES + count * 12
  for (let i = 0; i < count; i++) {
    const { key, value, timestamp } = records[start + i] as OutputRecord
    if (timestamp > maxTimestamp) maxTimestamp = timestamp
    view.setFloat64(HEADER_BYTES + i * 8, timestamp, true)
    view.setInt32(valueLengths + i * 4, value === null ? -1 : value.length, true)
    if (keys) view.setInt32(keyLengths + i * 4, key === null ? -1 : key.length, true)
    if (key !== null) {
      bytes.set(key, position)
      position += key.length
    }
    if (value !== null) {
      bytes.set(value, position)
      position += value.length
    }
  }
  assert(position === bytes.length, 'a frame is filled exactly')
  const running = Math.max(runningMaxTimestamp, maxTimestamp)
  view.setUint32(0, MAGIC, true)
  view.setUint32(8, count, true)
  view.setUint32(12, keys ? FLAG_KEYS : 0, true)
  view.setFloat64(16, base, true)
  view.setFloat64(24, maxTimestamp, true)
  view.setFloat64(32, running, true)
  view.setUint32(4, crc32(bytes.subarray(8)), true)
  return { bytes, runningMaxTimestamp: running }
}

/** Positions of all records; the data stays where it is, in `bytes`. Throws FrameError. */
export function decodeFrame(bytes: Uint8Array, base: number): Frame {
  if (bytes.length < HEADER_BYTES) throw new FrameError(`${bytes.length} bytes are too few for a frame`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const magic = view.getUint32(0, true)
  if ((magic & 0xffffff) !== MAGIC_WITHOUT_VERSION) throw new FrameError('it does not begin with the mark of a frame')
  if (magic !== MAGIC) throw new FrameError(`its version is ${magic >>> 24}, this release reads version 1`)
  if (view.getUint32(4, true) !== crc32(bytes.subarray(8))) throw new FrameError('its checksum does not match')
  const count = view.getUint32(8, true)
  const keys = (view.getUint32(12, true) & FLAG_KEYS) !== 0
  if (view.getFloat64(16, true) !== base) throw new FrameError(`it is the frame of offset ${view.getFloat64(16, true)}`)
  const headerBytes = HEADER_BYTES + count * (keys ? 16 : 12)
  if (count < 1 || headerBytes > bytes.length) throw new FrameError(`it can't hold ${count} records`)
  const timestamps = new Float64Array(count)
  const valueStart = new Int32Array(count)
  const valueEnd = new Int32Array(count)
  const keyStart = keys ? new Int32Array(count) : undefined
  const keyEnd = keys ? new Int32Array(count) : undefined
  let position = headerBytes
  const valueLengths = HEADER_BYTES + count * 8
  const keyLengths = HEADER_BYTES + count * 12
  for (let i = 0; i < count; i++) {
    timestamps[i] = view.getFloat64(HEADER_BYTES + i * 8, true)
    if (keyStart !== undefined && keyEnd !== undefined) {
      const keyLength = view.getInt32(keyLengths + i * 4, true)
      keyStart[i] = keyLength < 0 ? -1 : position
      if (keyLength > 0) position += keyLength
      keyEnd[i] = keyLength < 0 ? -1 : position
    }
    const valueLength = view.getInt32(valueLengths + i * 4, true)
    valueStart[i] = valueLength < 0 ? -1 : position
    if (valueLength > 0) position += valueLength
    valueEnd[i] = valueLength < 0 ? -1 : position
  }
  if (position !== bytes.length) throw new FrameError('its lengths do not add up to its size')
  return {
    base,
    count,
    maxTimestamp: view.getFloat64(24, true),
    runningMaxTimestamp: view.getFloat64(32, true),
    data: bytes,
    valueStart,
    valueEnd,
    keyStart,
    keyEnd,
    timestamps,
  }
}

/** The records of a frame as they were appended; the bytes are views. */
export function frameRecords(frame: Frame): OutputRecord[] {
  const records: OutputRecord[] = new Array(frame.count)
  for (let i = 0; i < frame.count; i++) {
    const keyStart = frame.keyStart?.[i] ?? -1
    const valueStart = frame.valueStart[i] as number
    records[i] = {
      key: keyStart < 0 ? null : frame.data.subarray(keyStart, frame.keyEnd?.[i] as number),
      value: valueStart < 0 ? null : frame.data.subarray(valueStart, frame.valueEnd[i] as number),
      timestamp: frame.timestamps[i] as number,
    }
  }
  return records
}

/** A part of a frame: views, no copies. */
export function frameChunk(partition: number, frame: Frame, from: number, to: number): RecordChunk {
  const offsets = new Float64Array(to - from)
  for (let i = 0; i < offsets.length; i++) offsets[i] = frame.base + from + i
  return {
    partition,
    count: to - from,
    data: frame.data,
    valueStart: frame.valueStart.subarray(from, to),
    valueEnd: frame.valueEnd.subarray(from, to),
    keyStart: frame.keyStart?.subarray(from, to),
    keyEnd: frame.keyEnd?.subarray(from, to),
    timestamps: frame.timestamps.subarray(from, to),
    offsets,
    nextOffset: frame.base + to,
    end: false,
    columns: undefined,
  }
}

/** Several frames that follow each other as one chunk, from record `from` of the first, at most `recordsMax` long. */
export function mergeFrames(
  partition: number,
  frames: readonly Frame[],
  from: number,
  recordsMax: number,
): RecordChunk {
  const first = frames[0] as Frame
  let total = -from
  let bytes = 0
  let keys = false
  let end = first.base
  for (const frame of frames) {
    assert(frame.base === end, 'frames that are merged follow each other')
    end += frame.count
    total += frame.count
    bytes += frame.data.length
    if (frame.keyStart !== undefined) keys = true
  }
  const count = Math.min(total, recordsMax)
  if (frames.length === 1) return frameChunk(partition, first, from, from + count)
  const data = new Uint8Array(bytes)
  const valueStart = new Int32Array(count)
  const valueEnd = new Int32Array(count)
  const keyStart = keys ? new Int32Array(count).fill(-1) : undefined
  const keyEnd = keys ? new Int32Array(count).fill(-1) : undefined
  const timestamps = new Float64Array(count)
  const offsets = new Float64Array(count)
  let out = 0
  let shift = 0
  let skip = from
  for (const frame of frames) {
    data.set(frame.data, shift)
    for (let i = skip; i < frame.count && out < count; i++, out++) {
      const start = frame.valueStart[i] as number
      valueStart[out] = start < 0 ? -1 : start + shift
      valueEnd[out] = start < 0 ? -1 : (frame.valueEnd[i] as number) + shift
      if (keyStart !== undefined && keyEnd !== undefined && frame.keyStart !== undefined) {
        const start = frame.keyStart[i] as number
        keyStart[out] = start < 0 ? -1 : start + shift
        keyEnd[out] = start < 0 ? -1 : (frame.keyEnd?.[i] as number) + shift
      }
      timestamps[out] = frame.timestamps[i] as number
      offsets[out] = first.base + from + out
    }
    shift += frame.data.length
    skip = 0
  }
  const nextOffset = first.base + from + count
  return {
    partition,
    count,
    data,
    valueStart,
    valueEnd,
    keyStart,
    keyEnd,
    timestamps,
    offsets,
    nextOffset,
    end: false,
    columns: undefined,
  }
}
