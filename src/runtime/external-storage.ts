import { ExternalTaskStorage } from '../adapters/external/external-task-storage.ts'
import { PostgresStore } from '../adapters/postgres/postgres-store.ts'
import { RedisStore } from '../adapters/redis/redis-store.ts'
import { must } from '../core/assert.ts'
import type { ExternalStorage } from '../engine/ports/external-store.ts'
import type { Log } from '../engine/ports/log.ts'
import type { Checkpoint } from '../engine/ports/state.ts'
import { topicOf } from '../plan/physical/scan-topics.ts'
import type { TaskSpec } from './task-spec.ts'

/** The store that a task delivers to, connected, with all that it needs there. */
export async function openExternalStorage({ plan, delivers }: TaskSpec): Promise<ExternalStorage> {
  const sink = must(
    plan.steps.find((step) => step.kind === 'sink'),
    'a delivery ends in a sink',
  )
  const position = must(delivers, 'a delivery has a name')
  const { connector, schema } = sink
  const store =
    connector.kind === 'postgres'
      ? await PostgresStore.open(connector.options, schema, position)
      : await RedisStore.open(connector.options, schema, position)
  return ExternalTaskStorage.open(store)
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
