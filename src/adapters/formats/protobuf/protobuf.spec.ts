import { describe, expect, it } from 'vitest'
import type { Value } from '../../../core/value.ts'
import { MESSAGE_DEPTH_MAX } from './proto-json.ts'
import { PROTOBUF } from './proto-language.ts'
import { EXPANDED_FIELDS_MAX, PROTO_CHARACTERS_MAX, parseProto } from './proto-schema.ts'

const schema = (text: string) => ({ type: 'PROTOBUF' as const, text, references: [] })
const parse = (text: string) => parseProto(schema(text))

describe('a schema of Protobuf', () => {
  it('is proto2 unless it says otherwise, behind any comments', () => {
    const presence = (text: string) => parse(text).messages[0]?.message.fields[0]?.presence
    expect(presence('message M { optional int32 a = 1; }')).toBe(true)
    expect(presence('// syntax = "proto3";\n/* x */ syntax = "proto2"; message M { optional int32 a = 1; }')).toBe(true)
    expect(presence("/* // */ // */\n syntax = 'proto3'; message M { int32 a = 1; }")).toBe(false)
    expect(presence('syntax = "proto3"; message M { optional int32 a = 1; }')).toBe(true)
    expect(presence('syntax = "proto3"; message M { oneof o { int32 a = 1; } }')).toBe(true)
  })

  it('may be so long, and grow so much where messages have each other, and no more', () => {
    const padded = (length: number) => {
      const text = 'syntax = "proto3"; message M { int32 a = 1; }'
      return `${text}${' '.repeat(length - text.length)}`
    }
    expect(parse(padded(PROTO_CHARACTERS_MAX)).messages).toHaveLength(1)
    expect(() => parse(padded(PROTO_CHARACTERS_MAX + 1))).toThrow('it has more than 1048576 characters')
    // A message of 999 numbers counts 1000, a hundred of them and so many more numbers in another.
    const numbers = (count: number, from: number) =>
      Array.from({ length: count }, (_, i) => `int32 n${from + i} = ${from + i};`).join('')
    const wide = (more: number) =>
      `syntax = "proto3"; message Wide { ${Array.from({ length: 99 }, (_, i) => `In m${i} = ${i + 1};`).join('')}
        ${numbers(more, 1_000)} } message In { ${numbers(999, 1)} }`
    expect(1 + 99 * 1_000 + 999).toBe(EXPANDED_FIELDS_MAX)
    expect(parse(wide(999)).messages).toHaveLength(2)
    expect(() => parse(wide(1_000))).toThrow('when its messages are written out')
    const doubling = Array.from({ length: 60 }, (_, i) =>
      i === 0 ? 'message M0 { int32 a = 1; }' : `message M${i} { M${i - 1} a = 1; M${i - 1} b = 2; }`,
    ).join('')
    expect(() => parse(`syntax = "proto3"; ${doubling}`)).toThrow('when its messages are written out')
  })

  it('takes no name that could be anything but a name', () => {
    for (const name of ['__proto__', 'a;b', 'a-b', 'a"b', '$a']) {
      expect(() => parse(`syntax = "proto3"; message ${name} { int32 a = 1; }`)).toThrow()
    }
    const file = parse('syntax = "proto3"; message constructor { int32 toString = 1; } ')
    expect(file.messages[0]?.message).toMatchObject({ name: 'constructor', fields: [{ name: 'toString' }] })
  })
})

describe('a message of Protobuf', () => {
  it('may be nested so deep, and no more', () => {
    const text = 'syntax = "proto3"; message Tree { Tree next = 1; int32 n = 2; }'
    const chain = (depth: number): Buffer => {
      const inner = depth === 0 ? Buffer.from([16, 1]) : chain(depth - 1)
      const length = inner.length < 128 ? [inner.length] : [(inner.length & 0x7f) | 0x80, inner.length >> 7]
      return depth === 0 ? inner : Buffer.concat([Buffer.from([10, ...length]), inner])
    }
    const columns = [{ index: 0, path: ['next'], type: { kind: 'json' } as const }]
    const read = (bytes: Buffer) => {
      const row: Value[] = [null]
      const framing = { framed: false, message: undefined }
      PROTOBUF.reader(schema(text), undefined, columns, framing).read(bytes, 0, bytes.length, row)
      return row[0]
    }
    expect(read(chain(2))).toBe('{"next":{"n":1}}')
    expect(read(chain(MESSAGE_DEPTH_MAX + 1))).toMatch(/^\{/)
    expect(() => read(chain(MESSAGE_DEPTH_MAX + 2))).toThrow(
      'field "next": malformed Protobuf: it is nested deeper than 64 levels',
    )
  })
})
