import { describe, expect, test } from 'vitest'
import { BATCH_ROWS_MAX, Batch, type ChangeKind, INSERT, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import type { Schema } from '../../core/schema.ts'
import { BIGINT, DOUBLE, INT, STRING } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import type { Operator } from '../operator.ts'
import { testContext } from '../testing/context.ts'
import { CHANGES, ROWS, windowAggregate } from '../testing/steps.ts'
import { CheckedOperator } from './checked-operator.ts'
import { checkBatch } from './schema.ts'

const out = { emit: () => {} }

function schema(fields: Schema['fields'], mode: Schema['mode'] = 'append'): Schema {
  return { fields, key: [], timeColumn: undefined, mode }
}

function changes(...kinds: readonly ChangeKind[]): Batch {
  return Batch.ofRows(
    kinds.map((): Row => ['a', 1, 0]),
    kinds.map(() => 0),
    kinds,
  )
}

describe('rows fit their schema', () => {
  const fields = [
    { name: 'id', type: BIGINT, nullable: false },
    { name: 'name', type: STRING, nullable: true },
  ]
  const check = (row: Row): void => checkBatch(Batch.ofRows([row], [0]), schema(fields), 'edge')

  test('by type, nullability and width', () => {
    check([1, 'a'])
    check([2n ** 60n, null])
    expect(() => check([null, 'a'])).toThrow('column "id" is BIGINT NOT NULL and holds NULL')
    expect(() => check([1, 2])).toThrow('column "name" is STRING and holds a number')
    expect(() => check([1.5, 'a'])).toThrow('"id"')
    // The number 1 has one form.
    expect(() => check([1n, 'a'])).toThrow('"id"')
    expect(() => check([1])).toThrow('1 columns, its schema 2')
  })

  test('nested values too', () => {
    const nested = schema([{ name: 'x', type: { kind: 'array', element: INT }, nullable: false }])
    checkBatch(Batch.ofRows([[[1, null]]], [0]), nested, 'edge')
    expect(() => checkBatch(Batch.ofRows([[['1']]], [0]), nested, 'edge')).toThrow('ARRAY<INT>')
  })

  test('batches are bounded', () => {
    const doubles = schema([{ name: 'x', type: DOUBLE, nullable: false }])
    const of = (length: number): Batch => new Batch(length, [new Array(length).fill(0)], new Float64Array(length))
    checkBatch(of(BATCH_ROWS_MAX), doubles, 'edge')
    expect(() => checkBatch(of(BATCH_ROWS_MAX + 1), doubles, 'edge')).toThrow(`${BATCH_ROWS_MAX + 1} rows`)
  })
})

describe('updates are whole', () => {
  test('-U is directly followed by +U, in the same batch', () => {
    checkBatch(changes(UPDATE_BEFORE, UPDATE_AFTER), CHANGES, 'edge')
    expect(() => checkBatch(changes(UPDATE_BEFORE), CHANGES, 'edge')).toThrow('-U is not followed')
    expect(() => checkBatch(changes(UPDATE_BEFORE, INSERT, UPDATE_AFTER), CHANGES, 'edge')).toThrow(
      '-U is not followed',
    )
  })

  test('+U alone is an upsert', () => {
    checkBatch(changes(UPDATE_AFTER), { ...CHANGES, mode: 'upsert' }, 'edge')
    expect(() => checkBatch(changes(UPDATE_AFTER), CHANGES, 'edge')).toThrow('+U comes without its -U')
    expect(() => checkBatch(changes(UPDATE_AFTER), ROWS, 'edge')).toThrow('append-only')
  })
})

describe('time and epochs', () => {
  const step = windowAggregate({})
  const operator = (rest: Partial<Operator> = {}): CheckedOperator => {
    const checked = new CheckedOperator({ open: () => {}, onBatch: () => {}, ...rest }, step, [ROWS])
    checked.open(testContext({ restoredWatermark: 5 }))
    return checked
  }

  test('watermarks rise', () => {
    const checked = operator()
    expect(() => checked.onWatermark(5, out)).toThrow('watermark 5 after 5')
    checked.onWatermark(6, out)
    checked.outputWatermark(6)
    expect(() => checked.outputWatermark(5)).toThrow('falls')
  })

  test('no row comes out behind the watermark that went out', () => {
    const rowAt = (time: number): Batch => Batch.ofRows([['a', 0, 10, 1, 1]], [time])
    const checked = operator({ onBatch: (_port, batch, output) => output.emit(rowAt(batch.times[0] as number)) })
    checked.onWatermark(8, out)
    checked.outputWatermark(8)
    checked.onBatch(0, Batch.ofRows([['a', 1, 8]], [8]), out)
    expect(() => checked.onBatch(0, Batch.ofRows([['a', 1, 7]], [7]), out)).toThrow('row at 7 is behind 8')
  })

  test('epochs are consecutive, ports exist, open comes first and once', () => {
    const checked = operator()
    checked.onBarrier(3, out)
    checked.onBarrier(4, out)
    expect(() => checked.onBarrier(6, out)).toThrow('consecutive')
    expect(() => checked.onBatch(1, Batch.ofRows([['a', 1, 8]], [8]), out)).toThrow('port')
    expect(() => checked.open(testContext())).toThrow('opened twice')
  })
})
