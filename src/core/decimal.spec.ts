import { describe, expect, test } from 'vitest'
import {
  checkPrecision,
  decimalToDouble,
  divideDecimal,
  doubleToDecimal,
  formatDecimal,
  parseDecimal,
  rescale,
} from './decimal.ts'

describe('decimals', () => {
  test.each([
    ['12.5', 12, 2, 1250],
    ['-.5', 5, 1, -5],
    ['5.', 5, 1, 50],
    ['1.005', 5, 2, 101],
    ['-1.005', 5, 2, -101],
    ['1.0049999', 5, 2, 100],
    ['1.25e3', 12, 2, 125000],
    ['125E-3', 12, 2, 13],
    ['-0', 5, 2, 0],
    ['1e-999999', 5, 2, 0],
    ['0e999999', 5, 2, 0],
    ['99999999999999999999999999999999999999', 38, 0, 10n ** 38n - 1n],
    ['0.00000000000000000000000000000000000001', 38, 38, 1],
  ])('reads %s as DECIMAL(%i, %i)', (text, precision, scale, units) => {
    expect(parseDecimal(text, precision, scale)).toBe(units)
  })

  test('what is no number is undefined, what does not fit is an error', () => {
    for (const text of ['', '.', '-', 'e5', '1e', '1,5', 'NaN', '1.2.3', '--1']) {
      expect(parseDecimal(text, 10, 2)).toBeUndefined()
    }
    expect(parseDecimal('9.99', 3, 2)).toBe(999)
    expect(() => parseDecimal('9.995', 3, 2)).toThrow('value does not fit DECIMAL(3, 2)')
    expect(() => parseDecimal('1e999999', 38, 0)).toThrow('does not fit')
    expect(checkPrecision(10n ** 38n - 1n, 38, 0)).toBe(10n ** 38n - 1n)
    expect(() => checkPrecision(10n ** 38n, 38, 0)).toThrow('does not fit')
    expect(() => checkPrecision(-(10n ** 38n), 38, 0)).toThrow('does not fit')
  })

  test.each([
    [1250, 2, '12.50'],
    [-5, 2, '-0.05'],
    [0, 3, '0.000'],
    [7, 0, '7'],
    [10n ** 38n - 1n, 38, `0.${'9'.repeat(38)}`],
  ])('%s units of scale %i are %s', (units, scale, text) => {
    expect(formatDecimal(units, scale)).toBe(text)
  })

  test('rescaling rounds half away from zero', () => {
    expect([125, -125, 124, 1255].map((units) => rescale(units, 2, 1))).toEqual([13, -13, 12, 126])
    expect(rescale(9007199254740991, 0, 2)).toBe(900719925474099100n)
  })

  test('division has the digits that are asked for', () => {
    expect(divideDecimal(100, 2, 300, 2, 6)).toBe(333333)
    expect(divideDecimal(200, 2, 3, 0, 2)).toBe(67)
    expect(divideDecimal(123456, 4, 2, 0, 1)).toBe(62)
  })

  test('doubles are taken by their shortest text', () => {
    expect(doubleToDecimal(0.1, 38, 20)).toBe(10n ** 19n)
    expect(doubleToDecimal(1.005, 5, 2)).toBe(101)
    expect(doubleToDecimal(1e22, 38, 0)).toBe(10n ** 22n)
    expect(doubleToDecimal(Number.NaN, 5, 2)).toBeUndefined()
    expect(decimalToDouble(1250, 2)).toBe(12.5)
    expect(decimalToDouble(12345678901234567890123456789012345678n, 30)).toBe(12345678.901234567)
  })
})
