import { describe, expect, test } from 'vitest'
import { Batch } from '../core/batch.ts'
import type { Schema } from '../core/schema.ts'
import { END_OF_TIME, NO_WATERMARK } from '../core/time.ts'
import { BIGINT, STRING, TIMESTAMP } from '../core/type.ts'
import type { PhysicalPlan, ScanStep, SinkStep, Step } from '../plan/physical/nodes.ts'
import { buildPipeline } from './build-pipeline.ts'
import { CheckedOperator } from './checks/checked-operator.ts'
import type { Operator, Output } from './operator.ts'
import type { Pipeline } from './pipeline.ts'
import { testContext } from './testing/context.ts'
import { changeLinesOf, schemaOf } from './testing/drive.ts'
import { allowed, ROWS, windowAggregate } from './testing/steps.ts'
import { TestStores } from './testing/stores.ts'

function scan(id: string): ScanStep {
  return {
    kind: 'scan',
    id,
    version: 1,
    inputs: [],
    schema: ROWS,
    relation: id,
    connector: { kind: 'embedded', options: {} },
    format: { envelope: 'plain', encoding: 'json', options: {} },
    fields: [],
    computed: [],
    watermark: undefined,
    onError: 'dead-letter',
    deadLetter: undefined,
    startup: { kind: 'earliest' },
  }
}

function sink(inputs: readonly string[], schema: Schema, id = 'sink'): SinkStep {
  return {
    kind: 'sink',
    id,
    version: 1,
    inputs,
    schema,
    connector: { kind: 'result', options: {} },
    format: { envelope: 'plain', encoding: 'rows', options: {} },
  }
}

const options = { guarantee: 'exactly-once', checkpointIntervalMs: 1000, stateTtlMs: undefined } as const

function plan(steps: readonly Step[]): PhysicalPlan {
  return { version: 1, steps, schema: ROWS, options }
}

/** What sinks hear, in order. */
class Run {
  readonly events: string[] = []
  readonly pipeline: Pipeline

  constructor(steps: readonly Step[], stores = new TestStores()) {
    this.pipeline = buildPipeline(plan(steps), {
      context: (step, metrics) => testContext({ operatorId: step.id, stores, metrics }),
      sink: (step) => this.#sink(step),
      wrap: (operator, step, inputs) => new CheckedOperator(operator, step, inputs),
    })
  }

  push(scanId: string, ...rows: readonly (readonly [string, number, number])[]): void {
    this.pipeline.onBatch(
      scanId,
      Batch.ofRows(
        rows,
        rows.map(([, , time]) => time),
      ),
    )
  }

  #sink(step: SinkStep): Operator {
    return {
      open: () => {},
      onBatch: (_port: number, batch: Batch) => {
        this.events.push(...changeLinesOf(batch).map((line) => `${step.id}: ${line}`))
      },
      onWatermark: (watermark: number) => void this.events.push(`${step.id}: watermark ${watermark}`),
      onBarrier: (epoch: number, _out: Output) => void this.events.push(`${step.id}: barrier ${epoch}`),
    }
  }
}

const union: Step = { kind: 'union', id: 'union', version: 1, inputs: ['x', 'y'], schema: ROWS }
const aggregate = windowAggregate({ id: 'aggregate', inputs: ['x'] })

test('rows and watermarks go through to the sink, counted on the way', () => {
  const run = new Run([scan('x'), aggregate, sink(['aggregate'], aggregate.schema)])
  expect(run.pipeline.scanIds).toEqual(['x'])
  run.push('x', ['a', 1, 0], ['a', 2, 5])
  run.pipeline.onWatermark('x', 9)
  run.pipeline.onWatermark('x', 12)
  expect(run.events).toEqual(['sink: watermark 9', 'sink: +I a 0 10 2 3 @9', 'sink: watermark 12'])
  expect(run.pipeline.watermark).toBe(12)
  const metrics = run.pipeline.metrics()
  expect(metrics.get('x')).toMatchObject({ rowsIn: 2, rowsOut: 2 })
  expect(metrics.get('aggregate')).toMatchObject({ rowsIn: 2, rowsOut: 1 })
  expect(metrics.get('sink')).toMatchObject({ rowsIn: 1, rowsOut: 0 })
})

test('windows cascade: the second gets a row before the watermark that is past it', () => {
  const second = windowAggregate({
    id: 'second',
    inputs: ['aggregate'],
    window: { kind: 'tumble', sizeMs: 20, offsetMs: 0 },
    schema: schemaOf(
      { k: STRING, window_start: TIMESTAMP, window_end: TIMESTAMP, n: BIGINT, total: BIGINT },
      { mode: 'retract' },
    ),
  })
  const first = { ...aggregate, latePolicy: allowed(3), emit: { mode: 'final', everyMs: undefined } as const }
  const run = new Run([scan('x'), first, second, sink(['second'], second.schema)])
  run.push('x', ['a', 1, 0], ['a', 2, 15])
  run.pipeline.onWatermark('x', 22)
  // The first window's lateness holds the watermark of its output back.
  expect(run.events).toEqual(['sink: watermark 19'])
  run.pipeline.onWatermark('x', 23)
  // Its SUM is of column 1, window_start: 0 and 10.
  expect(run.events.slice(1)).toEqual(['sink: +I a 0 20 2 10 @19', 'sink: watermark 20'])
})

