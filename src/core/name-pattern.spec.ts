import { expect, it } from 'vitest'
import { NAME_PATTERN_CHARACTERS_MAX, type NamePattern, namePattern } from './name-pattern.ts'

it('matches the whole of a name', () => {
  const pattern = namePattern('orders-(eu|us)') as NamePattern
  expect(
    ['orders-eu', 'orders-us', 'orders-', 'my-orders-eu', 'orders-eu-1'].map((name) => pattern.matches(name)),
  ).toEqual([true, true, false, false, false])
})

it('says what is wrong with one that is none, or too long', () => {
  expect(namePattern('a(')).toEqual({ fault: expect.stringContaining('missing closing )') })
  expect(namePattern('(a)\\1')).toEqual({ fault: expect.stringContaining('invalid escape sequence') })
  expect(namePattern('a'.repeat(NAME_PATTERN_CHARACTERS_MAX))).toHaveProperty('matches')
  expect(namePattern('a'.repeat(NAME_PATTERN_CHARACTERS_MAX + 1))).toEqual({
    fault: 'it has 1001 characters, and may have 1000',
  })
})

it('takes no longer for a pattern on which others explode', () => {
  const pattern = namePattern('(a+)+(a|aa)*b') as NamePattern
  const startMs = performance.now()
  expect(pattern.matches('a'.repeat(249))).toBe(false)
  expect(performance.now() - startMs).toBeLessThan(1_000)
})
