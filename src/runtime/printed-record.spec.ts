import { describe, expect, test } from 'vitest'
import {
  PRINTED_BYTES_MAX,
  PRINTED_HEADER_BYTES_MAX,
  PRINTED_HEADERS_MAX,
  printedBytes,
  printedRecord,
} from './printed-record.ts'

describe('bytes are printed', () => {
  test.each<[string, Uint8Array | null, string | null]>([
    ['as text, where they are text', Buffer.from('{"name": "Zoë"}\n'), '{"name": "Zoë"}\n'],
    ['as nothing where there are none', null, null],
    ['as an empty text', Buffer.from(''), ''],
    ['as digits, where they are no UTF-8', Buffer.from([0xff, 0x01]), '0xff01'],
    ['as digits, where a terminal would obey them', Buffer.from('\u001b[2J'), '0x1b5b324a'],
    ['with the id of their schema, before digits', Buffer.from([0, 0, 0, 1, 2, 0xff]), 'schema 258: 0xff'],
    ['with the id of their schema, before text', Buffer.from([0, 0, 0, 0, 7, ...Buffer.from('{}')]), 'schema 7: {}'],
    ['as digits, where they are too short for a schema', Buffer.from([0, 0, 0, 1]), '0x00000001'],
  ])('%s', (_, bytes, printed) => {
    expect(printedBytes(bytes)).toBe(printed)
  })

  test('up to a limit, and past it with how many there are, without half a character', () => {
    const atLimit = 'a'.repeat(PRINTED_BYTES_MAX)
    expect(printedBytes(Buffer.from(atLimit))).toBe(atLimit)
    expect(printedBytes(Buffer.from(`${atLimit}b`))).toBe(`${atLimit}… (${PRINTED_BYTES_MAX + 1} bytes)`)
    const accents = `a${'é'.repeat(PRINTED_BYTES_MAX)}`
    expect(printedBytes(Buffer.from(accents))).toMatch(/^aé+… \(8193 bytes\)$/)
    const binary = printedBytes(new Uint8Array(PRINTED_BYTES_MAX + 1).fill(0xff))
    expect(binary).toHaveLength('0x'.length + 2 * PRINTED_BYTES_MAX + '… (4097 bytes)'.length)
  })
})

test('headers are printed each, also two of a name, up to a limit of them', () => {
  const printed = (headers: readonly (readonly [string, Uint8Array | null])[]) =>
    printedRecord(
      {
        partition: 2,
        count: 1,
        data: Buffer.from('kv'),
        keyStart: Int32Array.of(0),
        keyEnd: Int32Array.of(1),
        valueStart: Int32Array.of(1),
        valueEnd: Int32Array.of(2),
        timestamps: Float64Array.of(Number.NaN),
        offsets: Float64Array.of(9),
        nextOffset: 10,
        end: false,
        columns: undefined,
        headers: () => headers.map(([name, value]) => [Buffer.from(name), value]),
      },
      0,
    )
  const headers = [
    ['a', Buffer.from('1')],
    ['a', null],
    ['b', Buffer.from([0xff])],
  ] as const
  expect(printed(headers)).toEqual([2, 9, null, 'k', 'v', 'a=1, a=NULL, b=0xff'])
  expect(printed([])[5]).toBeNull()
  const many = Array.from({ length: PRINTED_HEADERS_MAX + 1 }, () => ['h', Buffer.from('1')] as const)
  expect(printed(many.slice(1))[5]).toBe(Array(PRINTED_HEADERS_MAX).fill('h=1').join(', '))
  expect(printed(many)[5]).toMatch(/h=1, … \(33 headers\)$/)
  const long = [['h', Buffer.alloc(PRINTED_HEADER_BYTES_MAX + 1, 'a')]] as const
  expect(printed(long)[5]).toMatch(/^h=a+… \(257 bytes\)$/)
})
