import { describe, expect, it } from 'vitest'
import { LOADED, NO_WATERMARK } from '../core/time.ts'
import { lowestWatermark } from './query-tasks.ts'

describe('the watermark of a query', () => {
  it.each([
    ['the lowest of its tasks', [30, 10, 20], 10],
    ['none while a task has none', [30, NO_WATERMARK], NO_WATERMARK],
    ['that of the others, where a task has loaded a table without event time', [LOADED, 20], 20],
    ['none where there is nothing else, which can be shown as a time', [LOADED, LOADED], NO_WATERMARK],
    ['none without tasks', [], NO_WATERMARK],
  ])('is %s', (_, watermarks, expected) => {
    expect(lowestWatermark(watermarks)).toBe(expected)
  })
})
