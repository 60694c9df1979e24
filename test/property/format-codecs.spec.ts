import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FORMATS } from '../../src/adapters/formats/registry.ts'
import { chunkOf } from '../../src/adapters/memory/memory-log.ts'
import { AppError } from '../../src/core/errors.ts'
import type { Schema } from '../../src/core/schema.ts'
import { BIGINT, BOOLEAN, BYTES, decimal, STRING, TIMESTAMP } from '../../src/core/type.ts'
import type { Value } from '../../src/core/value.ts'
import type { OutputRecord } from '../../src/engine/ports/log.ts'
import { watermarkRecord } from '../../src/engine/sinks.ts'
import type { FormatSpec, SourceField } from '../../src/plan/physical/nodes.ts'

const schema: Schema = {
  fields: [
    { name: 'id', type: STRING, nullable: true },
    { name: 'n', type: BIGINT, nullable: true },
    { name: 'd', type: decimal(12, 2), nullable: true },
    { name: 't', type: TIMESTAMP, nullable: true },
    { name: 'ok', type: BOOLEAN, nullable: true },
  ],
  key: [],
  timeColumn: undefined,
  mode: 'append',
}
const fields = schema.fields.map((f): SourceField => ({ ...f, from: 'value', path: [f.name] }))
const format = (encoding: FormatSpec['encoding'], options: Record<string, string> = {}): FormatSpec => ({
  envelope: 'plain',
  encoding,
  options,
})
const rowOf = fc.tuple(
  fc.option(fc.string({ unit: 'grapheme', maxLength: 6 })),
  fc.option(fc.maxSafeInteger()),
  fc.option(fc.integer({ min: -1e11, max: 1e11 })),
  fc.option(fc.integer({ min: -1e12, max: 4e12 })),
  fc.option(fc.boolean()),
)

function rowsOf(format: FormatSpec, records: readonly OutputRecord[], wanted = fields) {
  const decoded = FORMATS.decoder(format, wanted).decode(chunkOf(0, 10, records))
  const rows = Array.from({ length: decoded.length }, (_, i) => decoded.columns.map((column) => column[i] as Value))
  return {
    rows,
    bad: decoded.bad,
    kinds: decoded.kinds && [...decoded.kinds],
    records: [...decoded.records],
    watermarks: decoded.watermarks,
  }
}
const textRecord = (text: string, key: string | null = null): OutputRecord => ({
  key: key === null ? null : Buffer.from(key),
  value: Buffer.from(text),
  timestamp: 5,
})

describe('CSV', () => {
  test('what is encoded is decoded to the same row, with any delimiter and null', () => {
    fc.assert(
      fc.property(
        fc.array(rowOf, { maxLength: 5 }),
        fc.constantFrom(',', ';', '\t', '|'),
        fc.constantFrom('', 'NULL', '\\N'),
        (rows, delimiter, none) => {
          const spec = format('csv', { delimiter, null: none })
          const encoder = FORMATS.encoder(spec, schema)
          const encoded = rows.map((row) => encoder.encode(row, 0, 1))
          expect(rowsOf(spec, encoded)).toMatchObject({ rows, bad: [] })
        },
      ),
    )
  })

  test('bad records say what and where; the others are rows', () => {
    const { rows, bad, records } = rowsOf(format('csv'), [
      textRecord('a,1,2.50,2024-02-29T00:00:00Z,true'),
      textRecord('a,x,1,,'),
      textRecord('"a'),
      textRecord('a\nb'),
      textRecord('short'),
      { key: null, value: null, timestamp: 0 },
    ])
    expect(rows).toEqual([
      ['a', 1, 250, 1709164800000, true],
      ['short', null, null, null, null],
    ])
    expect(records).toEqual([0, 4])
    expect(bad.map((record) => record.index)).toEqual([1, 2, 3, 5])
    expect(bad[0]?.reason).toBe('field "n": expected BIGINT, found "x" in column 2')
    expect(bad[1]?.reason).toMatch(/^malformed CSV: /)
  })

  test('a header as the key names the columns; without one the option does', () => {
    const wanted = [fields[1], fields[0]] as SourceField[]
    const header = 'extra,n,id'
    expect(rowsOf(format('csv', { header: 'true' }), [textRecord('x,7,a', header)], wanted).rows).toEqual([[7, 'a']])
    expect(rowsOf(format('csv', { columns: '["id","extra","n"]' }), [textRecord('a,x,7')], wanted).rows).toEqual([
      [7, 'a'],
    ])
  })
})

describe('JSON upserts', () => {
  const table: Schema = {
    ...schema,
    fields: schema.fields.map((f, i) => ({ ...f, nullable: i !== 0 })),
    key: [0],
    mode: 'upsert',
  }
  const spec: FormatSpec = { envelope: 'upsert', encoding: 'json', options: {} }
  const columns = table.fields.map((f): SourceField => ({ ...f, from: 'value', path: [f.name] }))

  test('rows are +U, records without a value are -D with the key; in the order of the records', () => {
    const encoder = FORMATS.encoder(spec, table)
    const row: Value[] = ['a', 7, 250, 0, true]
    const { rows, kinds, bad, records } = rowsOf(
      spec,
      [
        encoder.encode(row, 0, 1),
        encoder.encode(row, 3, 1),
        { key: Buffer.from('{"id":"b","n":5}'), value: null, timestamp: 0 },
        { key: null, value: null, timestamp: 0 },
        textRecord('{"n":1}'),
        encoder.encode(row, 2, 1),
      ],
      columns,
    )
    expect(rows).toEqual([row, ['a', null, null, null, null], ['b', 5, null, null, null], row])
    expect(kinds).toEqual([2, 3, 3, 2])
    expect(records).toEqual([0, 1, 2, 5])
    expect(bad.map(({ index }) => index).sort()).toEqual([3, 4])
    expect(rowsOf(spec, [encoder.encode(row, 0, 1)], columns).kinds).toEqual([2])
  })

  test('a key that is no object needs one key column to go to', () => {
    const tombstone = { key: Buffer.from('a'), value: null, timestamp: 0 }
    expect(rowsOf(spec, [tombstone], fields).bad[0]?.reason).toContain('has not one key column')
  })
})

