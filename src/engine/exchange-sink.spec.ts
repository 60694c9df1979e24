import { beforeEach, describe, expect, it } from 'vitest'
import { Batch, type ChangeKind, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../core/batch.ts'
import { decodeLogWatermark } from '../core/log-watermark.ts'
import { decodePack } from '../core/row-pack.ts'
import type { Schema } from '../core/schema.ts'
import { ExchangeSink, KEYS_REMEMBERED_MAX, PACK_BYTES_MAX, PACK_ENTRIES_MAX } from './exchange-sink.ts'
import type { OperatorContext } from './operator.ts'
import type { OutputRecord, RecordChunk } from './ports/log.ts'
import type { TaskStorage } from './ports/state.ts'
import { unpacked } from './unpack.ts'

const SCHEMA = {
  fields: [{ name: 'text', type: { kind: 'string' }, nullable: true }],
  key: [],
  timeColumn: undefined,
  mode: 'changelog',
} as unknown as Schema

let written: OutputRecord[]
let sink: ExchangeSink

beforeEach(() => {
  written = []
  const storage = {
    append: (_topic: string, _partition: number, records: readonly OutputRecord[]) => written.push(...records),
  } as unknown as TaskStorage
  sink = new ExchangeSink({ storage, topic: 'x', partitions: 1, channel: 0, schema: SCHEMA, keys: [] })
  sink.open({ restoredWatermark: Number.NEGATIVE_INFINITY } as OperatorContext)
})

function push(texts: readonly string[], kinds?: readonly ChangeKind[]): void {
  const times = new Float64Array(texts.length)
  sink.onBatch(0, new Batch(texts.length, [[...texts]], times, kinds && Uint8Array.from(kinds)))
}

/** Entries of each record: the kinds of its rows, or `w` for a watermark. */
function records(): string[][] {
  return written.map(({ value }) => {
    const data = value as Uint8Array
    const positions: number[] = []
    if (!decodePack(data, 0, data.length, positions)) positions.push(0, data.length)
    return Array.from({ length: positions.length / 2 }, (_, i) => {
      const [start, end] = [positions[2 * i] as number, positions[2 * i + 1] as number]
      return decodeLogWatermark(data, start, end) === undefined ? String(data[start]) : 'w'
    })
  })
}

describe('the writing end of an exchange', () => {
  it('writes many rows as one record, with what it says of time at its place', () => {
    push(['a', 'b'])
    sink.onWatermark(5)
    push(['c'])
    sink.onBarrier()
    expect(records()).toEqual([['w', '0', '0', 'w', '0']])
    expect(sink.stagedRows).toBe(0)
  })

  it('writes the rows of a key to one partition, also when it has seen too many keys to remember them', () => {
    const partitionsOf = new Map<string, Set<number>>()
    const append = (_topic: string, partition: number, all: readonly OutputRecord[]) => {
      for (const { value } of all) {
        const found = /key-\d+/g[Symbol.matchAll](Buffer.from(value ?? []).toString('latin1'))
        for (const [key] of found) partitionsOf.set(key, (partitionsOf.get(key) ?? new Set()).add(partition))
      }
    }
    const storage = { append } as unknown as TaskStorage
    sink = new ExchangeSink({ storage, topic: 'x', partitions: 4, channel: 0, schema: SCHEMA, keys: [0] })
    sink.open({ restoredWatermark: Number.NEGATIVE_INFINITY } as OperatorContext)
    const keys = Array.from({ length: KEYS_REMEMBERED_MAX + 1_000 }, (_, i) => `key-${i}`)
    push(keys)
    push(keys.toReversed())
    sink.onBarrier()
    expect(partitionsOf.size).toBe(keys.length)
    expect(new Set([...partitionsOf.values()].map(({ size }) => size))).toEqual(new Set([1]))
    expect(new Set([...partitionsOf.values()].flatMap((partitions) => [...partitions]))).toEqual(new Set([0, 1, 2, 3]))
  })

  it('begins a new record when one has as many entries as may be', () => {
    push(Array.from({ length: PACK_ENTRIES_MAX - 1 }, () => 'a'))
    push(['b'])
    sink.onBarrier()
    expect(records().map(({ length }) => length)).toEqual([PACK_ENTRIES_MAX, 1])
  })

  it('begins a new record when one has as many bytes as may be; what is larger has its own', () => {
    push(['a'.repeat(PACK_BYTES_MAX / 2), 'b'.repeat(PACK_BYTES_MAX / 2), 'c'.repeat(PACK_BYTES_MAX), 'd'])
    sink.onBarrier()
    expect(records()).toEqual([['w', '0'], ['0'], ['0'], ['0']])
  })

  it('keeps the halves of an update together, also where a record is full', () => {
    push(Array.from({ length: PACK_ENTRIES_MAX - 2 }, () => 'a'))
    push(['b', 'c'], [UPDATE_BEFORE, UPDATE_AFTER])
    sink.onBarrier()
    expect(records().map((entries) => entries.slice(-2))).toEqual([
      ['0', '0'],
      [String(UPDATE_BEFORE), String(UPDATE_AFTER)],
    ])
  })

  it('gives each half of an update that is too large a record of its own, to begin again with', () => {
    const large = 'x'.repeat(PACK_BYTES_MAX)
    push(['a', large, large], [INSERT, UPDATE_BEFORE, UPDATE_AFTER])
    sink.onBarrier()
    expect(records()).toEqual([['w', '0'], [String(UPDATE_BEFORE)], [String(UPDATE_AFTER)]])
  })
})

describe('the reading end', () => {
  function chunkOf(values: readonly Uint8Array[]): RecordChunk {
    const data = Buffer.concat(values)
    const ends = Int32Array.from(values, (_, i) => values.slice(0, i + 1).reduce((sum, { length }) => sum + length, 0))
    return {
      ...{ partition: 3, count: values.length, nextOffset: 12, end: false, data, columns: undefined },
      ...{ keyStart: undefined, keyEnd: undefined, valueEnd: ends },
      valueStart: Int32Array.from(values, ({ length }, i) => (ends[i] as number) - length),
      timestamps: Float64Array.from(values, (_, i) => 100 + i),
      offsets: Float64Array.from(values, (_, i) => 10 + i),
    }
  }

  it('sees an entry for each row, at the offset of its record', () => {
    push(['a', 'b'])
    sink.onBarrier()
    push(['c'])
    sink.onBarrier()
    const { partition, count, nextOffset, offsets, timestamps } = unpacked(
      chunkOf(written.map(({ value }) => value as Uint8Array)),
    )
    expect({ partition, count, nextOffset }).toEqual({ partition: 3, count: 4, nextOffset: 12 })
    expect([...offsets]).toEqual([10, 10, 10, 11])
    expect([...timestamps]).toEqual([100, 100, 100, 101])
  })

  it('leaves what is no pack as it is, and a damaged one for the decoder to refuse', () => {
    const chunk = chunkOf([Uint8Array.from([0, 1]), Uint8Array.from([0xf2, 200, 1])])
    expect(unpacked(chunk)).toBe(chunk)
  })
})
