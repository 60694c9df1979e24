import { describe, expect, it } from 'vitest'
import type { RowBatchInput } from './proto/weir/v1/RowBatch.ts'
import type { TypeInput } from './proto/weir/v1/Type.ts'
import type { ValueInput } from './proto/weir/v1/Value.ts'
import { QUERY_SERVICE } from './protos.ts'
import { Decimal, dateOfMicros, rowReader, type TimestampMode, writeParameter } from './values.ts'

const { requestSerialize, requestDeserialize, responseSerialize, responseDeserialize } = QUERY_SERVICE.Query

/** A value as it arrives: through the wire. */
function read(type: TypeInput, value: ValueInput, timestamps: TimestampMode = 'date') {
  const through = (response: object) => responseDeserialize(responseSerialize(response))
  const schema = through({ header: { schema: { columns: [{ name: 'c', type }] } } }).header?.schema
  const batch: RowBatchInput = { rows: [{ values: [value] }] }
  const row = through({ batch }).batch?.rows[0]
  if (schema == null || row === undefined) throw new Error('lost on the wire')
  return rowReader(schema, timestamps)(row)['c']
}

const BIGINT: TypeInput = { kind: 'KIND_BIGINT' }
const STRING: TypeInput = { kind: 'KIND_STRING' }

describe('rowReader', () => {
  it.each<[string, TypeInput, ValueInput, unknown]>([
    ['BOOLEAN', { kind: 'KIND_BOOLEAN' }, { boolValue: false }, false],
    ['INT', { kind: 'KIND_INT' }, { int64Value: -7 }, -7],
    ['BIGINT that is small', BIGINT, { int64Value: 7 }, 7n],
    ['BIGINT that is large', BIGINT, { int64Value: '-9223372036854775808' }, -(2n ** 63n)],
    ['DOUBLE', { kind: 'KIND_DOUBLE' }, { doubleValue: Number.NaN }, Number.NaN],
    ['DECIMAL', { kind: 'KIND_DECIMAL' }, { decimalValue: '-0.10' }, '-0.10'],
    ['STRING that is empty', STRING, { stringValue: '' }, ''],
    ['BYTES', { kind: 'KIND_BYTES' }, { bytesValue: Buffer.from([0, 255]) }, new Uint8Array([0, 255])],
    ['DATE before the epoch', { kind: 'KIND_DATE' }, { dateDays: -1 }, '1969-12-31'],
    ['TIME', { kind: 'KIND_TIME' }, { timeMicros: 43_200_000_001 }, '12:00:00.000001'],
    ['TIMESTAMP', { kind: 'KIND_TIMESTAMP' }, { timestampMicros: '1767225600123457' }, new Date(1_767_225_600_123)],
    ['INTERVAL', { kind: 'KIND_INTERVAL' }, { intervalMillis: -60_000 }, -60_000],
    ['JSON', { kind: 'KIND_JSON' }, { jsonValue: 'null' }, 'null'],
    ['NULL', BIGINT, { nullValue: 'NULL_VALUE' }, null],
    ['a value that is not set', BIGINT, {}, null],
    ['ARRAY', { kind: 'KIND_ARRAY', element: BIGINT }, { listValue: { values: [{ int64Value: 1 }, {}] } }, [1n, null]],
    [
      'MAP',
      { kind: 'KIND_MAP', key: STRING, element: BIGINT },
      { mapValue: { entries: [{ key: { stringValue: '__proto__' }, value: { int64Value: 1 } }] } },
      new Map([['__proto__', 1n]]),
    ],
    [
      'STRUCT',
      {
        kind: 'KIND_STRUCT',
        fields: [
          { name: 'a', type: BIGINT },
          { name: 'b', type: STRING },
        ],
      },
      { structValue: { values: [{ int64Value: 1 }, { nullValue: 'NULL_VALUE' }] } },
      { a: 1n, b: null },
    ],
    ['a type of a newer server', { kind: 'KIND_UNSPECIFIED' }, { stringValue: 'x' }, 'x'],
  ])('reads %s', (_name, type, value, expected) => {
    expect(read(type, value)).toEqual(expected)
  })

  it('gives microseconds when asked', () => {
    const timestamp = { timestampMicros: '1767225600123457' }
    expect(read({ kind: 'KIND_TIMESTAMP' }, timestamp, 'micros')).toBe(1_767_225_600_123_457n)
  })
})

it('rounds a time before the epoch down, as one after it', () => {
  expect(dateOfMicros(-1n).getTime()).toBe(-1)
  expect(dateOfMicros(1_999n).getTime()).toBe(1)
})

describe('writeParameter', () => {
  it.each<[unknown, ValueInput['kind']]>([
    [null, 'nullValue'],
    [2, 'int64Value'],
    [2n ** 63n - 1n, 'int64Value'],
    [2.5, 'doubleValue'],
    [2 ** 53, 'doubleValue'],
    [-0, 'doubleValue'],
    ['1', 'stringValue'],
    [new Decimal('1.0'), 'decimalValue'],
    [new Date(0), 'timestampMicros'],
    [new Uint8Array(1), 'bytesValue'],
    [[1, 'a'], 'listValue'],
  ])('sends %s as %s', (value, kind) => {
    const parameters = [writeParameter(value as never)]
    expect(requestDeserialize(requestSerialize({ parameters })).parameters[0]?.kind).toBe(kind)
  })

  it('refuses what SQL has no value for', () => {
    expect(() => writeParameter((() => 1) as never)).toThrow("can't send a function")
    expect(() => new Decimal('1e3')).toThrow('not a decimal')
  })
})
