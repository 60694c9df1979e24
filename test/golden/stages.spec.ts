import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import { QueryWorld } from '../harness/query-world.ts'
import { Random } from '../harness/random.ts'
import { renderChange } from '../harness/render.ts'
import { SettableClock } from '../harness/settable-clock.ts'
import { hasOneOrder, runStaged, type StagedOrder } from '../harness/staged-run.ts'
import { type GoldenCase, parseGolden } from './golden-case.ts'
import { countersText, countRows, foldedLines, newCounters, sideLines } from './golden-result.ts'
import { appendInput, runGolden } from './golden-run.ts'

/**
 * Every case of run/ once more as it runs over a partitioned log: a task for each stage and partition, with and without
 * local aggregation, committing and dying at random. Together they must give the rows that one task gives: the same
 * changes, or, where EMIT CHANGES makes the rows in between depend on commits, the same table at the end.
 */
const FOLDER = join(import.meta.dirname, 'run')
const SEEDS = [1, 2, 3, 4]

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.sql.txt'))

describe.each(files)('%s', (file) => {
  const golden = parseGolden(readFileSync(join(FOLDER, file), 'utf8'))

  test('in stages', async () => {
    const reference = await inOneTask(golden)
    for (const seed of SEEDS) {
      for (const localAggregation of [true, false]) {
        const random = new Random(seed)
        const result = await inStages(golden, random, localAggregation)
        const run = `seed ${seed}, ${localAggregation ? 'with' : 'without'} local aggregation, ${result.order}`
        expect(result.folded, run).toEqual(reference.folded)
        expect(result.late, run).toEqual(reference.late)
        expect(result.deadLetter, run).toEqual(reference.deadLetter)
        if (reference.exact) expect(result.output, run).toEqual(reference.output)
        if (result.counters !== undefined) expect(result.counters, run).toEqual(reference.counters)
      }
    }
  })
})

interface Compared {
  readonly folded: readonly string[]
  readonly output: readonly string[]
  readonly late: readonly string[]
  readonly deadLetter: readonly string[]
  readonly counters: string | undefined
}

async function inOneTask(golden: GoldenCase): Promise<Compared & { readonly exact: boolean }> {
  const clock = new SettableClock()
  const plan = { batchRows: 1, checkpointEvery: 1, kills: undefined }
  const result = await runGolden(golden, plan, openMemoryStorage({ clock }), clock)
  return {
    folded: result.folded,
    output: sortedLines(result.output),
    late: sortedLines(result.late),
    deadLetter: sortedLines(result['dead letter']),
    counters: result.counters,
    exact: result.exact,
  }
}

async function inStages(
  golden: GoldenCase,
  random: Random,
  localAggregation: boolean,
): Promise<Compared & { readonly order: StagedOrder }> {
  const clock = new SettableClock()
  const world = await QueryWorld.open(golden.setup, golden.query, { storage: openMemoryStorage({ clock }), clock })
  await appendInput(world, golden)
  const timed = golden.events.some(({ kind }) => kind === 'advance')
  const order = !timed && (await hasOneOrder(world)) ? random.pick(['random', 'random', 'arrival'] as const) : 'arrival'
  const kills = golden.modes.includes('kills') && random.chance(0.6)
  const { open } = golden
  const result = await runStaged(world, golden.events, { order, random, kills, open, localAggregation })
  const { schema } = world.result
  const counters = newCounters()
  for (const task of result.tasks) countRows(task, counters)
  return {
    order,
    folded: foldedLines(result.rows, schema),
    output: result.rows.map(({ kind, row }) => renderChange(kind, row, schema)).sort(),
    late: (await sideLines(world, 'late-stream')).sort(),
    deadLetter: (await sideLines(world, 'dead-letter-stream')).sort(),
    counters: result.kills > 0 ? undefined : countersText(counters, golden),
  }
}

function sortedLines(text: string): string[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('@'))
    .sort()
}
