// What other libraries have written, read by ours: Google's Protobuf for Python, and fastavro.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { AVRO } from '../../../src/adapters/formats/avro/avro-language.ts'
import { PROTOBUF } from '../../../src/adapters/formats/protobuf/proto-language.ts'
import type { SchemaLanguage } from '../../../src/adapters/formats/schema-language.ts'
import type { SchemaText } from '../../../src/adapters/schema-registry/schema-registry.ts'
import { typeName } from '../../../src/core/type.ts'
import type { Value } from '../../../src/core/value.ts'

const FIXTURES = join(import.meta.dirname, '../../fixtures')
const file = (path: string) => readFileSync(join(FIXTURES, path), 'utf8')
const NO_PLACE = { path: [], message: undefined }

/** The columns that the schema has by itself, by name, from one record. */
function read(language: SchemaLanguage, schema: SchemaText, hex: string): Readonly<Record<string, Value>> {
  const fields = language.columns(schema, NO_PLACE)
  const columns = fields.map(({ name, type }, index) => ({ index, path: [name], type }))
  const row: Value[] = columns.map(() => null)
  const bytes = Buffer.from(hex, 'hex')
  const reader = language.reader(schema, undefined, columns, { framed: false, message: undefined })
  reader.read(Buffer.concat([Buffer.from([1]), bytes, Buffer.from([1])]), 1, 1 + bytes.length, row)
  return Object.fromEntries(fields.map(({ name }, i) => [name, row[i] as Value]))
}

/** The same row written by ours, as hexadecimal digits. */
function write(language: SchemaLanguage, schema: SchemaText, values: Readonly<Record<string, Value>>): string {
  const fields = language.columns(schema, NO_PLACE)
  const rows = { fields, key: [], timeColumn: undefined, mode: 'append' as const }
  const writer = language.writer(schema, rows, { framed: false, message: undefined })
  return Buffer.from(writer.write(fields.map(({ name }) => values[name] ?? null))).toString('hex')
}

describe('Protobuf of Google’s library', () => {
  const records = JSON.parse(file('protobuf/records.json')) as Record<string, string>
  const schema = { type: 'PROTOBUF' as const, text: file('protobuf/all_types.proto'), references: [] }
  const old = { type: 'PROTOBUF' as const, text: file('protobuf/old_style.proto'), references: [] }
  // The first message of the file is another one.
  const ALL = { path: [], message: 'All' }
  const language: SchemaLanguage = {
    ...PROTOBUF,
    columns: (one) => PROTOBUF.columns(one, one === schema ? ALL : NO_PLACE),
    reader: (writer, expected, columns, framing) =>
      PROTOBUF.reader(writer, expected, columns, { ...framing, message: writer === schema ? 'All' : undefined }),
  }
  const of = (name: string) => read(language, name.startsWith('old') ? old : schema, records[name] as string)

  it('has these columns', () => {
    const columns = PROTOBUF.columns(schema, ALL).map(({ name, type, nullable }) => [name, typeName(type), nullable])
    expect(columns).toEqual([
      ['f_double', 'DOUBLE', false],
      ['f_float', 'DOUBLE', false],
      ['f_int32', 'INT', false],
      ['f_int64', 'BIGINT', false],
      ['f_uint32', 'BIGINT', false],
      ['f_uint64', 'DECIMAL(20, 0)', false],
      ['f_sint32', 'INT', false],
      ['f_sint64', 'BIGINT', false],
      ['f_fixed32', 'BIGINT', false],
      ['f_fixed64', 'DECIMAL(20, 0)', false],
      ['f_sfixed32', 'INT', false],
      ['f_sfixed64', 'BIGINT', false],
      ['f_bool', 'BOOLEAN', false],
      ['f_string', 'STRING', false],
      ['f_bytes', 'BYTES', false],
      ['colour', 'STRING', false],
      ['maybe', 'INT', true],
      ['part', 'STRUCT<city STRING, sizes ARRAY<INT>, open BOOLEAN>', true],
      ['parts', 'ARRAY<STRUCT<city STRING, sizes ARRAY<INT>, open BOOLEAN>>', false],
      ['numbers', 'ARRAY<BIGINT>', false],
      ['words', 'ARRAY<STRING>', false],
      ['colours', 'ARRAY<STRING>', false],
      ['by_name', 'MAP<STRING, BIGINT>', false],
      ['by_number', 'MAP<INT, STRUCT<city STRING, sizes ARRAY<INT>, open BOOLEAN>>', false],
      ['text', 'STRING', true],
      ['number', 'BIGINT', true],
      ['at', 'TIMESTAMP', true],
      ['took', 'DECIMAL(21, 9)', true],
      ['wrapped', 'BIGINT', true],
      ['wrapped_text', 'STRING', true],
      ['free', 'JSON', true],
      ['inner', 'JSON', true],
    ])
  })

  it('gives all values, exactly', () => {
    const { free, by_name, ...row } = of('full')
    expect(row).toEqual({
      f_double: -1.5,
      f_float: 0.25,
      f_int32: -2147483648,
      f_int64: -9223372036854775808n,
      f_uint32: 4294967295,
      f_uint64: 18446744073709551615n,
      f_sint32: -2147483648,
      f_sint64: 9007199254740993n,
      f_fixed32: 4294967295,
      f_fixed64: 18446744073709551615n,
      f_sfixed32: -7,
      f_sfixed64: -9007199254740993n,
      f_bool: true,
      f_string: 'grüße €😀',
      f_bytes: new Uint8Array([0, 255]),
      colour: 'BLUE',
      maybe: 0,
      part: ['Graz', [1, 300], false],
      parts: [
        ['Wien', [], null],
        ['', [], null],
      ],
      numbers: [0, -1, 4611686018427387904n],
      words: ['a', '', 'c'],
      colours: ['RED', 'NONE', 'BLUE'],
      by_number: [[-3, ['Linz', [], null]]],
      text: null,
      number: 0,
      at: Date.UTC(2026, 0, 15, 12) + 123.456,
      took: -1_500_000_000,
      wrapped: 0,
      wrapped_text: 'x',
      inner: '{"f_int32":1,"inner":{"f_string":"deep"}}',
    })
    expect(new Map(by_name as [string, Value][])).toEqual(
      new Map<string, Value>([
        ['one', 1],
        ['', -4611686018427387904n],
      ]),
    )
    expect(JSON.parse(free as string)).toEqual({ a: [1, null, { b: 'c' }], t: true })
  })

  it('gives defaults for what was not set, and NULL where it is known that it was not', () => {
    expect(of('empty')).toMatchObject({
      f_double: 0,
      f_int64: 0,
      f_bool: false,
      f_string: '',
      f_bytes: new Uint8Array(0),
      colour: 'NONE',
      maybe: null,
      part: null,
      parts: [],
      by_name: [],
      text: null,
      at: null,
      wrapped: null,
      inner: null,
    })
    expect(of('text')).toMatchObject({ text: 't', number: null })
  })

  it('shows a symbol that the schema has not by its number', () => {
    expect(of('unknown')).toMatchObject({ colour: '99', f_string: 'kept' })
  })

  it('takes a message in two parts for one, and passes over fields that it does not know', () => {
    expect(of('parts')).toMatchObject({ part: ['Graz', [1, 2], true] })
  })

  it('knows defaults, groups and both kinds of lists of proto2', () => {
    expect(of('old')).toEqual({ id: 1, count: 0, name: '', loose: [1, 2], packed: [3, 4], item: [['x'], [null]] })
    expect(of('oldEmpty')).toEqual({ id: 2, count: 5, name: 'none', loose: [], packed: [], item: [] })
  })

  it('is what ours writes: read again it gives the same row', () => {
    // JSON and unnamed symbols have no way back.
    const { free: _, inner: __, ...row } = of('full')
    const names = Object.keys(row)
    const fields = PROTOBUF.columns(schema, ALL).filter(({ name }) => names.includes(name))
    const rows = { fields, key: [], timeColumn: undefined, mode: 'append' as const }
    const writer = PROTOBUF.writer(schema, rows, { framed: false, message: 'weir.fixture.All' })
    const written = Buffer.from(writer.write(fields.map(({ name }) => row[name] ?? null))).toString('hex')
    expect(read(language, schema, written)).toMatchObject(row)
  })
})

