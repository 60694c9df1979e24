import { assert, must } from '../../src/core/assert.ts'
import { END_OF_TIME, NO_WATERMARK } from '../../src/core/time.ts'
import type { TaskStorage } from '../../src/engine/ports/state.ts'
import type { Source } from '../../src/engine/source.ts'
import type { Task } from '../../src/engine/task.ts'
import type { QueryEntry } from '../../src/plan/catalog.ts'
import { withLocalAggregation } from '../../src/plan/physical/local-aggregation.ts'
import type { PhysicalPlan } from '../../src/plan/physical/nodes.ts'
import { layOut, layoutTopics, resultPartitions, type TaskSpec, tasksOf } from '../../src/runtime/task-spec.ts'
import { chunkOf } from './chunk.ts'
import { type LoggedRow, type QueryWorld, readRows } from './query-world.ts'
import type { Random } from './random.ts'

/**
 * A query as it runs over a partitioned log: a task for each stage and partition, rows and watermarks exchanged through
 * topics, each task committing and dying by itself. All parts are the real ones; only the log is in memory.
 *
 * `arrival`: each run of records of one partition goes through all stages before the next one. Then what is late is
 * what is late in one task, whatever the number of partitions. `random`: who does what next is chosen at random. Then
 * the same holds only where the rows of each exchange have one writer, or nothing is late.
 */
export type StagedOrder = 'arrival' | 'random'

export type StagedEvent =
  | { readonly kind: 'record'; readonly stream: string; readonly partition: number }
  | { readonly kind: 'advance'; readonly durationMs: number }
  | { readonly kind: 'commit' }

export interface StagedOptions {
  readonly order: StagedOrder
  readonly random: Random
  /** Tasks are thrown away and built anew from what they have committed. */
  readonly kills: boolean
  /** The input does not end. */
  readonly open: boolean
  readonly localAggregation: boolean
}

export interface StagedResult {
  /** Those of one partition of the result log after those of the other. */
  readonly rows: readonly LoggedRow[]
  /** Of the tasks as they were last; those before a kill have counted for themselves. */
  readonly tasks: readonly Task[]
  readonly kills: number
}

const RESULT_TOPIC = 'staged.results'
/** More than the sources mostly have, so that one task has several readers. */
const EXCHANGE_PARTITIONS = 3
const KILLS_MAX = 6

export async function runStaged(
  world: QueryWorld,
  events: readonly StagedEvent[],
  options: StagedOptions,
): Promise<StagedResult> {
  const entry = await layOutInMemory(world, options.localAggregation)
  const { log } = world.storage
  for (const topic of layoutTopics(entry.plan, must(entry.layout, 'the query is laid out')))
    await log.createTopic(topic)
  const partitions = resultPartitions(entry.plan, entry.layout)
  await log.createTopic({ name: RESULT_TOPIC, partitions, retentionMs: undefined, retentionBytes: undefined })
  const tasks = tasksOf(entry, world.runtime.catalog).map((spec) => new StagedTask(world, spec, events))
  for (const task of tasks) await task.open()
  const run = new StagedRun(world, tasks, events, options)
  await (options.order === 'arrival' ? run.inOrderOfArrival() : run.atRandom())
  const rows: LoggedRow[] = []
  for (let partition = 0; partition < partitions; partition++) {
    rows.push(...(await readRows(world.storage, RESULT_TOPIC, entry.plan.schema, partition)).rows)
  }
  for (const task of tasks) await task.close()
  return { rows, tasks: tasks.map(({ task }) => task), kills: run.kills }
}

/** True where a random order gives what the order of arrival gives: the readers of each exchange hear of one writer. */
export async function hasOneOrder(world: QueryWorld): Promise<boolean> {
  const tasks = tasksOf(await layOutInMemory(world, true), world.runtime.catalog)
  return tasks.every(({ plan }) => {
    const scans = plan.steps.filter((step) => step.kind === 'scan')
    const exchanged = scans.filter(({ connector }) => connector.kind === 'exchange')
    return exchanged.length === 0 || (scans.length === 1 && exchanged[0]?.connector.options['channels'] === '1')
  })
}

