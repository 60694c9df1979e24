// Random types and values of them, in the representations of core/value.ts, with the edges drawn often.

import fc from 'fast-check'
import { unreachable } from '../../../src/core/assert.ts'
import { equalValues } from '../../../src/core/compare.ts'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  JSON_TYPE,
  type SqlType,
  STRING,
  TIME,
  TIMESTAMP,
} from '../../../src/core/type.ts'
import { BIGINT_MAX, BIGINT_MIN, exact, INT_MAX, INT_MIN, type Value } from '../../../src/core/value.ts'

export const decimalType: fc.Arbitrary<SqlType> = fc
  .integer({ min: 1, max: 38 })
  .chain((precision) => fc.integer({ min: 0, max: precision }).map((scale) => decimal(precision, scale)))

export const scalarType: fc.Arbitrary<SqlType> = fc.oneof(
  fc.constantFrom(BOOLEAN, INT, BIGINT, DOUBLE, STRING, BYTES, DATE, TIME, TIMESTAMP, INTERVAL, JSON_TYPE),
  decimalType,
)

export const anyType: fc.Arbitrary<SqlType> = fc.oneof(
  { weight: 4, arbitrary: scalarType },
  { weight: 1, arbitrary: scalarType.map(arrayOf) },
  { weight: 1, arbitrary: scalarType.map((type) => arrayOf(arrayOf(type))) },
  {
    weight: 1,
    arbitrary: fc.tuple(scalarType, scalarType).map(([key, value]): SqlType => ({ kind: 'map', key, value })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(scalarType, { minLength: 1, maxLength: 10 })
      .map((types): SqlType => ({ kind: 'struct', fields: types.map((type, i) => ({ name: `f${i}`, type })) })),
  },
)

const bigintValue = fc.oneof(
  fc.integer({ min: -200, max: 300 }),
  fc.maxSafeInteger(),
  fc.bigInt({ min: BIGINT_MIN, max: BIGINT_MAX }).map(exact),
  fc.constantFrom(
    ...[2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n) + 1n, -(2n ** 53n), BIGINT_MIN, BIGINT_MAX].map(exact),
  ),
)

export const text = fc.oneof(
  fc.string({ maxLength: 8 }),
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom('', '\0', '\u0001', 'a\0b', '\uffff', '\u{10000}', '\ud7ff', '\ue000', 'é', 'x'.repeat(200)),
)

const doubleValue = fc.oneof(
  fc.double().map((value) => value + 0),
  fc.integer({ min: -5, max: 5 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 5e-324, 1.7976931348623157e308),
)

const milliseconds = (limit: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: -limit, max: limit }),
    fc.integer({ min: -1_000_000, max: 1_000_000_000 }).map((micros) => micros / 1_000 + 0),
  )

/** A value that is not NULL. */
export function presentValue(type: SqlType): fc.Arbitrary<Value> {
  switch (type.kind) {
    case 'boolean':
      return fc.boolean()
    case 'int':
      return fc.oneof(fc.integer({ min: -5, max: 5 }), fc.integer(), fc.constantFrom(INT_MIN, INT_MAX, INT_MIN + 1))
    case 'bigint':
      return bigintValue
    case 'decimal': {
      const limit = 10n ** BigInt(type.precision) - 1n
      return fc.oneof(
        fc.integer({ min: -9, max: 9 }),
        fc.bigInt({ min: -limit, max: limit }).map(exact),
        fc.constantFrom(exact(limit), exact(-limit)),
      )
    }
    case 'double':
      return doubleValue
    case 'string':
      return text
    case 'json':
      return fc.json({ maxDepth: 2 })
    case 'bytes':
      return fc.uint8Array({ maxLength: 20 })
    case 'date':
      return fc.integer({ min: -1_000_000, max: 1_000_000 })
    case 'time':
      return fc.integer({ min: 0, max: 86_399_999 })
    case 'timestamp':
      return milliseconds(4_000_000_000_000)
    case 'interval':
      return milliseconds(1_000_000_000)
    case 'array':
      return fc.array(value(type.element), { maxLength: 5 })
    case 'struct':
      return fc.tuple(...type.fields.map((field) => value(field.type)))
    case 'map':
      return fc.uniqueArray(fc.tuple(presentValue(type.key), value(type.value)), {
        maxLength: 4,
        comparator: (a, b) => equalValues(type.key, a[0] as Value, b[0] as Value),
      })
    case 'null':
      return fc.constant(null)
    default:
      return unreachable(type)
  }
}

export function value(type: SqlType): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(null) }, { weight: 6, arbitrary: presentValue(type) })
}
