import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { MUTANTS } from './mutants.ts'
import { MutantRun, mutate } from './run-mutants.ts'

const ROOT = join(import.meta.dirname, '../..')
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8')
/** Their tests are quick and need no broker. */
const QUICK = ['aborted records are read', 'a process that was replaced under its name goes on']

describe('mutants', () => {
  it.each(MUTANTS)('apply, and name a spec that is there: $name', (mutant) => {
    const { file, caughtBy } = mutant
    expect(mutate(textOf(file), mutant)).not.toBe(textOf(file))
    expect(textOf(caughtBy.spec).length).toBeGreaterThan(0)
  })

  it('have names of their own', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length)
  })

  it('that do not apply are an error', () => {
    const mutant = { ...(MUTANTS[0] as (typeof MUTANTS)[number]), name: 'm', file: 'f', from: 'a', to: 'b' }
    expect(() => mutate('c', mutant)).toThrow('mutant "m" does not apply: its text is 0 times in f')
    expect(() => mutate('aa', mutant)).toThrow('2 times')
  })

  it('are caught where a test sees them, and live where none does', { timeout: 120_000 }, async () => {
    const run = new MutantRun('127.0.0.1:1')
    try {
      const quick = MUTANTS.filter(({ name }) => QUICK.includes(name))
      expect(quick).toHaveLength(QUICK.length)
      await run.checkWithout(quick)
      for (const mutant of quick) expect(await run.run(mutant)).toMatchObject({ caught: true })
      const [mutant] = quick
      const harmless = { ...(mutant as (typeof MUTANTS)[number]), to: mutant?.from ?? '' }
      expect(await run.run(harmless)).toMatchObject({ caught: false })
    } finally {
      run.close()
    }
  })
})
