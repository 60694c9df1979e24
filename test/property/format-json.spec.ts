import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isoTimestamp } from '../../src/adapters/formats/iso-timestamp.ts'
import { JsonDecoder } from '../../src/adapters/formats/json-decoder.ts'
import { JsonEncoder } from '../../src/adapters/formats/json-encoder.ts'
import { chunkOf } from '../../src/adapters/memory/memory-log.ts'
import { EvaluationError } from '../../src/core/evaluation-error.ts'
import { fromJson, parseJsonExact } from '../../src/core/parse-value.ts'
import type { Schema } from '../../src/core/schema.ts'
import { parseTimestamp, roundToMicros } from '../../src/core/timestamp.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimal,
  INT,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIMESTAMP,
} from '../../src/core/type.ts'
import type { Value } from '../../src/core/value.ts'
import type { SourceField } from '../../src/plan/physical/nodes.ts'

function field(path: string, type: SqlType, nullable = true): SourceField {
  return { name: path, type, nullable, from: 'value', path: path.split('.') }
}

const FIELDS = [
  field('a', INT),
  field('b', BIGINT),
  field('c', DOUBLE),
  field('d', decimal(12, 2)),
  field('e', STRING),
  field('f', BOOLEAN),
  field('g', TIMESTAMP),
  field('h', arrayOf(BIGINT)),
  field('i', JSON_TYPE),
  field('j', DATE),
  field('n.x', BIGINT),
  field('n.y.z', STRING),
  field('__proto__', STRING),
  field('req', STRING, false),
]

/** The same by JSON.parse, value by value: slow and plain. */
function reference(text: string, fields: readonly SourceField[]): Value[] | undefined {
  let root: unknown
  let plain: unknown
  try {
    root = parseJsonExact(text)
    plain = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof root !== 'object' || root === null || Array.isArray(root) || !isPlain(root)) return undefined
  const row: Value[] = []
  for (const { path, type, nullable } of fields) {
    // A time is a double in any case; parseJsonExact would keep the digits of a long one.
    let json: unknown = type.kind === 'timestamp' ? plain : root
    for (const name of path) {
      if (json === null || json === undefined) break
      if (!isPlain(json)) return undefined
      json = Object.hasOwn(json, name) ? (json as Record<string, unknown>)[name] : undefined
    }
    try {
      let value = fromJson(type, json)
      if (type.kind === 'timestamp' && typeof value === 'number') value = roundToMicros(value)
      if (type.kind === 'timestamp' && Math.abs(value as number) > 8.64e15) return undefined
      if (type.kind === 'date' && value !== null && (!Number.isSafeInteger(value) || Math.abs(value as number) > 1e8))
        return undefined
      if (type.kind === 'double' && typeof value === 'number' && !Number.isFinite(value) && typeof json !== 'string')
        return undefined
      if (value === null && !nullable) return undefined
      row.push(value)
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error
      return undefined
    }
  }
  return row
}

function isPlain(json: unknown): boolean {
  return (
    typeof json === 'object' &&
    json !== null &&
    Object.getPrototypeOf(json) === Object.prototype &&
    !Array.isArray(json)
  )
}

