import { describe, expect, test } from 'vitest'
import {
  addExact,
  checkBigint,
  checkInt,
  divideExact,
  divideRounded,
  multiplyExact,
  parseInteger,
  remainderExact,
  roundDouble,
  subtractExact,
} from './exact.ts'
import { BIGINT_MAX, BIGINT_MIN, INT_MAX, INT_MIN } from './value.ts'

const SAFE = Number.MAX_SAFE_INTEGER

describe('exact integers', () => {
  test('stay numbers up to 2^53 - 1 and are bigints from there on', () => {
    expect(addExact(SAFE, 0)).toBe(SAFE)
    expect(addExact(SAFE, 1)).toBe(9007199254740992n)
    expect(addExact(SAFE, 2)).toBe(9007199254740993n)
    expect(subtractExact(9007199254740993n, 2)).toBe(SAFE)
    expect(subtractExact(-SAFE, 2)).toBe(-9007199254740993n)
    expect(multiplyExact(94906267, 94906267)).toBe(9007199515875289n)
    expect(multiplyExact(3, -0)).toBe(0)
  })

  test.each([
    [7, 2, 3, 1],
    [-7, 2, -3, -1],
    [7, -2, -3, 1],
    // The quotient of doubles rounds up to the next integer here.
    [9007199254740990, SAFE, 0, 9007199254740990],
    [BIGINT_MIN, 10n ** 10n, -922337203, -6854775808],
  ])('%s / %s is %s, remainder %s', (a, b, quotient, remainder) => {
    expect(Number(divideExact(a, b))).toBe(quotient)
    expect(remainderExact(a, b)).toBe(remainder)
  })

  test.each([
    [5, 2, 3],
    [-5, 2, -3],
    [5, -2, -3],
    [4, 3, 1],
    [-1, 3, 0],
    [25n * 10n ** 20n, 10n ** 21n, 3],
    [-25n * 10n ** 20n, 10n ** 21n, -3],
  ])('%s / %s rounds half away from zero to %s', (a, b, expected) => {
    expect(divideRounded(a, b)).toBe(expected)
  })

  test('a range holds its limits and nothing beyond', () => {
    expect(checkInt(INT_MAX)).toBe(INT_MAX)
    expect(checkInt(INT_MIN)).toBe(INT_MIN)
    expect(() => checkInt(INT_MAX + 1)).toThrow('INT overflow')
    expect(() => checkInt(INT_MIN - 1)).toThrow('INT overflow')
    expect(checkBigint(BIGINT_MAX)).toBe(BIGINT_MAX)
    expect(checkBigint(BIGINT_MIN)).toBe(BIGINT_MIN)
    expect(() => checkBigint(BIGINT_MAX + 1n)).toThrow('BIGINT overflow')
    expect(() => checkBigint(BIGINT_MIN - 1n)).toThrow('BIGINT overflow')
  })

  test('text is read with all its digits, or not at all', () => {
    expect(parseInteger(' +12 ')).toBe(12)
    expect(parseInteger('-0')).toBe(0)
    expect(parseInteger('9007199254740993')).toBe(9007199254740993n)
    for (const text of ['', '-', '1.0', '1e3', '0x1', '1 2', '１']) expect(parseInteger(text)).toBeUndefined()
  })

  test('a double rounds half to even on its way to an integer', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 1e20].map(roundDouble)).toEqual([0, 2, 2, 0, -2, 100000000000000000000n])
    expect([Number.NaN, Number.POSITIVE_INFINITY].map(roundDouble)).toEqual([undefined, undefined])
  })
})
