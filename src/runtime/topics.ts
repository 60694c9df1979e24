// The topics that objects of the catalog live in.

import { AppError } from '../core/errors.ts'
import type { TopicSpec } from '../engine/ports/log.ts'
import type { QueryEntry, SourceRelation } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
import { patternOf } from '../plan/physical/scan-topics.ts'
import type { ContinuousPlan } from '../plan/planner.ts'

/** The topic that a sink on the log writes. */
export function sinkTopic({ name, plan }: QueryEntry): TopicSpec | undefined {
  const sink = plan.steps.find((step) => step.kind === 'sink')
  if (sink === undefined || !isLogConnector(sink.connector.kind)) return undefined
  const { options } = sink.connector
  return {
    name: options['topic'] ?? name,
    partitions: Number(options['partitions'] ?? 1),
    retentionMs: options['retention.ms'] === undefined ? undefined : Number(options['retention.ms']),
    retentionBytes: options['retention.bytes'] === undefined ? undefined : Number(options['retention.bytes']),
  }
}

/** The topic that rows of a stream are written to. */
export function writableTopic({ name, connector }: SourceRelation): string {
  const pattern = patternOf({ connector })
  if (pattern === undefined) return connector.options['topic'] ?? name
  throw new AppError('FAILED_PRECONDITION', `stream "${name}" reads all topics like ${pattern}`, {
    hint: 'Create a stream on the one topic that the rows are for.',
  })
}

export function sourceTopic(relation: SourceRelation): TopicSpec {
  const { name, connector, retentionMs, retentionBytes } = relation
  return {
    name: connector.options['topic'] ?? name,
    partitions: Number(connector.options['partitions'] ?? 1),
    retentionMs,
    retentionBytes,
  }
}

export function resultTopic(
  name: string,
  kept?: Pick<ContinuousPlan, 'retentionMs' | 'retentionBytes'>,
  partitions = 1,
): TopicSpec {
  return {
    name,
    partitions,
    retentionMs: kept?.retentionMs,
    retentionBytes: kept?.retentionBytes,
  }
}
