import { expect, test } from 'vitest'
import { planLast } from '../../../test/golden/plan-world.ts'
import type { AppError } from '../../core/errors.ts'
import { decodePlan, encodePlan } from './codec.ts'

// Each stored plan of the goldens makes the way there and back in test/golden/plan.spec.ts.
const { plan } = planLast('SELECT region, COUNT(*) AS n FROM orders WHERE amount > 1 GROUP BY region;')

function changed(change: (plan: Record<string, never> & { steps: Record<string, unknown>[] }) => void): string {
  const json = JSON.parse(encodePlan(plan))
  change(json)
  return JSON.stringify(json)
}

const matching = planLast(
  'SELECT * FROM clicks MATCH_RECOGNIZE (ORDER BY ts MEASURES COUNT(b.url) AS n PATTERN (a b+? c) DEFINE a AS url > 0::STRING) AS m;',
).plan

/** The plan of a pattern with something else in its step. */
function otherwise(part: Record<string, unknown>): string {
  const steps = matching.steps.map((one) => (one.kind === 'match-recognize' ? { ...one, ...part } : one))
  return JSON.stringify({ ...matching, steps })
}

function value(rest: Record<string, unknown>) {
  return { kind: 'row', from: 'last', offset: 0, column: 0, type: { kind: 'bigint' }, ...rest }
}

function codeOf(text: string): string {
  try {
    decodePlan(text)
    return 'none'
  } catch (error) {
    return (error as AppError).code
  }
}

test('a plan comes back as it was, 64-bit literals and special doubles too', () => {
  expect(decodePlan(encodePlan(plan))).toEqual(plan)
  const special = planLast("SELECT 9007199254740993 AS big, CAST('x' AS BYTES) AS b FROM orders;").plan
  expect(JSON.stringify(special)).toContain('"$integer":"9007199254740993"')
  expect(decodePlan(encodePlan(special))).toEqual(special)
  expect(decodePlan(encodePlan(matching))).toEqual(matching)
  expect(codeOf(otherwise({}))).toBe('none')
})

test.each<[string, string]>([
  ['no JSON', 'not json'],
  ['no plan', '{"version":1}'],
  ['a step of an unknown kind', changed((one) => void (one.steps[1]!['kind'] = 'shuffle'))],
  ['a key that is not known', changed((one) => void (one.steps[1]!['speed'] = 5))],
  [
    'a function name that is no name',
    changed(
      (one) =>
        void Object.assign(one.steps[1]!, {
          predicate: { kind: 'call', function: 'a();', arguments: [], type: { kind: 'boolean' } },
        }),
    ),
  ],
  ['an input that does not exist', changed((one) => void (one.steps[1]!['inputs'] = ['scan-nothing']))],
  ['a step before its input', changed((one) => void one.steps.reverse())],
  ['two steps of one id', changed((one) => void (one.steps[1]!['id'] = one.steps[0]!['id']))],
  ['a column beyond the input', changed((one) => void (one.steps[2]!['keys'] = [99]))],
  ['a variable that the pattern does not have', otherwise({ pattern: { kind: 'variable', variable: 3 } })],
  ['a skip to a variable that there is not', otherwise({ afterMatch: { to: 'first', variable: 3 } })],
  [
    'a measure of a value that there is not',
    otherwise({ measures: [{ kind: 'column', index: 2, type: { kind: 'bigint' } }] }),
  ],
  ['a value of a column beyond the input', otherwise({ values: [value({ column: 9 }), value({})] })],
  ['a value of a variable that there is not', otherwise({ values: [value({ variable: 3 }), value({})] })],
  ['a variable without a condition', otherwise({ conditions: [] })],
  ['a version of the past that never was', changed((one) => void Object.assign(one, { version: 0 }))],
])('%s is refused', (_, text) => {
  expect(codeOf(text)).toBe('DATA_DIRECTORY_CORRUPT')
})

test('the plan of a later release is refused as such', () => {
  expect(codeOf(changed((one) => void Object.assign(one, { version: 2 })))).toBe('DATA_DIRECTORY_NEWER')
})
