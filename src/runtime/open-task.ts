import type { Storage } from '../adapters/storage.ts'
import { must } from '../core/assert.ts'
import { AppError } from '../core/errors.ts'
import { partitionOf } from '../core/murmur2.ts'
import type { Operator } from '../engine/operator.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { Encoder, FormatRegistry } from '../engine/ports/format.ts'
import type { SourceReader } from '../engine/ports/log.ts'
import type { TaskStorage } from '../engine/ports/state.ts'
import type { SideStreams } from '../engine/side-outputs.ts'
import { BatchSink, ResultSink, TopicSink } from '../engine/sinks.ts'
import { Task } from '../engine/task.ts'
import type { Catalog } from '../plan/catalog.ts'
import type { PhysicalPlan, ScanStep, SinkStep } from '../plan/physical/nodes.ts'
import { PrintSink } from './print-sink.ts'
import { openReader } from './readers.ts'
import type { RuntimeLimits } from './weir-runtime.ts'

/** Builds the task of a query over the real ports. */
export interface OpenTaskOptions {
  readonly query: string
  readonly plan: PhysicalPlan
  readonly taskStorage: TaskStorage
  readonly storage: Storage
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly catalog: Catalog
  readonly limits: RuntimeLimits
  readonly jobs: { hasFinished(relation: string): boolean }
  readonly print?: (line: string) => void
  /** Takes the place of the reader that a scan would open: the snapshot of a pull query. */
  readonly openReader?: (scan: ScanStep) => Promise<SourceReader | undefined>
  /** Takes the place of the plan's sink: the reader of a transient query. */
  readonly sink?: Operator
}

export async function openTask(options: OpenTaskOptions): Promise<Task> {
  const { query, plan, taskStorage, storage, formats, clock, limits, jobs } = options
  const encoders = options.sink === undefined ? await openEncoders(plan, formats) : NO_ENCODERS
  const sinkPartitions = await partitionsOfSinks(options)
  return Task.open({
    query,
    plan,
    storage: taskStorage,
    formats,
    openReader: async (scan) =>
      (await options.openReader?.(scan)) ??
      openReader(
        scan,
        storage,
        () => clock.nowMs(),
        () => jobs.hasFinished(scan.relation),
      ),
    openSink: (step) => options.sink ?? openSink(step, options, encoders, sinkPartitions),
    sides: sideStreams(options.catalog, plan),
    nowMs: clock.nowMs(),
    memoryEntriesMax: limits.memoryEntriesMax,
  })
}

type Encoders = ReadonlyMap<string, Encoder>

const NO_ENCODERS: Encoders = new Map()

/** Sinks that write no records, and so take no encoder. */
const WITHOUT_RECORDS: readonly SinkStep['connector']['kind'][] = ['blackhole', 'print']

/** The encoders of a plan by the id of their sink, with all that they need before the first row. */
async function openEncoders(plan: PhysicalPlan, formats: FormatRegistry): Promise<Encoders> {
  const encoders = new Map<string, Encoder>()
  for (const step of plan.steps) {
    if (step.kind !== 'sink' || WITHOUT_RECORDS.includes(step.connector.kind)) continue
    const encoder = formats.encoder(step.format, step.schema)
    await encoder.open?.()
    encoders.set(step.id, encoder)
  }
  return encoders
}

/** Of each topic that the plan writes. */
async function partitionsOfSinks({ plan, storage, query }: OpenTaskOptions): Promise<ReadonlyMap<string, number>> {
  const partitions = new Map<string, number>()
  for (const step of plan.steps) {
    if (step.kind !== 'sink' || step.connector.kind !== 'embedded') continue
    const topic = step.connector.options['topic'] ?? query
    partitions.set(topic, (await storage.log.topic(topic))?.partitions ?? 1)
  }
  return partitions
}

function openSink(
  step: SinkStep,
  options: OpenTaskOptions,
  encoders: Encoders,
  sinkPartitions: ReadonlyMap<string, number>,
): Operator {
  const { taskStorage } = options
  const encoder = () => must(encoders.get(step.id), 'an encoder for each sink that writes records')
  const { kind, options: properties } = step.connector
  const topic = properties['topic'] ?? options.query
  switch (kind) {
    case 'result':
      return new ResultSink(taskStorage, topic, step.schema, encoder(), tellsEveryChange(options.plan))
    case 'embedded': {
      const partitions = sinkPartitions.get(topic) ?? 1
      let next = 0
      return new TopicSink(taskStorage, topic, encoder(), (key) =>
        key === null ? next++ % partitions : partitionOf(key, partitions),
      )
    }
    case 'blackhole':
      return new BatchSink(() => {})
    case 'print':
      return new PrintSink(step.schema, properties['prefix'] ?? '', options.print ?? (() => {}))
    default:
      throw new AppError('NOT_SUPPORTED', `connector "${kind}" can't be written`, {
        hint: `Write to 'embedded', 'print' or 'blackhole'.`,
      })
  }
}

/** True unless the query promises when and how often a row is told: once at the close of its window, for example. */
function tellsEveryChange(plan: PhysicalPlan): boolean {
  return plan.steps.every((step) => !('emit' in step) || step.emit.mode === 'changes')
}

function sideStreams(catalog: Catalog, plan: PhysicalPlan): SideStreams {
  const scan = plan.steps.find((step) => step.kind === 'scan')
  return {
    stream: (name) => {
      const relation = catalog.relation(name)
      return relation !== undefined && 'topic' in relation ? relation : undefined
    },
    failedRows: scan?.kind === 'scan' ? scan.deadLetter : undefined,
  }
}
