// The topics of queries and streams: made before the catalog names them, deleted after it has forgotten them.

import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import type { MaterializedRelation, QueryEntry, QueryLayout, SourceRelation } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
import { withLocalAggregation } from '../plan/physical/local-aggregation.ts'
import { patternOf, topicOf } from '../plan/physical/scan-topics.ts'
import { layOut, ownTopics, resultPartitions } from './task-spec.ts'
import { resultTopic, sinkTopic, sourceTopic } from './topics.ts'

/**
 * How a query runs whose log is read in parts: in stages, with its aggregates in two phases. One that takes over goes
 * on with the topics there are.
 */
export async function layOutQuery(
  { partitioned, log }: Storage,
  entry: QueryEntry,
  before?: QueryLayout,
): Promise<QueryEntry> {
  if (partitioned === undefined) return entry
  const partitions = new Map<string, number>()
  for (const step of entry.plan.steps) {
    if (step.kind !== 'scan') continue
    const { kind } = step.connector
    if (!isLogConnector(kind) && kind !== 'result') continue
    if (step.topics !== undefined) {
      partitions.set(step.id, Math.max(...step.topics.map((topic) => topic.partitions)))
      continue
    }
    const topic = topicOf(step)
    const found = await log.topic(topic)
    if (found === undefined) throw topicOfStreamMissing(step.relation, topic)
    partitions.set(step.id, found.partitions)
  }
  const layout = layOut(entry, partitioned.prefix, partitions)
  return { ...entry, plan: withLocalAggregation(entry.plan), layout: { ...layout, ...before } }
}

/** A topic of Kafka is somebody's: it is made only where its partitions are given, and never deleted. */
export async function createSourceTopic(storage: Storage, relation: SourceRelation): Promise<void> {
  const { kind, options } = relation.connector
  if (!isLogConnector(kind)) return
  if (kind === 'kafka' && storage.partitioned === undefined) {
    throw new AppError('FAILED_PRECONDITION', `stream "${relation.name}" is on Kafka, and this server has none`, {
      hint: 'Start the server with --kafka host:port, or use the connector "embedded".',
    })
  }
  if (patternOf(relation) !== undefined) return
  const topic = sourceTopic(relation)
  if (kind === 'kafka' && options['partitions'] === undefined) {
    if ((await storage.log.topic(topic.name)) === undefined) throw topicOfStreamMissing(relation.name, topic.name)
    return
  }
  await storage.log.createTopic(topic)
}

/** All topics that a query writes, and those of its own. */
export async function createQueryTopics(
  { log }: Storage,
  relations: readonly MaterializedRelation[],
  entry: QueryEntry,
  retention: Parameters<typeof resultTopic>[1],
): Promise<void> {
  for (const { topic, kind } of relations) {
    const partitions = kind === 'materialized-view' ? resultPartitions(entry.plan, entry.layout) : 1
    await log.createTopic(resultTopic(topic, retention, partitions))
  }
  for (const topic of ownTopics(entry)) await log.createTopic(topic)
  const written = entry.kind === 'sink' ? sinkTopic(entry) : undefined
  // A topic that is there already is someone else's, with the partitions that it has.
  if (written !== undefined && (await log.topic(written.name)) === undefined) await log.createTopic(written)
}

function topicOfStreamMissing(stream: string, topic: string): AppError {
  return new AppError('NOT_FOUND', `topic "${topic}" of stream "${stream}" does not exist`, {
    hint: `Create it, or let it be made: WITH (…, partitions = 4).`,
  })
}

/** It may have gone already: another replica, or a DROP that a crash has cut short. */
export async function deleteTopic({ log }: Storage, name: string): Promise<void> {
  try {
    await log.deleteTopic(name)
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'NOT_FOUND') throw error
  }
}
