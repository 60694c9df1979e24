import { describe, expect, it } from 'vitest'
import { INGEST_SERVICE } from '../grpc/protos.ts'
import type { ValueInput, Value as WireValue } from '../proto/weir/v1/Value.ts'
import { jsonOfRow } from './json-row.ts'

/** As it arrives: through the wire. */
function values(...inputs: ValueInput[]): WireValue[] {
  const { requestSerialize, requestDeserialize } = INGEST_SERVICE.IngestBatch
  const request = requestDeserialize(requestSerialize({ batch: { rows: [{ values: inputs }] } }))
  return request.batch?.rows[0]?.values ?? []
}

describe('jsonOfRow', () => {
  it('writes every digit of every number', () => {
    const row = values({ int64Value: '9007199254740993' }, { decimalValue: '-0.10' }, { doubleValue: 0.1 })
    expect(jsonOfRow(['i', 'd', 'f'], row)).toBe('{"i":9007199254740993,"d":"-0.10","f":0.1}')
  })

  it('writes times with their microseconds, before and after the epoch', () => {
    const row = values({ timestampMicros: '1767225600123457' }, { timestampMicros: '-1' }, { dateDays: -1 })
    expect(jsonOfRow(['a', 'b', 'c'], row)).toBe(
      '{"a":"2026-01-01T00:00:00.123457Z","b":"1969-12-31T23:59:59.999999Z","c":"1969-12-31"}',
    )
  })

  it('escapes names and texts', () => {
    expect(
      JSON.parse(jsonOfRow(['a"b', '__proto__'], values({ stringValue: '\u2028"\\' }, { nullValue: 'NULL_VALUE' }))),
    ).toEqual(JSON.parse('{"a\\"b":"\u2028\\"\\\\","__proto__":null}'))
  })

  it('refuses what JSON can not hold, and a row that does not fit its columns', () => {
    expect(() => jsonOfRow(['a'], values({ doubleValue: Number.NaN }))).toThrow('no NaN')
    expect(() => jsonOfRow(['a'], values({ jsonValue: '{"open"' }))).toThrow('not valid JSON')
    expect(() => jsonOfRow(['a', 'b'], values({ boolValue: true }))).toThrow('1 values for 2 columns')
  })
})
