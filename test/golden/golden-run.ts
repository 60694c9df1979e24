import type { Storage } from '../../src/adapters/storage.ts'
import { assert } from '../../src/core/assert.ts'
import { END_OF_TIME, NO_WATERMARK } from '../../src/core/time.ts'
import type { Checkpoint, TaskStorage } from '../../src/engine/ports/state.ts'
import type { Source } from '../../src/engine/source.ts'
import type { Task } from '../../src/engine/task.ts'
import { chunkOf } from '../harness/chunk.ts'
import { QUERY, QueryWorld } from '../harness/query-world.ts'
import type { Random } from '../harness/random.ts'
import { renderChange } from '../harness/render.ts'
import type { SettableClock } from '../harness/settable-clock.ts'
import type { GoldenCase, GoldenEvent, Section } from './golden-case.ts'
import { asText, countersText, countRows, foldedLines, isExact, newCounters, sideLines } from './golden-result.ts'

/**
 * Runs a golden case: events in their order, records in batches, with checkpoints and kills where the plan of the run
 * says. A kill throws the task away and builds it anew from what was committed; the events since then come again, at
 * the times that they had: the clock is an input like any other.
 */
export interface RunPlan {
  readonly batchRows: number
  /** A checkpoint after this many events; undefined: only where the case has one, and at the end. */
  readonly checkpointEvery: number | undefined
  /** Decides, after each event, about a checkpoint and a kill. */
  readonly kills: Random | undefined
}

export interface RunResult extends Record<Section, string> {
  /** The rows that are there at the end, by key: what a run with other batches must agree on. */
  readonly folded: readonly string[]
  /** False when the rows in between depend on the batches: EMIT CHANGES and all that goes with it. */
  readonly exact: boolean
}

interface Mark {
  readonly offset: number
  readonly watermark: number | null
}

export async function runGolden(
  golden: GoldenCase,
  plan: RunPlan,
  storage: Storage,
  clock: SettableClock,
): Promise<RunResult> {
  const world = await QueryWorld.open(golden.setup, golden.query, { storage, clock })
  const run = new GoldenRun(golden, plan, world)
  await appendInput(world, golden)
  await run.play()
  return run.result()
}

/** All records, before any of them is read. */
export async function appendInput({ storage }: QueryWorld, { events }: GoldenCase): Promise<void> {
  const encoder = new TextEncoder()
  for (const event of events) {
    if (event.kind !== 'record') continue
    await storage.log.append(event.stream, event.partition, [
      { key: null, value: encoder.encode(event.text), timestamp: 0 },
    ])
  }
}

/** How often one run is killed at most, so that it comes to an end. */
const KILLS_MAX = 5

class GoldenRun {
  readonly #golden: GoldenCase
  readonly #plan: RunPlan
  readonly #world: QueryWorld
  readonly #marks = new Map<number, Mark>()
  #storage: TaskStorage | undefined
  #task: Task | undefined
  /** Next event. */
  #at = 0
  #nowMs = 0
  #committed = { at: 0, nowMs: 0 }
  #kills = 0
  readonly #counters = newCounters()

  constructor(golden: GoldenCase, plan: RunPlan, world: QueryWorld) {
    this.#golden = golden
    this.#plan = plan
    this.#world = world
  }

