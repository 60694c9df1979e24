import type { Storage } from '../../src/adapters/storage.ts'
import { chunkOf } from '../harness/chunk.ts'
import { QUERY, QueryWorld } from '../harness/query-world.ts'
import type { Random } from '../harness/random.ts'
import { differences, foldChanges } from './compare.ts'
import { createStreamSql, eventJson, querySql } from './dialect.ts'
import type { DuckOracle } from './duck.ts'
import type { StreamEvent, Workload } from './workload.ts'

const STREAM = 's'

/**
 * Runs a workload through the engine in random batches, with checkpoints and restarts between them, and through
 * DuckDB; gives what differs, one line each.
 */
export async function runWorkload(
  workload: Workload,
  random: Random,
  storage: Storage,
  oracle: DuckOracle,
): Promise<string[]> {
  const { stream, events, query } = workload
  const memoryEntriesMax = random.pick([1, 8, 100_000])
  const world = await QueryWorld.open(`${createStreamSql(STREAM, stream)};`, querySql(STREAM, query), {
    storage,
    memoryEntriesMax,
  })
  const encoder = new TextEncoder()
  for (const event of events) {
    const record = { key: null, value: encoder.encode(eventJson(event)), timestamp: 0 }
    await storage.log.append(STREAM, event.partition, [record])
  }
  const late = await drive(world, events, random)
  const expected = await oracle.evaluate(stream, events, query)
  const { schema } = world.result
  const found = differences(foldChanges(await world.resultRows(), schema), schema, expected.rows, query)
  // Counters begin anew with each task; a run with restarts can't know the total.
  if (late !== undefined && late !== expected.late.length) {
    found.push(`${late} rows were counted as late, not ${expected.late.length}`)
  }
  return found
}

/** The events in their order, as runs of one partition; returns how many rows were late, if the task lived throughout. */
async function drive(world: QueryWorld, events: readonly StreamEvent[], random: Random): Promise<number | undefined> {
  const batchRows = random.pick([1, 3, 1000])
  const restarts = random.chance(0.4)
  let storage = await world.storage.state.openTask(QUERY)
  let task = await world.openTask(storage)
  const commit = async (): Promise<void> => {
    await storage.commit(task.barrier(0))
    task.committed()
  }
  for (let at = 0; at < events.length; ) {
    const { partition } = events[at] as StreamEvent
    let count = 1
    while (count < batchRows && events[at + count]?.partition === partition) count++
    for (const source of task.sources) {
      const chunk = await source.reader.read(partition, source.position(partition), count, 0)
      if (chunk !== undefined) task.accept(source, chunk, 0)
    }
    at += count
    if (restarts && random.chance(0.2)) {
      await commit()
      await task.close()
      await storage.close()
      storage = await world.storage.state.openTask(QUERY)
      task = await world.openTask(storage)
    } else if (random.chance(0.1)) await commit()
  }
  for (const source of task.sources) {
    for (const partition of source.openPartitions) {
      task.accept(source, chunkOf(partition, [], source.position(partition), true), 0)
    }
  }
  await commit()
  let late = 0
  for (const metrics of task.metrics().values()) late += metrics.rowsLate
  await task.close()
  await storage.close()
  return restarts ? undefined : late
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
