// The topics that objects of the catalog live in.

import type { TopicSpec } from '../engine/ports/log.ts'
import type { QueryEntry, SourceRelation } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
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
