import { afterAll, beforeAll, expect, test } from 'vitest'
import { openMemoryStorage } from '../../src/adapters/memory/memory-storage.ts'
import type { GoldenCase } from '../golden/golden-case.ts'
import { runGolden } from '../golden/golden-run.ts'
import { foldChanges } from '../harness/fold.ts'
import { QueryWorld } from '../harness/query-world.ts'
import { Random } from '../harness/random.ts'
import { SettableClock } from '../harness/settable-clock.ts'
import { runStaged } from '../harness/staged-run.ts'
import { type JoinEvent, recordText } from './join-events.ts'
import { JoinOracle } from './join-oracle.ts'
import { ANY_ORDER_KINDS, JOIN_KINDS, type JoinWorkload, randomJoin } from './join-workload.ts'

/**
 * Random joins of random streams and tables, functions OVER streams, and changes of tables, here and in DuckDB: in one
 * task, whole, with checkpoints, and killed and restored; and in stages, whose tasks read, commit and die at random.
 * ORACLE_CASES=n runs more, ORACLE_SEED=n begins elsewhere.
 */
const CASES = Number(process.env['ORACLE_CASES'] ?? 300)
const FIRST_SEED = Number(process.env['ORACLE_SEED'] ?? 1)
const CASES_PER_TEST = 50

let oracle: JoinOracle
let rows = 0

beforeAll(async () => {
  oracle = await JoinOracle.open()
})

afterAll(() => {
  oracle.close()
})

const RUNS = [
  { how: 'in one task', kinds: JOIN_KINDS, run: inOneTask },
  { how: 'in stages', kinds: ANY_ORDER_KINDS, run: inStages },
]

for (const { how, kinds, run } of RUNS) {
  for (let from = FIRST_SEED; from < FIRST_SEED + CASES; from += CASES_PER_TEST) {
    const to = Math.min(from + CASES_PER_TEST, FIRST_SEED + CASES)
    test(`seeds ${from} to ${to - 1}, ${how}, agree with DuckDB`, { timeout: 120_000 }, async () => {
      for (let seed = from; seed < to; seed++) {
        const random = new Random(seed)
        const workload = randomJoin(random, kinds)
        const expected = await oracle.evaluate(workload)
        const found = await run(workload, random)
        if (JSON.stringify(found) !== JSON.stringify(expected)) expect(found, explain(seed, workload)).toEqual(expected)
        rows += expected.length
      }
    })
  }
}

test.skipIf(CASES < 100)('the comparison is not idle', () => {
  expect(rows).toBeGreaterThan(CASES * 10)
})

async function inOneTask(workload: JoinWorkload, random: Random): Promise<readonly string[]> {
  const golden: GoldenCase = {
    head: '',
    setup: workload.setup,
    query: workload.query,
    events: workload.events.map(recordEvent),
    modes: [],
    batches: [],
    open: false,
    expected: { output: '', late: '', 'dead letter': '', counters: 'late 0, failed 0, bad 0' },
  }
  const plan = {
    batchRows: random.pick([1, 3, 1000]),
    checkpointEvery: random.pick([undefined, 1, 7]),
    kills: random.chance(0.5) ? random.fork('kills') : undefined,
  }
  const result = await runGolden(golden, plan, openMemoryStorage(), new SettableClock())
  if (plan.kills === undefined) expect(result.counters).toBe('late 0, failed 0, bad 0\n')
  return result.folded.map(valuesOf).sort()
}

async function inStages(workload: JoinWorkload, random: Random): Promise<readonly string[]> {
  const storage = openMemoryStorage()
  const world = await QueryWorld.open(workload.setup, workload.query, {
    storage,
    memoryEntriesMax: random.pick([1, 8, 100_000]),
  })
  const encoder = new TextEncoder()
  for (const event of workload.events) {
    const record = { key: null, value: encoder.encode(recordText(event)), timestamp: 0 }
    await storage.log.append(event.relation, event.partition, [record])
  }
  const staged = await runStaged(world, workload.events.map(recordEvent), {
    order: random.pick(['random', 'arrival']),
    random,
    kills: random.chance(0.5),
    open: false,
    localAggregation: random.chance(0.5),
  })
  const { schema } = world.result
  return foldChanges(staged.rows, schema)
    .map((row) => JSON.stringify(row.map((value) => (typeof value === 'bigint' ? Number(value) : value))))
    .sort()
}

function recordEvent(event: JoinEvent): GoldenCase['events'][number] {
  return { kind: 'record', stream: event.relation, partition: event.partition, text: recordText(event) }
}

/** From the columns with their names to the values alone. */
function valuesOf(line: string): string {
  return JSON.stringify(Object.values(JSON.parse(line) as object))
}

function explain(seed: number, { setup, query, events }: JoinWorkload): string {
  return [
    `ORACLE_SEED=${seed} ORACLE_CASES=1`,
    setup,
    query,
    ...events.map((event) => `${event.relation}/${event.partition} ${recordText(event)}`),
  ].join('\n')
}
