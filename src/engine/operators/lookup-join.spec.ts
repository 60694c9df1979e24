import { expect, it } from 'vitest'
import { Batch } from '../../core/batch.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import type { LookupJoinStep } from '../../plan/physical/join-steps.ts'
import { CheckedOperator } from '../checks/checked-operator.ts'
import type { Found } from '../ports/lookup.ts'
import { testContext } from '../testing/context.ts'
import { changeLinesOf, schemaOf } from '../testing/drive.ts'
import { TestStores } from '../testing/stores.ts'
import { createOperator } from './create-operator.ts'

const LEFT = schemaOf({ n: BIGINT, id: STRING, ts: TIMESTAMP })
const TABLE = schemaOf({ id: STRING, plan: STRING })
const STEP: LookupJoinStep = {
  kind: 'lookup-join',
  id: 'lookup-join-1',
  version: 1,
  inputs: ['scan-s'],
  schema: { ...LEFT, fields: [...LEFT.fields, ...TABLE.fields] },
  type: 'left',
  leftKeys: [1],
  condition: undefined,
  relation: 'plans',
  connector: { kind: 'redis', options: {} },
  columns: TABLE.fields,
  keys: [0],
}

/** The operator, and what comes out of it: rows, and `~` with a watermark. */
class World {
  readonly lines: string[] = []
  readonly stores = new TestStores()
  context = testContext({ stores: this.stores })
  operator: CheckedOperator
  readonly #step: LookupJoinStep
  #epoch = 0
  #watermark = Number.NEGATIVE_INFINITY

  constructor(step: LookupJoinStep = STEP) {
    this.#step = step
    this.operator = this.#open()
  }

  rows(...rows: Row[]): void {
    this.operator.onBatch(
      0,
      Batch.ofRows(
        rows,
        rows.map((row) => row[2] as number),
      ),
      this,
    )
  }

  watermark(watermark: number): void {
    this.#watermark = watermark
    this.operator.onWatermark(watermark, this)
    this.#tell()
  }

  answer(found: readonly Found[]): void {
    this.operator.found(found)
    for (let more = true; more; ) {
      more = this.operator.release(this)
      this.#tell()
    }
  }

  restart(): void {
    this.operator.onBarrier(++this.#epoch, this)
    this.stores.commit()
    this.context = testContext({ stores: this.stores, restoredWatermark: this.#watermark })
    this.operator = this.#open()
    this.#tell()
  }

  emit(batch: Batch): void {
    this.lines.push(...changeLinesOf(batch))
  }

  #told = Number.NEGATIVE_INFINITY

  #tell(): void {
    const watermark = this.operator.outputWatermark(this.#watermark)
    if (watermark > this.#told) this.lines.push(`~${watermark}`)
    this.#told = Math.max(watermark, this.#told)
  }

  #open(): CheckedOperator {
    const operator = new CheckedOperator(createOperator(this.#step, [LEFT], { nowMs: 0 }), this.#step, [LEFT])
    operator.open(this.context)
    return operator
  }
}

it('asks for each key once, and lets rows and watermarks go in the order in which they came', () => {
  const world = new World()
  world.watermark(1)
  world.rows([1, 'a', 10], [2, null, 11], [3, 'b', 12])
  world.watermark(10)
  world.rows([4, 'a', 13])
  world.watermark(12)
  expect(world.lines).toEqual(['~1'])
  expect(world.operator.wanted()).toEqual([['a'], ['b']])
  world.answer([['a', 'gold'], undefined])
  expect(world.lines).toEqual([
    '~1',
    '+I 1 a 10 a gold @10',
    '+I 2 NULL 11 NULL NULL @11',
    '+I 3 b 12 NULL NULL @12',
    '~10',
    '+I 4 a 13 a gold @13',
    '~12',
  ])
  expect(world.operator.wanted()).toBeUndefined()
})

it('keeps what waits through a restart, with the watermarks in their places', () => {
  const world = new World()
  world.watermark(1)
  world.rows([1, 'a', 10], [2, 'b', 11])
  world.watermark(9)
  world.rows([3, 'a', 12])
  world.watermark(11)
  world.restart()
  expect(world.lines).toEqual(['~1'])
  expect(world.operator.wanted()).toEqual([['a'], ['b']])
  world.answer([
    ['a', 'gold'],
    ['b', 'silver'],
  ])
  expect(world.lines).toEqual([
    '~1',
    '+I 1 a 10 a gold @10',
    '+I 2 b 11 b silver @11',
    '~9',
    '+I 3 a 12 a gold @12',
    '~11',
  ])
  // What has gone does not come again.
  world.restart()
  expect(world.operator.wanted()).toBeUndefined()
  world.rows([4, 'c', 13])
  world.restart()
  expect(world.operator.wanted()).toEqual([['c']])
  expect(world.stores.entries).toBe(2)
})

it('gives an INNER join only rows that were found, and those that could not be read to the dead letter', () => {
  const world = new World({ ...STEP, type: 'inner' })
  world.rows([1, 'a', 10], [2, 'b', 11], [3, 'c', 12], [4, null, 13])
  expect(world.operator.wanted()).toEqual([['a'], ['b'], ['c']])
  world.answer([undefined, { reason: 'it is no row' }, ['c', 'gold']])
  expect(world.lines).toEqual(['+I 3 c 12 c gold @12'])
  expect(world.context.failures).toEqual([{ reason: 'it is no row', row: [2, 'b', 11] }])
})

it('has nothing to ask for where all keys are NULL, and lets the rows go', () => {
  const world = new World()
  world.rows([1, null, 10])
  expect(world.operator.wanted()).toEqual([])
  world.answer([])
  expect(world.lines).toEqual(['+I 1 NULL 10 NULL NULL @10'])
})
