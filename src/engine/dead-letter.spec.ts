import { describe, expect, test } from 'vitest'
import { deadLetterOfRecord, deadLetterOfRow, LETTER_BYTES_MAX, MESSAGE_CHARS_MAX } from './dead-letter.ts'
import type { OutputRecord } from './ports/log.ts'
import type { RejectedRecord } from './source.ts'

const RECORD: RejectedRecord = {
  reason: 'not JSON',
  topic: undefined,
  partition: 3,
  offset: 41,
  timestamp: 1_700_000_000_123,
  key: Buffer.from([0xff, 0]),
  value: Buffer.from('{"id":'),
  headers: [[Buffer.from('trace'), Buffer.from([1])]],
}

function letter(record: Partial<RejectedRecord>): OutputRecord {
  return deadLetterOfRecord({ ...RECORD, ...record }, 'totals', 'orders', 'shop.orders')
}

function texts({ headers = [] }: OutputRecord): Record<string, string | undefined> {
  return Object.fromEntries(headers.map(([name, value]) => [name, value?.toString()]))
}

describe('the dead letter of a record', () => {
  test('is the record as it came, with what was wrong behind its own headers', () => {
    const { headers = [], ...rest } = letter({})
    expect(rest).toEqual({ key: RECORD.key, value: RECORD.value, timestamp: RECORD.timestamp })
    expect(headers[0]).toEqual(['trace', Buffer.from([1])])
    expect(texts({ ...rest, headers: headers.slice(1) })).toEqual({
      'weir.error.kind': 'record',
      'weir.error.message': 'not JSON',
      'weir.query': 'totals',
      'weir.source.stream': 'orders',
      'weir.source.topic': 'shop.orders',
      'weir.source.partition': '3',
      'weir.source.offset': '41',
    })
  })

  test('that is read again and fails again says what is wrong now, once', () => {
    const headers = (letter({}).headers ?? []).map(([name, value]) => [Buffer.from(name), value] as const)
    const again = letter({ headers, reason: 'still not JSON', offset: 7 })
    expect(again.headers).toHaveLength(headers.length)
    expect(texts(again)).toMatchObject({ 'weir.error.message': 'still not JSON', 'weir.source.offset': '7' })
  })

  test('keeps a message up to its limit, and the start of a longer one without half a character', () => {
    const message = (reason: string) => texts(letter({ reason }))['weir.error.message']
    const atLimit = 'a'.repeat(MESSAGE_CHARS_MAX)
    expect(message(atLimit)).toBe(atLimit)
    expect(message(`${atLimit}b`)).toBe(`${'a'.repeat(MESSAGE_CHARS_MAX - 1)}…`)
    const emoji = `${'a'.repeat(MESSAGE_CHARS_MAX - 2)}😀😀`
    expect(message(emoji)).toBe(`${'a'.repeat(MESSAGE_CHARS_MAX - 2)}…`)
  })

  test('keeps a value up to its limit, and of a larger one only how large it was', () => {
    const size = LETTER_BYTES_MAX - 'trace'.length - 1 - 2
    const fits = letter({ value: new Uint8Array(size) })
    expect(fits.value).toHaveLength(size)
    expect(texts(fits)).not.toHaveProperty('weir.value.bytes')
    const large = letter({ value: new Uint8Array(size + 1) })
    expect(large).toMatchObject({ key: RECORD.key, value: null })
    expect(texts(large)).toMatchObject({ 'weir.value.bytes': String(size + 1), 'weir.source.offset': '41' })
    expect(letter({ key: new Uint8Array(LETTER_BYTES_MAX + 1) }).key).toBeNull()
  })
})

test('the dead letter of a row has its columns as the value, and the step that failed', () => {
  const row = deadLetterOfRow(Buffer.from('["b",5,0]'), 'ratios', 'project-1', 'division by zero', 5)
  expect(row).toMatchObject({ key: null, value: Buffer.from('["b",5,0]'), timestamp: 5 })
  expect(texts(row)).toEqual({
    'weir.error.kind': 'row',
    'weir.error.message': 'division by zero',
    'weir.query': 'ratios',
    'weir.step': 'project-1',
  })
})
