// Our Protobuf beside protobufjs's own encoder and decoder: schemas and values at random.

import fc from 'fast-check'
import protobuf from 'protobufjs'
import { describe, expect, it } from 'vitest'
import { PROTOBUF } from '../../src/adapters/formats/protobuf/proto-language.ts'
import { parseProto } from '../../src/adapters/formats/protobuf/proto-schema.ts'
import type { WantedColumn } from '../../src/adapters/formats/record-reader.ts'
import { InvalidSchema } from '../../src/adapters/formats/schema-faults.ts'
import { EvaluationError } from '../../src/core/evaluation-error.ts'
import { exact, type Value } from '../../src/core/value.ts'

const FRAMING = { framed: false, message: undefined }
const schemaText = (text: string) => ({ type: 'PROTOBUF' as const, text, references: [] })

/** A field with a value of it as protobufjs takes it, and as SQL has it. */
interface Sample {
  readonly declare: (name: string, number: number) => string
  /** Definitions that the declaration needs. */
  readonly inside: string
  readonly proto: unknown
  readonly sql: Value
}

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => one.isWellFormed())
const bits = (unsigned: boolean) =>
  fc
    .bigInt({ min: 1n, max: unsigned ? 64n : 63n })
    .chain((count) => fc.bigInt({ min: unsigned ? 0n : -(2n ** count), max: 2n ** count - 1n }))

const scalar = (type: string, values: fc.Arbitrary<unknown>, toSql = (value: unknown) => value as Value) =>
  values.map((value) => ({ type, proto: typeof value === 'bigint' ? String(value) : value, sql: toSql(value) }))

const scalars = fc.oneof(
  scalar(
    'double',
    fc.double({ noNaN: true }).map((value) => value + 0),
  ),
  scalar(
    'float',
    fc.float({ noNaN: true }).map((value) => value + 0),
  ),
  ...['int32', 'sint32', 'sfixed32'].map((type) => scalar(type, fc.integer())),
  ...['uint32', 'fixed32'].map((type) => scalar(type, fc.nat(0xffff_ffff))),
  ...['int64', 'sint64', 'sfixed64'].map((type) => scalar(type, bits(false), (value) => exact(value as bigint))),
  ...['uint64', 'fixed64'].map((type) => scalar(type, bits(true), (value) => exact(value as bigint))),
  scalar('bool', fc.boolean()),
  scalar('string', text),
  scalar(
    'bytes',
    fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one)),
    (value) => new Uint8Array(value as Buffer),
  ),
)

let names = 0
const samples: fc.Arbitrary<Sample> = fc.letrec<{ field: Sample }>((tie) => ({
  field: fc.oneof(
    { maxDepth: 3 },
    scalars.map(
      ({ type, proto, sql }): Sample => ({
        declare: (name, number) => `${type} ${name} = ${number};`,
        inside: '',
        proto,
        sql,
      }),
    ),
    fc.tuple(scalars, fc.boolean()).map(
      ([{ type, proto, sql }, set]): Sample => ({
        declare: (name, number) => `optional ${type} ${name} = ${number};`,
        inside: '',
        proto: set ? proto : undefined,
        sql: set ? sql : null,
      }),
    ),
    fc.tuple(scalars, fc.nat(3), fc.boolean()).map(
      ([{ type, proto, sql }, count, packed]): Sample => ({
        declare: (name, number) =>
          `repeated ${type} ${name} = ${number}${packed || type === 'string' || type === 'bytes' ? '' : ' [packed = false]'};`,
        inside: '',
        proto: new Array(count).fill(proto),
        sql: new Array(count).fill(sql) as Value[],
      }),
    ),
    fc.tuple(scalars, fc.uniqueArray(text, { maxLength: 3 })).map(
      ([{ type, proto, sql }, keys]): Sample => ({
        declare: (name, number) => `map<string, ${type}> ${name} = ${number};`,
        inside: '',
        proto: Object.fromEntries(keys.map((key) => [key, proto])),
        sql: Object.keys(Object.fromEntries(keys.map((key) => [key, 0]))).map((key) => [key, sql]),
      }),
    ),
    fc
      .tuple(fc.array(tie('field'), { minLength: 1, maxLength: 3 }), fc.constantFrom('set', 'unset', 'repeated'))
      .map(([fields, how]): Sample => {
        const name_ = `M${names++}`
        const value = Object.fromEntries(fields.map((field, i) => [`f${i}`, field.proto]))
        const row = fields.map((field) => field.sql)
        return {
          declare: (name, number) => `${how === 'repeated' ? 'repeated ' : ''}${name_} ${name} = ${number};`,
          inside: messageText(name_, fields),
          proto: how === 'repeated' ? [value, value] : how === 'set' ? value : undefined,
          sql: how === 'repeated' ? [row, row] : how === 'set' ? row : null,
        }
      }),
  ),
})).field

