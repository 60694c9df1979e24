import { describe, expect, it } from 'vitest'
import { typeName } from '../../../core/type.ts'
import {
  JSON_SCHEMA_CHARACTERS_MAX,
  JSON_SCHEMA_DEPTH_MAX,
  JSON_SCHEMA_PARTS_MAX,
  jsonSchemaColumns,
} from './json-schema-columns.ts'

function columns(schema: unknown, references: Readonly<Record<string, unknown>> = {}) {
  const texts = Object.entries(references).map(([name, json]) => ({ name, text: JSON.stringify(json) }))
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  return jsonSchemaColumns({ type: 'JSON', text, references: texts }, []).map(({ name, type, nullable }) => [
    name,
    `${typeName(type)}${nullable ? '' : ' NOT NULL'}`,
  ])
}
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })

describe('the columns of a JSON Schema', () => {
  it('have the types of the properties', () => {
    const schema = object(
      {
        orderId: { type: 'integer' },
        count: { type: 'integer', 'connect.type': 'int32' },
        price: { type: 'number' },
        paid: { type: ['boolean', 'null'] },
        note: { oneOf: [{ type: 'null' }, { type: 'string' }] },
        placed: { type: 'string', format: 'date-time' },
        due: { type: 'string', format: 'date' },
        raw: { type: 'string', contentEncoding: 'base64' },
        seen: { type: 'integer', title: 'org.apache.kafka.connect.data.Timestamp' },
        tags: { type: 'array', items: { type: 'string' } },
        address: object({ City: { type: 'string' } }),
        sizes: { type: 'object', additionalProperties: { type: 'number' } },
        state: { enum: ['OPEN', 'PAID'] },
        mixed: { enum: ['OPEN', 1] },
        either: { type: ['string', 'integer'] },
        free: { type: 'object' },
        any: {},
        tuple: { type: 'array', items: [{ type: 'string' }] },
      },
      { required: ['orderId', 'paid', 'price'] },
    )
    expect(columns(schema)).toEqual([
      ['orderId', 'BIGINT NOT NULL'],
      ['count', 'INT'],
      ['price', 'DOUBLE NOT NULL'],
      ['paid', 'BOOLEAN'],
      ['note', 'STRING'],
      ['placed', 'TIMESTAMP'],
      ['due', 'DATE'],
      ['raw', 'BYTES'],
      ['seen', 'TIMESTAMP'],
      ['tags', 'ARRAY<STRING>'],
      ['address', 'STRUCT<City STRING>'],
      ['sizes', 'MAP<STRING, DOUBLE>'],
      ['state', 'STRING'],
      ['mixed', 'JSON'],
      ['either', 'JSON'],
      ['free', 'JSON'],
      ['any', 'JSON'],
      ['tuple', 'JSON'],
    ])
  })

  it('are found behind references, in the schema and in others; a circle is JSON', () => {
    const schema = object({
      a: { $ref: '#/definitions/money' },
      b: { $ref: 'common.json#/$defs/a~1b' },
      tree: { $ref: '#/definitions/tree' },
      all: { $ref: '#' },
    })
    const tree = object({ value: { type: 'integer' }, next: { $ref: '#/definitions/tree' } })
    const definitions = { money: object({ units: { type: 'integer' } }), tree }
    const others = { 'common.json': { $defs: { 'a/b': { $ref: '#/$defs/c' }, c: { type: 'boolean' } } } }
    expect(columns({ ...schema, definitions }, others)).toEqual([
      ['a', 'STRUCT<units BIGINT>'],
      ['b', 'BOOLEAN'],
      ['tree', 'STRUCT<value BIGINT, next JSON>'],
      ['all', 'JSON'],
    ])
    expect(columns({ $ref: '#/definitions/money', definitions })).toEqual([['units', 'BIGINT']])
    expect(() => columns(object({ a: { $ref: '#/nothing' } }))).toThrow('there is nothing at "#/nothing"')
    expect(() => columns(object({ a: { $ref: 'x.json' } }))).toThrow('there is no schema "x.json"')
    expect(() => columns(object({ a: { $ref: '#/constructor' } }))).toThrow('there is nothing at')
  })

  it('are none where it describes no object', () => {
    for (const schema of [{ type: 'string' }, { type: 'object' }, {}, { $ref: '#' }]) {
      expect(() => columns(schema)).toThrow('it describes no object with properties')
    }
    expect(() => columns('{')).toThrow('it is no JSON')
    expect(() => columns('[]')).toThrow('it is no JSON object')
  })

  it('come from so long, so deep and so wide a schema, and no more', () => {
    const padded = (length: number) => {
      const text = JSON.stringify(object({ a: { type: 'string' } }))
      return `${text}${' '.repeat(length - text.length)}`
    }
    expect(columns(padded(JSON_SCHEMA_CHARACTERS_MAX))).toEqual([['a', 'STRING']])
    expect(() => columns(padded(JSON_SCHEMA_CHARACTERS_MAX + 1))).toThrow('it has more than 1048576 characters')
    const nested = (depth: number): object =>
      depth === 0 ? { type: 'string' } : { type: 'array', items: nested(depth - 1) }
    const deep = (depth: number) => columns(object({ a: nested(depth) }))[0]?.[1]
    // The property is one level down already.
    expect(deep(JSON_SCHEMA_DEPTH_MAX - 1)).toMatch(/ARRAY<STRING>/)
    expect(deep(JSON_SCHEMA_DEPTH_MAX)).toMatch(/ARRAY<JSON>/)
    const wide = (count: number) => object(Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, {}])))
    expect(columns(wide(JSON_SCHEMA_PARTS_MAX))).toHaveLength(JSON_SCHEMA_PARTS_MAX)
    expect(() => columns(wide(JSON_SCHEMA_PARTS_MAX + 1))).toThrow('it has more than 10000 parts')
  })
})
