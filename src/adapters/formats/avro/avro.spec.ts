import { describe, expect, it } from 'vitest'
import type { SqlType } from '../../../core/type.ts'
import type { Value } from '../../../core/value.ts'
import { DEFAULT_VALUES_MAX, defaultValue } from './avro-default.ts'
import { EMPTY_ELEMENTS_MAX, VALUE_DEPTH_MAX } from './avro-input.ts'
import { AVRO } from './avro-language.ts'
import { AvroOutput } from './avro-output.ts'
import { EXPANDED_TYPES_MAX, parseAvroSchema, SCHEMA_BYTES_MAX, SCHEMA_DEPTH_MAX } from './avro-schema.ts'
import { sqlTypeOf } from './avro-types.ts'

const parse = (schema: unknown) => parseAvroSchema(JSON.stringify(schema))
const record = (fields: readonly object[], more: object = {}) => ({ type: 'record', name: 'R', ...more, fields })
const columns = (schema: unknown) =>
  AVRO.columns({ type: 'AVRO', text: JSON.stringify(schema), references: [] }, { path: [], message: undefined }).map(
    ({ name, type, nullable }) => [name, type, nullable],
  )

function read(schema: unknown, type: SqlType, write: (output: AvroOutput) => void): Value {
  const output = new AvroOutput()
  write(output)
  const bytes = Buffer.from(output.take())
  const row: Value[] = [null]
  const text = { type: 'AVRO' as const, text: JSON.stringify(record([{ name: 'f', type: schema }])), references: [] }
  const framing = { framed: false, message: undefined }
  AVRO.reader(text, undefined, [{ index: 0, path: ['f'], type }], framing).read(bytes, 0, bytes.length, row)
  return row[0] as Value
}

