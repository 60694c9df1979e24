import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseGolden } from '../golden/golden-case.ts'
import { Random } from '../harness/random.ts'
import { FIXED_SEEDS, randomOptions } from '../sim/simulator.ts'
import { JOIN_MATRIX, type MatrixRow } from './join-matrix.ts'
import { ANY_ORDER_KINDS, JOIN_KINDS, type JoinKind, type JoinWorkload, randomJoin } from './join-workload.ts'

/** Seeds that each run of the tests has: see joins.spec.ts. */
const ORACLE_SEEDS = 300
const TESTS = join(import.meta.dirname, '..')

describe('every kind of join is held to account', () => {
  const inOneTask = oracleQueries(JOIN_KINDS)
  const inStages = oracleQueries(ANY_ORDER_KINDS)
  const simulated = Array.from({ length: FIXED_SEEDS }, (_, seed) => randomOptions(new Random(seed)).workload).flatMap(
    ({ kind, workload }) => (kind === 'relations' ? [workload] : []),
  )

  test.each(JOIN_MATRIX)('$join', (row) => {
    const golden = parseGolden(readFileSync(join(TESTS, 'golden/run', `${row.golden}.sql.txt`), 'utf8'))
    expect(golden.modes).toEqual(['whole', 'checkpoints', 'kills'])
    expect(golden.events.length).toBeGreaterThan(0)
    expect(count(inOneTask, row), 'queries of the oracle in one task').toBeGreaterThan(0)
    if (ANY_ORDER_KINDS.includes(row.kind)) expect(count(inStages, row), 'in stages').toBeGreaterThan(0)
    expect(count(simulated, row), 'queries of the simulation').toBeGreaterThan(0)
  })

  test('test/README.md has the list', () => {
    const lines = JOIN_MATRIX.map(({ join: what, golden, kind }) => {
      const stages = ANY_ORDER_KINDS.includes(kind) ? 'one task, stages' : 'one task'
      return `| ${what} | \`${golden}\` | ${stages} | yes |`
    })
    expect(readFileSync(join(TESTS, 'README.md'), 'utf8')).toContain(lines.join('\n'))
  })
})

function oracleQueries(kinds: readonly JoinKind[]): readonly JoinWorkload[] {
  return Array.from({ length: ORACLE_SEEDS }, (_, i) => randomJoin(new Random(i + 1), kinds))
}

function count(workloads: readonly JoinWorkload[], { kind, query }: MatrixRow): number {
  return workloads.filter((one) => one.kind === kind && query.test(one.query)).length
}