async function layOutInMemory({ entry, storage }: QueryWorld, local: boolean): Promise<QueryEntry> {
  const partitions = new Map<string, number>()
  for (const step of entry.plan.steps) {
    if (step.kind !== 'scan') continue
    partitions.set(
      step.id,
      (await storage.log.topic(step.connector.options['topic'] ?? step.relation))?.partitions ?? 1,
    )
  }
  const plan = withResultTopic(local ? withLocalAggregation(entry.plan) : entry.plan)
  const layout = { ...layOut(entry, 'staged', partitions), exchangePartitions: EXCHANGE_PARTITIONS }
  return { ...entry, plan, layout }
}

function withResultTopic(plan: PhysicalPlan): PhysicalPlan {
  const steps = plan.steps.map((step) =>
    step.kind === 'sink' ? { ...step, connector: { ...step.connector, options: { topic: RESULT_TOPIC } } } : step,
  )
  return { ...plan, steps }
}

/** One task with its own place in the input, which goes back to that of its last commit when it is killed. */
class StagedTask {
  readonly spec: TaskSpec
  readonly #world: QueryWorld
  /** The records that it reads from streams, in the order of their arrival. */
  readonly #records: readonly Extract<StagedEvent, { kind: 'record' }>[]
  #storage: TaskStorage | undefined
  #task: Task | undefined
  #at = 0
  #committedAt = 0
  #watermark = NO_WATERMARK