describe('an Avro schema', () => {
  it('finds types by their names, in the namespace that they stand in', () => {
    const money = { type: 'fixed', name: 'Money', size: 4 }
    const schema = parse(
      record(
        [
          { name: 'a', type: money },
          { name: 'b', type: 'Money' },
          { name: 'c', type: 'shop.Money' },
          { name: 'd', type: { type: 'record', name: 'other.X', fields: [{ name: 'e', type: 'shop.Money' }] } },
        ],
        { namespace: 'shop' },
      ),
    )
    if (schema.kind !== 'record') throw new Error('it is a record')
    const [a, b, c] = schema.fields
    expect(a?.type).toMatchObject({ kind: 'fixed', name: 'shop.Money' })
    expect(b?.type).toBe(a?.type)
    expect(c?.type).toBe(a?.type)
    expect(() =>
      parse(
        record([
          { name: 'a', type: money },
          { name: 'b', type: 'else.Money' },
        ]),
      ),
    ).toThrow('there is no type "else.Money"')
  })

  it('takes types that other schemas define', () => {
    const references = [{ text: JSON.stringify({ type: 'enum', name: 'shop.State', symbols: ['A'] }) }]
    const text = JSON.stringify(record([{ name: 's', type: 'shop.State' }]))
    expect(parseAvroSchema(text, references)).toMatchObject({ fields: [{ type: { kind: 'enum', symbols: ['A'] } }] })
  })

  it.each([
    ['{', 'it is no JSON'],
    ['"strng"', 'there is no type "strng"'],
    ['17', 'a type is a name, an object or a list'],
    ['[]', 'a union has no branch'],
    ['["int", ["string"]]', 'a union stands in a union'],
    ['["int", "int"]', 'a union has "int" twice'],
    ['{"type":"record","fields":[]}', 'a record, enum or fixed has no name'],
    ['{"type":"record","name":"R"}', 'record "R" has no fields'],
    ['{"type":"record","name":"R;}alert(1)//","fields":[]}', '"R;}alert(1)//" is no name'],
    ['{"type":"record","name":"R","fields":[{"name":"a b","type":"int"}]}', '"a b" is no name'],
    [
      '{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"a","type":"int"}]}',
      'has field "a" twice',
    ],
    ['{"type":"enum","name":"E","symbols":[]}', 'enum "E" has no symbols'],
    ['{"type":"enum","name":"E","symbols":["A","A"]}', 'enum "E" has a symbol twice'],
    ['{"type":"enum","name":"E","symbols":["A"],"default":"B"}', 'is no symbol of it'],
    ['{"type":"fixed","name":"F","size":-1}', 'the size of fixed "F"'],
    ['[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]', 'there are two types "F"'],
  ])('is not %s', (text, message) => {
    expect(() => parseAvroSchema(text)).toThrow(message)
  })

  it('may be so long and so deep, and no more', () => {
    const padded = (length: number) => `"string"${' '.repeat(length - '"string"'.length)}`
    expect(parseAvroSchema(padded(SCHEMA_BYTES_MAX)).kind).toBe('string')
    expect(() => parseAvroSchema(padded(SCHEMA_BYTES_MAX + 1))).toThrow('it has more than')
    const nested = (depth: number): unknown => (depth === 1 ? 'int' : { type: 'array', items: nested(depth - 1) })
    expect(parse(nested(SCHEMA_DEPTH_MAX)).kind).toBe('array')
    expect(() => parse(nested(SCHEMA_DEPTH_MAX + 1))).toThrow('it is nested deeper than 64 levels')
  })

  it('may not grow without end by names that name each other', () => {
    const ints = (count: number) => Array.from({ length: count }, (_, i) => ({ name: `f${i}`, type: 'int' }))
    /** 99 times a record of 1010 types, and so many more. */
    const wide = (more: number) => {
      const inner = { type: 'record', name: 'Inner', fields: ints(1_009) }
      const inners = Array.from({ length: 99 }, (_, i) => ({ name: `r${i}`, type: i === 0 ? inner : 'Inner' }))
      return record([...inners, ...ints(more)])
    }
    expect(1 + 99 * 1_010 + 9).toBe(EXPANDED_TYPES_MAX)
    expect(parse(wide(9)).kind).toBe('record')
    expect(() => parse(wide(10))).toThrow('when its names are written out')
    const doubling = Array.from({ length: 60 }, (_, i) => ({
      type: 'record',
      name: `R${i}`,
      fields: ['a', 'b'].map((name) => ({ name, type: i === 0 ? 'int' : `R${i - 1}` })),
    }))
    expect(() => parse(doubling)).toThrow('when its names are written out')
  })

  it('keeps a logical type only where it fits', () => {
    const logical = (type: object) => (parse(type) as { logical?: unknown }).logical
    expect(logical({ type: 'long', logicalType: 'timestamp-millis' })).toEqual({ kind: 'timestamp', perMs: 1 })
    expect(logical({ type: 'int', logicalType: 'timestamp-millis' })).toBeUndefined()
    expect(logical({ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 5 })).toBeUndefined()
    expect(logical({ type: 'bytes', logicalType: 'decimal', precision: 4 })).toEqual({
      kind: 'decimal',
      precision: 4,
      scale: 0,
    })
    expect(logical({ type: 'string', logicalType: 'something' })).toBeUndefined()
    expect(logical({ type: 'long', 'connect.name': 'io.debezium.time.MicroTimestamp' })).toEqual({
      kind: 'timestamp',
      perMs: 1_000,
    })
  })

  it('gives columns: names folded where that leaves them different, JSON where SQL has no type', () => {
    const tree = {
      type: 'record',
      name: 'Tree',
      fields: [{ name: 'children', type: { type: 'array', items: 'Tree' } }],
    }
    const schema = record([
      { name: 'orderId', type: 'long' },
      { name: 'note', type: ['null', 'string'] },
      { name: 'either', type: ['string', 'long'] },
      { name: 'tree', type: ['null', tree] },
      { name: 'sizes', type: { type: 'map', values: 'int' } },
    ])
    expect(columns(schema)).toEqual([
      ['orderid', { kind: 'bigint' }, false],
      ['note', { kind: 'string' }, true],
      ['either', { kind: 'json' }, false],
      ['tree', { kind: 'json' }, true],
      ['sizes', { kind: 'map', key: { kind: 'string' }, value: { kind: 'int' } }, false],
    ])
    expect(
      columns(
        record([
          { name: 'Id', type: 'int' },
          { name: 'id', type: 'int' },
        ]),
      ).map(([name]) => name),
    ).toEqual(['Id', 'id'])
    expect(columns('string')).toEqual([['value', { kind: 'string' }, false]])
    expect(() => columns(record([]))).toThrow('the record has no fields')
  })
})