describe('rows', () => {
  const spec = format('rows')

  test('rows, kinds and watermarks come back in their places', () => {
    const encoder = FORMATS.encoder(spec, schema)
    const entry = fc.oneof(
      { weight: 4, arbitrary: fc.tuple(rowOf, fc.constantFrom(0, 1, 2, 3) as fc.Arbitrary<0 | 1 | 2 | 3>) },
      { weight: 1, arbitrary: fc.constantFrom(5, Number.POSITIVE_INFINITY) },
    )
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        const records = entries.map((e) => (typeof e === 'number' ? watermarkRecord(e) : encoder.encode(e[0], e[1], 9)))
        const expected = entries.filter((e) => typeof e !== 'number')
        const result = rowsOf(spec, records)
        expect(result.rows).toEqual(expected.map(([row]) => row))
        expect(result.bad).toEqual([])
        const kinds = expected.map(([, kind]) => kind)
        expect(result.kinds).toEqual(kinds.some((kind) => kind !== 0) ? kinds : undefined)
        let row = 0
        const watermarks: object[] = []
        for (const e of entries) {
          if (typeof e === 'number') watermarks.push({ row, watermark: e, channel: undefined, idle: false })
          else row++
        }
        expect(result.watermarks).toEqual(watermarks)
      }),
    )
  })

  test('fewer fields than stored are found by name; damaged records are rejected whole', () => {
    const encoder = FORMATS.encoder(spec, schema)
    const record = encoder.encode(['a', 7, null, null, true], 0, 1)
    const columns = JSON.stringify(schema.fields.map(({ name, type }) => ({ name, type })))
    const wanted = [fields[4], fields[0]] as SourceField[]
    const damaged = { ...record, value: (record.value as Uint8Array).subarray(0, 12) }
    const result = rowsOf(format('rows', { columns }), [record, damaged, record], wanted)
    expect(result.rows).toEqual([
      [true, 'a'],
      [true, 'a'],
    ])
    expect(result.bad.map((bad) => bad.index)).toEqual([1])
  })
})

describe('BYTES, metadata columns and the registry', () => {
  test('the value as it is, beside key, timestamp, offset and partition', () => {
    const column = (name: string, from: SourceField['from'], type: SourceField['type'] = BIGINT): SourceField => ({
      name,
      type,
      nullable: true,
      from,
      path: [name],
    })
    const wanted = [
      column('v', 'value', BYTES),
      column('k', 'key', STRING),
      column('t', 'timestamp', TIMESTAMP),
      column('o', 'offset'),
      column('p', 'partition'),
      column('h', 'headers', { kind: 'map', key: STRING, value: STRING }),
      column('b', 'headers', { kind: 'map', key: STRING, value: BYTES }),
    ]
    const headers = [
      ['trace', Buffer.from('1')],
      ['empty', null],
      ['trace', Buffer.from('2')],
    ] as const
    const records = [
      { ...textRecord('\xff', 'k'), headers },
      { key: null, value: null, timestamp: Number.NaN },
    ]
    const ofText = [
      ['empty', null],
      ['trace', '2'],
    ]
    const ofBytes = [
      ['empty', null],
      ['trace', new Uint8Array(Buffer.from('2'))],
    ]
    expect(rowsOf(format('bytes'), records, wanted).rows).toEqual([
      [new Uint8Array(Buffer.from('\xff')), 'k', 5, 10, 0, ofText, ofBytes],
      [null, null, null, 11, 0, [], []],
    ])
    const numeric = [column('k', 'key')]
    expect(rowsOf(format('json'), [textRecord('{}', '12'), textRecord('{}', 'x')], numeric)).toMatchObject({
      rows: [[12]],
      bad: [{ index: 1, reason: "the record's key: text is no valid BIGINT" }],
    })
    const encoder = FORMATS.encoder(format('bytes'), { ...schema, fields: schema.fields.slice(0, 1) })
    expect(encoder.encode(['a'], 0, 1).value).toEqual(Buffer.from('a'))
    expect(() => FORMATS.encoder(format('bytes'), schema)).toThrow(AppError)
  })

  test('what is not supported says so', () => {
    const unsupported: FormatSpec[] = [
      { envelope: 'debezium', encoding: 'csv', options: {} },
      { envelope: 'upsert', encoding: 'csv', options: {} },
    ]
    for (const spec of unsupported) {
      expect(() => FORMATS.decoder(spec, fields)).toThrow(/can't be read/)
      expect(() => FORMATS.encoder(spec, schema)).toThrow(/can't be written/)
    }
  })
})
