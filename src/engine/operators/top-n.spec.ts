import { describe, expect, test } from 'vitest'
import { DELETE, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { CHANGES, ROWS, topN } from '../testing/steps.ts'
import { newPartition, PARTITION_ROWS_MAX, Ranking } from './ranked-rows.ts'

function row(k: string, v: number | null, time = 0): Action {
  return { row: [k, v, time], time }
}

function minus(k: string, v: number, kind: typeof DELETE | typeof UPDATE_BEFORE = DELETE): Action {
  return { row: [k, v, 0], time: 0, kind }
}

describe('with the rank', () => {
  test('a better row moves the others down', () => {
    const { output } = drive(topN({}), ROWS, [row('a', 5), row('a', 3), row('b', 1), row('a', 4), row('a', 2)])
    expect(output).toEqual(['+I a 5 0 1 @0', '+I a 3 0 2 @0', '+I b 1 0 1 @0', '-U a 3 0 2 @0', '+U a 4 0 2 @0'])
  })

  test('equal rows keep the order in which they came', () => {
    const { output } = drive(topN({}), ROWS, [row('a', 5, 1), row('a', 5, 2), row('a', 5, 3)])
    expect(output).toEqual(['+I a 5 1 1 @1', '+I a 5 2 2 @2'])
  })

  test('NULLs are where the order says', () => {
    const first = topN({ orderBy: [{ column: 1, descending: true, nullsFirst: true }], limit: 1 })
    expect(drive(first, ROWS, [row('a', 5), row('a', null)]).output.at(-1)).toBe('+U a NULL 0 1 @0')
    const last = topN({ orderBy: [{ column: 1, descending: false, nullsFirst: false }], limit: 1 })
    expect(drive(last, ROWS, [row('a', null), row('a', 5)]).output.at(-1)).toBe('+U a 5 0 1 @0')
  })

  test('a row that is taken away lets the next one in', () => {
    const { output } = drive(topN({}), CHANGES, [row('a', 5), row('a', 4), row('a', 3), minus('a', 5)])
    expect(output.slice(2)).toEqual(['-U a 5 0 1 @0', '+U a 4 0 1 @0', '-U a 4 0 2 @0', '+U a 3 0 2 @0'])
  })

  test('the last row of a partition is deleted, and its state with it', () => {
    const { output, context } = drive(topN({}), CHANGES, [row('a', 5), minus('a', 5)])
    expect(output).toEqual(['+I a 5 0 1 @0', '-D a 5 0 1 @0'])
    expect(context.metrics.stateEntries).toBe(0)
  })
})

describe('without the rank', () => {
  const step = topN({ withRank: false })

  test('rows leave and come', () => {
    const { output } = drive(step, ROWS, [row('a', 5), row('a', 3), row('a', 4), row('a', 1)])
    expect(output).toEqual(['+I a 5 0 @0', '+I a 3 0 @0', '-D a 3 0 @0', '+I a 4 0 @0'])
  })

  test('a row that changes and stays is an update, by the key of the rows', () => {
    const input = schemaOf({ g: STRING, id: BIGINT, v: BIGINT }, { key: [1], mode: 'retract' })
    const byId = topN({ withRank: false, schema: input, orderBy: [{ column: 2, descending: true, nullsFirst: false }] })
    const { output } = drive(
      byId,
      input,
      [
        { row: ['a', 1, 5], time: 0 },
        { row: ['a', 2, 4], time: 0 },
        { row: ['a', 1, 5], time: 0, kind: UPDATE_BEFORE },
        { row: ['a', 1, 3], time: 0, kind: UPDATE_AFTER },
      ],
      { batchRows: 2 },
    )
    expect(output.slice(2)).toEqual(['-U a 1 5 @0', '+U a 1 3 @0'])
  })
})

test('inserts that can never come forward are not kept; with changes they are', () => {
  const rows = Array.from({ length: 50 }, (_, i) => row('a', i))
  const restarted: Action[] = [...rows, { checkpoint: 'restart' }, minus('a', 49)]
  expect(drive(topN({ limit: 1 }), CHANGES, restarted).output.at(-1)).toBe('+U a 48 0 1 @0')
  const ranking = new Ranking(ROWS, topN({}).orderBy, 2)
  const partition = newPartition()
  for (let v = 0; v < 50; v++) ranking.insert(partition, ['a', v, 0], 0)
  expect(partition.rows.map((ranked) => ranked.row[1])).toEqual([49, 48])
})

test('a partition of a changelog holds a bounded number of rows', () => {
  const ranking = new Ranking(CHANGES, topN({}).orderBy, 2)
  const partition = newPartition()
  partition.rows = Array.from({ length: PARTITION_ROWS_MAX - 1 }, () => ({ row: ['a', 1, 0], time: 0 }))
  ranking.insert(partition, ['a', 2, 0], 0)
  expect(() => ranking.insert(partition, ['a', 3, 0], 0)).toThrow(`${PARTITION_ROWS_MAX} rows`)
})

describe('per window, at its close', () => {
  const input = schemaOf({ k: STRING, v: BIGINT, window_end: TIMESTAMP })
  const step = topN({
    partitionBy: [0, 2],
    windowEndColumn: 2,
    schema: schemaOf({ k: STRING, v: BIGINT, window_end: TIMESTAMP, rank: BIGINT }),
  })
  const of = (k: string, v: number, end: number): Action => ({ row: [k, v, end], time: end - 1 })

  test('windows by end, partitions by key, rows by rank', () => {
    const { output, context } = drive(step, input, [
      of('b', 1, 20),
      of('b', 1, 10),
      of('a', 1, 10),
      of('a', 2, 10),
      of('a', 3, 10),
      { watermark: 9 },
      { watermark: 10 },
      of('a', 9, 10), // late
      { watermark: END_OF_TIME },
    ])
    expect(output).toEqual(['+I a 3 10 1 @9', '+I a 2 10 2 @9', '+I b 1 10 1 @9', '+I b 1 20 1 @19'])
    expect(context.metrics.rowsLate).toBe(1)
    expect(context.metrics.stateEntries).toBe(0)
  })

  test('a row without a window goes to the dead letter', () => {
    const { failures } = drive(step, input, [{ row: ['a', 1, null], time: Number.NaN }])
    expect(failures).toEqual(['the end of the window is NULL: a,1,'])
  })
})
