import { ExternalTaskStorage } from '../adapters/external/external-task-storage.ts'
import { PostgresStore } from '../adapters/postgres/postgres-store.ts'
import { RedisStore } from '../adapters/redis/redis-store.ts'
import { must } from '../core/assert.ts'
import type { ExternalStorage, ExternalStore } from '../engine/ports/external-store.ts'
import type { Log } from '../engine/ports/log.ts'
import type { Checkpoint } from '../engine/ports/state.ts'
import { isExternalStore } from '../plan/external-stores.ts'
import type { PhysicalPlan, SinkStep } from '../plan/physical/nodes.ts'
import { topicOf } from '../plan/physical/scan-topics.ts'
import { sinkOf } from './deliveries.ts'
import type { TaskSpec } from './task-spec.ts'

/** The store that a task delivers to, connected, with all that it needs there. */
export async function openExternalStorage({ plan, delivers }: TaskSpec): Promise<ExternalStorage> {
  const sink = must(sinkOf(plan), 'a delivery ends in a sink')
  return ExternalTaskStorage.open(await openStore(sink, must(delivers, 'a delivery has a name')))
}

/**
 * Fails with what is wrong with the store that a query would write into, before anything of the query is there: its
 * tasks may open elsewhere, and later.
 */
export async function checkStore(plan: PhysicalPlan): Promise<void> {
  const sink = sinkOf(plan)
  if (sink === undefined || !isExternalStore(sink.connector.kind)) return
  const store = await openStore(sink, '')
  await store.close()
}

function openStore({ connector, schema }: SinkStep, position: string): Promise<ExternalStore> {
  return connector.kind === 'postgres'
    ? PostgresStore.open(connector.options, schema, position)
    : RedisStore.open(connector.options, schema, position)
}

/** What is in the log and has not been delivered, as of a checkpoint; undefined where nobody can know. */
export async function backlogOf(
  { plan, partition }: TaskSpec,
  checkpoint: Checkpoint | undefined,
  log: Log,
): Promise<number | undefined> {
  const [scan] = plan.steps
  if (scan?.kind !== 'scan' || checkpoint === undefined) return undefined
  try {
    const end = (await log.topic(topicOf(scan)))?.offsets[partition]?.end
    const position = checkpoint.inputs[scan.id]?.[partition]
    return end === undefined || position === undefined ? undefined : Math.max(0, end - position)
  } catch {
    // The log can't be reached either.
    return undefined
  }
}
