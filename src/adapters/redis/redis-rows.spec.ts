import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BIGINT, STRING } from '../../core/type.ts'
import { redisKey } from './redis-rows.ts'

it.each([
  [[STRING], ['a'], 'p:a'],
  [[STRING], ['a:b'], 'p:a:b'],
  [[STRING], [null], 'p:%N'],
  [[STRING], ['%N'], 'p:%25N'],
  [[STRING, BIGINT], ['a:b', 7], 'p:a%3Ab:7'],
  [[STRING, STRING], ['', null], 'p::%N'],
])('the key of %o %o', (types, values, key) => {
  expect(redisKey('p:', types, values)).toBe(key)
})

it('is another one for each row', () => {
  const part = fc.option(fc.string({ unit: fc.constantFrom('a', ':', '%', 'N', '3', 'A', '2', '5'), maxLength: 4 }))
  fc.assert(
    fc.property(fc.tuple(part, part), fc.tuple(part, part), (one, other) => {
      const isSame = one[0] === other[0] && one[1] === other[1]
      expect(redisKey('', [STRING, STRING], one) === redisKey('', [STRING, STRING], other)).toBe(isSame)
    }),
    { numRuns: 2_000 },
  )
})
