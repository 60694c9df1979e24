// Our Avro beside avsc, which is another's: schemas and values at random, written by the one and read by the other.

import avro from 'avsc'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AVRO } from '../../src/adapters/formats/avro/avro-language.ts'
import { parseAvroSchema } from '../../src/adapters/formats/avro/avro-schema.ts'
import { sqlTypeOf } from '../../src/adapters/formats/avro/avro-types.ts'
import type { WantedColumn } from '../../src/adapters/formats/record-reader.ts'
import { InvalidSchema } from '../../src/adapters/formats/schema-faults.ts'
import { EvaluationError } from '../../src/core/evaluation-error.ts'
import type { Field } from '../../src/core/schema.ts'
import type { SqlType } from '../../src/core/type.ts'
import { exact, type Value } from '../../src/core/value.ts'

const FRAMING = { framed: false, message: undefined }

/** A bigint where a number would not be exact, on both sides of the wire. */
const LONG = avro.types.LongType.__with({
  fromBuffer: (buffer: Buffer) => buffer.readBigInt64LE(),
  toBuffer: (value: bigint) => {
    const buffer = Buffer.alloc(8)
    buffer.writeBigInt64LE(BigInt(value))
    return buffer
  },
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint',
  compare: (a: bigint, b: bigint) => (a < b ? -1 : a > b ? 1 : 0),
})

/** A schema with a value of it as avsc has it, and the same as SQL has it. */
interface Sample {
  readonly schema: unknown
  readonly avro: unknown
  readonly sql: Value
}

type Samples = fc.Arbitrary<Sample>

const text = fc.string({ unit: 'grapheme', maxLength: 40 }).filter((one) => one.isWellFormed())
const leaf = (schema: unknown, values: fc.Arbitrary<unknown>, toSql = (value: unknown) => value as Value): Samples =>
  values.map((value) => ({ schema, avro: value, sql: toSql(value) }))

/** Of any number of bits: each length is written in its own way. */
const bigInt64 = fc
  .bigInt({ min: 1n, max: 63n })
  .chain((bits) => fc.bigInt({ min: -(2n ** bits), max: 2n ** bits - 1n }))
const bytes = fc.uint8Array({ maxLength: 20 }).map((one) => Buffer.from(one))
const asBytes = (value: unknown) => new Uint8Array(value as Buffer)
let names = 0

const leaves: Samples = fc.oneof(
  leaf('boolean', fc.boolean()),
  leaf('int', fc.integer()),
  leaf('long', bigInt64, (value) => exact(value as bigint)),
  leaf(
    'double',
    fc.double({ noNaN: true }).map((value) => value + 0),
  ),
  leaf(
    'float',
    fc.float({ noNaN: true }).map((value) => value + 0),
  ),
  leaf('string', text),
  leaf('bytes', bytes, asBytes),
  leaf({ type: 'int', logicalType: 'date' }, fc.integer({ min: -1e6, max: 1e6 })),
  leaf({ type: 'long', logicalType: 'timestamp-millis' }, fc.integer({ min: -1e13, max: 1e13 }).map(BigInt), Number),
  leaf(
    { type: 'long', logicalType: 'timestamp-micros' },
    fc.bigInt({ min: -(10n ** 15n), max: 4n * 10n ** 15n }),
    (value) => Math.round((Number(value) / 1000) * 1000) / 1000 + 0,
  ),
  fc.integer({ min: 1, max: 20 }).chain((size) => {
    const schema = { type: 'fixed', name: `F${names++}`, size }
    return leaf(
      schema,
      fc.uint8Array({ minLength: size, maxLength: size }).map((one) => Buffer.from(one)),
      asBytes,
    )
  }),
  fc.constantFrom('A', 'B', 'C').map((symbol) => ({
    schema: { type: 'enum', name: `E${names++}`, symbols: ['A', 'B', 'C'] },
    avro: symbol,
    sql: symbol,
  })),
)

const decimals: Samples = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.integer({ min: 0, max: 10 }))
  .map(([units, scale]) => {
    let length = 1
    while (BigInt.asIntN(length * 8, units) !== units) length++
    const hex = BigInt.asUintN(length * 8, units)
      .toString(16)
      .padStart(length * 2, '0')
    const schema = { type: 'bytes', logicalType: 'decimal', precision: 31, scale }
    return { schema, avro: Buffer.from(hex, 'hex'), sql: exact(units) }
  })

