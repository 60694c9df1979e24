import { must } from '../core/assert.ts'
import type { Batch } from '../core/batch.ts'
import { AppError } from '../core/errors.ts'
import { END_OF_TIME, type EventTimeMs, NO_WATERMARK } from '../core/time.ts'
import type { Row } from '../core/value.ts'
import type { LookupJoinStep } from '../plan/physical/join-steps.ts'
import type { PhysicalPlan, ScanStep, SinkStep, Step } from '../plan/physical/nodes.ts'
import { buildPipeline } from './build-pipeline.ts'
import type { Operator, OperatorContext, OperatorMetrics } from './operator.ts'
import type { Pipeline } from './pipeline.ts'
import type { FormatRegistry } from './ports/format.ts'
import type { RecordChunk, SourceReader } from './ports/log.ts'
import type { Found, Lookup } from './ports/lookup.ts'
import type { Checkpoint, TaskStorage } from './ports/state.ts'
import { SideOutputs, type SideStreams } from './side-outputs.ts'
import type { StagingSink } from './sinks.ts'
import { type RejectedRecord, Source, type SourceOutput } from './source.ts'
import { TimeMeter } from './time-meter.ts'
import { finiteOrNull } from './watermark.ts'

/**
 * One pipeline on its partitions: synchronous and deterministic. The runner feeds it chunks and the time, asks for a
 * barrier, and makes the outcome durable. A task that failed is thrown away and built again from its last checkpoint.
 */
export interface TaskOptions {
  readonly query: string
  readonly plan: PhysicalPlan
  readonly storage: TaskStorage
  readonly formats: FormatRegistry
  readonly openReader: (scan: ScanStep) => SourceReader | Promise<SourceReader>
  /** What a step asks; undefined where no plan has such. */
  readonly openLookup?: ((step: LookupJoinStep) => Lookup) | undefined
  readonly openSink: (sink: SinkStep, storage: TaskStorage) => Operator
  readonly sides: SideStreams
  readonly nowMs: number
  /** A clock that only goes forward, to measure with; undefined measures nothing. */
  readonly monotonicMs?: (() => number) | undefined
  /** State entries that each operator may keep in memory. */
  readonly memoryEntriesMax: number
}

/** Where to read next: the scan and partition that are furthest behind in event time come first. */
export interface ReadCandidate {
  readonly source: Source
  readonly partition: number
}

/** What a step asks for. */
export interface Ask {
  readonly step: string
  readonly lookup: Lookup
  readonly keys: readonly Row[]
}

const NO_ASKS: readonly Ask[] = []

/** Rows of output and changed entries of state between two barriers, about: bounds memory and the size of a commit. */
export const STAGED_MAX = 100_000

export class Task implements SourceOutput {
  readonly plan: PhysicalPlan
  readonly #storage: TaskStorage
  readonly #pipeline: Pipeline
  readonly #sides: SideOutputs
  readonly #meter: TimeMeter
  readonly #sources: readonly Source[]
  readonly #context: { nowMs: number }
  readonly #lookups: ReadonlyMap<string, Lookup>
  /** Who reads what this task writes is told when it is idle; so that is something to commit. */
  readonly #tellsIdle: boolean
  readonly #sinks: Partial<StagingSink>[] = []
  #epoch: number
  #dirty = false
  #firstFailure: string | undefined

