import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DuckOracle } from '../oracle/duck.ts'
import { JoinOracle } from '../oracle/join-oracle.ts'
import type { Oracles } from './checkers.ts'
import { MUTANTS } from './mutants.ts'
import { report } from './report.ts'
import { FIXED_SEEDS, simulate } from './simulator.ts'

/** Small enough that a planted bug is known after few. */
const SEEDS_PER_TEST = 10
/** Beside the fixed ones a few fresh, printed, so that each run looks somewhere new. SIM_SEEDS=n for more. */
const FRESH_SEEDS = Number(process.env['SIM_SEEDS'] ?? 5)
/** A planted bug that lives longer than this many seeds is a hole in the simulation. */
const MUTANT_SEEDS = 60

let oracles: Oracles

beforeAll(async () => {
  oracles = { aggregates: await DuckOracle.open(), relations: await JoinOracle.open() }
})

afterAll(() => {
  oracles.aggregates.close()
  oracles.relations.close()
})

describe('worlds', () => {
  for (let from = 0; from < FIXED_SEEDS; from += SEEDS_PER_TEST) {
    test(`seeds ${from} to ${from + SEEDS_PER_TEST - 1} hold`, async () => {
      for (let seed = from; seed < from + SEEDS_PER_TEST; seed++) await expectToHold(seed)
    })
  }

  test('fresh seeds hold', async () => {
    const first = Math.floor(Math.random() * 2 ** 31)
    console.log(`fresh seeds: npm run sim -- --seed ${first} --seeds ${FRESH_SEEDS}`)
    for (let seed = first; seed < first + FRESH_SEEDS; seed++) await expectToHold(seed)
  })

  test('a seed gives the same trace each time', async () => {
    for (const seed of [3, 17, 29]) {
      const first = await simulate(seed, oracles)
      const second = await simulate(seed, oracles)
      expect(second.hash).toBe(first.hash)
      expect(second.epochs).toBe(first.epochs)
    }
  })

  test('the worlds are not idle: there are crashes, failures and many epochs', async () => {
    let [crashes, failures, epochs, rowsOut] = [0, 0, 0, 0]
    for (let seed = 0; seed < 20; seed++) {
      const result = await simulate(seed, oracles)
      crashes += result.crashes
      failures += result.failures
      epochs += result.epochs
      rowsOut += result.rowsOut
    }
    expect(crashes).toBeGreaterThan(10)
    expect(failures).toBeGreaterThan(10)
    expect(epochs).toBeGreaterThan(100)
    expect(rowsOut).toBeGreaterThan(200)
  })
})

describe('planted bugs', () => {
  test.each(MUTANTS)('$name', async (mutant) => {
    for (let seed = 0; seed < MUTANT_SEEDS; seed++) {
      const { failure } = await simulate(seed, oracles, mutant)
      if (failure !== undefined) return
    }
    expect.unreachable(`not found in ${MUTANT_SEEDS} seeds`)
  })
})

async function expectToHold(seed: number): Promise<void> {
  const result = await simulate(seed, oracles)
  if (result.failure !== undefined) expect.unreachable(report(result))
}
