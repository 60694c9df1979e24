import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openDataDirectory } from '../../src/adapters/embedded/data-directory.ts'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { Random } from '../harness/random.ts'
import { SettableClock } from '../harness/settable-clock.ts'
import { type GoldenCase, type Mode, parseGolden, printGolden, SECTIONS } from './golden-case.ts'
import { type RunPlan, type RunResult, runGolden } from './golden-run.ts'

/**
 * Every case of run/ three ways (whole; with checkpoints; killed and restored at random points) with batches of 1, 7
 * and 1024 rows. The file says what a run gives that commits after each row; all others must give the same, row by row,
 * or, where EMIT CHANGES makes the rows in between depend on batches and commits, the same table at the end. All that is
 * in memory; once more each case runs on LMDB, row by row and killed.
 *
 * UPDATE=1 writes the files anew; the diff is reviewed as code.
 */
const FOLDER = join(import.meta.dirname, 'run')
const UPDATE = process.env['UPDATE'] === '1'
const KILL_SEEDS = [1, 2, 3]
const WHOLE: RunPlan = { batchRows: 1, checkpointEvery: undefined, kills: undefined }

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql.txt'))

describe.each(files)('%s', (file) => {
  const path = join(FOLDER, file)
  const golden = parseGolden(readFileSync(path, 'utf8'))

  test('row by row', async () => {
    const result = await run(golden, rowByRow(golden))
    if (UPDATE) writeFileSync(path, printGolden(golden, result))
    else for (const name of SECTIONS) expect(result[name], name).toBe(golden.expected[name])
  })

  test.each(golden.modes)('%s, in batches of any size', async (mode) => {
    const reference = await run(golden, rowByRow(golden))
    for (const { name, plan } of golden.batches.flatMap((rows) => plansOf(mode, rows))) {
      const result = await run(golden, plan())
      expect(result.folded, name).toEqual(reference.folded)
      expect(result.late, name).toBe(reference.late)
      expect(result['dead letter'], name).toBe(reference['dead letter'])
      if (result.exact) expect(result.output, name).toBe(reference.output)
    }
  })
})

describe('on disk', () => {
  test.each(files)('%s', async (file) => {
    const golden = parseGolden(readFileSync(join(FOLDER, file), 'utf8'))
    const reference = await run(golden, rowByRow(golden))
    const kills = golden.modes.includes('kills') ? new Random(7) : undefined
    const path = mkdtempSync(join(tmpdir(), 'weir-golden-'))
    const clock = new SettableClock()
    const directory = await openDataDirectory(path, { clock })
    try {
      const result = await runGolden(golden, { ...rowByRow(golden), kills }, directory, clock)
      for (const name of SECTIONS) if (name !== 'counters') expect(result[name], name).toBe(reference[name])
    } finally {
      await directory.close()
      rmSync(path, { recursive: true })
    }
  })
})

test('there are cases', () => {
  expect(files.length).toBeGreaterThanOrEqual(40)
})

function run(golden: GoldenCase, plan: RunPlan): Promise<RunResult> {
  const clock = new SettableClock()
  return runGolden(golden, plan, openMemoryStorage({ clock }), clock)
}

function rowByRow({ modes }: GoldenCase): RunPlan {
  return { ...WHOLE, checkpointEvery: modes.includes('checkpoints') ? 1 : undefined }
}

interface NamedPlan {
  readonly name: string
  readonly plan: () => RunPlan
}

function plansOf(mode: Mode, batchRows: number): NamedPlan[] {
  const batches = `batches of ${batchRows}`
  switch (mode) {
    case 'whole':
      return [{ name: batches, plan: () => ({ ...WHOLE, batchRows }) }]
    case 'checkpoints':
      return [1, 3].map((checkpointEvery) => ({
        name: `${batches}, a checkpoint every ${checkpointEvery}`,
        plan: () => ({ ...WHOLE, batchRows, checkpointEvery }),
      }))
    case 'kills':
      return KILL_SEEDS.map((seed) => ({
        name: `${batches}, killed with seed ${seed}`,
        plan: () => ({ ...WHOLE, batchRows, kills: new Random(seed) }),
      }))
  }
}
