import { expect } from 'vitest'
import { AppError } from '../../src/core/errors.ts'
import type { OutputRecord, RecordChunk, SourceReader } from '../../src/engine/ports/log.ts'

/** Records as a test writes them and reads them back, from any log. */

export function record(value: string | null, timestamp = 0, key: string | null = null): OutputRecord {
  return { key: key === null ? null : Buffer.from(key), value: value === null ? null : Buffer.from(value), timestamp }
}

export interface ReadRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

export function chunkRecords(chunk: RecordChunk): ReadRecord[] {
  return Array.from({ length: chunk.count }, (_, i) => {
    const text = (start: number, end: number) =>
      start < 0 ? null : Buffer.from(chunk.data.subarray(start, end)).toString()
    return {
      offset: chunk.offsets[i] as number,
      key: text(chunk.keyStart?.[i] ?? -1, chunk.keyEnd?.[i] ?? -1),
      value: text(chunk.valueStart[i] as number, chunk.valueEnd[i] as number),
      timestamp: chunk.timestamps[i] as number,
    }
  })
}

/** What there is at an offset: from a log that is far away it comes a moment after it was asked for. */
export async function readSettled(
  reader: SourceReader,
  partition: number,
  offset: number,
  recordsMax: number,
): Promise<RecordChunk | undefined> {
  for (;;) {
    const chunk = await reader.read(partition, offset, recordsMax, 0)
    if (chunk !== undefined || reader.lag(partition, offset) === 0) return chunk
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The next records, which are there or on their way. */
export async function readNew(
  reader: SourceReader,
  offset: number,
  recordsMax: number,
): Promise<RecordChunk | undefined> {
  for (;;) {
    const chunk = await reader.read(0, offset, recordsMax, 0)
    if (chunk !== undefined || recordsMax < 1) return chunk
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** All records from an offset on, read `recordsMax` at a time. */
export async function readAll(reader: SourceReader, partition: number, from: number, recordsMax: number) {
  const records: ReadRecord[] = []
  for (let offset = from; ; ) {
    const chunk = await readSettled(reader, partition, offset, recordsMax)
    if (chunk === undefined) return records
    expect(chunk.count).toBeGreaterThan(0)
    expect(chunk.count).toBeLessThanOrEqual(recordsMax)
    records.push(...chunkRecords(chunk))
    expect(chunk.nextOffset).toBe((records.at(-1) as ReadRecord).offset + 1)
    offset = chunk.nextOffset
  }
}

export async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run()
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    expect(error.hint, 'an AppError says what to do').toBeTruthy()
    return error.code
  }
  return 'no error'
}
