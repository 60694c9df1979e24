import { Reader, readRecordsBatch } from '@platformatic/kafka'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { COMPRESSIONS } from '../../core/compression.ts'
import type { OutputRecord } from '../../engine/ports/log.ts'
import { RecordBatch } from './record-batch.ts'

const SENDER = { producerId: 7n, producerEpoch: 3, transactional: true, sequence: 2 ** 31 - 1 }
const NOW_MS = 1_700_000_000_000

const part = fc.option(fc.uint8Array({ maxLength: 300 }))
const record: fc.Arbitrary<OutputRecord> = fc.record({
  key: part,
  value: part,
  timestamp: fc.oneof(fc.constant(Number.NaN), fc.integer({ min: 0, max: 8_640_000_000_000_000 })),
  headers: fc.array(fc.tuple(fc.string({ maxLength: 5 }), part), { maxLength: 3 }),
})

async function readBack(records: readonly OutputRecord[], compression?: (typeof COMPRESSIONS)[number]) {
  const batch = await RecordBatch.of(records, compression, NOW_MS)
  return readRecordsBatch(Reader.from(batch.sentBy(SENDER)))
}

function bytes(value: Uint8Array | null): Buffer | null {
  return value && Buffer.from(value)
}

describe('a batch of records', () => {
  it.each(COMPRESSIONS)('is read by the client as it was written, compressed by %s', async (compression) => {
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 20 }), async (records) => {
        const batch = await readBack(records, compression)
        const times = records.map(({ timestamp }) => (Number.isNaN(timestamp) ? NOW_MS : timestamp))
        expect(batch.records.map(({ timestampDelta }) => Number(batch.firstTimestamp + timestampDelta))).toEqual(times)
        expect(Number(batch.maxTimestamp)).toBe(Math.max(...times))
        expect(batch.records.map(({ offsetDelta }) => offsetDelta)).toEqual(records.map((_, i) => i))
        expect(batch.lastOffsetDelta).toBe(records.length - 1)
        expect(batch.records.map(({ key, value }) => [key, value])).toEqual(
          records.map(({ key, value }) => [bytes(key), bytes(value)]),
        )
        expect(batch.records.map(({ headers }) => headers)).toEqual(
          records.map(({ headers = [] }) => headers.map(([name, value]) => [Buffer.from(name), bytes(value)])),
        )
      }),
      { numRuns: 50 },
    )
  })

  it('says who sends it, anew with each attempt', async () => {
    const batch = await RecordBatch.of([{ key: null, value: Buffer.from('value'), timestamp: 0 }])
    const first = readRecordsBatch(Reader.from(Buffer.from(batch.sentBy(SENDER))))
    expect(first).toMatchObject({ producerId: 7n, producerEpoch: 3, firstSequence: 2 ** 31 - 1, attributes: 16 })
    const again = { producerId: 8n, producerEpoch: 0, transactional: false, sequence: 0 }
    const second = readRecordsBatch(Reader.from(batch.sentBy(again)))
    expect(second).toMatchObject({ producerId: 8n, producerEpoch: 0, firstSequence: 0, attributes: 0 })
    expect(second.crc).not.toBe(first.crc)
  })
})
