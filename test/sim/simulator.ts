import { createHash } from 'node:crypto'
import { formatRegistry } from '../../src/adapters/formats/registry.ts'
import { AppError } from '../../src/core/errors.ts'
import type { SourceReader } from '../../src/engine/ports/log.ts'
import type { Checkpoint, StateBackend } from '../../src/engine/ports/state.ts'
import type { ScanStep } from '../../src/plan/physical/nodes.ts'
import { StoredCatalog } from '../../src/runtime/catalog.ts'
import { TaskLoop } from '../../src/runtime/task-loop.ts'
import { wholeTask } from '../../src/runtime/task-spec.ts'
import { chunkOf } from '../harness/chunk.ts'
import { QUERY, QueryWorld } from '../harness/query-world.ts'
import { Random } from '../harness/random.ts'
import { SettableClock } from '../harness/settable-clock.ts'
import { check, type Oracles } from './checkers.ts'
import { type FaultRates, Faults, randomFaults } from './faults.ts'
import { forwardReader, type Mutant } from './mutants.ts'
import { endOffset, SimDisk } from './sim-disk.ts'
import { SimProcess, SimStorage, type Staged } from './sim-storage.ts'
import { randomSimWorkload, recordsOf, type SimRecord, type SimWorkload, statementsOf } from './sim-workload.ts'
import { SimClock, type Skew, VirtualTime } from './virtual-time.ts'

/**
 * One seed, one world: random streams and tables, a random query, random faults; the real job, runner, task and
 * operators over simulated log, state and clock. First everything may fail (safety), then all faults end and the query
 * must finish within LIVENESS_MS (liveness). Afterwards checkers.ts compares what is on the disk with the oracle.
 *
 * What was read on the way to each commit is kept as the ledger: the order in which partitions were interleaved decides
 * what is late, and what a stream finds in a table, so the oracle gets the rows in the order of the commits that hold.
 */
export interface SimOptions {
  readonly workload: SimWorkload
  readonly faults: FaultRates
  readonly checkpointIntervalMs: number
  readonly memoryEntriesMax: number
  /** Virtual time over which the records arrive. */
  readonly arrivalMs: number
}

export interface SimResult {
  readonly seed: number
  readonly options: SimOptions
  /** Undefined when everything held. */
  readonly failure: string | undefined
  readonly hash: string
  readonly virtualMs: number
  readonly crashes: number
  readonly failures: number
  readonly epochs: number
  readonly rowsOut: number
}

/** Everything that arrives has arrived by the end of the safety phase, and faults go on a little longer. */
const SAFETY_AFTER_ARRIVAL_MS = 5_000
/**
 * After the last fault everything that has arrived must be committed within this time: a retry of the job may wait
 * 30 s, a checkpoint four times the longest that a checkpoint counts for. Then the input ends, and so must the query.
 */
const CATCH_UP_MS = 2 * 60_000
const LIVENESS_MS = 10 * 60_000
const START_MS = Date.UTC(2026, 0, 1)
/** Worlds that each run of the tests has; they meet each kind of query. */
export const FIXED_SEEDS = 480

export function randomOptions(random: Random): SimOptions {
  return {
    workload: randomSimWorkload(random.fork('workload')),
    faults: randomFaults(random.fork('faults')),
    checkpointIntervalMs: random.pick([1, 20, 200, 2_000]),
    memoryEntriesMax: random.pick([2, 16, 250_000]),
    arrivalMs: random.pick([10, 2_000, 20_000]),
  }
}

export async function simulate(seed: number, oracles: Oracles, mutant?: Mutant): Promise<SimResult> {
  const random = new Random(seed)
  const options = randomOptions(random)
  const world = await SimWorld.create(options, random.fork('world'), mutant)
  const failure = (await world.run()) ?? (await check(world.outcome(), oracles).catch(sentenceOf))
  return {
    seed,
    options,
    failure,
    hash: world.hash(),
    virtualMs: world.virtualMs,
    crashes: world.crashes,
    failures: world.failures,
    epochs: world.epochs,
    rowsOut: endOffset(world.resultPartition),
  }
}

/** A checker that can't go on has found something, too. */
function sentenceOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** The SQL of a seed, to look at. */
export function sqlOf({ workload, checkpointIntervalMs }: SimOptions): { setup: string; query: string } {
  const { setup, query } = statementsOf(workload)
  return { setup: `SET 'checkpoint.interval' = '${checkpointIntervalMs}ms';\n${setup}`, query }
}

/** What a run leaves for the checkers. */
export interface SimOutcome {
  readonly options: SimOptions
  /** A storage without faults over the same disk. */
  readonly world: QueryWorld
  /** Records in the order in which commits took them, once for each scan of their topic. */
  readonly ledger: readonly LedgerEntry[]
  readonly commits: readonly Checkpoint[]
  /** Of what the query has committed while it was made: a join with a table that has no rows yet. */
  readonly epochBefore: number
  readonly staged: Staged
}