describe('watermarks of several inputs', () => {
  const steps = [scan('x'), scan('y'), union, sink(['union'], ROWS)]

  test('the minimum counts', () => {
    const run = new Run(steps)
    run.pipeline.onWatermark('x', 10)
    expect(run.events).toEqual([])
    run.pipeline.onWatermark('y', 5)
    run.pipeline.onWatermark('y', 20)
    expect(run.events).toEqual(['sink: watermark 5', 'sink: watermark 10'])
  })

  test('an idle input holds nothing back, and counts again when it wakes; time never goes back', () => {
    const run = new Run(steps)
    run.pipeline.onWatermark('x', 10)
    run.pipeline.onIdle('y', true)
    expect(run.events).toEqual(['sink: watermark 10'])
    run.pipeline.onIdle('y', false)
    run.pipeline.onWatermark('y', 4)
    run.pipeline.onWatermark('x', 30)
    expect(run.events).toEqual(['sink: watermark 10'])
    run.pipeline.onWatermark('y', 11)
    expect(run.events).toEqual(['sink: watermark 10', 'sink: watermark 11'])
  })

  test('an input that has ended leaves the others', () => {
    const run = new Run(steps)
    run.pipeline.onWatermark('x', END_OF_TIME)
    expect(run.pipeline.finished).toBe(false)
    run.pipeline.onWatermark('y', 7)
    expect(run.pipeline.watermark).toBe(7)
    run.pipeline.onWatermark('y', END_OF_TIME)
    expect(run.pipeline.finished).toBe(true)
  })
})

test('a step that feeds two others is one operator', () => {
  const run = new Run([scan('x'), aggregate, sink(['aggregate'], aggregate.schema, 'one'), sink(['x'], ROWS, 'two')])
  run.push('x', ['a', 1, 0])
  run.pipeline.onWatermark('x', END_OF_TIME)
  expect(run.events).toEqual([
    'two: +I a 1 0 @0',
    'one: +I a 0 10 1 1 @9',
    'one: watermark Infinity',
    'two: watermark Infinity',
  ])
})

test('a union of a stream with itself has its rows twice', () => {
  const run = new Run([scan('x'), { ...union, inputs: ['x', 'x'] }, sink(['union'], ROWS)])
  run.push('x', ['a', 1, 0])
  run.pipeline.onWatermark('x', 5)
  expect(run.events).toEqual(['sink: +I a 1 0 @0', 'sink: +I a 1 0 @0', 'sink: watermark 5'])
})

test('at a barrier what is held back reaches the sink before the barrier does', () => {
  const held = { ...aggregate, emit: { mode: 'changes', everyMs: 1000 } as const }
  const run = new Run([scan('x'), held, sink(['aggregate'], held.schema)])
  run.pipeline.onTime(5000)
  run.push('x', ['a', 1, 0])
  run.push('x', ['a', 1, 0])
  expect(run.pipeline.nextTimeMs()).toBe(6000)
  run.pipeline.onBarrier(7)
  expect(run.events).toEqual([
    'sink: +I a 0 10 1 1 @9',
    'sink: -U a 0 10 1 1 @9',
    'sink: +U a 0 10 2 2 @9',
    'sink: barrier 7',
  ])
  expect(() => run.pipeline.onBarrier(9)).toThrow('consecutive')
})

test('windows of processing time move the watermark of what they emit', () => {
  const clock = { ...aggregate, time: 'processing' } as const
  const run = new Run([scan('x'), clock, sink(['aggregate'], clock.schema)])
  run.pipeline.onTime(3)
  run.push('x', ['a', 1, 999])
  expect(run.pipeline.nextTimeMs()).toBe(10)
  run.pipeline.onTime(10)
  expect(run.events).toEqual(['sink: watermark 3', 'sink: +I a 0 10 1 1 @9', 'sink: watermark 10'])
})

test('LIMIT finishes the pipeline', () => {
  const limit: Step = { kind: 'limit', id: 'limit', version: 1, inputs: ['x'], count: 2, schema: ROWS }
  const run = new Run([scan('x'), limit, sink(['limit'], ROWS)])
  run.push('x', ['a', 1, 0])
  expect(run.pipeline.finished).toBe(false)
  run.push('x', ['b', 1, 0], ['c', 1, 0])
  expect(run.pipeline.finished).toBe(true)
  expect(run.events).toEqual(['sink: +I a 1 0 @0', 'sink: +I b 1 0 @0'])
})

describe('after a restart', () => {
  const steps = [scan('x'), aggregate, sink(['aggregate'], aggregate.schema)]

  test('what was late before the stop is late after it, before the source has said a word', () => {
    const stores = new TestStores()
    const before = new Run(steps, stores)
    before.pipeline.onWatermark('x', 12)
    before.pipeline.onBarrier(1)
    stores.commit()
    const after = new Run(steps, stores)
    expect(after.pipeline.watermark).toBe(12)
    after.push('x', ['a', 1, 5])
    after.push('x', ['a', 1, 15])
    expect(after.pipeline.metrics().get('aggregate')?.rowsLate).toBe(1)
    after.pipeline.onWatermark('x', 20)
    expect(after.events).toContain('sink: +I a 10 20 1 1 @19')
  })

  test('a watermark that no barrier followed is forgotten with the rest', () => {
    const stores = new TestStores()
    new Run(steps, stores).pipeline.onWatermark('x', 12)
    stores.crash()
    expect(new Run(steps, stores).pipeline.watermark).toBe(NO_WATERMARK)
  })
})

describe('a plan that is no plan', () => {
  test('inputs come before the steps that read them, ids are given once', () => {
    expect(() => new Run([aggregate, scan('x')])).toThrow('input "x" comes before step "aggregate"')
    expect(() => new Run([scan('x'), scan('x')])).toThrow('once')
    expect(() => new Run([scan('x'), sink(['x'], ROWS)]).pipeline.onWatermark('z', 1)).toThrow('scan "z"')
  })
})