describe('Avro of fastavro', () => {
  const { schema: json, ...records } = JSON.parse(file('avro/records.json')) as Record<string, unknown>
  const schema = { type: 'AVRO' as const, text: JSON.stringify(json), references: [] }
  const of = (name: string) => read(AVRO, schema, records[name] as string)
  const FULL = {
    f_boolean: true,
    f_int: -2147483648,
    f_long: -9223372036854775808n,
    f_float: 0.25,
    f_double: -1e300,
    f_bytes: new Uint8Array([0, 255]),
    f_string: 'grüße €😀',
    f_fixed: new Uint8Array(Buffer.from('abcd')),
    f_enum: 'BLUE',
    f_array: [0, -1, 9007199254740993n],
    f_map: [
      ['one', 1],
      ['', -2],
    ],
    f_optional: 'x',
    f_either: '1099511627776',
    f_record: ['Graz'],
    f_parts: [['Wien'], ['']],
    f_decimal: -123456789012345678901234n,
    f_fixed_decimal: -5,
    f_date: -1,
    f_time_millis: 37_230_250,
    f_time_micros: 86_399_999.999,
    f_timestamp_millis: Date.UTC(2026, 0, 15, 12) + 123,
    f_timestamp_micros: -0.001,
    f_uuid: '6f1b3d4e-0000-4000-8000-000000000001',
    f_tree: '{"value":1,"children":[{"value":2,"children":[]},{"value":3,"children":[{"value":4,"children":[]}]}]}',
  }

  it('gives all values, exactly', () => {
    expect(of('full')).toEqual(FULL)
    expect(of('empty')).toEqual({
      ...FULL,
      f_boolean: false,
      f_int: 0,
      f_long: 0,
      f_bytes: new Uint8Array(0),
      f_string: '',
      f_array: [],
      f_map: [],
      f_optional: null,
      f_either: '"t"',
      f_parts: [],
      f_decimal: 0,
      f_tree: null,
    })
  })

  it('is what ours writes, to the byte', () => {
    // What is JSON here has no way back.
    const fields = (json as { fields: { name: string }[] }).fields.filter(({ name }) => !/either|tree/.test(name))
    const part = { ...schema, text: JSON.stringify({ ...(json as object), fields }) }
    const written = write(AVRO, part, FULL)
    expect(read(AVRO, part, written)).toEqual(
      Object.fromEntries(fields.map(({ name }) => [name, FULL[name as keyof typeof FULL]])),
    )
    const whole = records['full'] as string
    const upTo = written.slice(0, whole.indexOf('0278') + 4)
    expect(whole.startsWith(upTo)).toBe(true)
  })
})
