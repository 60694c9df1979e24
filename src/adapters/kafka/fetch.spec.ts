import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { NetworkError, ResponseError, UnsupportedCompressionError } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { committedBatches, type FetchedPartition, isUnreadable, nextOffset } from './fetch.ts'

const TRANSACTIONAL = 1 << 4
const CONTROL = 1 << 5

type Batches = NonNullable<FetchedPartition['records']>

/** Records of a producer; a transaction's where `attributes` say so. */
function data(producerId: number, first: number, last: number, attributes = TRANSACTIONAL): Batches[number] {
  return {
    producerId: BigInt(producerId),
    firstOffset: BigInt(first),
    lastOffsetDelta: last - first,
    attributes,
    records: [],
  } as unknown as Batches[number]
}

/** The end of a producer's transaction. */
function marker(producerId: number, offset: number, kind: 'abort' | 'commit'): Batches[number] {
  const key = Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1])
  return {
    ...data(producerId, offset, offset, TRANSACTIONAL | CONTROL),
    records: [{ key }],
  } as unknown as Batches[number]
}

function offsets(records: Batches, aborted: readonly (readonly [producerId: number, first: number])[]): number[] {
  const abortedTransactions = aborted.map(([id, first]) => ({ producerId: BigInt(id), firstOffset: BigInt(first) }))
  const partition = { records, abortedTransactions } as unknown as FetchedPartition
  return committedBatches(partition).map(({ firstOffset }) => Number(firstOffset))
}

describe('what a reader of committed records sees', () => {
  it('leaves out an aborted transaction whose marker is in a later response', () => {
    expect(offsets([data(1, 0, 4), data(2, 5, 9), data(1, 10, 14)], [[1, 0]])).toEqual([5])
  })

  it('leaves out each of several aborted transactions of one producer, and none that it committed in between', () => {
    const records = [
      data(1, 0, 1),
      marker(1, 2, 'abort'),
      data(1, 3, 4),
      marker(1, 5, 'commit'),
      data(1, 6, 7),
      marker(1, 8, 'abort'),
      data(1, 9, 10),
    ]
    expect(
      offsets(records, [
        [1, 6],
        [1, 0],
      ]),
    ).toEqual([3, 9])
  })

  it('keeps what is of no transaction, also of a producer with an aborted one', () => {
    expect(offsets([data(1, 0, 1), data(-1, 2, 3, 0), data(1, 4, 4, 0)], [[1, 0]])).toEqual([2, 4])
  })

  it('goes on behind what it leaves out', () => {
    expect(nextOffset([data(1, 0, 4), marker(1, 5, 'abort')], 0)).toBe(6)
    expect(nextOffset([], 7)).toBe(7)
  })
})

describe('a fetch that failed', () => {
  const thrown = (run: () => unknown): Error => {
    try {
      run()
    } catch (error) {
      return error as Error
    }
    throw new Error('nothing was thrown')
  }

  it('is given up where the records are damaged or compressed in an unknown way', () => {
    expect(isUnreadable(thrown(() => gunzipSync(Buffer.from('no gzip'))))).toBe(true)
    expect(isUnreadable(thrown(() => zstdDecompressSync(Buffer.from('no zstd'))))).toBe(true)
    expect(isUnreadable(thrown(() => Buffer.alloc(1).readInt32BE(0)))).toBe(true)
    expect(isUnreadable(new UnsupportedCompressionError('bitmask 5'))).toBe(true)
  })

  it('is tried again where the connection broke or the broker said no', () => {
    expect(isUnreadable(new NetworkError('Connection closed'))).toBe(false)
    expect(isUnreadable(new ResponseError(1, 17, { '/responses/0': [6, null] }, {}))).toBe(false)
  })
})
