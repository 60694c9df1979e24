import { describe, expect, test } from 'vitest'
import { compareStrings } from './compare.ts'
import { formatValue, writeJsonObject, writeJsonValue } from './format-value.ts'
import { hash32 } from './hash.ts'
import { keyCodec } from './key-codec.ts'
import { fromJson, parseJsonText, parseValue } from './parse-value.ts'
import { rowCodec } from './row-codec.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTES,
  DOUBLE,
  decimal,
  INT,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIMESTAMP,
} from './type.ts'

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

// Bytes are on disk: these may never change.
describe('stored forms', () => {
  test('of a key', () => {
    const codec = keyCodec([BIGINT, STRING, BOOLEAN, DOUBLE, decimal(38, 0)])
    expect(hex(codec.encode([5, 'a\0', true, -1, null]))).toBe(
      ['8105', '0161010100', '02', '01400fffffffffffff', 'ff'].join(''),
    )
    expect(hex(codec.encode([-256, '', false, 0, 10n ** 20n]))).toBe(
      ['7efeff', '0100', '01', '018000000000000000', '89056bc75e2d63100000'].join(''),
    )
  })

  test('of a row', () => {
    const codec = rowCodec([BIGINT, STRING, TIMESTAMP, decimal(38, 0), arrayOf(INT)])
    expect(hex(codec.encode([5, 'é', 1_000, null, [1, null]]))).toBe(
      ['01', '08', '45', '02c3a9', 'c1e803', '02', '02', '41'].join(''),
    )
    expect(hex(codec.encodeChange([null, null, 0.5, null, null], 3, 0))).toBe(
      ['03', '01', '0000000000000000', '1b', 'ff000000000000e03f'].join(''),
    )
  })

  test('of a hash, as MurmurHash3 gives it', () => {
    const bytes = new TextEncoder().encode('The quick brown fox jumps over the lazy dog')
    expect(hash32(bytes, 0x9747b28c)).toBe(0x2fa826cd)
    expect(hash32(new Uint8Array(0), 1)).toBe(0x514e28b7)
  })
})

describe('bad bytes', () => {
  const row = rowCodec([STRING, BIGINT])
  test.each([
    ['', 'bytes end inside a row version'],
    ['02', 'a row has version 2; this release reads up to 1'],
    ['00', 'row has version 0, known is 1'],
    ['01', 'bytes end inside a bitmap of nulls'],
    ['01000561', 'bytes end inside a string'],
    ['0100ffffffffffffffff01', 'a string has a length that is too large'],
    ['010002c328', 'a string is not valid UTF-8'],
    ['01000161ff', 'byte 255 does not start an integer'],
    ['01000161c7', 'bytes end inside an integer'],
    ['010001614500', 'row has 1 bytes too many'],
  ])('row %s: %s', (bytes, message) => {
    expect(() => row.decode(Buffer.from(bytes, 'hex'))).toThrow(message)
  })

  test('a change with an unknown kind', () => {
    expect(() => row.decodeChange(Buffer.from('f001', 'hex'))).toThrow('byte 240 is no change kind')
  })

  test.each([
    ['', 'bytes end inside an integer'],
    ['82', 'bytes end inside an integer'],
    ['8002', 'byte 2 does not start a string'],
    ['800161', 'bytes end inside a string'],
    ['80010103', 'byte 3 is no escape'],
    ['8001610000', 'key has 1 bytes too many'],
  ])('key %s: %s', (bytes, message) => {
    expect(() => keyCodec([BIGINT, STRING]).decode(Buffer.from(bytes, 'hex'))).toThrow(message)
  })
})

describe('order of texts', () => {
  test('is by code point, not by UTF-16 unit', () => {
    expect(compareStrings('\uffff', '\u{10000}')).toBeLessThan(0)
    expect(['\u{1f600}', 'z', '\ufffd', 'a', ''].sort(compareStrings)).toEqual(['', 'a', 'z', '\ufffd', '\u{1f600}'])
  })
})

describe('values as text and JSON', () => {
  const struct: SqlType = {
    kind: 'struct',
    fields: [
      { name: 'a"b', type: BIGINT },
      { name: '__proto__', type: STRING },
    ],
  }

  test('integers and decimals keep all digits', () => {
    expect(writeJsonValue(BIGINT, 9007199254740993n)).toBe('9007199254740993')
    expect(parseJsonText(BIGINT, '9007199254740993')).toBe(9007199254740993n)
    expect(parseJsonText(BIGINT, '9223372036854775807')).toBe(2n ** 63n - 1n)
    expect(parseJsonText(BIGINT, '1000000000000000000000.000e-3')).toBe(10n ** 18n)
    expect(() => parseJsonText(BIGINT, '9223372036854775808')).toThrow('BIGINT overflow')
    expect(() => parseJsonText(BIGINT, '1.5')).toThrow('JSON value is no valid BIGINT')
    expect(parseJsonText(decimal(38, 10), '1234567890123456789012345678.0123456789')).toBe(
      12345678901234567890123456780123456789n,
    )
  })

  test('names and keys are data, whatever they are called', () => {
    expect(writeJsonValue(struct, [1, 'x'])).toBe('{"a\\"b":1,"__proto__":"x"}')
    expect(parseJsonText(struct, '{"__proto__":"x","a\\"b":1,"other":{}}')).toEqual([1, 'x'])
    expect(parseJsonText(struct, '{}')).toEqual([null, null])
    expect(writeJsonObject([{ name: 'n', type: DOUBLE }], [Number.NaN])).toBe('{"n":"NaN"}')
  })

  test('what has no form of its own in JSON', () => {
    expect(writeJsonValue(BYTES, new Uint8Array([1, 255]))).toBe('"Af8="')
    expect(writeJsonValue(TIMESTAMP, 0)).toBe('"1970-01-01T00:00:00.000Z"')
    expect(writeJsonValue({ kind: 'map', key: INT, value: STRING }, [[1, 'a']])).toBe('{"1":"a"}')
    expect(formatValue(BYTES, new Uint8Array([1, 255]))).toBe('\\x01ff')
    expect(formatValue(decimal(12, 2), 1250)).toBe('12.50')
    expect(formatValue(arrayOf(STRING), ['a', null])).toBe('["a",null]')
    expect(formatValue(STRING, null)).toBe('NULL')
  })

  test('times in JSON are checked', () => {
    expect(fromJson(TIMESTAMP, 1_000)).toBe(1_000)
    expect(fromJson(TIMESTAMP, '1970-01-01T00:00:01Z')).toBe(1_000)
    expect(() => fromJson(TIMESTAMP, 1e300)).toThrow('JSON value is no valid TIMESTAMP')
    expect(() => fromJson({ kind: 'date' }, 1.5)).toThrow('JSON value is no valid DATE')
    expect(() => fromJson({ kind: 'time' }, 86_400_000)).toThrow('JSON value is no valid TIME')
  })

  test('text of the wrong form names the type', () => {
    expect(() => parseValue(INT, 'abc')).toThrow('text is no valid INT')
    expect(() => parseValue(decimal(4, 1), 'x')).toThrow('text is no valid DECIMAL(4, 1)')
    expect(() => parseValue(JSON_TYPE, '{')).toThrow('text is no valid JSON')
    expect(parseValue(BOOLEAN, ' Yes ')).toBe(true)
    expect(parseValue(DOUBLE, '-Infinity')).toBe(Number.NEGATIVE_INFINITY)
    expect(() => parseValue(DOUBLE, '1e400')).toThrow('DOUBLE overflow')
  })
})
