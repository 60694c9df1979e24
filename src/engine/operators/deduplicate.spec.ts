import { describe, expect, test } from 'vitest'
import { type Action, drive } from '../testing/drive.ts'
import { CHANGES, DROP, deduplicate, ROWS } from '../testing/steps.ts'

function row(k: string, v: number, time: number): Action {
  return { row: [k, v, time], time }
}

function at(watermark: number): Action {
  return { watermark }
}

describe('keep first', () => {
  test('the first row goes on at once, the others are counted', () => {
    const { output, context } = drive(
      deduplicate({}),
      ROWS,
      [row('a', 1, 0), row('b', 2, 1), row('a', 3, 2), row('a', 4, 0)],
      { batchRows: 2 },
    )
    expect(output).toEqual(['+I a 1 0 @0', '+I b 2 1 @1'])
    expect(context.metrics.rowsDuplicate).toBe(2)
  })

  test('a key is forgotten when the watermark has passed the first row by more than WITHIN', () => {
    const step = deduplicate({ withinMs: 10 })
    const rows = [row('a', 1, 0), row('a', 2, 9), at(10), row('a', 3, 10)]
    expect(drive(step, ROWS, rows).output).toEqual(['+I a 1 0 @0'])
    const { output, context } = drive(step, ROWS, [...rows, at(11), row('a', 4, 11)])
    expect(output).toEqual(['+I a 1 0 @0', '+I a 4 11 @11'])
    expect(context.metrics.stateEntries).toBe(1)
  })

  test('forgotten keys leave the state', () => {
    const { context, stores } = drive(deduplicate({ withinMs: 10 }), ROWS, [
      row('a', 1, 0),
      row('b', 1, 1),
      { checkpoint: 'restart' },
      at(100),
      { checkpoint: 'keep' },
    ])
    expect(context.metrics.stateEntries).toBe(0)
    expect(stores.entries).toBe(1)
  })

  test('without ALLOWED LATENESS a row is late only when its key may be forgotten', () => {
    const { output, context } = drive(deduplicate({ withinMs: 10 }), ROWS, [
      at(20),
      row('a', 1, 10),
      row('b', 1, 9), // late: 20 > 9 + 10
    ])
    expect(output).toEqual(['+I a 1 10 @10'])
    expect(context.metrics.rowsLate).toBe(1)
    expect(drive(deduplicate({}), ROWS, [at(20), row('a', 1, 0)]).output).toHaveLength(1)
  })

  test('with it a row is late when it is further behind the watermark', () => {
    const latePolicy = { allowedLatenessMs: 5, into: 'late_rows', columns: [0, 2] }
    const { output, late } = drive(deduplicate({ withinMs: 100, latePolicy }), ROWS, [
      at(20),
      row('a', 1, 15),
      row('b', 1, 14),
    ])
    expect(output).toEqual(['+I a 1 15 @15'])
    expect(late).toEqual(['b 14 6 20 NULL NULL query'])
  })

  test('a state TTL counts from the last row of a key', () => {
    const step = deduplicate({ ttlMs: 10 })
    const rows = [row('a', 1, 0), row('a', 2, 8), at(15), row('a', 3, 15), at(26), row('a', 4, 26)]
    expect(drive(step, ROWS, rows).output).toEqual(['+I a 1 0 @0', '+I a 4 26 @26'])
  })
})

describe('keep earliest', () => {
  const step = deduplicate({ keep: 'earliest' })
  const rows = [row('a', 1, 5), row('a', 2, 6), row('a', 3, 5), row('b', 4, 9), row('a', 5, 2), at(8), row('a', 6, 1)]

  test('an earlier row takes over, however late it comes; at equal times the first to arrive stays', () => {
    const { output, context } = drive(step, ROWS, rows)
    expect(output).toEqual(['+I a 1 5 @5', '+I b 4 9 @9', '-U a 1 5 @2', '+U a 5 2 @2', '-U a 5 2 @1', '+U a 6 1 @1'])
    expect(context.metrics.rowsDuplicate).toBe(2)
    expect(context.metrics.rowsLate).toBe(0)
  })

  test('what it keeps survives a restart', () => {
    expect(drive(step, ROWS, rows, { restartEvery: 1, entriesMax: 0 }).output).toEqual(drive(step, ROWS, rows).output)
  })
})

describe('keep last', () => {
  const step = deduplicate({ keep: 'last' })
  const rows = [row('a', 1, 5), row('a', 2, 4), row('a', 3, 5), row('a', 4, 9)]

  test('the latest row by event time takes over, at equal times the last to arrive', () => {
    const { output, context } = drive(step, ROWS, rows)
    expect(output).toEqual(['+I a 1 5 @5', '-U a 1 5 @5', '+U a 3 5 @5', '-U a 3 5 @9', '+U a 4 9 @9'])
    expect(context.metrics.rowsDuplicate).toBe(1)
  })

  test('a sink by key needs the new rows only', () => {
    const upsert = deduplicate({ keep: 'last', schema: { ...CHANGES, mode: 'upsert' } })
    expect(drive(upsert, ROWS, rows).output).toEqual(['+I a 1 5 @5', '+U a 3 5 @5', '+U a 4 9 @9'])
  })

  test('what it keeps survives a restart', () => {
    expect(drive(step, ROWS, rows, { restartEvery: 1, entriesMax: 0 }).output).toEqual(drive(step, ROWS, rows).output)
  })
})

test('a deduplication of a changelog is a defect of the plan', () => {
  expect(() => drive(deduplicate({ latePolicy: DROP }), CHANGES, [])).toThrow('inserts only')
})