  constructor(world: QueryWorld, spec: TaskSpec, events: readonly StagedEvent[]) {
    this.spec = spec
    this.#world = world
    const reads = new Map<string, readonly number[]>()
    for (const step of spec.plan.steps) {
      if (step.kind !== 'scan' || step.connector.kind === 'exchange') continue
      reads.set(step.connector.options['topic'] ?? step.relation, spec.partitions[step.id] ?? ALL_PARTITIONS)
    }
    this.#records = events.filter(
      (event): event is Extract<StagedEvent, { kind: 'record' }> =>
        event.kind === 'record' && reads.get(event.stream)?.includes(event.partition) === true,
    )
  }

  get task(): Task {
    return must(this.#task, 'the task is open')
  }

  /** Records of streams that it has not read. */
  get records(): number {
    return this.#records.length - this.#at
  }

  reads(record: StagedEvent): boolean {
    return this.#records.includes(record as Extract<StagedEvent, { kind: 'record' }>)
  }

  async open(): Promise<void> {
    this.#storage = await this.#world.storage.state.openTask(this.spec.id)
    this.#task = await this.#world.openStage(this.spec, this.#storage)
    this.#at = this.#committedAt
  }

  async close(): Promise<void> {
    await this.#task?.close()
    await this.#storage?.close()
  }

  async kill(): Promise<void> {
    await this.close()
    await this.open()
  }

  /** The next records of a stream, up to `countMax` of one partition; returns how many. */
  async feed(countMax: number, nowMs: number): Promise<number> {
    const first = this.#records[this.#at]
    if (first === undefined) return 0
    let count = 1
    while (count < countMax && sameRun(first, this.#records[this.#at + count])) count++
    for (const source of this.task.sources.filter((one) => streamOf(one) === first.stream)) {
      const chunk = await source.reader.read(first.partition, source.position(first.partition), count, nowMs)
      assert(chunk?.count === count, 'the log gives as many records as were asked for')
      this.task.accept(source, chunk, nowMs)
    }
    this.task.tick(nowMs)
    this.#at += count
    return count
  }

  /** Some of what waits in its exchanges; returns how many records. */
  async read(countMax: number, nowMs: number): Promise<number> {
    let read = 0
    if (this.task.finished) return 0
    for (const source of this.task.sources.filter(isExchanged)) {
      for (const partition of source.openPartitions) {
        const chunk = await source.reader.read(partition, source.position(partition), countMax, nowMs)
        if (chunk === undefined) continue
        this.task.accept(source, chunk, nowMs)
        read += chunk.count
      }
    }
    this.task.tick(nowMs)
    return read
  }

  /** Streams end when all of their records have been read. */
  end(nowMs: number): void {
    if (this.records > 0) return
    for (const source of this.task.sources) {
      if (isExchanged(source)) continue
      for (const partition of source.openPartitions) {
        this.task.accept(source, chunkOf(partition, [], source.position(partition), true), nowMs)
      }
    }
  }

  async commit(nowMs: number): Promise<boolean> {
    if (!this.task.dirty) return false
    const storage = must(this.#storage, 'the task is open')
    const checkpoint = this.task.barrier(nowMs)
    const watermark = this.task.finished ? END_OF_TIME : (checkpoint.watermark ?? NO_WATERMARK)
    assert(watermark >= this.#watermark || this.#watermark === END_OF_TIME, 'a watermark never falls')
    this.#watermark = watermark
    await storage.commit(checkpoint)
    this.task.committed()
    this.#committedAt = this.#at
    return true
  }
}

class StagedRun {
  kills = 0
  readonly #world: QueryWorld
  readonly #tasks: readonly StagedTask[]
  readonly #events: readonly StagedEvent[]
  readonly #options: StagedOptions
  #nowMs = 0

  constructor(world: QueryWorld, tasks: readonly StagedTask[], events: readonly StagedEvent[], options: StagedOptions) {
    this.#world = world
    this.#tasks = tasks
    this.#events = events
    this.#options = options
  }

  async inOrderOfArrival(): Promise<void> {
    const { random } = this.#options
    for (let at = 0; at < this.#events.length; ) {
      const event = this.#events[at] as StagedEvent
      if (event.kind !== 'record') {
        if (event.kind === 'advance') await this.#advance(event.durationMs)
        at++
        continue
      }
      let count = 1
      const countMax = random.integer(1, 5)
      while (count < countMax && sameRun(event, this.#events[at + count])) count++
      for (const task of this.#tasks) {
        if (!task.reads(event)) continue
        assert((await task.feed(count, this.#nowMs)) === count, 'a task reads the records in their order')
      }
      at += count
      await this.#settle()
      await this.#maybeKill(this.#tasks)
    }
    await this.#finish()
  }

  /** Until a while after all has been read, so that kills find tasks in any state. */
  async atRandom(): Promise<void> {
    const { random } = this.#options
    assert(!this.#events.some(({ kind }) => kind === 'advance'), 'time stands still')
    for (let steps = 40 + this.#events.length * 4; steps > 0; steps--) {
      const task = random.pick(this.#tasks)
      const countMax = random.pick([1, 2, 3, 7, 1000])
      if (random.chance(0.25)) await task.commit(0)
      else if (random.chance(0.5)) await task.feed(countMax, 0)
      else await task.read(countMax, 0)
      if (random.chance(0.1) && !this.#options.open) task.end(0)
      if (random.chance(0.2)) await this.#maybeKill([task])
    }
    for (const task of this.#tasks) while ((await task.feed(1000, 0)) > 0);
    await this.#finish()
  }

  async #finish(): Promise<void> {
    if (!this.#options.open) for (const task of this.#tasks) task.end(this.#nowMs)
    await this.#settle()
    if (this.#options.open) return
    for (const { task, spec } of this.#tasks) {
      assert(task.finished && !task.dirty, `task ${spec.id} has come to its end`)
    }
  }

  /** Until nothing is left to read or to commit. */
  async #settle(): Promise<void> {
    for (let moved = true; moved; ) {
      moved = false
      for (const task of this.#tasks) {
        while ((await task.read(this.#options.random.pick([1, 2, 1000]), this.#nowMs)) > 0) moved = true
        if (await task.commit(this.#nowMs)) moved = true
      }
    }
  }

  async #advance(durationMs: number): Promise<void> {
    this.#nowMs += durationMs
    this.#world.clock.setTo(this.#nowMs)
    for (const { task } of this.#tasks) task.tick(this.#nowMs)
    await this.#settle()
  }

  async #maybeKill(tasks: readonly StagedTask[]): Promise<void> {
    if (!this.#options.kills || this.kills >= KILLS_MAX || !this.#options.random.chance(0.2)) return
    this.kills++
    await this.#options.random.pick(tasks).kill()
  }
}

const ALL_PARTITIONS: readonly number[] = Array.from({ length: 64 }, (_, partition) => partition)

function isExchanged(source: Source): boolean {
  return source.step.connector.kind === 'exchange'
}

function streamOf({ step }: Source): string {
  return step.connector.options['topic'] ?? step.relation
}

function sameRun(first: StagedEvent, other: StagedEvent | undefined): boolean {
  return (
    first.kind === 'record' &&
    other?.kind === 'record' &&
    other.stream === first.stream &&
    other.partition === first.partition
  )
}
