import { expect, test } from 'vitest'
import { bound } from '../../../test/golden/plan-world.ts'
import { typeName } from '../../core/type.ts'

function typeOf(expression: string): string {
  const sql = `SELECT CAST(${expression} AS STRING) AS unused, ${expression} AS result FROM orders;`
  return typeName(bound(sql).schema.fields[1]!.type)
}

// amount is DECIMAL(12, 2), user_id BIGINT.
test.each([
  ['1 + 2', 'INT'],
  ['1 + user_id', 'BIGINT'],
  ['3000000000', 'BIGINT'],
  ['user_id / 2', 'BIGINT'],
  ['amount + amount', 'DECIMAL(13, 2)'],
  ['amount + 1.005', 'DECIMAL(14, 3)'],
  ['amount * 1.05', 'DECIMAL(15, 4)'],
  ['amount * user_id', 'DECIMAL(31, 2)'],
  ['amount / 3', 'DECIMAL(23, 13)'],
  ['amount / amount', 'DECIMAL(27, 15)'],
  ['amount % 7', 'DECIMAL(12, 2)'],
  ['amount * 1e0', 'DOUBLE'],
  ['CAST(amount AS DECIMAL(38, 6)) / CAST(amount AS DECIMAL(38, 6))', 'DECIMAL(38, 6)'],
  ['-amount', 'DECIMAL(12, 2)'],
  ["ts + INTERVAL '1' HOUR", 'TIMESTAMP'],
  ["INTERVAL '1' HOUR + ts", 'TIMESTAMP'],
  ['ts - ts', 'INTERVAL'],
  ["DATE '2026-01-02' - DATE '2026-01-01'", 'INT'],
  ["DATE '2026-01-02' + 1", 'DATE'],
  ["DATE '2026-01-02' + INTERVAL '1' HOUR", 'TIMESTAMP'],
  ["INTERVAL '1' HOUR * 1.5", 'INTERVAL'],
  ["3 * INTERVAL '1' HOUR", 'INTERVAL'],
  ['region || 1', 'STRING'],
  ['ARRAY[1] || ARRAY[2]', 'ARRAY<INT>'],
  ['round(amount, 1)', 'DECIMAL(12, 1)'],
  ['round(amount)', 'DECIMAL(11, 0)'],
  ['ceil(amount)', 'DECIMAL(11, 0)'],
  ['NULL + 1', 'INT'],
])('%s is %s', (expression, type) => {
  expect(typeOf(expression)).toBe(type)
})