export interface LedgerEntry {
  readonly scan: string
  readonly record: SimRecord
}

interface Life {
  readonly process: SimProcess
  readonly storage: SimStorage
  readonly job: TaskLoop
}

interface Read {
  readonly scan: ScanStep
  readonly partition: number
  readonly from: number
  readonly to: number
}

class SimWorld {
  readonly #options: SimOptions
  readonly #random: Random
  readonly #mutant: Mutant | undefined
  readonly #setup: QueryWorld
  readonly #disk: SimDisk
  readonly #time = new VirtualTime(START_MS)
  readonly #skew: Skew = { ms: 0 }
  readonly #faults: Faults
  readonly #trace = createHash('sha256')
  readonly #records: readonly SimRecord[]
  readonly #epochBefore: number
  readonly #ledger: LedgerEntry[] = []
  readonly #commits: Checkpoint[] = []
  readonly #staged: Staged = { entriesMax: 0, recordsMax: 0 }
  #reads: Read[] = []
  #life: Life | undefined
  #failure: string | undefined
  #inputEnds = false
  crashes = 0
  failures = 0

  private constructor(
    options: SimOptions,
    random: Random,
    mutant: Mutant | undefined,
    setup: QueryWorld,
    disk: SimDisk,
  ) {
    this.#options = options
    this.#random = random
    this.#mutant = mutant
    this.#setup = setup
    this.#disk = disk
    this.#faults = new Faults(random.fork('faults'), options.faults)
    this.#records = recordsOf(options.workload)
    this.#epochBefore = disk.task(QUERY).checkpoint?.epoch ?? 0
  }

  static async create(options: SimOptions, random: Random, mutant?: Mutant): Promise<SimWorld> {
    const disk = new SimDisk()
    const { setup, query } = sqlOf(options)
    const world = await QueryWorld.open(setup, query, { storage: new SimStorage(disk), clock: new SettableClock() })
    return new SimWorld(options, random, mutant, world, disk)
  }

  get virtualMs(): number {
    return this.#time.nowMs - START_MS
  }

  get epochs(): number {
    return this.#commits.length
  }

  get resultPartition() {
    const partition = this.#disk.topics.get(this.#setup.result.topic)?.partitions[0]
    if (partition === undefined) throw new Error('the result has a topic')
    return partition
  }

  hash(): string {
    return this.#trace.copy().digest('hex').slice(0, 16)
  }

  outcome(): SimOutcome {
    return {
      options: this.#options,
      world: this.#setup,
      ledger: this.#ledger,
      commits: this.#commits,
      epochBefore: this.#epochBefore,
      staged: this.#staged,
    }
  }

  /** A sentence about what went wrong before the results were looked at. */
  async run(): Promise<string | undefined> {
    this.#scheduleArrivals()
    this.#scheduleTrouble()
    this.#start()
    const safetyMs = this.#options.arrivalMs + SAFETY_AFTER_ARRIVAL_MS
    const done = (): boolean => this.#failure !== undefined || this.#life?.job.state === 'finished'
    this.#time.schedule(safetyMs, () => this.#faults.heal())
    this.#time.schedule(safetyMs + CATCH_UP_MS, () => this.#endInput())
    const finished = await this.#time.run(done, START_MS + safetyMs + LIVENESS_MS)
    if (this.#failure !== undefined) return this.#failure
    return finished ? undefined : `the query has not finished ${LIVENESS_MS} ms after the last fault`
  }

  /** Everything must be committed by now: reading without committing is no progress. */
  #endInput(): void {
    const scans = this.#setup.entry.plan.steps.filter((step) => step.kind === 'scan')
    const total = scans.reduce((sum, scan) => sum + this.#records.filter(isOf(scan)).length, 0)
    if (this.#ledger.length < total) {
      this.#failure = `${this.#ledger.length} of ${total} records are committed ${CATCH_UP_MS} ms after the last fault`
    }
    this.#inputEnds = true
    this.#wakeReaders()
  }

  /** Partitions have speeds of their own: one may be done before another begins. */
  #scheduleArrivals(): void {
    const { arrivalMs } = this.#options
    const byPartition = Map.groupBy(this.#records, ({ topic, partition }) => `${topic}/${partition}`)
    for (const records of byPartition.values()) {
      const fromMs = this.#random.fraction() * arrivalMs * 0.5
      const toMs = fromMs + this.#random.fraction() * (arrivalMs - fromMs)
      records.forEach((record, i) => {
        this.#time.schedule(fromMs + ((i + 1) / records.length) * (toMs - fromMs), () => this.#arrive(record))
      })
    }
  }

  #arrive({ topic, partition, text }: SimRecord): void {
    const value = new TextEncoder().encode(text)
    this.#disk.topics.get(topic)?.partitions[partition]?.records.push({ key: null, value, timestamp: this.#time.nowMs })
    this.#life?.storage.log.signal(topic)
  }

