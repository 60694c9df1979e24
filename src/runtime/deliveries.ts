// How rows come into a store outside. The query writes them into a log of its own, its outbox, as a view writes its
// results: in the commit of its state. Tasks that do nothing else read the log and write into the store, each from the
// position that the store itself keeps. So a store that is down holds up nothing but its own rows.

import { must } from '../core/assert.ts'
import type { TopicSpec } from '../engine/ports/log.ts'
import { isExternalStore, OUTBOX_FORMAT } from '../plan/external-stores.ts'
import type { PhysicalPlan, ScanStep, SinkStep } from '../plan/physical/nodes.ts'
import type { TaskSpec } from './task-spec.ts'

const OUTBOX_SCAN = 'scan-outbox'

/** A store that is down for longer than this has lost what it was to be given, and its query fails and says so. */
const OUTBOX_RETENTION_MS = 7 * 86_400_000

/** True where the rows of a query leave us for a store outside. */
export function isDelivered(plan: PhysicalPlan): boolean {
  const sink = sinkOf(plan)
  return sink !== undefined && isExternalStore(sink.connector.kind)
}

export function outboxTopic(name: string, plan: PhysicalPlan, partitions: number): TopicSpec {
  const retention = sinkOf(plan)?.connector.options['retention.ms']
  return {
    name,
    partitions,
    retentionMs: retention === undefined ? OUTBOX_RETENTION_MS : Number(retention),
    retentionBytes: undefined,
  }
}

/** The plan as the tasks of the query run it. */
export function writingInto(outbox: string, plan: PhysicalPlan): PhysicalPlan {
  const steps = plan.steps.map((step) =>
    step.kind === 'sink'
      ? { ...step, connector: { kind: 'result' as const, options: { topic: outbox, pulled: 'false' } } }
      : step,
  )
  return { ...plan, steps }
}

export interface DeliveredQuery {
  readonly name: string
  /** Of one that was reset or created anew no task is what it was before. */
  readonly incarnation: number
  readonly plan: PhysicalPlan
}

/** One for each partition of the outbox. */
export function deliveries(query: DeliveredQuery, outbox: string, partitions: number): readonly TaskSpec[] {
  const { name, incarnation, plan } = query
  const delivering = deliveryPlan(outbox, name, plan)
  return Array.from({ length: partitions }, (_, partition) => ({
    id: `${name}.${incarnation.toString(36)}/delivery/${partition}`,
    query: name,
    stage: 0,
    partition,
    plan: delivering,
    topics: undefined,
    result: undefined,
    partitions: { [OUTBOX_SCAN]: [partition] },
    sides: {},
    failedRows: undefined,
    delivers: `${outbox}/${partition}`,
  }))
}

function deliveryPlan(outbox: string, query: string, plan: PhysicalPlan): PhysicalPlan {
  const sink = must(sinkOf(plan), 'a query ends in a sink')
  const { schema } = sink
  const scan: ScanStep = {
    kind: 'scan',
    id: OUTBOX_SCAN,
    version: 1,
    inputs: [],
    schema,
    relation: query,
    connector: { kind: 'result', options: { topic: outbox, relation: query } },
    format: OUTBOX_FORMAT,
    fields: schema.fields.map((field, i) => ({ ...field, from: 'value', path: [String(i)] })),
    computed: [],
    watermark: undefined,
    onError: 'fail',
    deadLetter: undefined,
    startup: { kind: 'earliest' },
  }
  return { ...plan, steps: [scan, { ...sink, inputs: [scan.id] }] }
}

export function sinkOf(plan: PhysicalPlan): SinkStep | undefined {
  return plan.steps.find((step) => step.kind === 'sink')
}