const samples: Samples = fc.letrec<{ value: Sample }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.oneof(leaves, decimals),
    // Of one sample all elements are the same value: what differs is how often it comes.
    fc.tuple(tie('value'), fc.nat(3)).map(([one, count]) => ({
      schema: { type: 'array', items: one.schema },
      avro: new Array(count).fill(one.avro),
      sql: new Array(count).fill(one.sql) as Value[],
    })),
    fc.tuple(tie('value'), fc.uniqueArray(text, { maxLength: 3 })).map(([one, keys]) => ({
      schema: { type: 'map', values: one.schema },
      avro: Object.fromEntries(keys.map((key) => [key, one.avro])),
      sql: Object.keys(Object.fromEntries(keys.map((key) => [key, 0]))).map((key) => [key, one.sql]),
    })),
    fc.tuple(tie('value'), fc.boolean(), fc.boolean()).map(([one, nullFirst, isNull]) => ({
      schema: Array.isArray(one.schema) ? one.schema : nullFirst ? ['null', one.schema] : [one.schema, 'null'],
      avro: Array.isArray(one.schema) ? one.avro : isNull ? null : one.avro,
      sql: Array.isArray(one.schema) ? one.sql : isNull ? null : one.sql,
    })),
    fc.array(tie('value'), { minLength: 1, maxLength: 4 }).map((parts) => ({
      schema: { type: 'record', name: `R${names++}`, fields: fieldsOf(parts) },
      avro: Object.fromEntries(parts.map((part, i) => [`f${i}`, part.avro])),
      sql: parts.map((part) => part.sql),
    })),
  ),
})).value

function fieldsOf(parts: readonly Sample[]) {
  return parts.map(({ schema }, i) => ({ name: `f${i}`, type: schema }))
}

const records = fc.array(samples, { minLength: 1, maxLength: 5 }).map((parts) => ({
  schema: { type: 'record', name: 'Root', fields: fieldsOf(parts) },
  avro: Object.fromEntries(parts.map((part, i) => [`f${i}`, part.avro])),
  sql: parts.map((part) => part.sql),
}))

function avscType(schema: unknown, long: avro.Type = LONG) {
  // The hook is for longs with a logical type beside them, which the registry of names does not reach.
  const typeHook = (one: unknown) => ((one as { type?: unknown } | null)?.type === 'long' ? long : undefined)
  return avro.Type.forSchema(schema as never, { registry: { long }, typeHook, wrapUnions: 'never' })
}

function readAll(schema: unknown, bytes: Uint8Array, columns: readonly WantedColumn[], expected?: unknown): Value[] {
  const text = (one: unknown) => ({ type: 'AVRO' as const, text: JSON.stringify(one), references: [] })
  const reader = AVRO.reader(text(schema), expected === undefined ? undefined : text(expected), columns, FRAMING)
  const row: Value[] = columns.map(() => null)
  // Somewhere in a larger buffer, as in a chunk.
  const around = Buffer.concat([Buffer.from([7, 7, 7]), bytes, Buffer.from([9, 9])])
  reader.read(around, 3, 3 + bytes.length, row)
  return row
}

function wantedOf(schema: { readonly fields: readonly { readonly name: string; readonly type: unknown }[] }) {
  return schema.fields.map(({ name, type }, index): WantedColumn => {
    const parsed = parseAvroSchema(JSON.stringify({ type: 'record', name: `W${names++}`, fields: [{ name, type }] }))
    const field = parsed.kind === 'record' ? parsed.fields[0] : undefined
    return { index, path: [name], type: sqlTypeOf(field?.type ?? parsed) }
  })
}

