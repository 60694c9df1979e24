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
  ['a version of the past that never was', changed((one) => void Object.assign(one, { version: 0 }))],
])('%s is refused', (_, text) => {
  expect(codeOf(text)).toBe('DATA_DIRECTORY_CORRUPT')
})

test('the plan of a later release is refused as such', () => {
  expect(codeOf(changed((one) => void Object.assign(one, { version: 2 })))).toBe('DATA_DIRECTORY_NEWER')
})
