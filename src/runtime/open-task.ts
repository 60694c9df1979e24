import { must } from '../core/assert.ts'
import { compressionOf } from '../core/compression.ts'
import { AppError } from '../core/errors.ts'
import { partitionOf } from '../core/murmur2.ts'
import type { Schema } from '../core/schema.ts'
import { ExchangeSink } from '../engine/exchange-sink.ts'
import type { Operator } from '../engine/operator.ts'
import type { Clock } from '../engine/ports/clock.ts'
import type { ExternalStorage } from '../engine/ports/external-store.ts'
import type { Encoder, FormatRegistry } from '../engine/ports/format.ts'
import type { Log, SourceReader } from '../engine/ports/log.ts'
import type { TaskStorage } from '../engine/ports/state.ts'
import type { SideStream } from '../engine/side-outputs.ts'
import { BatchSink, ExternalSink, ResultSink, TopicSink } from '../engine/sinks.ts'
import { Task } from '../engine/task.ts'
import { isLogConnector } from '../plan/connectors.ts'
import type { PhysicalPlan, ScanStep, SinkStep } from '../plan/physical/nodes.ts'
import { exchangeKeys } from '../plan/physical/stages.ts'
import { HeadersEncoder } from './headers-encoder.ts'
import { openLookup } from './open-lookup.ts'
import { PrintSink } from './print-sink.ts'
import { openReader } from './readers.ts'
import type { TaskSpec } from './task-spec.ts'

/** Builds the task of a query over the real ports. */
export interface OpenTaskOptions {
  readonly spec: TaskSpec
  readonly taskStorage: TaskStorage
  /** The same, of a task that writes into a store outside. */
  readonly external?: ExternalStorage | undefined
  readonly log: Log
  readonly formats: FormatRegistry
  readonly clock: Clock
  readonly memoryEntriesMax: number
  /** True when the query that writes a result log has ended: then the log has, too. */
  readonly hasFinished: (relation: string) => boolean | Promise<boolean>
  readonly print?: (line: string) => void
  /** Takes the place of the reader that a scan would open: the snapshot of a pull query. */
  readonly openReader?: ((scan: ScanStep) => Promise<SourceReader | undefined>) | undefined
  /** Takes the place of the plan's sink: the reader of a transient query. */
  readonly sink?: Operator
}

export async function openTask(options: OpenTaskOptions): Promise<Task> {
  const { spec, taskStorage, log, formats, clock, memoryEntriesMax, hasFinished } = options
  const { query, plan, partitions } = spec
  const encoders = options.sink === undefined ? await openEncoders(plan, formats) : NO_ENCODERS
  const sinkPartitions = await partitionsOfSinks(options)
  const sides = await openSides(options)
  return Task.open({
    query,
    plan,
    storage: taskStorage,
    formats,
    openReader: async (scan) =>
      (await options.openReader?.(scan)) ??
      openReader(scan, {
        log,
        partitions: partitions[scan.id],
        nowMs: clock.nowMs(),
        writerHasFinished: () => hasFinished(scan.relation),
      }),
    openLookup: (step) => openLookup(step, formats, clock),
    openSink: (step) => options.sink ?? openSink(step, options, encoders, sinkPartitions),
    sides: { stream: (name) => sides.get(name), failedRows: spec.failedRows },
    nowMs: clock.nowMs(),
    monotonicMs: () => performance.now(),
    memoryEntriesMax,
  })
}

type Encoders = ReadonlyMap<string, Encoder>

const NO_ENCODERS: Encoders = new Map()

/** Sinks that take no encoder: they write no records, or those of our own. */
const WITHOUT_RECORDS: readonly SinkStep['connector']['kind'][] = [
  'blackhole',
  'print',
  'exchange',
  'postgres',
  'redis',
]

/** The encoders of a plan by the id of their sink, with all that they need before the first row. */
async function openEncoders(plan: PhysicalPlan, formats: FormatRegistry): Promise<Encoders> {
  const encoders = new Map<string, Encoder>()
  for (const step of plan.steps) {
    if (step.kind !== 'sink' || WITHOUT_RECORDS.includes(step.connector.kind)) continue
    const encoder = encoderOf(step, formats)
    await encoder.open?.()
    encoders.set(step.id, encoder)
  }
  return encoders
}

function encoderOf({ connector, format, schema }: SinkStep, formats: FormatRegistry): Encoder {
  const inner = (written: Schema) => formats.encoder(format, written)
  const headers = connector.options['headers']
  return headers === undefined ? inner(schema) : new HeadersEncoder(schema, headers, inner)
}

/** Of each topic that the plan writes. */
async function partitionsOfSinks({ spec, log }: OpenTaskOptions): Promise<ReadonlyMap<string, number>> {
  const partitions = new Map<string, number>()
  for (const step of spec.plan.steps) {
    if (step.kind !== 'sink' || !isLogConnector(step.connector.kind)) continue
    const topic = step.connector.options['topic'] ?? spec.query
    partitions.set(topic, (await log.topic(topic))?.partitions ?? 1)
  }
  return partitions
}

/** A topic of dead letters may be someone else's, with any number of partitions. */
async function openSides({ spec, log }: OpenTaskOptions): Promise<ReadonlyMap<string, SideStream>> {
  const sides = new Map<string, SideStream>()
  for (const [name, side] of Object.entries(spec.sides)) {
    const topic = side.encoding === undefined ? undefined : await log.topic(side.topic)
    sides.set(name, { ...side, partitions: topic?.partitions })
  }
  return sides
}

function openSink(
  step: SinkStep,
  options: OpenTaskOptions,
  encoders: Encoders,
  sinkPartitions: ReadonlyMap<string, number>,
): Operator {
  const { taskStorage, spec } = options
  const encoder = () => must(encoders.get(step.id), 'an encoder for each sink that writes records')
  const { kind, options: properties } = step.connector
  const topic = properties['topic'] ?? spec.query
  switch (kind) {
    case 'result':
      return new ResultSink(
        taskStorage,
        spec.result ?? { topic, partition: 0 },
        step.schema,
        encoder(),
        // Rows that are only ever added are each told, even one whose key has been forgotten and comes anew.
        step.schema.mode !== 'append' && tellsEveryChange(spec.plan),
        properties['pulled'] !== 'false',
      )
    case 'exchange':
      return new ExchangeSink({
        storage: taskStorage,
        topic,
        partitions: Number(properties['partitions']),
        channel: Number(properties['channel']),
        schema: step.schema,
        keys: exchangeKeys(step.connector),
      })
    case 'embedded':
    case 'kafka': {
      const partitions = sinkPartitions.get(topic) ?? 1
      let next = 0
      return new TopicSink(
        taskStorage,
        topic,
        encoder(),
        (key) => (key === null ? next++ % partitions : partitionOf(key, partitions)),
        compressionOf(properties['compression']),
      )
    }
    case 'postgres':
    case 'redis':
      return new ExternalSink(must(options.external, 'a store outside is open'), step.schema)
    case 'blackhole':
      return new BatchSink(() => {})
    case 'print':
      return new PrintSink(step.schema, properties['prefix'] ?? '', options.print ?? (() => {}))
    default:
      throw new AppError('NOT_SUPPORTED', `connector "${kind}" can't be written`, {
        hint: `Write to 'kafka', 'embedded', 'print' or 'blackhole'.`,
      })
  }
}

/** True unless the query promises when and how often a row is told: once at the close of its window, for example. */
function tellsEveryChange(plan: PhysicalPlan): boolean {
  return plan.steps.every((step) => !('emit' in step) || step.emit.mode === 'changes')
}
