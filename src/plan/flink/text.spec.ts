// Text of a user in a script for Flink: read as Flink reads it, each name and value comes back as it was.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BIGINT, DOUBLE, decimal, INT } from '../../core/type.ts'
import { Gap } from './gap.ts'
import { comment, intervalText, literalSql, quoteName, quoteText } from './text.ts'

/** Much of what could end a literal, a name, a comment or a statement. */
const hostile = fc.string({
  unit: fc.constantFrom(
    "'",
    '`',
    '"',
    '\\',
    ';',
    '-',
    '/',
    '*',
    '\n',
    '\r',
    '\u0000',
    '\u0085',
    '\u2028',
    'U',
    '&',
    'a',
    'é',
    '😀',
  ),
})
const text = fc.oneof(hostile, fc.string({ unit: 'binary' }))

/** `'…'` and U&'…', as Flink's parser takes them; undefined where there is more than the one literal. */
function literalRead(sql: string): string | undefined {
  const plain = /^'((?:[^']|'')*)'$/.exec(sql)?.[1]
  if (plain !== undefined) return plain.replaceAll("''", "'")
  const unicode = /^U&'((?:[^']|'')*)'$/.exec(sql)?.[1]
  return unicode
    ?.replaceAll("''", "'")
    .replaceAll(/\\(?:\\|([0-9a-f]{4}))/g, (_, hex?: string) =>
      hex === undefined ? '\\' : String.fromCharCode(parseInt(hex, 16)),
    )
}

describe('text of a user', () => {
  it('as a value is one literal, on one line', () => {
    fc.assert(
      fc.property(text, (value) => {
        const sql = quoteText(value)
        expect(literalRead(sql)).toBe(value)
        expect(sql).not.toMatch(/[\n\r\u0085\u2028\u2029]/)
      }),
    )
  })

  it('as a name is one name, or is refused', () => {
    fc.assert(
      fc.property(text, (value) => {
        let sql: string
        try {
          sql = quoteName(value)
        } catch (error) {
          expect(error).toBeInstanceOf(Gap)
          expect(value).toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/)
          return
        }
        expect(/^`((?:[^`]|``)*)`$/.exec(sql)?.[1]?.replaceAll('``', '`')).toBe(value)
      }),
    )
  })

  it('in a comment stays on its line', () => {
    fc.assert(
      fc.property(text, (value) => {
        expect(comment(value)).toMatch(/^-- [^\n\r\u0085\u2028\u2029]*$/)
      }),
    )
  })
})

describe('constants', () => {
  it.each([
    [5_000, "INTERVAL '5' SECOND"],
    [90_000, "INTERVAL '90' SECOND"],
    [-60_000, "INTERVAL '-1' MINUTE"],
    [0, "INTERVAL '0' DAY"],
    [1, "INTERVAL '0.001' SECOND(2, 3)"],
    [35_001, "INTERVAL '35.001' SECOND(2, 3)"],
    [100_000, "INTERVAL '0 00:01:40.000' DAY TO SECOND(3)"],
    [3_600_001, "INTERVAL '0 01:00:00.001' DAY TO SECOND(3)"],
    [99 * 86_400_000, "INTERVAL '99' DAY"],
    [400 * 86_400_000 + 3_600_000, "INTERVAL '400 01:00:00.000' DAY(3) TO SECOND(3)"],
  ])('%i ms', (ms, sql) => {
    expect(intervalText(ms)).toBe(sql)
  })

  it.each([
    [-5, INT, '-5', false],
    [{ $integer: '9007199254740993' }, BIGINT, '9007199254740993', true],
    [-5, decimal(3, 2), '-0.05', false],
    [12, decimal(3, 0), '12', true],
    [2, DOUBLE, '2E0', true],
    [1e21, DOUBLE, '1E21', true],
    [1.5e-7, DOUBLE, '1.5E-7', true],
  ] as const)('%j as %j is %s', (value, type, expected, plain) => {
    expect(literalSql(value, type, () => '')).toEqual({ text: expected, atom: plain })
  })
})
