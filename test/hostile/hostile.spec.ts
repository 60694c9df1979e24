// A small run of `npm run hostile`, and that it would tell of a server that does not hold.

import { describe, expect, it } from 'vitest'
import { Outcome } from './attack.ts'
import { hostileTexts } from './hostile-texts.ts'
import { ATTACKS, type AttackReport, runHostile } from './run-hostile.ts'
import { textOf } from './sql-attacks.ts'

const SHARE = 0.05
/** Caches and the heap fill; what leaks with each attempt is more. */
const GROWTH_MIB_MAX = 200

describe('a server under attack', () => {
  it('stays up, allows nothing, tells nothing, and keeps its memory', { timeout: 300_000 }, async () => {
    const reports: AttackReport[] = []
    const report = await runHostile(SHARE, (one) => reports.push(one))
    const faults = reports.filter(({ crashed, allowed, leaked }) => crashed || allowed > 0 || leaked > 0)
    expect(faults).toEqual([])
    expect(reports.length).toBe(2 * ATTACKS.length)
    for (const { attack, attempts } of reports) expect(attempts, attack).toBeGreaterThan(0)
    expect(report).toMatchObject({ crashed: 0, allowed: 0, leaked: 0 })
    expect(report.attacks).toBeGreaterThan(500)
    const { afterOnce, afterTwice } = report.memoryMib
    expect(afterTwice - afterOnce).toBeLessThan(GROWTH_MIB_MAX)
  })
})

describe('the outcome of an attack', () => {
  it('counts what was allowed, defects, and the secret in answers and errors', () => {
    const outcome = new Outcome('canary', textOf)
    outcome.expect(true)
    outcome.expect(false)
    outcome.refused({ status: 'INTERNAL' })
    outcome.refused(new Error('no such thing'))
    outcome.refused(new Error('it is canary'))
    outcome.heard([{ text: 'a canary', id: 1n }])
    const { attempts, allowed, leaked } = outcome
    expect({ attempts, allowed, leaked }).toEqual({ attempts: 2, allowed: 2, leaked: 2 })
  })

  it('is of as many texts as are asked for, no two the same', () => {
    expect(new Set(hostileTexts(500)).size).toBe(500)
  })
})
