import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { Random } from '../harness/random.ts'
import { DuckOracle } from './duck.ts'
import { type Compared, explain, runWorkload, runWorkloadInStages } from './run-workload.ts'
import { randomWorkload, type Workload } from './workload.ts'

/**
 * Random queries over random streams, here and in DuckDB. ORACLE_CASES=n runs more, ORACLE_SEED=n begins elsewhere.
 */
const CASES = Number(process.env['ORACLE_CASES'] ?? 300)
const FIRST_SEED = Number(process.env['ORACLE_SEED'] ?? 1)
/** Small enough that a failing test names few seeds. */
const CASES_PER_TEST = 50

let oracle: DuckOracle
const compared = { rows: 0, late: 0, withLateRows: 0 }

beforeAll(async () => {
  oracle = await DuckOracle.open()
})

afterAll(() => {
  oracle.close()
})

const RUNS = [
  { how: 'in one task', run: runWorkload },
  { how: 'in stages', run: runWorkloadInStages },
]

for (const { how, run } of RUNS) {
  for (let from = FIRST_SEED; from < FIRST_SEED + CASES; from += CASES_PER_TEST) {
    const to = Math.min(from + CASES_PER_TEST, FIRST_SEED + CASES)
    test(`seeds ${from} to ${to - 1}, ${how}, agree with DuckDB`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < to; seed++) {
        const random = new Random(seed)
        const workload = randomWorkload(random, { eventsMax: 60, partitionsMax: 3, periodic: true })
        count(seed, workload, await run(workload, random, openMemoryStorage(), oracle))
      }
    })
  }
}

function count(seed: number, workload: Workload, { differing, rows, late }: Compared): void {
  if (differing.length > 0) expect.unreachable(explain(seed, workload, differing))
  compared.rows += rows
  compared.late += late
  if (late > 0) compared.withLateRows++
}

test.skipIf(CASES < 100)('the comparison is not idle: there are results and late rows', () => {
  expect(compared.rows).toBeGreaterThan(CASES * 10)
  expect(compared.late).toBeGreaterThan(CASES * 2)
  expect(compared.withLateRows).toBeGreaterThan(CASES / 10)
})
