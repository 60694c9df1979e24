import { DuckOracle } from '../oracle/duck.ts'
import { JoinOracle } from '../oracle/join-oracle.ts'
import { report } from './report.ts'
import { simulate } from './simulator.ts'

/**
 * `npm run sim -- --seed N [--seeds K]`: K worlds from seed N on. A seed that fails is printed with everything that was
 * derived from it, and how to run it again. Ends with `N passed, N failed`, and fails when one did.
 */
function option(name: string, otherwise: number): number {
  const at = process.argv.indexOf(`--${name}`)
  const value = at < 0 ? otherwise : Number(process.argv[at + 1])
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} takes a whole number`)
  return value
}

const first = option('seed', Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31)))
const seeds = option('seeds', 1)
const oracles = { aggregates: await DuckOracle.open(), relations: await JoinOracle.open() }
let passed = 0
let failed = 0
for (let seed = first; seed < first + seeds; seed++) {
  const result = await simulate(seed, oracles)
  if (result.failure === undefined) passed++
  else failed++
  if (result.failure !== undefined || seeds === 1) console.log(report(result))
}
oracles.aggregates.close()
oracles.relations.close()
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