  private constructor(options: TaskOptions, sources: readonly Source[]) {
    this.plan = options.plan
    this.#storage = options.storage
    this.#sources = sources
    this.#context = { nowMs: options.nowMs }
    this.#lookups = openLookups(options)
    this.#tellsIdle = sinksOf(options.plan).some(isExchange)
    this.#epoch = options.storage.checkpoint?.epoch ?? 0
    this.#sides = new SideOutputs(options.query, options.storage, options.formats, options.sides)
    const restored = options.storage.checkpoint?.watermark ?? NO_WATERMARK
    this.#meter = new TimeMeter(options.monotonicMs)
    this.#pipeline = buildPipeline(options.plan, {
      meter: this.#meter,
      context: (step, metrics) => this.#operatorContext(options, step, metrics, restored),
      sink: (step) => {
        const sink: Operator & Partial<StagingSink> = options.openSink(step, options.storage)
        this.#sinks.push(sink)
        return sink
      },
    })
  }

  static async open(options: TaskOptions): Promise<Task> {
    const readers: SourceReader[] = []
    try {
      const scans = options.plan.steps.filter((step) => step.kind === 'scan')
      const sources: Source[] = []
      // What is exchanged goes to tasks that know of all parts of a source: they decide how time goes on without rows.
      const seesAllOfTheSource = !sinksOf(options.plan).every(isExchange)
      for (const step of scans) {
        const reader = await options.openReader(step)
        readers.push(reader)
        const decoder = options.formats.decoder(step.format, step.fields)
        sources.push(new Source(step, reader, decoder, options.nowMs, seesAllOfTheSource))
      }
      for (const source of sources) await source.open(options.storage.checkpoint)
      const task = new Task(options, sources)
      for (const source of sources) {
        // A source that has nothing for this task must not hold the others back.
        const watermark = source.reader.partitions.length === 0 ? END_OF_TIME : source.watermark
        if (watermark > NO_WATERMARK) task.onWatermark(source.step.id, watermark)
      }
      return task
    } catch (error) {
      // A file or a view of the store that is left open would stay so until the process ends.
      for (const reader of readers) await reader.close()
      throw error
    }
  }

  get sources(): readonly Source[] {
    return this.#sources
  }

  get epoch(): number {
    return this.#epoch
  }

  get watermark(): EventTimeMs {
    return this.#pipeline.watermark
  }

  /** Nothing is left to read, or a LIMIT is reached; a last barrier makes the rest visible. */
  get finished(): boolean {
    return this.#pipeline.finished || (this.#sources.every((source) => source.finished) && this.asks().length === 0)
  }

  /** Something has changed since the last barrier. */
  get dirty(): boolean {
    return this.#dirty
  }

  /** So much waits for the barrier, as output or as state, that it should not wait for the interval. */
  get full(): boolean {
    let waiting = 0
    for (const sink of this.#sinks) waiting += sink.stagedRows ?? 0
    for (const { stateDirty } of this.#pipeline.metrics().values()) waiting += stateDirty
    return waiting >= STAGED_MAX
  }

  /** Partitions to try, the one furthest behind in event time first, so that state stays small on a replay. */
  readCandidates(): ReadCandidate[] {
    const candidates: ReadCandidate[] = []
    for (const source of this.#sources) {
      if (this.#pipeline.holdsBack(source.step.id)) continue
      for (const partition of source.openPartitions) candidates.push({ source, partition })
    }
    if (candidates.length < 2) return candidates
    return candidates.sort((a, b) => compareTimes(a.source.progress(a.partition), b.source.progress(b.partition)))
  }

  /** There are records that it could take: where reading gives none, they are on their way. */
  get behind(): boolean {
    return this.readCandidates().some(({ source, partition }) => {
      return (source.reader.lag(partition, source.position(partition)) ?? 0) > 0
    })
  }

  accept(source: Source, chunk: RecordChunk, nowMs: number): void {
    this.#setNow(nowMs)
    this.#dirty = true
    const before = this.#meter.enter(must(this.metrics().get(source.step.id), 'a scan is counted'))
    source.accept(chunk, this.#context, this)
    this.#meter.leave(before)
  }

  /** Rows wait for these answers: nothing is to be read before they are `found`. */
  asks(): readonly Ask[] {
    if (this.#lookups.size === 0) return NO_ASKS
    return this.#pipeline.wanted().map(({ step, keys }) => {
      return { step, keys, lookup: must(this.#lookups.get(step), 'a lookup for each step that asks') }
    })
  }

  found({ step }: Ask, found: readonly Found[], nowMs: number): void {
    this.#setNow(nowMs)
    this.#dirty = true
    this.#pipeline.found(step, found)
  }

  /** What the rows that wait wait for, where nobody answers. */
  get waitingFor(): string | undefined {
    for (const { waitingFor } of this.#lookups.values()) if (waitingFor !== undefined) return waitingFor
    return undefined
  }

  /** Processing time has come to `nowMs`. */
  tick(nowMs: number): void {
    this.#setNow(nowMs)
    for (const source of this.#sources) source.tick(nowMs, this)
    // What comes out by the clock alone is to be committed like everything else.
    const dueMs = this.#pipeline.nextTimeMs()
    if (dueMs !== undefined && dueMs <= nowMs) this.#dirty = true
    this.#pipeline.onTime(nowMs)
  }

  /** When `tick` is due although nothing arrives. */
  nextTickMs(nowMs: number): number | undefined {
    let next = this.#pipeline.nextTimeMs()
    for (const source of this.#sources) {
      const tick = source.nextTickMs(nowMs)
      const available = source.reader.nextAvailableMs(nowMs)
      if (tick !== undefined && (next === undefined || tick < next)) next = tick
      if (available !== undefined && (next === undefined || available < next)) next = available
    }
    return next
  }

  /**
   * The barrier: operators write what changed to their stores, sinks stage their output. What follows must be the
   * commit of exactly this; nothing may be fed in between.
   */
  barrier(nowMs: number): Checkpoint {
    this.#setNow(nowMs)
    this.#epoch++
    this.#pipeline.onBarrier(this.#epoch)
    this.#sides.onBarrier()
    this.#dirty = false
    return {
      epoch: this.#epoch,
      inputs: Object.fromEntries(this.#sources.map((source) => [source.step.id, source.positions()])),
      watermarks: Object.fromEntries(this.#sources.map((source) => [source.step.id, source.watermarkCheckpoint()])),
      watermark: finiteOrNull(this.#pipeline.watermark),
      wallTimeMs: nowMs,
    }
  }

  committed(): void {
    this.#pipeline.onCommitted()
  }

  /** Event time that a step has reached. */
  watermarkOf(stepId: string): EventTimeMs {
    return this.#pipeline.watermarkOf(stepId)
  }

  /** See Pipeline. */
  tableDelayMs(stepId: string): number | undefined {
    return this.#pipeline.tableDelayMs(stepId)
  }

  metrics(): ReadonlyMap<string, OperatorMetrics> {
    return this.#pipeline.metrics()
  }

  stateBytes(): number {
    return this.#storage.stateBytes()
  }

  async close(): Promise<void> {
    this.#pipeline.close()
    for (const source of this.#sources) await source.reader.close()
    for (const lookup of this.#lookups.values()) await lookup.close()
  }

  onBatch(scanId: string, batch: Batch): void {
    this.#dirty = true
    this.#pipeline.onBatch(scanId, batch)
  }

  onWatermark(scanId: string, watermark: EventTimeMs): void {
    this.#dirty = true
    this.#pipeline.onWatermark(scanId, watermark)
  }

  onIdle(scanId: string, idle: boolean): void {
    if (this.#tellsIdle) this.#dirty = true
    this.#pipeline.onIdle(scanId, idle)
  }

  /** Why the first record or row of this run that could not be used was left out. */
  get firstFailure(): string | undefined {
    return this.#firstFailure
  }

  onBadRecord(scan: ScanStep, record: RejectedRecord): void {
    this.#firstFailure ??= `stream "${scan.relation}", offset ${record.offset}: ${record.reason}`
    if (scan.onError === 'fail') {
      throw new AppError(
        'FAILED_PRECONDITION',
        `stream "${scan.relation}", partition ${record.partition}, offset ${record.offset}: ${record.reason}`,
        { hint: `Mend or skip the record, or create the stream with on_error = 'dead-letter'.` },
      )
    }
    if (scan.onError === 'dead-letter' && scan.deadLetter !== undefined) {
      this.#sides.deadRecord(scan.deadLetter, scan, record)
    }
  }

  #setNow(nowMs: number): void {
    this.#context.nowMs = nowMs
    this.#pipeline.setNow(nowMs)
  }

  #operatorContext(
    options: TaskOptions,
    step: Step,
    metrics: OperatorMetrics,
    restoredWatermark: EventTimeMs,
  ): OperatorContext {
    const lateInto = 'latePolicy' in step ? step.latePolicy?.into : undefined
    return {
      operatorId: step.id,
      store: (table) => options.storage.store(step.id, table),
      late: (batch) => {
        if (lateInto !== undefined) this.#sides.late(lateInto, batch)
      },
      deadLetter: (reason, row) => {
        metrics.rowsFailed++
        this.#firstFailure ??= reason
        this.#sides.deadRow(step.id, reason, row, this.#context.nowMs)
      },
      metrics,
      memory: { entriesMax: options.memoryEntriesMax },
      query: options.query,
      restoredWatermark,
    }
  }
}

function openLookups({ plan, openLookup }: TaskOptions): ReadonlyMap<string, Lookup> {
  const lookups = new Map<string, Lookup>()
  for (const step of plan.steps) {
    if (step.kind === 'lookup-join') lookups.set(step.id, must(openLookup, 'somebody to ask')(step))
  }
  return lookups
}

function sinksOf(plan: PhysicalPlan): readonly SinkStep[] {
  return plan.steps.filter((step) => step.kind === 'sink')
}

function isExchange({ connector }: SinkStep): boolean {
  return connector.kind === 'exchange'
}

function compareTimes(a: EventTimeMs, b: EventTimeMs): number {
  return a < b ? -1 : a > b ? 1 : 0
}