describe('a value of Avro', () => {
  it('of several types is JSON, each as its type has it', () => {
    const schema = ['null', 'long', 'string', { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }]
    const of = (write: (output: AvroOutput) => void) => read(schema, { kind: 'json' }, write)
    expect(of((output) => output.long(0))).toBeNull()
    expect(
      of((output) => {
        output.long(1)
        output.long(2n ** 60n)
      }),
    ).toBe('1152921504606846976')
    expect(
      of((output) => {
        output.long(2)
        output.string('a"b')
      }),
    ).toBe('"a\\"b"')
    expect(
      of((output) => {
        output.long(3)
        output.bytes(Buffer.from([4, 226]))
      }),
    ).toBe('12.50')
  })

  it('fits a column that loses nothing of it, and says where it does not', () => {
    const long = (value: number, type: SqlType) => read('long', type, (output) => output.long(value))
    expect(long(7, { kind: 'int' })).toBe(7)
    expect(() => long(2 ** 31, { kind: 'int' })).toThrow('field "f": INT overflow')
    expect(long(7, { kind: 'decimal', precision: 4, scale: 2 })).toBe(700)
    expect(long(7, { kind: 'string' })).toBe('7')
    expect(long(7, { kind: 'timestamp' })).toBe(7)
    expect(() => long(7, { kind: 'boolean' })).toThrow('field "f": expected BOOLEAN, found BIGINT')
    const stamp = { type: 'long', logicalType: 'timestamp-micros' }
    expect(read(stamp, { kind: 'timestamp' }, (output) => output.long(1_500))).toBe(1.5)
    expect(read(stamp, { kind: 'bigint' }, (output) => output.long(1_500))).toBe(1_500)
    expect(read('string', { kind: 'date' }, (output) => output.string('1970-01-02'))).toBe(1)
    expect(() => read('string', { kind: 'date' }, (output) => output.string('x'))).toThrow('text is no valid DATE')
  })

  it('may be nested so deep, and have so many elements of nothing, and no more', () => {
    const node = { type: 'record', name: 'N', fields: [{ name: 'next', type: ['null', 'N'] }] }
    const chain = (depth: number) => (output: AvroOutput) => {
      for (let i = 1; i < depth; i++) output.long(1)
      output.long(0)
    }
    expect(read(node, { kind: 'json' }, chain(2))).toBe('{"next":{"next":null}}')
    expect(read(node, { kind: 'json' }, chain(VALUE_DEPTH_MAX))).toMatch(/^\{/)
    expect(() => read(node, { kind: 'json' }, chain(VALUE_DEPTH_MAX + 1))).toThrow('nested deeper than 64 levels')
    const nulls = (count: number) => (output: AvroOutput) => {
      output.long(count)
      output.long(0)
    }
    const list = { type: 'array', items: 'null' }
    const type: SqlType = { kind: 'array', element: { kind: 'string' } }
    expect(read(list, type, nulls(EMPTY_ELEMENTS_MAX))).toHaveLength(EMPTY_ELEMENTS_MAX)
    expect(() => read(list, type, nulls(EMPTY_ELEMENTS_MAX + 1))).toThrow('a list has 10001 elements in 1 bytes')
    expect(() => read({ type: 'array', items: 'int' }, type, nulls(1e12))).toThrow('a list has 1000000000000 elements')
  })

  it('may be a number with a scale of its own, as Debezium has it', () => {
    const schema = {
      type: 'record',
      name: 'VariableScaleDecimal',
      namespace: 'io.debezium.data',
      fields: [
        { name: 'scale', type: 'int' },
        { name: 'value', type: 'bytes' },
      ],
    }
    const of = (scale: number, bytes: readonly number[], type: SqlType) =>
      read(schema, type, (output) => {
        output.long(scale)
        output.bytes(Buffer.from(bytes))
      })
    expect(of(2, [4, 226], { kind: 'decimal', precision: 8, scale: 3 })).toBe(12_500)
    expect(of(-2, [12], { kind: 'string' })).toBe('1200')
    expect(sqlTypeOf(parse(schema))).toEqual({ kind: 'string' })
  })
})

describe('a default of Avro', () => {
  const of = (schema: unknown, json: unknown, type: SqlType) => defaultValue(parse(schema), json, type)

  it('means what the same value means in a record', () => {
    expect(of('int', 5, { kind: 'bigint' })).toBe(5)
    expect(of('bytes', 'ÿ\u0000', { kind: 'bytes' })).toEqual(new Uint8Array([255, 0]))
    expect(of(['null', 'string'], null, { kind: 'string' })).toBeNull()
    expect(of(['null', 'string'], 'x', { kind: 'string' })).toBe('x')
    expect(of({ type: 'array', items: 'int' }, [1, 2], { kind: 'array', element: { kind: 'int' } })).toEqual([1, 2])
    const money = record([
      { name: 'units', type: 'long', default: 0 },
      { name: 'of', type: 'string' },
    ])
    const struct: SqlType = {
      kind: 'struct',
      fields: [
        { name: 'of', type: { kind: 'string' } },
        { name: 'units', type: { kind: 'bigint' } },
      ],
    }
    expect(of(money, { of: 'EUR' }, struct)).toEqual(['EUR', 0])
  })

  it('that is no value of its type, or has no end, is a fault of the schema', () => {
    expect(() => of('int', 'x', { kind: 'int' })).toThrow('the default in the schema is no value of its type')
    expect(() => of(['null', 'int'], 'x', { kind: 'int' })).toThrow('is no value of its type')
    const endless = { type: 'record', name: 'N', fields: [{ name: 'next', type: 'N', default: {} }] }
    expect(() => of(endless, {}, { kind: 'json' })).toThrow('the default in the schema has no end')
    const list = { type: 'array', items: 'int' }
    const type: SqlType = { kind: 'array', element: { kind: 'int' } }
    const zeros = (count: number) => new Array(count).fill(0)
    expect(of(list, zeros(DEFAULT_VALUES_MAX - 1), type)).toHaveLength(DEFAULT_VALUES_MAX - 1)
    expect(() => of(list, zeros(DEFAULT_VALUES_MAX), type)).toThrow('has no end')
  })
})
