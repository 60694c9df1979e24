import { AppError } from '../core/errors.ts'
import type { Log, TopicInfo } from '../engine/ports/log.ts'
import type { PhysicalPlan, ScanStep, StartupSpec } from '../plan/physical/nodes.ts'
import { partitionNumbers, type TopicPlace, topicOf } from '../plan/physical/scan-topics.ts'

/** Where a scan begins in a partition that it has no position in yet; `number` is what the scan calls it. */
export async function startOffset(
  { startup }: ScanStep,
  number: number,
  { topic, partition }: TopicPlace,
  log: Log,
): Promise<number> {
  if (startup.kind === 'timestamp') return log.offsetAt(topic, partition, startup.timestampMs)
  const offsets = (await log.topic(topic))?.offsets[partition]
  if (offsets === undefined) throw new AppError('NOT_FOUND', `topic "${topic}" has no partition ${partition}`)
  const { start, end } = offsets
  switch (startup.kind) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'offsets':
      return Math.max(start, startup.offsets[number] ?? 0)
    case 'group-offsets':
      return groupOffset(startup, topic, partition, offsets, log)
  }
}

/**
 * The plan of a query that stays, with places that move fixed as they are now: its tasks open a while later, on any
 * server, some of them again after a crash, and what comes until then is theirs. Fails for one that could not begin.
 */
export async function withFixedStart(plan: PhysicalPlan, log: Log): Promise<PhysicalPlan> {
  const steps = await Promise.all(
    plan.steps.map(async (step) => {
      const startup = step.kind === 'scan' ? await fixedStart(step, log) : undefined
      return step.kind === 'scan' && startup !== undefined ? { ...step, startup } : step
    }),
  )
  return { ...plan, steps }
}

async function fixedStart(scan: ScanStep, log: Log): Promise<StartupSpec | undefined> {
  const { startup } = scan
  if (startup.kind === 'latest') return endOf(scan, log)
  if (startup.kind !== 'group-offsets') return undefined
  return offsetsOf(scan, log, (topic, partition, each) => groupOffset(startup, topic, partition, each, log))
}

/** Where the topics of a scan end now; undefined where there are none. */
export function endOf(scan: ScanStep, log: Log): Promise<StartupSpec | undefined> {
  return offsetsOf(scan, log, async (_topic, _partition, { end }) => end)
}

async function offsetsOf(
  scan: ScanStep,
  log: Log,
  offsetOf: (topic: string, partition: number, offsets: TopicInfo['offsets'][number]) => Promise<number>,
): Promise<StartupSpec | undefined> {
  const topics = await Promise.all(
    namesOf(scan).map(async (name) => ({ name, offsets: (await log.topic(name))?.offsets ?? [] })),
  )
  const places = partitionNumbers(topics.map(({ name, offsets }) => ({ name, partitions: offsets.length })))
  if (places.length === 0) return undefined
  const each = topics.flatMap(({ name, offsets }) => offsets.map((one, partition) => offsetOf(name, partition, one)))
  const found = await Promise.all(each)
  return { kind: 'offsets', offsets: Object.fromEntries(places.map((number, i) => [number, found[i] ?? 0])) }
}

async function groupOffset(
  { group, otherwise }: Extract<StartupSpec, { kind: 'group-offsets' }>,
  topic: string,
  partition: number,
  { start, end }: TopicInfo['offsets'][number],
  log: Log,
): Promise<number> {
  const committed = await committedOffset(group, topic, partition, log)
  // What the group has not read may be gone by now: as to its consumers, that is to have no position.
  if (committed !== undefined && committed >= start && committed <= end) return committed
  if (otherwise === 'none') throw noOffset(group, topic, partition, committed)
  return otherwise === 'latest' ? end : start
}

/** One, or those that a pattern has found. */
function namesOf(scan: ScanStep): readonly string[] {
  return scan.topics?.map(({ name }) => name) ?? [topicOf(scan)]
}

function committedOffset(group: string, topic: string, partition: number, log: Log): Promise<number | undefined> {
  if (log.committedOffset !== undefined) return log.committedOffset(group, topic, partition)
  throw new AppError('FAILED_PRECONDITION', 'the log of this server has no consumer groups', {
    hint: `Begin elsewhere: 'scan.startup.mode' is one of earliest, latest, timestamp.`,
  })
}

function noOffset(group: string, topic: string, partition: number, committed: number | undefined): AppError {
  const what = committed === undefined ? 'has no offset' : `has offset ${committed}, which does not exist any more,`
  return new AppError('FAILED_PRECONDITION', `group "${group}" ${what} in topic "${topic}", partition ${partition}`, {
    hint: `Say where to begin then: 'properties.auto.offset.reset' = 'earliest' or 'latest'.`,
  })
}
