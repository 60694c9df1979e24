import { describe, expect, it } from 'vitest'
import { Rates } from './rates.ts'

const sample = (rowsIn: number, rowsLate = 0, rowsDuplicate = 0) => [{ query: 'q', rowsIn, rowsLate, rowsDuplicate }]
const UNKNOWN = { throughput: undefined, lateRate: undefined, duplicateRate: undefined }

describe('rates of the last minute', () => {
  it('are unknown before there are two samples, and of a query that nobody knows', () => {
    const rates = new Rates()
    rates.add(sample(10), 0)
    expect(rates.of('q')).toEqual(UNKNOWN)
    expect(rates.of('other')).toEqual(UNKNOWN)
  })

  it('are differences of counters by the time between them, and by the rows read', () => {
    const rates = new Rates()
    rates.add(sample(100, 50, 50), 0)
    rates.add(sample(300, 52, 51), 4_000)
    expect(rates.of('q')).toEqual({ throughput: 50, lateRate: 0.01, duplicateRate: 0.005 })
  })

  it('have no share where no row came', () => {
    const rates = new Rates()
    rates.add(sample(100), 0)
    rates.add(sample(100), 5_000)
    expect(rates.of('q')).toEqual({ throughput: 0, lateRate: undefined, duplicateRate: undefined })
  })

  it('forget what is older than a minute', () => {
    const rates = new Rates()
    for (let second = 0; second <= 120; second += 5)
      rates.add(sample(second < 60 ? 0 : 1_000 * (second - 55)), second * 1_000)
    expect(rates.of('q').throughput).toBe(1_000)
  })

  it('keep to their samples however often somebody collects', () => {
    const rates = new Rates()
    for (let ms = 0; ms <= 30_000; ms += 10) rates.add(sample(ms), ms)
    expect(rates.of('q').throughput).toBeCloseTo(1_000, 5)
  })

  it('begin anew where counters do, and with a query of the same name', () => {
    const rates = new Rates()
    rates.add(sample(1_000), 0)
    rates.add(sample(10), 5_000)
    expect(rates.of('q')).toEqual(UNKNOWN)
    rates.add(sample(20), 10_000)
    expect(rates.of('q').throughput).toBe(2)
    rates.add([], 15_000)
    rates.add(sample(500), 20_000)
    expect(rates.of('q')).toEqual(UNKNOWN)
  })
})
