import type { Storage } from '../../src/adapters/storage.ts'
import { drive, type Step } from '../harness/drive.ts'
import { foldChanges } from '../harness/fold.ts'
import { QueryWorld } from '../harness/query-world.ts'
import type { Random } from '../harness/random.ts'
import { runStaged } from '../harness/staged-run.ts'
import { differences } from './compare.ts'
import { createStreamSql, eventJson, querySql } from './dialect.ts'
import type { DuckOracle } from './duck.ts'
import type { StreamEvent, Workload } from './workload.ts'

export const STREAM = 's'

/** A world with the workload's stream, its records appended, and its query. */
export async function openWorkload(
  { stream, events, query }: Workload,
  storage: Storage,
  memoryEntriesMax: number,
): Promise<QueryWorld> {
  const world = await QueryWorld.open(`${createStreamSql(STREAM, stream)};`, querySql(STREAM, query), {
    storage,
    memoryEntriesMax,
  })
  const encoder = new TextEncoder()
  for (const event of events) {
    const record = { key: null, value: encoder.encode(eventJson(event)), timestamp: 0 }
    await storage.log.append(STREAM, event.partition, [record])
  }
  return world
}

/**
 * Runs a workload through the engine in random batches, with checkpoints and restarts between them, and through
 * DuckDB.
 */
export async function runWorkload(
  workload: Workload,
  random: Random,
  storage: Storage,
  oracle: DuckOracle,
): Promise<Compared> {
  const { stream, events, query } = workload
  const world = await openWorkload(workload, storage, random.pick([1, 8, 100_000]))
  const restarts = random.chance(0.4)
  const { rowsLate } = await drive(world, randomSteps(events, restarts, random))
  const expected = await oracle.evaluate(stream, events, query)
  const { schema } = world.result
  const found = differences(foldChanges(await world.resultRows(), schema), schema, expected.rows, query)
  // Counters begin anew with each task; a run with restarts can't know the total.
  if (!restarts && rowsLate !== expected.late.length) {
    found.push(`${rowsLate} rows were counted as late, not ${expected.late.length}`)
  }
  return { differing: found, rows: expected.rows.length, late: expected.late.length }
}

/**
 * The same as it runs over a log with partitions: stages, exchanges, aggregates in two phases, each task committing
 * and dying by itself.
 */
export async function runWorkloadInStages(
  workload: Workload,
  random: Random,
  storage: Storage,
  oracle: DuckOracle,
): Promise<Compared> {
  const { stream, events, query } = workload
  const world = await openWorkload(workload, storage, random.pick([1, 8, 100_000]))
  const records = events.map(({ partition }) => ({ kind: 'record' as const, stream: STREAM, partition }))
  const { rows, tasks, kills } = await runStaged(world, records, {
    order: 'arrival',
    random,
    kills: random.chance(0.4),
    open: false,
    localAggregation: random.chance(0.7),
  })
  const expected = await oracle.evaluate(stream, events, query)
  const { schema } = world.result
  const found = differences(foldChanges(rows, schema), schema, expected.rows, query)
  let rowsLate = 0
  for (const task of tasks) for (const metrics of task.metrics().values()) rowsLate += metrics.rowsLate
  if (kills === 0 && rowsLate !== expected.late.length) {
    found.push(`${rowsLate} rows were counted as late, not ${expected.late.length}`)
  }
  return { differing: found, rows: expected.rows.length, late: expected.late.length }
}

export interface Compared {
  /** What differs, one line each. */
  readonly differing: readonly string[]
  readonly rows: number
  readonly late: number
}

/** The events in their order, as runs of one partition. A restart follows a commit, so that the order stays. */
function* randomSteps(events: readonly StreamEvent[], restarts: boolean, random: Random): Iterable<Step> {
  const batchRows = random.pick([1, 3, 1000])
  for (let at = 0; at < events.length; ) {
    const { partition } = events[at] as StreamEvent
    let count = 1
    while (count < batchRows && events[at + count]?.partition === partition) count++
    yield { kind: 'read', partition, count }
    at += count
    if (random.chance(0.2)) {
      yield { kind: 'commit' }
      if (restarts) yield { kind: 'restart' }
    }
  }
}

export function explain(seed: number, workload: Workload, differing: readonly string[]): string {
  return [
    `ORACLE_SEED=${seed} ORACLE_CASES=1`,
    createStreamSql(STREAM, workload.stream),
    querySql(STREAM, workload.query),
    ...workload.events.map((event) => `${event.partition} ${eventJson(event)}`),
    ...differing,
  ].join('\n')
}