function decode(
  texts: readonly (string | Uint8Array)[],
  fields: readonly SourceField[],
  decoder = new JsonDecoder(fields),
) {
  const records = texts.map((text) => ({ key: null, value: Buffer.from(text as string), timestamp: 0 }))
  const rows = decoder.decode(chunkOf(0, 0, records))
  const out: (Value[] | string)[] = []
  for (const bad of rows.bad) out[bad.index] = bad.reason
  for (let i = 0; i < rows.length; i++)
    out[rows.records[i] as number] = rows.columns.map((column) => column[i] as Value)
  return out
}

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\t', '\r'), maxLength: 2 })
const numberText = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map(String),
  fc
    .double({ noNaN: true, noDefaultInfinity: true })
    .map(String)
    .map((text) => text.replace('e+', 'e')),
  fc.tuple(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }), fc.nat({ max: 10 ** 9 })).map(([a, b]) => `${a}.${b}`),
  fc.tuple(fc.integer({ min: -9999, max: 9999 }), fc.integer({ min: -30, max: 30 })).map(([a, b]) => `${a}e${b}`),
  fc.constantFrom(
    '0',
    '-0',
    '-0.0',
    '0.1',
    '1.005',
    '2.675',
    '1e2',
    '1E+2',
    '12e-1',
    '1.0',
    '9007199254740993',
    '9999999999.99',
    '10000000000',
    '2147483648',
    '1e400',
    '0e0',
    '1700000000000',
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    '0x1',
  ),
)
const stringText = fc.oneof(
  fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text)),
  fc
    .string({
      unit: fc.constantFrom('\\n', '\\u0041', '\\ud83d', '\\ude00', '\\"', '\\\\', '\\/', 'ä', '😀', 'a', '\u007f'),
    })
    .map((text) => `"${text}"`),
  fc.constantFrom(
    '"eu"',
    '"2024-02-29T10:20:30Z"',
    '"2024-02-30T10:20:30Z"',
    '"2024-02-28 10:20:30.123"',
    '"1969-12-31T23:59:59.999Z"',
    '"2024-02-28"',
    '"12"',
    '"1.5"',
    '"true"',
    '"\\x41"',
    '"\\u12"',
    '"open',
    '"\u0001"',
    '""',
  ),
)
const { document } = fc.letrec<{ document: string; value: string; object: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    numberText,
    stringText,
    fc.constantFrom('true', 'false', 'null', 'tru', 'nul', 'True'),
    fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
    tie('object'),
  ),
  object: fc
    .array(
      fc.tuple(
        space,
        fc.oneof(
          {
            weight: 12,
            arbitrary: fc
              .constantFrom(...'abcdefghijnxyz', '__proto__', 'req', 'constructor')
              .map((name) => `"${name}"`),
          },
          { weight: 1, arbitrary: fc.constantFrom('"\\u0061"', '"ä"', '""', 'a') },
        ),
        space,
        tie('value'),
        space,
      ),
      { maxLength: 8 },
    )
    .map(
      (members) => `{${members.map(([s1, name, s2, value, s3]) => `${s1}${name}${s2}:${s2}${value}${s3}`).join(',')}}`,
    ),
  document: fc.tuple(space, tie('object'), space).map((parts) => parts.join('')),
}))
/** Most documents have what is required, so that most of them are rows. */
const record = fc.oneof(
  document,
  document.map((text) => text.replace('{', '{"req":"r",').replace(',}', '}')),
  document.map((text) => text.replace('{', '{"n":{"x":1,"y":{"z":"q"}},"req":"r",').replace(',}', '}')),
)
const damaged = fc
  .tuple(record, fc.nat(), fc.constantFrom('', '{', '}', '"', ',', ':', '[', ']', '\\', '0', ' ', '\u0000'))
  .map(([text, at, insert]) => {
    const position = at % (text.length + 1)
    return at % 3 === 0 ? text.slice(0, position) : text.slice(0, position) + insert + text.slice(position + (at % 2))
  })

