import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DOUBLE } from '../../core/type.ts'
import { approxPercentile, RELATIVE_ERROR } from './approx-percentile.ts'
import { percentile } from './percentile.ts'

function binding(fraction: number) {
  return { types: [DOUBLE, DOUBLE], type: DOUBLE, constants: [fraction], retractable: false }
}

function approximate(values: readonly number[], fraction: number): number {
  const aggregate = approxPercentile(binding(fraction))
  const sketch = aggregate.create()
  for (const value of values) aggregate.add(sketch, value, null, Number.NaN)
  return aggregate.finish(sketch) as number
}

function exact(values: readonly number[], fraction: number): number {
  const aggregate = percentile(binding(fraction))
  const set = aggregate.create()
  for (const value of values) aggregate.add(set, value, null, Number.NaN)
  return aggregate.finish(set) as number
}

describe('approx_percentile', () => {
  it('is near the greatest of three values for the 99th percentile', () => {
    expect(exact([10, 20, 90], 0.99)).toBeCloseTo(88.6)
    expect(approximate([10, 20, 90], 0.99) / 88.6).toBeCloseTo(1, 1)
  })

  it('is within its error of the exact percentile', () => {
    const value = fc.double({ min: 0.001, max: 1e9, noNaN: true })
    const fraction = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100)
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 200 }), fraction, (values, at) => {
        const expected = exact(values, at)
        expect(Math.abs(approximate(values, at) - expected)).toBeLessThanOrEqual(expected * RELATIVE_ERROR * 1.0001)
      }),
    )
  })
})