  /** With or without a reason. */
  #wakeReaders(): void {
    for (const topic of new Set(this.#records.map((record) => record.topic))) this.#life?.storage.log.signal(topic)
  }

  #scheduleTrouble(): void {
    this.#time.schedule(this.#random.integer(20, 600), () => {
      if (this.#faults.happens('crash')) this.#life?.process.crash()
      if (this.#faults.happens('wakeUp')) this.#wakeReaders()
      if (this.#faults.happens('clockJump')) {
        this.#skew.ms += this.#random.pick([-3_600_000, 3_600_000, -50, 50])
        this.#note(`clock ${this.#skew.ms}`)
      }
      if (this.#faults.happens('diskFull')) {
        this.#faults.diskFull = true
        this.#time.schedule(this.#random.integer(100, 10_000), () => {
          this.#faults.diskFull = false
        })
      }
      this.#scheduleTrouble()
    })
  }

  /** A process from nothing but the disk. */
  #start(): void {
    const process = new SimProcess({
      time: this.#time,
      faults: this.#faults,
      random: this.#random.fork('process'),
      onCrash: () => this.#crashed(),
      onApplied: (checkpoint, staged) => this.#applied(checkpoint, staged),
    })
    const storage = new SimStorage(this.#disk, process)
    const clock = new SimClock(this.#time, this.#skew, process)
    const catalog = new StoredCatalog(storage.catalog)
    const { plan: stored } = this.#setup.entry
    const plan = this.#mutant?.plan?.(stored) ?? stored
    const spec = wholeTask(QUERY, plan, catalog)
    const job = new TaskLoop(
      spec,
      {
        log: storage.log,
        state: this.#backend(storage),
        formats: formatRegistry(),
        clock,
        memoryEntriesMax: this.#options.memoryEntriesMax,
        hasFinished: () => false,
        openReader: (scan) => this.#openReader(scan, storage),
      },
      { onFailure: (error, willRetry) => this.#failed(process, error, willRetry), onEnd: () => {} },
    )
    this.#life = { process, storage, job }
    this.#note('start')
    job.start().catch(() => {})
  }

  #backend({ state }: SimStorage): StateBackend {
    const mutate = this.#mutant?.storage
    if (mutate === undefined) return state
    return {
      openTask: async (taskId) => mutate(await state.openTask(taskId), { disk: this.#disk, taskId }),
      snapshot: (taskId) => state.snapshot(taskId),
      dropTask: (taskId) => state.dropTask(taskId),
    }
  }

  /** Ends when all records have arrived and were read, and notes what was given out. */
  async #openReader(scan: ScanStep, storage: SimStorage): Promise<SourceReader> {
    // What a task before has read and not committed is read again.
    this.#reads = []
    const log = await storage.log.openReader(topicOf(scan))
    const inner = this.#mutant?.reader?.(log, { disk: this.#disk, taskId: QUERY }) ?? log
    return forwardReader(inner, async (partition, offset, recordsMax, nowMs) => {
      const chunk = await inner.read(partition, offset, recordsMax, nowMs)
      if (chunk !== undefined) {
        this.#reads.push({ scan, partition, from: offset, to: chunk.nextOffset })
        this.#note(`read ${scan.id} ${partition} ${offset} ${chunk.nextOffset}`)
        return chunk
      }
      return this.#inputEnds && inner.lag(partition, offset) === 0 ? chunkOf(partition, [], offset, true) : undefined
    })
  }

  #applied(checkpoint: Checkpoint, staged: Staged): void {
    for (const { scan, partition, from, to } of this.#reads) {
      const records = this.#records.filter(isOf(scan)).filter((record) => record.partition === partition)
      this.#ledger.push(...records.slice(from, to).map((record) => ({ scan: scan.id, record })))
    }
    this.#reads = []
    this.#commits.push(checkpoint)
    this.#staged.entriesMax = Math.max(this.#staged.entriesMax, staged.entriesMax)
    this.#staged.recordsMax = Math.max(this.#staged.recordsMax, staged.recordsMax)
    this.#note(`commit ${JSON.stringify(checkpoint)} ${endOffset(this.resultPartition)}`)
  }

  #crashed(): void {
    this.crashes++
    this.#note('crash')
    this.#time.schedule(this.#random.integer(0, 3_000), () => this.#start())
  }

  #failed(process: SimProcess, error: unknown, willRetry: boolean): void {
    if (!process.alive) return
    this.failures++
    this.#note(`failure ${String(error)}`)
    const passing = error instanceof AppError && error.domain === 'external'
    if (!passing || !willRetry) this.#failure = `the query failed: ${sentenceOf(error)}`
  }

  #note(line: string): void {
    this.#trace.update(`${this.#time.nowMs} ${line}\n`)
  }
}

function topicOf({ connector, relation }: ScanStep): string {
  return connector.options['topic'] ?? relation
}

export function isOf(scan: ScanStep): (record: SimRecord) => boolean {
  const topic = topicOf(scan)
  return (record) => record.topic === topic
}