describe('JSON decoder', () => {
  test('gives what JSON.parse and the casts give, or rejects where they do', () => {
    // One decoder for all runs: what it remembers of earlier records must not change what it reads.
    const decoder = new JsonDecoder(FIELDS)
    let rows = 0
    let rejected = 0
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 3, arbitrary: record }, { weight: 1, arbitrary: damaged }), { maxLength: 5 }),
        (texts) => {
          const wellFormed = texts.map((text) => text.toWellFormed())
          const decoded = decode(wellFormed, FIELDS, decoder)
          for (const [i, text] of wellFormed.entries()) {
            const expected = reference(text, FIELDS)
            if (expected === undefined) {
              rejected++
              expect(decoded[i], text).toBeTypeOf('string')
            } else {
              rows++
              expect(decoded[i], text).toEqual(expected)
            }
          }
        },
      ),
      { numRuns: 3000 },
    )
    expect(rows).toBeGreaterThan(300)
    expect(rejected).toBeGreaterThan(300)
  })

  test('reasons say which field, what was expected, what was found and where', () => {
    const amount = [field('amount', decimal(12, 2)), field('note', STRING, false)]
    expect(
      decode(
        [
          '{"id":1,"amount":"abc","note":""}',
          '{"amount":1}',
          '{"amount":1,"note":null}',
          '{"amount":12345678901.00,"note":""}',
          '{"amount":1,"note":""} x',
          '{"amount":1,"note":"',
          '[1]',
          '',
          '{"amount":1,"note":"a\nb"}',
        ],
        amount,
      ),
    ).toEqual([
      'field "amount": expected DECIMAL(12, 2), found "abc" at byte 17',
      'field "note": is missing or null, but declared NOT NULL',
      'field "note": is missing or null, but declared NOT NULL',
      'field "amount": expected DECIMAL(12, 2), found 12345678901.00 at byte 10',
      'malformed JSON: unexpected "x" at byte 23',
      'malformed JSON: it ends within a string at byte 20',
      'expected an object, found [1] at byte 0',
      'malformed JSON: it ends too early at byte 0',
      'malformed JSON: unexpected byte 0xa in a string at byte 21',
    ])
    expect(decode(['{"n":5}'], [field('n.x', BIGINT)])).toEqual([
      'field "n.x": expected an object in "n", found 5 at byte 5',
    ])
  })

  test('numbers are exact', () => {
    const fields = [field('b', BIGINT), field('d', decimal(38, 10)), field('c', DOUBLE)]
    expect(
      decode(
        [
          '{"b":9223372036854775807,"d":1234567890123456789012345678.0123456789,"c":0.1}',
          '{"b":-9223372036854775808,"d":0.1,"c":123456789012345.6}',
          '{"b":9223372036854775808}',
          '{"b":9007199254740993,"d":1e27,"c":5e-324}',
          '{"b":1.5}',
        ],
        fields,
      ),
    ).toEqual([
      [9223372036854775807n, 12345678901234567890123456780123456789n, 0.1],
      [-9223372036854775808n, 1000000000, 123456789012345.6],
      'field "b": expected BIGINT, found 9223372036854775808 at byte 5',
      [9007199254740993n, 10n ** 37n, 5e-324],
      'field "b": expected BIGINT, found 1.5 at byte 5',
    ])
  })

  test('depth and size have a limit', () => {
    const fields = [field('a', BIGINT)]
    const nested = (depth: number) => `{"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},"a":1}`
    expect(decode([nested(128), nested(129)], fields)).toEqual([
      [1],
      'malformed JSON: it is nested deeper than 128 levels at byte 132',
    ])
    const sized = (bytes: number) => `{"a":1,"x":"${'y'.repeat(bytes - 14)}"}`
    const limit = 16 * 1024 * 1024
    expect(sized(limit)).toHaveLength(limit)
    expect(decode([sized(limit), sized(limit + 1)], fields)).toEqual([
      [1],
      `the record has ${limit + 1} bytes, more than ${limit}`,
    ])
  })

  test('a byte order mark is passed over, bytes that are no UTF-8 are rejected where they are used', () => {
    const fields = [field('e', STRING)]
    const bytes = (text: string) => Buffer.from(text, 'latin1')
    expect(
      decode(
        [bytes('\xef\xbb\xbf{"e":"a"}'), bytes('{"e":"\xff"}'), bytes('{"x":"\xff","e":"b"}'), '{"e":"\ufeffa"}'],
        fields,
      ),
    ).toEqual([['a'], 'malformed JSON: it is not valid UTF-8 at byte 5', ['b'], ['\ufeffa']])
  })

  test('a name that comes twice counts where it came last, with all that is below it', () => {
    const fields = [field('a', BIGINT), field('n.x', BIGINT), field('n.y', BIGINT)]
    expect(
      decode(
        ['{"a":"bad","a":2,"n":{"x":1,"y":1},"n":{"y":2}}', '{"n":{"x":1},"n":5,"n":null,"a":1,"a":null}'],
        fields,
      ),
    ).toEqual([
      [2, null, 2],
      [null, null, null],
    ])
  })

  test('names of JavaScript objects are names like others', () => {
    const fields = [field('__proto__', STRING), field('constructor.name', STRING), field('toString', STRING)]
    expect(decode(['{"__proto__":"p","constructor":{"name":"n"},"toString":"t"}', '{}'], fields)).toEqual([
      ['p', 'n', 't'],
      [null, null, null],
    ])
    expect(({} as Record<string, unknown>)['p']).toBeUndefined()
  })

  test('the fast reading of times agrees with core for what both take', () => {
    const part = (min: number, max: number, width: number) =>
      fc.integer({ min, max }).map((value) => String(value).padStart(width, '0'))
    const time = fc
      .tuple(
        part(0, 9999, 4),
        part(0, 13, 2),
        part(0, 32, 2),
        part(0, 25, 2),
        part(0, 61, 2),
        part(0, 61, 2),
        part(0, 999, 3),
        fc.constantFrom('T', ' ', 't', '_'),
        fc.constantFrom('', 'Z'),
        fc.boolean(),
      )
      .map(
        ([y, mo, d, h, mi, s, ms, t, z, fraction]) =>
          `${y}-${mo}-${d}${t}${h}:${mi}:${s}${fraction ? `.${ms}` : ''}${z}`,
      )
    fc.assert(
      fc.property(time, (text) => {
        const bytes = Buffer.from(text)
        const fast = isoTimestamp(bytes, 0, bytes.length)
        if (!Number.isNaN(fast)) expect(fast).toBe(parseTimestamp(text))
        else if (/[T ]/.test(text)) expect(parseTimestamp(text)).toBeUndefined()
      }),
      { numRuns: 2000 },
    )
  })
})

