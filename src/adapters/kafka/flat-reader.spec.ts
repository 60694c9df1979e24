import { Reader, Writer } from '@platformatic/kafka'
import { describe, expect, it } from 'vitest'
import { FlatReader } from './flat-reader.ts'

/** What a record consists of, in the order in which the client reads it. */
interface Parts {
  readonly attributes: number
  readonly timestampDelta: bigint
  readonly offsetDelta: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [Buffer, Buffer | null])[]
}

const PLAIN: Parts = {
  attributes: 0,
  timestampDelta: 0n,
  offsetDelta: 0,
  key: null,
  value: Buffer.from('value'),
  headers: [],
}

const CASES: readonly Parts[] = [
  PLAIN,
  { ...PLAIN, key: Buffer.from('key'), value: null },
  { ...PLAIN, key: Buffer.alloc(0), value: Buffer.alloc(0) },
  { ...PLAIN, value: Buffer.alloc(70_000, 7) },
  ...[-1, 127, -128].map((attributes) => ({ ...PLAIN, attributes })),
  ...[63, 64, -64, -65, 8191, 8192, 1 << 20, 2 ** 30 - 1, -(2 ** 30)].map((offsetDelta) => ({ ...PLAIN, offsetDelta })),
  ...[
    1n,
    -1n,
    64n,
    86_400_000n,
    -86_400_000n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 32n,
    2n ** 62n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ].map((timestampDelta) => ({ ...PLAIN, timestampDelta })),
  {
    ...PLAIN,
    headers: [
      [Buffer.from('trace'), Buffer.from('1')],
      [Buffer.from('none'), null],
    ],
  },
]

function written({ attributes, timestampDelta, offsetDelta, key, value, headers }: Parts): Buffer {
  return Writer.create()
    .appendInt8(attributes)
    .append(zigzagBytes(timestampDelta))
    .appendVarInt(offsetDelta)
    .appendVarIntBytes(key)
    .appendVarIntBytes(value)
    .appendVarIntArray([...headers], (writer, [name, content]) => {
      writer.appendVarIntBytes(name).appendVarIntBytes(content)
    }).buffer
}

/** The client writes a 64-bit number right only below 2^31. */
function zigzagBytes(value: bigint): Buffer {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n))
  for (; rest >= 0x80n; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Buffer.from(bytes)
}

function read(reader: Reader): Parts & { readonly end: number } {
  return {
    attributes: reader.readInt8(),
    timestampDelta: reader.readVarInt64(),
    offsetDelta: reader.readVarInt(),
    key: reader.readVarIntBytes(),
    value: reader.readVarIntBytes(),
    headers: reader.readVarIntArray((each) => [each.readVarIntBytes() as Buffer, each.readVarIntBytes()]),
    end: reader.position,
  }
}

describe('a reader over one piece', () => {
  it.each(CASES)('reads $# as the client does', (parts) => {
    const bytes = written(parts)
    const found = read(new FlatReader(bytes))
    expect(found).toEqual({ ...parts, end: bytes.length })
    expect(found).toEqual(read(Reader.from(bytes)))
  })

  it('says so where the bytes end within a record', () => {
    const bytes = written({ ...PLAIN, offsetDelta: 8192, headers: [[Buffer.from('trace'), Buffer.from('1')]] })
    for (let length = 1; length < bytes.length; length++) {
      const reader = new FlatReader(Buffer.from(bytes.subarray(0, length)))
      expect(() => read(reader), `${length} of ${bytes.length} bytes`).toThrow()
    }
  })

  it.each([-2, -1000, 2 ** 31 - 1])('does not follow a length of %i', (length) => {
    const bytes = Writer.create().appendVarInt(length).appendInt64(0n).buffer
    expect(() => new FlatReader(bytes).readVarIntBytes()).toThrow('a record goes on behind the end of its response')
  })
})
