import { decodePack } from '../core/row-pack.ts'
import type { RecordChunk } from './ports/log.ts'

/**
 * A chunk of an exchange with an entry for each row, where records hold several: all entries of a record have its
 * offset. What is no pack, or a damaged one, stays as it is, for the decoder to say so.
 */
export function unpacked(chunk: RecordChunk): RecordChunk {
  const { count, data, valueStart, valueEnd, timestamps, offsets } = chunk
  const positions: number[] = []
  const records: number[] = []
  let packs = 0
  for (let record = 0; record < count; record++) {
    const start = valueStart[record] as number
    const end = valueEnd[record] as number
    if (start >= 0 && decodePack(data, start, end, positions)) packs++
    else positions.push(start, end)
    while (records.length < positions.length / 2) records.push(record)
  }
  if (packs === 0) return chunk
  return {
    ...chunk,
    count: records.length,
    valueStart: Int32Array.from(records, (_, i) => positions[2 * i] as number),
    valueEnd: Int32Array.from(records, (_, i) => positions[2 * i + 1] as number),
    keyStart: undefined,
    keyEnd: undefined,
    timestamps: Float64Array.from(records, (record) => timestamps[record] as number),
    offsets: Float64Array.from(records, (record) => offsets[record] as number),
    headers: undefined,
  }
}
