import { Writer } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'

/** As the client writes a record. */
function record(timestampDelta: bigint, value: Buffer | null): Writer {
  return Writer.create()
    .appendInt8(0)
    .appendVarInt64(timestampDelta)
    .appendVarInt(7)
    .appendVarIntBytes(Buffer.from('key'))
    .appendVarIntBytes(value)
    .appendVarIntMap(new Map<Buffer, Buffer>(), () => {})
    .prependVarIntLength()
}

describe("the client's writer, mended", () => {
  it('writes the same bytes in one piece', async () => {
    const values = [null, Buffer.alloc(0), Buffer.from('value'), Buffer.alloc(4_000, 1), Buffer.alloc(5_000, 2)]
    const before = values.map((value) => record(64n, value))
    expect(before.map(({ buffers }) => buffers.length)).toEqual([8, 8, 9, 9, 9])
    const { mendClientWriter } = await import('./client-writer.ts')
    mendClientWriter()
    mendClientWriter()
    const after = values.map((value) => record(64n, value))
    expect(after.map(({ buffers }) => buffers.length)).toEqual([1, 1, 1, 1, 9])
    expect(after.map(({ buffer }) => buffer)).toEqual(before.map(({ buffer }) => buffer))
    expect(after.map(({ length }) => length)).toEqual(before.map(({ length }) => length))
  })

  it.each([
    [2n ** 31n - 1n, 'feffffff0f'],
    [2n ** 31n, '8080808010'],
    [-(2n ** 31n), 'ffffffff0f'],
    [-(2n ** 31n) - 1n, '8180808010'],
    [2n ** 63n - 1n, 'feffffffffffffffff01'],
    [-(2n ** 63n), 'ffffffffffffffffff01'],
  ])('writes %i as the protocol says', (value, hex) => {
    expect(Writer.create().appendVarInt64(value).buffer.toString('hex')).toBe(hex)
  })
})
