import { describe, expect, it } from 'vitest'
import {
  arrayOf,
  BIGINT,
  BYTES,
  DATE,
  DOUBLE,
  decimal,
  INTERVAL,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../core/type.ts'
import type { Value } from '../core/value.ts'
import { clockText, rowJson, valueJson, valueText } from './format-value.ts'

const NOON = Date.UTC(2026, 0, 31, 12, 0, 5)
const point: SqlType = {
  kind: 'struct',
  fields: [
    { name: 'x', type: DOUBLE },
    { name: 'at', type: TIMESTAMP },
  ],
}
const counts: SqlType = { kind: 'map', key: STRING, value: BIGINT }

describe('valueText and valueJson', () => {
  it.each<[string, Value, SqlType, string, string]>([
    ['NULL', null, STRING, 'NULL', 'null'],
    ['text', 'a"b', STRING, 'a"b', '"a\\"b"'],
    ['a BIGINT beyond the safe integers', 9223372036854775807n, BIGINT, '9223372036854775807', '9223372036854775807'],
    ['a DECIMAL', 1250, decimal(12, 2), '12.50', '12.50'],
    ['a small negative DECIMAL', -5, decimal(12, 2), '-0.05', '-0.05'],
    ['a DECIMAL without scale', 7, decimal(12, 0), '7', '7'],
    ['a DOUBLE', 0.1, DOUBLE, '0.1', '0.1'],
    ['NaN, which JSON has not', Number.NaN, DOUBLE, 'NaN', '"NaN"'],
    ['a TIMESTAMP', NOON, TIMESTAMP, '2026-01-31 12:00:05', '"2026-01-31T12:00:05.000Z"'],
    ['milliseconds', NOON + 7, TIMESTAMP, '2026-01-31 12:00:05.007', '"2026-01-31T12:00:05.007Z"'],
    ['microseconds', NOON + 7.25, TIMESTAMP, '2026-01-31 12:00:05.007250', '"2026-01-31T12:00:05.007250Z"'],
    ['a time before 1970', -1, TIMESTAMP, '1969-12-31 23:59:59.999', '"1969-12-31T23:59:59.999Z"'],
    ['a DATE', 20484, DATE, '2026-01-31', '"2026-01-31"'],
    ['a TIME', 43_205_000, TIME, '12:00:05', '"12:00:05"'],
    ['an INTERVAL', 93_784_500, INTERVAL, '1 day 02:03:04.500', '"1 day 02:03:04.500"'],
    ['BYTES', Uint8Array.of(0, 255), BYTES, '\\x00ff', '"AP8="'],
    ['JSON', '{"a":1}', JSON_TYPE, '{"a":1}', '{"a":1}'],
    ['an ARRAY', ['a', null], arrayOf(STRING), '["a",null]', '["a",null]'],
    ['a MAP', [['a', 1]], counts, '{"a":1}', '{"a":1}'],
    [
      'a STRUCT',
      [1.5, 0],
      point,
      '{"x":1.5,"at":"1970-01-01T00:00:00.000Z"}',
      '{"x":1.5,"at":"1970-01-01T00:00:00.000Z"}',
    ],
  ])('%s', (_, value, type, text, json) => {
    expect(valueText(value, type)).toBe(text)
    expect(valueJson(value, type)).toBe(json)
    expect(() => JSON.parse(json)).not.toThrow()
  })
})

describe('rowJson', () => {
  it('keeps the order of the columns', () => {
    const fields = ['b', 'a'].map((name) => ({ name, type: BIGINT, nullable: true }))
    expect(rowJson({ fields, key: [], timeColumn: undefined, mode: 'append' }, [1, null])).toBe('{"b":1,"a":null}')
  })
})

describe('clockText', () => {
  it('is the time of the day alone', () => {
    expect(clockText(NOON)).toBe('12:00:05')
    expect(clockText(Number.POSITIVE_INFINITY)).toBe('Infinity')
  })
})