function messageText(name: string, fields: readonly Sample[]): string {
  const lines = fields.map((field, i) => field.declare(`f${i}`, numberOf(i)))
  return `message ${name} { ${fields.map((field) => field.inside).join(' ')} ${lines.join(' ')} }`
}

/** Numbers of one, two and five bytes of tag. */
function numberOf(index: number): number {
  return [1, 15, 16, 2047, 536_870_911, 3][index] ?? index
}

const messages = fc.array(samples, { minLength: 1, maxLength: 5 }).map((fields) => ({
  text: `syntax = "proto3"; ${messageText('Root', fields)}`,
  proto: Object.fromEntries(fields.map((field, i) => [`f${i}`, field.proto])),
  sql: fields.map((field) => field.sql),
}))

function theirs(text: string) {
  return protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root.lookupType('Root')
}

function columnsOf(text: string): readonly WantedColumn[] {
  return PROTOBUF.columns(schemaText(text), { path: [], message: undefined }).map(({ name, type }, index) => ({
    index,
    path: [name],
    type,
  }))
}

function read(text: string, bytes: Uint8Array, columns: readonly WantedColumn[], expected?: string): Value[] {
  const row: Value[] = columns.map(() => null)
  const around = Buffer.concat([Buffer.from([7, 7, 7]), bytes, Buffer.from([0xff, 0xff, 0xff, 0xff])])
  const reader = PROTOBUF.reader(
    schemaText(text),
    expected === undefined ? undefined : schemaText(expected),
    columns,
    FRAMING,
  )
  reader.read(around, 3, 3 + bytes.length, row)
  return row
}

describe('Protobuf', () => {
  it('reads what protobufjs has written', () => {
    fc.assert(
      fc.property(messages, ({ text: schema, proto, sql }) => {
        const type = theirs(schema)
        expect(read(schema, type.encode(type.fromObject(proto)).finish(), columnsOf(schema))).toEqual(sql)
      }),
      { numRuns: 1_000 },
    )
  })

  it('reads any of the columns, in any order, and passes over the others', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(4), { maxLength: 4 }), ({ text: schema, proto, sql }, picks) => {
        const type = theirs(schema)
        const all = columnsOf(schema)
        const picked = picks.map((pick) => pick % all.length)
        const columns = picked.map((pick, index) => ({ ...(all[pick] as WantedColumn), index }))
        const row = read(schema, type.encode(type.fromObject(proto)).finish(), columns)
        expect(row).toEqual(picked.map((pick) => sql[pick]))
      }),
      { numRuns: 300 },
    )
  })

  it('writes what protobufjs reads', () => {
    fc.assert(
      fc.property(messages, ({ text: schema, sql }) => {
        const fields = PROTOBUF.columns(schemaText(schema), { path: [], message: undefined })
        const rows = { fields, key: [], timeColumn: undefined, mode: 'append' as const }
        const bytes = PROTOBUF.writer(schemaText(schema), rows, FRAMING).write(sql)
        const type = theirs(schema)
        // Written again by theirs, so that what they have understood is what is compared.
        expect(read(schema, type.encode(type.decode(bytes)).finish(), columnsOf(schema))).toEqual(sql)
        expect(read(schema, bytes, columnsOf(schema))).toEqual(sql)
      }),
      { numRuns: 500 },
    )
  })

  it('takes any bytes for a message or for a malformed one, at once', () => {
    const schema = `syntax = "proto3"; import "google/protobuf/struct.proto"; import "google/protobuf/timestamp.proto";
      message Root { Root self = 1; repeated Root all = 2; map<string, Root> named = 3; string text = 4; sint64 n = 5;
        repeated fixed64 fixed = 6; google.protobuf.Struct free = 7; google.protobuf.Timestamp at = 8;
        message Part { repeated Part2 more = 1; bytes b = 2; } message Part2 { Part back = 1; double d = 2; }
        Part part = 9; repeated double ds = 10; }`
    const columns = columnsOf(schema)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, all) => {
        try {
          read(schema, bytes, all ? columns : [])
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error
        }
      }),
      { numRuns: 2_000 },
    )
  })

  it('takes no text but a schema for a schema', () => {
    const words = fc.constantFrom(
      'syntax',
      '=',
      '"proto3"',
      ';',
      'message',
      'M',
      '{',
      '}',
      'string',
      'a',
      '1',
      'repeated',
      'map<string,',
      'M>',
      'oneof',
      'enum',
      'import',
      '"x"',
      'package',
      '__proto__',
      'constructor',
      'option',
      '(',
      ')',
      '[',
      ']',
      'group',
      '/*',
      '//',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words, { maxLength: 30 }).map((all) => all.join(' ')),
          fc.string(),
        ),
        (one) => {
          try {
            parseProto(schemaText(one))
          } catch (error) {
            if (!(error instanceof InvalidSchema)) throw error
          }
        },
      ),
      { numRuns: 5_000 },
    )
    expect(({} as { string?: unknown }).string).toBeUndefined()
  })
})
