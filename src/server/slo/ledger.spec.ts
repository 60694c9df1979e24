import { describe, expect, it } from 'vitest'
import { Ledger, QUERIES_MAX, WINDOW_HOURS } from './ledger.ts'

const HOUR_MS = 3_600_000
const START_MS = 1_000 * HOUR_MS

describe('the ledger of objectives', () => {
  it('counts minutes by query and indicator', () => {
    const ledger = new Ledger()
    ledger.add('q', 'lag', true, START_MS)
    ledger.add('q', 'lag', false, START_MS + 60_000)
    ledger.add('q', 'late', true, START_MS)
    ledger.add('r', 'lag', true, START_MS + HOUR_MS)
    expect(ledger.of('q', 'lag', START_MS)).toEqual({ total: 2, good: 1 })
    expect(ledger.of('q', 'late', START_MS)).toEqual({ total: 1, good: 1 })
    expect(ledger.of('r', 'lag', START_MS + HOUR_MS)).toEqual({ total: 1, good: 1 })
    expect(ledger.of('nobody', 'lag', START_MS)).toEqual({ total: 0, good: 0 })
  })

  it('looks back for thirty days, and no further', () => {
    const ledger = new Ledger()
    ledger.add('q', 'lag', false, START_MS)
    const last = START_MS + (WINDOW_HOURS - 1) * HOUR_MS
    expect(ledger.of('q', 'lag', last)).toEqual({ total: 1, good: 0 })
    expect(ledger.of('q', 'lag', last + HOUR_MS)).toEqual({ total: 0, good: 0 })
    ledger.forget(last)
    expect(ledger.entries()).toHaveLength(1)
    ledger.forget(last + HOUR_MS)
    expect(ledger.entries()).toEqual([])
  })

  it('is the same after it was stored', () => {
    const ledger = new Ledger()
    for (let minute = 0; minute < 200; minute++) ledger.add('q', 'lag', minute % 3 !== 0, START_MS + minute * 60_000)
    const again = Ledger.of(ledger.entries(), START_MS)
    expect(again.entries()).toEqual(ledger.entries())
    expect(again.of('q', 'lag', START_MS)).toEqual({ total: 200, good: 133 })
  })

  it('has a limit of queries', () => {
    const ledger = new Ledger()
    for (let i = 0; i <= QUERIES_MAX; i++) ledger.add(`q${i}`, 'lag', true, START_MS)
    expect(ledger.of(`q${QUERIES_MAX - 1}`, 'lag', START_MS).total).toBe(1)
    expect(ledger.of(`q${QUERIES_MAX}`, 'lag', START_MS).total).toBe(0)
    expect(ledger.entries()).toHaveLength(QUERIES_MAX)
  })
})