  async play(): Promise<void> {
    const { events } = this.#golden
    await this.#open()
    let sinceCheckpoint = 0
    while (this.#at < events.length && !this.#current.finished) {
      const event = events[this.#at] as GoldenEvent
      const before = this.#at
      if (event.kind === 'record') await this.#read()
      else if (event.kind === 'advance') this.#advance(event.durationMs)
      else await this.#mark()
      sinceCheckpoint += this.#at - before
      const { checkpointEvery, kills } = this.#plan
      if (checkpointEvery !== undefined && sinceCheckpoint >= checkpointEvery) {
        await this.#commit()
        sinceCheckpoint = 0
      }
      if (kills?.chance(0.3)) await this.#commit()
      if (kills?.chance(0.3) && this.#kills < KILLS_MAX) await this.#kill()
    }
    if (!this.#golden.open) this.#endInput()
    await this.#commit()
    countRows(this.#current, this.#counters)
    await this.#close()
  }

  get #current(): Task {
    assert(this.#task !== undefined, 'the task is open')
    return this.#task
  }

  async #open(): Promise<void> {
    this.#storage = await this.#world.storage.state.openTask(QUERY)
    this.#task = await this.#world.openTask(this.#storage)
  }

  async #close(): Promise<void> {
    await this.#task?.close()
    await this.#storage?.close()
  }

  /** Nothing is said to the old task: it is simply no longer there. */
  async #kill(): Promise<void> {
    this.#kills++
    await this.#close()
    this.#at = this.#committed.at
    this.#nowMs = this.#committed.nowMs
    this.#world.clock.setTo(this.#nowMs)
    await this.#open()
  }

  /** Consecutive records of one partition, as many as a batch may have, to every scan of their stream. */
  async #read(): Promise<void> {
    const { events } = this.#golden
    const first = events[this.#at] as Extract<GoldenEvent, { kind: 'record' }>
    let count = 0
    for (; count < this.#batchRows(); count++) {
      const event = events[this.#at + count]
      if (event?.kind !== 'record' || event.stream !== first.stream || event.partition !== first.partition) break
    }
    for (const source of this.#sourcesOf(first.stream)) {
      const chunk = await source.reader.read(first.partition, source.position(first.partition), count, this.#nowMs)
      assert(chunk?.count === count, 'the log gives as many records as were asked for')
      this.#current.accept(source, chunk, this.#nowMs)
    }
    this.#current.tick(this.#nowMs)
    this.#at += count
  }

  #batchRows(): number {
    return Math.min(this.#plan.batchRows, this.#plan.checkpointEvery ?? this.#plan.batchRows)
  }

  #sourcesOf(stream: string): readonly Source[] {
    return this.#current.sources.filter(
      (source) => (source.step.connector.options['topic'] ?? source.step.relation) === stream,
    )
  }

  #advance(durationMs: number): void {
    this.#nowMs += durationMs
    this.#world.clock.setTo(this.#nowMs)
    this.#current.tick(this.#nowMs)
    this.#at++
  }

  async #mark(): Promise<void> {
    this.#at++
    const checkpoint = await this.#commit()
    this.#marks.set(this.#at, { offset: await this.#world.resultEnd(), watermark: checkpoint.watermark })
  }

  async #commit(): Promise<Checkpoint> {
    const previous = this.#storage?.checkpoint
    const checkpoint = this.#current.barrier(this.#nowMs)
    assert(checkpoint.epoch === (previous?.epoch ?? 0) + 1, 'epochs are consecutive')
    // JSON has no infinity: after the end of the input the watermark is null again.
    const watermark = this.#current.finished ? END_OF_TIME : (checkpoint.watermark ?? NO_WATERMARK)
    assert(watermark >= (previous?.watermark ?? NO_WATERMARK), 'a watermark never falls')
    await this.#storage?.commit(checkpoint)
    this.#current.committed()
    this.#committed = { at: this.#at, nowMs: this.#nowMs }
    return checkpoint
  }

  #endInput(): void {
    for (const source of this.#current.sources) {
      for (const partition of source.openPartitions) {
        this.#current.accept(source, chunkOf(partition, [], source.position(partition), true), this.#nowMs)
      }
    }
  }

  async result(): Promise<RunResult> {
    const rows = await this.#world.resultRows()
    const { schema } = this.#world.result
    const marks = [...this.#marks.values()]
    const lines: string[] = []
    for (const row of rows) {
      while (marks[0] !== undefined && marks[0].offset <= row.offset) lines.push(markText(marks.shift() as Mark))
      lines.push(renderChange(row.kind, row.row, schema))
    }
    lines.push(...marks.map(markText))
    return {
      output: asText(lines),
      late: asText(await sideLines(this.#world, 'late-stream')),
      'dead letter': asText(await sideLines(this.#world, 'dead-letter-stream')),
      counters: countersText(this.#counters, this.#golden),
      folded: foldedLines(rows, schema),
      exact: isExact(this.#world),
    }
  }
}

function markText({ watermark }: Mark): string {
  return watermark === null ? '@commit' : `@commit watermark ${watermark}`
}
