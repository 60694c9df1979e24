// Which topics a scan reads where a pattern says it, and which partitions have come since.

import type { Storage } from '../adapters/storage.ts'
import { AppError } from '../core/errors.ts'
import { namePattern } from '../core/name-pattern.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { TopicInfo } from '../engine/ports/log.ts'
import type { QueryLayout } from '../plan/catalog.ts'
import { isLogConnector } from '../plan/connectors.ts'
import type { PhysicalPlan, ScanStep, ScanTopic, Step } from '../plan/physical/nodes.ts'
import { patternOf, readsPatterns, topicOf } from '../plan/physical/scan-topics.ts'
import { isOwnTopic, prefixOf } from './own-topics.ts'

/** Each is read by a client of its own in each task. */
export const PATTERN_TOPICS_MAX = 100

export interface TopicsPorts {
  readonly storage: Storage
  readonly clock: Clock
}

/**
 * The plan with the topics that its patterns match now, and with the partitions that the one topic of another scan has
 * got since the query was laid out: those that it had stay where they are, new ones come behind them. The same plan
 * where nothing is new.
 */
export async function withTopics(
  plan: PhysicalPlan,
  { storage, clock }: TopicsPorts,
  layout?: QueryLayout,
): Promise<PhysicalPlan> {
  const nowMs = clock.nowMs()
  const listed = readsPatterns(plan) ? await storage.log.topics() : []
  const topics = listed.filter(({ name }) => !isOwnTopic(name, prefixOf(storage), nowMs))
  const written = sinkTopics(plan)
  let changed = false
  const steps: Step[] = []
  for (const step of plan.steps) {
    const found =
      step.kind !== 'scan' || patternOf(step) === undefined
        ? await grownTopic(step, layout, storage)
        : topicsOf(step, topics, written)
    const same = step.kind !== 'scan' || JSON.stringify(found) === JSON.stringify(step.topics)
    changed ||= !same
    steps.push(same ? step : withFound(step, found))
  }
  return changed ? { ...plan, steps } : plan
}

/** Topics or partitions may come for it while it is read: it reads on for ever what is not of our making. */
export function mayGrow(step: Step): step is ScanStep {
  if (step.kind !== 'scan' || !isLogConnector(step.connector.kind)) return false
  return step.connector.options['scan.bounded.mode'] !== 'latest-offset'
}

function withFound({ topics: _, ...step }: ScanStep, found: readonly ScanTopic[] | undefined): ScanStep {
  return found === undefined ? step : { ...step, topics: found }
}

/** Undefined where it has no more partitions than it was laid out for: the layout says which task reads which. */
async function grownTopic(
  step: Step,
  layout: QueryLayout | undefined,
  { log }: Storage,
): Promise<readonly ScanTopic[] | undefined> {
  if (layout === undefined || !mayGrow(step)) return undefined
  const name = topicOf(step)
  const first = layout.scanPartitions[step.id] ?? Number.POSITIVE_INFINITY
  const known = step.topics?.[0]?.partitions ?? first
  const partitions = Math.max(known, (await log.topic(name))?.partitions ?? 0)
  return partitions > first ? [{ name, partitions }] : undefined
}

function topicsOf(scan: ScanStep, topics: readonly TopicInfo[], written: ReadonlySet<string>): readonly ScanTopic[] {
  const text = patternOf(scan) ?? ''
  const pattern = namePattern(text)
  if ('fault' in pattern) throw new AppError('INVALID_ARGUMENT', `"${text}" is no pattern: ${pattern.fault}`)
  const matching = topics.filter(({ name }) => pattern.matches(name))
  const own = matching.find(({ name }) => written.has(name))
  if (own !== undefined) {
    throw new AppError('FAILED_PRECONDITION', `the query writes topic "${own.name}", which "${scan.relation}" reads`, {
      hint: 'It would read its own rows: choose another topic for the sink, or a narrower "topic-pattern".',
    })
  }
  const known = scan.topics ?? []
  const partitions = new Map(matching.map((one) => [one.name, one.partitions]))
  const kept = known.map((one) => ({ ...one, partitions: Math.max(one.partitions, partitions.get(one.name) ?? 0) }))
  const names = new Set(known.map(({ name }) => name))
  const added = matching
    .filter(({ name }) => !names.has(name))
    .map((one) => ({ name: one.name, partitions: one.partitions }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const all = [...kept, ...added]
  if (all.length === 0) {
    throw new AppError('NOT_FOUND', `no topic matches "${text}", the pattern of stream "${scan.relation}"`, {
      hint: 'SHOW TOPICS lists those there are; the pattern has to match the whole of a name.',
    })
  }
  if (all.length <= PATTERN_TOPICS_MAX) return all
  throw new AppError('RESOURCE_EXHAUSTED', `${all.length} topics match "${text}"; at most ${PATTERN_TOPICS_MAX}`, {
    hint: 'Choose a narrower pattern, or several streams and a UNION ALL of them.',
  })
}

function sinkTopics(plan: PhysicalPlan): ReadonlySet<string> {
  return new Set(
    plan.steps.flatMap((step) =>
      step.kind === 'sink' && isLogConnector(step.connector.kind) ? [step.connector.options['topic'] ?? ''] : [],
    ),
  )
}
