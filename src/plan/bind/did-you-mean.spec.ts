import { expect, test } from 'vitest'
import { didYouMean, nearestName } from './did-you-mean.ts'

test.each([
  ['regoin', ['region', 'amount'], 'region'],
  ['amuont', ['region', 'amount'], 'amount'],
  ['order', ['orders'], 'orders'],
  ['ORDERS', ['orders'], 'orders'],
  ['quantity', ['region'], undefined],
  ['x', ['y'], undefined],
  ['ts', ['tts'], 'tts'],
])('%s among %j', (name, candidates, expected) => {
  expect(nearestName(name, candidates)).toBe(expected)
})

test('a short list is shown where nothing is near, a long one is not', () => {
  const columns = Array.from({ length: 12 }, (_, i) => `column_${i}`)
  expect(didYouMean('zzz', columns, 'Its columns')).toMatch(/^Its columns: column_0, /)
  expect(didYouMean('zzz', [...columns, 'more'], 'Its columns')).toBeUndefined()
})