describe('Avro', () => {
  it('reads what avsc has written', () => {
    fc.assert(
      fc.property(records, ({ schema, avro: value, sql }) => {
        expect(readAll(schema, avscType(schema).toBuffer(value), wantedOf(schema))).toEqual(sql)
      }),
      { numRuns: 2_000 },
    )
  })

  it('reads any of the columns, in any order, and passes over the others', () => {
    fc.assert(
      fc.property(records, fc.array(fc.nat(4), { maxLength: 4 }), ({ schema, avro: value, sql }, picks) => {
        const wanted = wantedOf(schema)
        const picked = picks.map((pick) => pick % wanted.length)
        const columns = picked.map((pick, index) => ({ ...(wanted[pick] as WantedColumn), index }))
        const row = readAll(schema, avscType(schema).toBuffer(value), columns)
        expect(row).toEqual(picked.map((pick) => sql[pick]))
      }),
      { numRuns: 500 },
    )
  })

  it('writes what avsc reads, with its own schema', () => {
    fc.assert(
      fc.property(records, ({ schema, sql }) => {
        const fields = wantedOf(schema).map(
          ({ path, type }): Field => ({ name: path[0] as string, type, nullable: true }),
        )
        const rows = { fields, key: [], timeColumn: undefined, mode: 'append' as const }
        const ours = AVRO.schemaOf(rows, 'Root')
        const bytes = AVRO.writer(ours, rows, FRAMING).write(sql)
        // That it is valid for avsc, byte by byte, is half of it; that nothing was lost is the other half.
        avscType(JSON.parse(ours.text)).fromBuffer(Buffer.from(bytes))
        expect(readAll(JSON.parse(ours.text), bytes, wantedOf(schema))).toEqual(sql)
      }),
      { numRuns: 1_000 },
    )
  })

  it('writes the same bytes as avsc with a schema of somebody else', () => {
    fc.assert(
      fc.property(records, ({ schema, avro: value, sql }) => {
        const fields = wantedOf(schema).map(
          ({ path, type }): Field => ({ name: path[0] as string, type, nullable: true }),
        )
        const rows = { fields, key: [], timeColumn: undefined, mode: 'append' as const }
        const written = AVRO.writer(
          { type: 'AVRO', text: JSON.stringify(schema), references: [] },
          rows,
          FRAMING,
        ).write(sql)
        expect(Buffer.from(written).toString('hex')).toBe(avscType(schema).toBuffer(value).toString('hex'))
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes any bytes for a record or for malformed ones, at once', () => {
    const schema = {
      type: 'record',
      name: 'Root',
      fields: [
        { name: 'nothings', type: { type: 'array', items: 'null' } },
        { name: 'tree', type: { type: 'record', name: 'Tree', fields: [{ name: 'next', type: ['null', 'Tree'] }] } },
        { name: 'texts', type: { type: 'map', values: ['null', 'string', 'long'] } },
        { name: 'price', type: { type: 'bytes', logicalType: 'decimal', precision: 60, scale: 3 } },
      ],
    }
    const columns = wantedOf(schema)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, all) => {
        try {
          readAll(schema, bytes, all ? columns : [])
        } catch (error) {
          if (!(error instanceof EvaluationError)) throw error
        }
      }),
      { numRuns: 20_000 },
    )
  })

  it('takes no text but a schema for a schema', () => {
    const parts = fc.constantFrom(
      'record',
      'enum',
      'array',
      'map',
      'fixed',
      'string',
      'null',
      'Root',
      'type',
      '',
      '__proto__',
    )
    const json = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        parts,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.record(
          {
            type: tie('node'),
            name: parts,
            fields: fc.array(tie('node'), { maxLength: 3 }),
            items: tie('node'),
            values: tie('node'),
            size: fc.nat(),
            symbols: fc.array(parts),
          },
          { requiredKeys: ['type'] },
        ),
      ),
    })).node
    fc.assert(
      fc.property(
        fc.oneof(
          json.map((one) => JSON.stringify(one)),
          fc.string(),
        ),
        (text) => {
          try {
            parseAvroSchema(text)
          } catch (error) {
            if (!(error instanceof InvalidSchema)) throw error
          }
        },
      ),
      { numRuns: 5_000 },
    )
  })
})

describe('evolution of Avro schemas, as avsc resolves it', () => {
  /** Pairs of types that a reader may have for a writer's, with the type of the column. */
  const promotions: readonly (readonly [unknown, unknown, SqlType, fc.Arbitrary<unknown>])[] = [
    ['int', 'long', { kind: 'bigint' }, fc.integer()],
    ['int', 'double', { kind: 'double' }, fc.integer()],
    ['long', 'double', { kind: 'double' }, fc.integer()],
    ['float', 'double', { kind: 'double' }, fc.float({ noNaN: true, noDefaultInfinity: true })],
    ['string', 'bytes', { kind: 'bytes' }, text],
    ['bytes', 'string', { kind: 'string' }, text.map((one) => Buffer.from(one))],
    ['int', ['null', 'int'], { kind: 'int' }, fc.integer()],
    [['null', 'int'], ['int', 'null'], { kind: 'int' }, fc.option(fc.integer())],
  ]

  it('promotes, drops, adds with a default, and finds by an alias', () => {
    fc.assert(
      fc.property(
        fc
          .constantFrom(...promotions)
          .chain(([writer, reader, type, values]) => values.map((value) => ({ writer, reader, type, value }))),
        fc.boolean(),
        fc.integer(),
        ({ writer, reader, type, value }, renamed, number) => {
          const written = {
            type: 'record',
            name: 'R',
            fields: [
              { name: 'gone', type: 'string' },
              { name: renamed ? 'before' : 'kept', type: writer },
            ],
          }
          const expected = {
            type: 'record',
            name: 'R',
            fields: [
              { name: 'added', type: 'int', default: number },
              { name: 'kept', aliases: ['before'], type: reader },
              { name: 'open', type: ['null', 'string'], default: null },
            ],
          }
          const plain = new avro.types.LongType()
          const theirType = avscType(expected, plain)
          const bytes = avscType(written, plain).toBuffer({ gone: 'x', [renamed ? 'before' : 'kept']: value })
          const resolver = theirType.createResolver(avscType(written, plain))
          const theirs = theirType.fromBuffer(bytes, resolver) as Record<string, unknown>
          const columns: WantedColumn[] = [
            { index: 0, path: ['added'], type: { kind: 'int' } },
            { index: 1, path: ['kept'], type },
            { index: 2, path: ['open'], type: { kind: 'string' } },
          ]
          const row = readAll(written, bytes, columns, expected)
          expect(row[0]).toBe(theirs['added'])
          expect(row[2]).toBe(theirs['open'])
          const kept = theirs['kept']
          if (kept instanceof Uint8Array) expect(Buffer.from(row[1] as Uint8Array)).toEqual(kept)
          else expect(row[1]).toEqual(typeof kept === 'number' ? kept + 0 : kept)
        },
      ),
      { numRuns: 1_000 },
    )
  })
})
