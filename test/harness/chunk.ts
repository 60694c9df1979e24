import type { OutputRecord, RecordChunk } from '../../src/engine/ports/log.ts'

/** Records as a log gives them: one buffer, positions, consecutive offsets from `firstOffset`. */
export function chunkOf(
  partition: number,
  records: readonly OutputRecord[],
  firstOffset: number,
  end = false,
): RecordChunk {
  const count = records.length
  const size = records.reduce((bytes, { key, value }) => bytes + (key?.length ?? 0) + (value?.length ?? 0), 0)
  const data = new Uint8Array(size)
  const hasKeys = records.some((record) => record.key !== null)
  const keyStart = new Int32Array(count).fill(-1)
  const keyEnd = new Int32Array(count).fill(-1)
  const valueStart = new Int32Array(count).fill(-1)
  const valueEnd = new Int32Array(count).fill(-1)
  let at = 0
  const place = (bytes: Uint8Array | null, starts: Int32Array, ends: Int32Array, i: number): void => {
    if (bytes === null) return
    data.set(bytes, at)
    starts[i] = at
    at += bytes.length
    ends[i] = at
  }
  records.forEach(({ key, value }, i) => {
    place(key, keyStart, keyEnd, i)
    place(value, valueStart, valueEnd, i)
  })
  return {
    partition,
    count,
    data,
    valueStart,
    valueEnd,
    keyStart: hasKeys ? keyStart : undefined,
    keyEnd: hasKeys ? keyEnd : undefined,
    timestamps: Float64Array.from(records, (record) => record.timestamp),
    offsets: Float64Array.from(records, (_, i) => firstOffset + i),
    nextOffset: firstOffset + count,
    end,
    columns: undefined,
    headers: (i) => (records[i]?.headers ?? []).map(([name, value]) => [Buffer.from(name), value]),
  }
}
