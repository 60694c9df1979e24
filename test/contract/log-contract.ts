import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RECORD_BYTES_MAX } from '../../src/adapters/log-rules.ts'
import type { Log, RecordChunk } from '../../src/engine/ports/log.ts'
import { chunkRecords, codeOf, type ReadRecord, readAll, readNew, readSettled, record } from '../harness/log-records.ts'

/** What every Log does, whatever keeps the records. */
export interface LogFixture {
  readonly log: Log
  /** What the log takes for now, where it goes by our clock. */
  setNowMs?(nowMs: number): void
  close(): Promise<void>
}

/** What is not ours to decide where the log is a system of its own. */
export interface LogTraits {
  /** Retention is enforced by this call, by our clock, to the frame. */
  readonly ownRetention: boolean
  /** It keeps the headers of records. */
  readonly headers: boolean
}

export function describeLog(
  name: string,
  open: () => Promise<LogFixture>,
  { ownRetention, headers }: LogTraits = { ownRetention: true, headers: true },
): void {
  const testOwnRetention = test.skipIf(!ownRetention)
  describe(`log contract: ${name}`, () => {
    let fixture: LogFixture
    let log: Log
    beforeEach(async () => {
      fixture = await open()
      log = fixture.log
      await log.createTopic({ name: 'orders', partitions: 2, retentionMs: undefined, retentionBytes: undefined })
    })
    afterEach(() => fixture.close())

    test('a topic is made once, and again with an equal spec', async () => {
      const spec = { name: 'orders', partitions: 2, retentionMs: undefined, retentionBytes: undefined }
      await log.createTopic(spec)
      expect((await log.topics()).map((topic) => topic.name)).toEqual(['orders'])
      expect(await log.topicNames()).toEqual(['orders'])
      expect(await codeOf(() => log.createTopic({ ...spec, partitions: 3 }))).toBe('ALREADY_EXISTS')
      expect(await codeOf(() => log.createTopic({ ...spec, name: 'a/b' }))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => log.createTopic({ ...spec, name: 'x', partitions: 0 }))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => log.createTopic({ ...spec, name: 'x', partitions: 1025 }))).toBe('INVALID_ARGUMENT')
      await log.createTopic({ ...spec, name: 'x', partitions: 1024 })
      expect((await log.topic('x'))?.offsets).toHaveLength(1024)
    })

    testOwnRetention('a spec with another retention changes the retention and keeps the records', async () => {
      await log.append('orders', 0, [record('a')])
      await log.createTopic({ name: 'orders', partitions: 2, retentionMs: 5, retentionBytes: 7 })
      expect(await log.topic('orders')).toMatchObject({
        retentionMs: 5,
        retentionBytes: 7,
        offsets: [
          { start: 0, end: 1 },
          { start: 0, end: 0 },
        ],
      })
    })

    test('a deleted topic is gone, its name is free, its readers end with NOT_FOUND', async () => {
      await log.append('orders', 0, [record('a')])
      const reader = await log.openReader('orders')
      await log.deleteTopic('orders')
      expect(await log.topic('orders')).toBeUndefined()
      expect(await codeOf(() => readSettled(reader, 0, 0, 10))).toBe('NOT_FOUND')
      expect(await codeOf(() => log.deleteTopic('orders'))).toBe('NOT_FOUND')
      expect(await codeOf(() => log.append('orders', 0, [record('b')]))).toBe('NOT_FOUND')
      await log.createTopic({ name: 'orders', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
      expect(await readAll(await log.openReader('orders'), 0, 0, 10)).toEqual([])
    })

    test('records of one append keep their timestamps, however far apart', async () => {
      const day = 86_400_000
      const timestamps = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 0, 30 * day, 20_000 * day, 20_000 * day + 1, 3 * day]
      await log.append(
        'orders',
        0,
        timestamps.map((timestamp, i) => record(`${i}`, timestamp)),
      )
      const read = await readAll(await log.openReader('orders'), 0, 0, 100)
      expect(read.map(({ timestamp }) => timestamp)).toEqual(timestamps)
      expect(read.map(({ value }) => value)).toEqual(timestamps.map((_, i) => `${i}`))
    })

    test('records come back as they were appended: nulls, empty values, keys, timestamps', async () => {
      const appended = [record('a', 5, 'k'), record(null, 3, 'k'), record('', 7), record('ü', 7, ''), record(null, -1)]
      expect(await log.append('orders', 1, appended)).toEqual({ firstOffset: 0, appended: 5, duplicates: 0 })
      const reader = await log.openReader('orders')
      expect(await readAll(reader, 1, 0, 1024)).toEqual([
        { offset: 0, key: 'k', value: 'a', timestamp: 5 },
        { offset: 1, key: 'k', value: null, timestamp: 3 },
        { offset: 2, key: null, value: '', timestamp: 7 },
        { offset: 3, key: '', value: 'ü', timestamp: 7 },
        { offset: 4, key: null, value: null, timestamp: -1 },
      ])
      expect(await readSettled(reader, 0, 0, 10)).toBeUndefined()
      expect(await readSettled(reader, 1, 5, 10)).toBeUndefined()
    })

    test.skipIf(!headers)(
      'headers come back by record: nulls, empty values, several of one name, in order',
      async () => {
        const given = [
          ['trace', Buffer.from('1')],
          ['', null],
          ['trace', Buffer.from('')],
        ] as const
        await log.append('orders', 0, [record('a'), { ...record('b'), headers: given }, record('c'), record('d')])
        const reader = await log.openReader('orders')
        for (const recordsMax of [1, 2, 10]) {
          const seen: unknown[] = []
          for (let offset = 0; offset < 4; ) {
            const chunk = (await readSettled(reader, 0, offset, recordsMax)) as RecordChunk
            for (let i = 0; i < chunk.count; i++) {
              const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString()
              seen.push((chunk.headers?.(i) ?? []).map(([key, value]) => [text(key), text(value)]))
            }
            offset = chunk.nextOffset
          }
          const second = [
            ['trace', '1'],
            ['', null],
            ['trace', ''],
          ]
          expect(seen).toEqual([[], second, [], []])
        }
      },
    )

    test('headers count as part of a record', async () => {
      const headers = [['h', Buffer.alloc(RECORD_BYTES_MAX)]] as const
      expect(await codeOf(() => log.append('orders', 0, [{ ...record('a'), headers }]))).toBe('RESOURCE_EXHAUSTED')
    })

    testOwnRetention('a record without a time gets that of the append', async () => {
      fixture.setNowMs?.(1234)
      await log.append('orders', 0, [record('a', Number.NaN), record('b', 7)])
      expect((await readAll(await log.openReader('orders'), 0, 0, 10)).map((r) => r.timestamp)).toEqual([1234, 7])
      expect(await codeOf(() => log.append('orders', 0, [record('a', Number.POSITIVE_INFINITY)]))).toBe(
        'INVALID_ARGUMENT',
      )
    })

    test('appends of every size read the same in chunks of every size, from every offset', async () => {
      const values: string[] = []
      for (const size of [1, 1, 1, 3, 700, 1, 1024, 1025, 2, 3000, 1, 1]) {
        const batch = Array.from({ length: size }, (_, i) => `${values.length + i}`)
        await log.append(
          'orders',
          0,
          batch.map((value, i) => record(value, i, i % 3 === 0 ? 'k' : null)),
        )
        values.push(...batch)
      }
      const reader = await log.openReader('orders')
      for (const recordsMax of [1, 7, 1024, 5000]) {
        const read = await readAll(reader, 0, 0, recordsMax)
        expect(read.map((r) => r.value)).toEqual(values)
        expect(read.map((r) => r.offset)).toEqual(values.map((_, i) => i))
      }
      for (const from of [1, 2, 3, 706, 707, 1731, 2756, 5758]) {
        expect((await readAll(reader, 0, from, 1024)).map((r) => r.value)).toEqual(values.slice(from))
      }
    })

    test('a reader that stops in the middle goes on right after it, however much was appended meanwhile', async () => {
      await log.createTopic({ name: 'topic', partitions: 1, retentionMs: undefined, retentionBytes: undefined })
      const reader = await log.openReader('topic')
      const sizes = [5, 1, 4, 12, 1, 1, 30, 7, 200, 3, 3, 3]
      const read: ReadRecord[] = []
      let appended = 0
      for (const [round, size] of sizes.entries()) {
        await log.append(
          'topic',
          0,
          Array.from({ length: size }, (_, i) => record(`value ${appended + i}`)),
        )
        appended += size
        // Never to the end: what is left of a frame that was seen must not be taken for what has become of it.
        for (let chunks = 0; chunks <= round % 3 && read.length < appended - 2; chunks++) {
          const chunk = await readNew(reader, read.length, Math.min(3 + 4 * round, appended - 2 - read.length))
          if (chunk !== undefined) read.push(...chunkRecords(chunk))
        }
        const rest = await readNew(reader, read.length, 1_000)
        expect(rest && chunkRecords(rest).map(({ offset, value }) => `${offset} ${value}`)).toEqual(
          Array.from({ length: rest?.count ?? 0 }, (_, i) => `${read.length + i} value ${read.length + i}`),
        )
      }
      expect(read.map(({ value }) => value)).toEqual(read.map((_, i) => `value ${i}`))
      await reader.close()
    })

    test('concurrent appends each get their own offsets, in the order of the calls', async () => {
      const results = await Promise.all(
        Array.from({ length: 50 }, (_, i) => log.append('orders', 0, [record(`${i}a`), record(`${i}b`)])),
      )
      expect(results.map((result) => result.firstOffset)).toEqual(Array.from({ length: 50 }, (_, i) => i * 2))
      const read = await readAll(await log.openReader('orders'), 0, 0, 1024)
      expect(read.map((r) => r.value)).toEqual(Array.from({ length: 50 }, (_, i) => [`${i}a`, `${i}b`]).flat())
    })

    test('onAvailable fires when an append is readable, until it is stopped', async () => {
      const reader = await log.openReader('orders')
      expect(await readSettled(reader, 0, 0, 10)).toBeUndefined()
      const seen: number[] = []
      const stop = reader.onAvailable(() => seen.push(reader.lag(0, 0) ?? -1))
      await log.append('orders', 0, [record('a')])
      await expect.poll(() => seen).toEqual([1])
      stop()
      await log.append('orders', 0, [record('b')])
      await expect.poll(() => reader.lag(0, 0)).toBe(2)
      expect(seen).toEqual([1])
      expect(await readSettled(reader, 0, 0, 9), 'in hand, it is part of the lag until it is done with').toBeDefined()
      expect([reader.lag(0, 0), reader.lag(0, 2)]).toEqual([2, 0])
      reader.onAvailable(() => seen.push(0))
      await reader.close()
      await log.append('orders', 0, [record('c')])
      expect(seen).toEqual([1])
    })

    test('offsets outside of what is kept are errors', async () => {
      await log.append('orders', 0, [record('a')])
      const reader = await log.openReader('orders')
      expect(await codeOf(() => readSettled(reader, 0, 2, 10))).toBe('POSITION_EXPIRED')
      expect(await codeOf(() => reader.read(0, -1, 10, 0))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => reader.read(0, 0.5, 10, 0))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => reader.read(2, 0, 10, 0))).toBe('NOT_FOUND')
      expect(await codeOf(() => log.append('orders', 2, [record('a')]))).toBe('NOT_FOUND')
      expect(await codeOf(() => log.openReader('nothing'))).toBe('NOT_FOUND')
    })

    test('a record of the largest size is taken, one of a byte more is not', async () => {
      const key = Buffer.alloc(3)
      const fits = { key, value: Buffer.alloc(RECORD_BYTES_MAX - 3, 7), timestamp: 0 }
      await log.append('orders', 0, [record('a'), fits, record('b')])
      const tooLarge = { key, value: Buffer.alloc(RECORD_BYTES_MAX - 2), timestamp: 0 }
      expect(await codeOf(() => log.append('orders', 0, [tooLarge]))).toBe('RESOURCE_EXHAUSTED')
      const read = await readAll(await log.openReader('orders'), 0, 0, 10)
      expect(read.map((r) => r.value?.length)).toEqual([1, RECORD_BYTES_MAX - 3, 1])
    })

    test('a producer that repeats itself is heard once', async () => {
      const append = (sequence: number, ...values: string[]) =>
        log.append(
          'orders',
          0,
          values.map((value) => record(value)),
          { producerId: 'p', sequence },
        )
      expect(await append(0, 'a', 'b')).toEqual({ firstOffset: 0, appended: 2, duplicates: 0 })
      expect(await append(0, 'a', 'b')).toEqual({ firstOffset: 2, appended: 0, duplicates: 2 })
      expect(await append(1, 'b', 'c')).toEqual({ firstOffset: 2, appended: 1, duplicates: 1 })
      const both = await Promise.all([append(3, 'd'), append(3, 'd')])
      expect(both.map((result) => result.appended)).toEqual([1, 0])
      await log.append('orders', 0, [record('other')], { producerId: 'q', sequence: 0 })
      const read = await readAll(await log.openReader('orders'), 0, 0, 10)
      expect(read.map((r) => r.value)).toEqual(['a', 'b', 'c', 'd', 'other'])
      expect(await codeOf(() => append(-1, 'x'))).toBe('INVALID_ARGUMENT')
      const long = (length: number) => ({ producerId: 'x'.repeat(length), sequence: 0 })
      expect(await codeOf(() => log.append('orders', 0, [record('x')], long(257)))).toBe('INVALID_ARGUMENT')
      expect(await codeOf(() => log.append('orders', 0, [record('x')], long(256)))).toBe('no error')
    })

    test('offsetAt finds the first record at or after a time, whatever the order of times', async () => {
      // Times go up and down: 0, 10, 5, 20, 15, 30 … over several frames.
      const times = Array.from({ length: 4000 }, (_, i) => i * 10 - (i % 2 === 0 ? 0 : 5))
      for (let i = 0; i < times.length; i += 400) {
        await log.append(
          'orders',
          0,
          times.slice(i, i + 400).map((time) => record('x', time)),
        )
      }
      for (const time of [-1, 0, 1, 5, 10, 11, 14_995, 20_000, 39_984, 39_985]) {
        expect(await log.offsetAt('orders', 0, time)).toBe(times.findIndex((t) => t >= time))
      }
      expect(await log.offsetAt('orders', 0, 50_000)).toBe(4000)
      expect(await log.offsetAt('orders', 1, 0)).toBe(0)
    })

    testOwnRetention('retention by time drops what is older; reading there says POSITION_EXPIRED', async () => {
      await log.createTopic({ name: 'short', partitions: 1, retentionMs: 1000, retentionBytes: undefined })
      for (let i = 0; i < 5; i++) {
        await log.append(
          'short',
          0,
          Array.from({ length: 2000 }, () => record('x'.repeat(20), i * 1000)),
        )
      }
      await log.enforceRetention(4500)
      const [{ start, end } = { start: -1, end: -1 }] = (await log.topic('short'))?.offsets ?? []
      expect(end).toBe(10_000)
      expect(start).toBeGreaterThan(0)
      // Whole frames go, so a little more than asked may stay; never less.
      expect(start).toBeLessThanOrEqual(8000)
      expect(start).toBeGreaterThan(6000 - 1024)
      const reader = await log.openReader('short')
      expect(await reader.startOffset(0)).toBe(start)
      expect(await codeOf(() => reader.read(0, start - 1, 10, 0))).toBe('POSITION_EXPIRED')
      expect(await readAll(reader, 0, start, 1024)).toHaveLength(end - start)
      expect(await log.offsetAt('short', 0, 0)).toBe(start)
      expect(await log.offsetAt('short', 0, 4000)).toBe(8000)
      await log.enforceRetention(1e9)
      expect(await log.topic('short')).toMatchObject({ bytes: 0, offsets: [{ start: 10_000, end: 10_000 }] })
      expect((await log.append('short', 0, [record('y', 1e9)])).firstOffset).toBe(10_000)
      expect(await log.offsetAt('short', 0, 5)).toBe(10_000)
    })

    testOwnRetention('retention by size keeps at least the size', async () => {
      await log.createTopic({ name: 'small', partitions: 1, retentionMs: undefined, retentionBytes: 200_000 })
      for (let i = 0; i < 20; i++) {
        await log.append(
          'small',
          0,
          Array.from({ length: 500 }, () => record('x'.repeat(80), i)),
        )
      }
      const before = (await log.topic('small'))?.bytes as number
      await log.enforceRetention(0)
      const { bytes, offsets } = (await log.topic('small')) as { bytes: number; offsets: readonly { start: number }[] }
      expect(before).toBeGreaterThan(500_000)
      expect(bytes).toBeGreaterThanOrEqual(200_000)
      expect(bytes).toBeLessThan(400_000)
      expect(offsets[0]?.start).toBeGreaterThan(0)
    })

    testOwnRetention('an idle producer is forgotten after a week, a busy one is not', async () => {
      fixture.setNowMs?.(0)
      const once = (producerId: string) => log.append('orders', 0, [record('a')], { producerId, sequence: 0 })
      await once('idle')
      fixture.setNowMs?.(86_400_000)
      await once('busy')
      await log.enforceRetention(7 * 86_400_000 + 1)
      expect((await once('idle')).appended).toBe(1)
      expect((await once('busy')).appended).toBe(0)
    })
  })
}
