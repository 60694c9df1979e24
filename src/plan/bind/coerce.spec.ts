import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  arrayOf,
  BIGINT,
  BOOLEAN,
  DATE,
  DOUBLE,
  decimal,
  INT,
  NULL_TYPE,
  type SqlType,
  STRING,
  sameType,
  TIMESTAMP,
} from '../../core/type.ts'
import { castCost, commonType } from './coerce.ts'

const scalar = fc.oneof(
  fc.constantFrom<SqlType>(BOOLEAN, INT, BIGINT, DOUBLE, STRING, DATE, TIMESTAMP, NULL_TYPE),
  fc
    .tuple(fc.integer({ min: 1, max: 18 }), fc.integer({ min: 0, max: 18 }))
    .map(([p, s]) => decimal(Math.max(p, s), s)),
)
const type = fc.oneof(scalar, scalar.map(arrayOf))

test('the common type does not depend on the order', () => {
  fc.assert(
    fc.property(type, type, (a, b) => {
      const [one, other] = [commonType(a, b), commonType(b, a)]
      expect(one === undefined).toBe(other === undefined)
      if (one !== undefined && other !== undefined) expect(sameType(one, other)).toBe(true)
    }),
  )
})

test('both can be cast to what they have in common', () => {
  fc.assert(
    fc.property(type, type, (a, b) => {
      const common = commonType(a, b)
      if (common === undefined) return
      expect(castCost(a, common)).toBeDefined()
      expect(castCost(b, common)).toBeDefined()
    }),
  )
})

test.each([
  [INT, BIGINT, BIGINT],
  [BIGINT, decimal(4, 2), decimal(21, 2)],
  [decimal(10, 2), decimal(5, 4), decimal(12, 4)],
  [decimal(38, 2), DOUBLE, DOUBLE],
  [DATE, TIMESTAMP, TIMESTAMP],
  [NULL_TYPE, STRING, STRING],
])('%o and %o', (a, b, common) => {
  expect(commonType(a, b)).toEqual(common)
})

test('what loses information is no implicit cast', () => {
  expect(castCost(BIGINT, INT)).toBeUndefined()
  expect(castCost(DOUBLE, decimal(10, 2))).toBeUndefined()
  expect(castCost(TIMESTAMP, DATE)).toBeUndefined()
  expect(castCost(decimal(10, 4), decimal(10, 2))).toBeUndefined()
  expect(castCost(STRING, INT)).toBeUndefined()
})
