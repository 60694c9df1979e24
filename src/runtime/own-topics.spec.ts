import { expect, it } from 'vitest'
import { isOwnTopic, isTopicOfObject } from './own-topics.ts'

const NOW_MS = Date.UTC(2026, 10, 30)
const time = (ms: number) => ms.toString(36)

it.each([
  [`shop.results.daily.${time(NOW_MS)}`, true],
  [`shop.late.of.dots.${time(NOW_MS - 1)}`, true],
  [`shop.dead.orders.${time(NOW_MS)}`, true],
  [`shop.daily.${time(NOW_MS)}.changelog-0`, true],
  [`shop.daily.${time(NOW_MS)}.exchange-12`, true],
  [`shop.daily.${time(NOW_MS)}.outbox`, true],
  // What users may have called so.
  ['shop.results.daily.europe', false],
  ['shop.results.daily', false],
  ['shop.results.daily.exchange', false],
  ['shop.orders.outbox', false],
  [`shop.results.daily.${time(NOW_MS + 1)}`, false],
  [`shop.results.daily.${time(Date.UTC(1990, 0, 1))}`, false],
  ['shop.orders.changelog-0', false],
  [`shop.daily.${time(NOW_MS)}.changelog`, false],
  [`other.results.daily.${time(NOW_MS)}`, false],
  [`results.daily.${time(NOW_MS)}`, false],
])('%s: %s', (name, own) => {
  expect(isTopicOfObject(name, 'shop', NOW_MS)).toBe(own)
})

it('knows those of the server', () => {
  expect(
    ['shop.catalog', 'shop.replicas', 'shop.catalogs', 'catalog'].map((name) => isOwnTopic(name, 'shop', NOW_MS)),
  ).toEqual([true, true, false, false])
})