describe('JSON encoder', () => {
  const schema: Schema = {
    fields: [
      { name: 'id', type: STRING, nullable: false },
      { name: 'b', type: BIGINT, nullable: true },
      { name: 'd', type: decimal(38, 10), nullable: true },
      { name: 'g', type: TIMESTAMP, nullable: true },
      { name: 'c', type: DOUBLE, nullable: true },
    ],
    key: [0],
    timeColumn: undefined,
    mode: 'upsert',
  }

  test('what is encoded is decoded to the same row', () => {
    const encoder = new JsonEncoder(schema, false)
    const fields = schema.fields.map((f) => field(f.name, f.type, f.nullable))
    const exact = (bits: number) =>
      fc
        .bigInt({ min: -(2n ** BigInt(bits)), max: 2n ** BigInt(bits) - 1n })
        .map((value) => (value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : value))
    const row = fc.tuple(
      fc.string({ unit: 'grapheme' }),
      exact(63),
      exact(126),
      fc.integer({ min: -1e15, max: 4e15 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0),
    )
    fc.assert(
      fc.property(row, (values) => {
        const encoded = encoder.encode(values, 0, 5)
        expect(decode([encoded.value as Uint8Array], fields)).toEqual([values])
      }),
    )
  })

  test('keys, tombstones and texts', () => {
    const text = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString()
    const row = ['k', 2n ** 60n, 15000000000, 1700000000000, 0.5]
    const plain = new JsonEncoder(schema, false).encode(row, 0, 7)
    expect(text(plain.key)).toBe('k')
    expect(plain.timestamp).toBe(7)
    expect(text(plain.value)).toBe(
      '{"id":"k","b":1152921504606846976,"d":1.5000000000,"g":"2023-11-14T22:13:20.000Z","c":0.5}',
    )
    const two = new JsonEncoder({ ...schema, key: [0, 1] }, true)
    expect(text(two.encode(row, 3, 7).key)).toBe('{"id":"k","b":1152921504606846976}')
    expect(two.encode(row, 3, 7).value).toBeNull()
    expect(text(two.encode(row, 2, 7).value)).toContain('"id":"k"')
    expect(new JsonEncoder({ ...schema, key: [] }, false).encode(row, 0, 7).key).toBeNull()
  })
})
