import { describe, expect, test } from 'vitest'
import { DELETE } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import { type Action, drive } from '../testing/drive.ts'
import { allowed, CHANGES, ROWS, sessionAggregate } from '../testing/steps.ts'

function row(k: string, v: number, time: number): Action {
  return { row: [k, v, time], time }
}

function at(watermark: number): Action {
  return { watermark }
}

describe('sessions', () => {
  test('a row less than the gap after the last belongs to the session, one exactly the gap after begins another', () => {
    const { output, context } = drive(sessionAggregate({}), ROWS, [
      row('a', 1, 0),
      row('a', 2, 4), // [0,9)
      row('a', 4, 9), // a gap of 5: [9,14)
      at(END_OF_TIME),
    ])
    expect(output).toEqual(['+I a 0 9 2 3 @8', '+I a 9 14 1 4 @13'])
    expect(context.metrics.stateEntries).toBe(0)
  })

  test('a session closes when the watermark reaches its end', () => {
    const rows = [row('a', 1, 0), row('a', 2, 4)]
    expect(drive(sessionAggregate({}), ROWS, [...rows, at(8)]).output).toEqual([])
    expect(drive(sessionAggregate({}), ROWS, [...rows, at(8), at(9)]).output).toEqual(['+I a 0 9 2 3 @8'])
  })

  test('a row between two sessions makes them one', () => {
    const { output } = drive(sessionAggregate({}), ROWS, [row('a', 1, 8), row('a', 2, 0), row('a', 4, 4), at(20)])
    expect(output).toEqual(['+I a 0 13 3 7 @12'])
  })

  test('sessions come out by end, then by key', () => {
    const { output } = drive(sessionAggregate({}), ROWS, [row('b', 1, 3), row('c', 1, 1), row('a', 1, 3), at(20)])
    expect(output).toEqual(['+I c 1 6 1 1 @5', '+I a 3 8 1 1 @7', '+I b 3 8 1 1 @7'])
  })

  test('a row is late when the session that it would make has ended; one that an open session takes is not', () => {
    const late = { allowedLatenessMs: 0, into: 'late_rows', columns: [0, 2] }
    const driven = drive(sessionAggregate({ latePolicy: late }), ROWS, [
      row('a', 1, 10), // [10,15)
      at(14),
      row('a', 2, 7), // [7,12) alone would be late, but it reaches [10,15)
      row('b', 4, 7), // late
      at(20),
    ])
    expect(driven.output).toEqual(['+I a 7 15 2 3 @14'])
    expect(driven.late).toEqual(['b 7 7 14 7 12 query'])
    expect(driven.context.metrics.rowsLate).toBe(1)
  })

  test('times before the epoch and fractions of a millisecond', () => {
    const { output } = drive(sessionAggregate({}), ROWS, [
      { row: ['a', 1, -7.5], time: -7.5 },
      { row: ['a', 1, -3.001], time: -3.001 },
      at(0.5),
      at(1),
    ])
    expect(output).toEqual(['+I a -8 1 2 2 @0'])
  })
})

describe('maximum length', () => {
  test('a session is cut when it is as long, and the next begins', () => {
    const step = sessionAggregate({ maxMs: 10 })
    const { output } = drive(step, ROWS, [...[0, 4, 8, 9, 10, 13].map((time) => row('a', 1, time)), at(END_OF_TIME)])
    expect(output).toEqual(['+I a 0 10 4 4 @9', '+I a 10 18 2 2 @17'])
  })

  test('two sessions that would be longer together stay two: the first ends where the second begins', () => {
    const step = sessionAggregate({ maxMs: 10 })
    const rows = [row('a', 1, 0), row('a', 2, 8), row('a', 4, 11), row('a', 8, 4), at(END_OF_TIME)]
    expect(drive(step, ROWS, rows).output).toEqual(['+I a 0 8 2 9 @7', '+I a 8 16 2 6 @15'])
    // One millisecond more and they are one.
    expect(drive(sessionAggregate({ maxMs: 12 }), ROWS, rows).output).toEqual(['+I a 0 12 4 15 @11'])
  })
})

describe('changes', () => {
  const step = sessionAggregate({ emit: { mode: 'changes', everyMs: undefined } })

  test('a session that moves its bounds takes back what it was', () => {
    const { output } = drive(step, ROWS, [row('a', 1, 0), row('a', 2, 3), row('a', 4, 2)])
    expect(output).toEqual([
      '+I a 0 5 1 1 @4',
      '-D a 0 5 1 1 @4',
      '+I a 0 8 2 3 @7',
      '-U a 0 8 2 3 @7',
      '+U a 0 8 3 7 @7',
    ])
  })

  test('sessions that are merged are both taken back', () => {
    const { output } = drive(step, ROWS, [row('a', 1, 0), row('a', 2, 8), row('a', 4, 4)])
    expect(output.slice(2)).toEqual(['-D a 0 5 1 1 @4', '-D a 8 13 1 2 @12', '+I a 0 13 3 7 @12'])
  })

  test('within a batch only the outcome is told', () => {
    const rows = [row('a', 1, 0), row('a', 2, 8), row('a', 4, 4)]
    expect(drive(step, ROWS, rows, { batchRows: 3 }).output).toEqual(['+I a 0 13 3 7 @12'])
    expect(drive(step, ROWS, [row('a', 0, 1), { checkpoint: 'restart' }, ...rows], { batchRows: 3 }).output).toEqual([
      '+I a 1 6 1 0 @5',
      '-D a 1 6 1 0 @5',
      '+I a 0 13 4 7 @12',
    ])
  })

  test('a session without rows is deleted', () => {
    const { output } = drive(step, CHANGES, [
      row('a', 1, 0),
      row('a', 2, 1),
      { row: ['a', 1, 0], time: 0, kind: DELETE },
      { row: ['a', 2, 1], time: 1, kind: DELETE },
      at(20),
    ])
    expect(output.slice(3)).toEqual(['-U a 0 6 2 3 @5', '+U a 0 6 1 2 @5', '-D a 0 6 1 2 @5'])
  })
})

describe('late rows that are allowed', () => {
  const step = sessionAggregate({ latePolicy: allowed(10) })

  test('within the bounds they revise the session', () => {
    const { output } = drive(step, ROWS, [row('a', 1, 0), row('a', 1, 4), at(9), row('a', 1, 2)])
    expect(output).toEqual(['+I a 0 9 2 2 @8', '-U a 0 9 2 2 @8', '+U a 0 9 3 3 @8'])
  })

  test('a session that grows but stays closed is another row', () => {
    const { output } = drive(step, ROWS, [row('a', 1, 0), at(9), row('a', 1, 3)])
    expect(output).toEqual(['+I a 0 5 1 1 @4', '-D a 0 5 1 1 @4', '+I a 0 8 2 2 @7'])
  })

  test('one that is open again takes its row back, and shows the new one when it closes', () => {
    const { output, context } = drive(step, ROWS, [
      row('a', 1, 0),
      at(7),
      row('a', 1, 4), // [0,9) is open at 7
      at(8),
      at(9),
      at(18),
      row('a', 1, 5), // still allowed: 18 < 9 + 10
      at(20),
      row('a', 1, 0), // late: 20 ≥ 10 + 10
    ])
    expect(output).toEqual([
      '+I a 0 5 1 1 @4',
      '-D a 0 5 1 1 @4',
      '+I a 0 9 2 2 @8',
      '-D a 0 9 2 2 @8',
      '+I a 0 10 3 3 @9',
    ])
    expect(context.metrics.rowsLate).toBe(1)
    expect(context.metrics.stateEntries).toBe(0)
  })

  test('final shows one row when the session has ended for good', () => {
    const final = sessionAggregate({ latePolicy: allowed(10), emit: { mode: 'final', everyMs: undefined } })
    const { output } = drive(final, ROWS, [row('a', 1, 0), at(14), row('a', 2, 4), at(18), at(19)])
    expect(output).toEqual(['+I a 0 9 2 3 @8'])
  })
})

test('processing time: a session ends when nothing came for the gap', () => {
  const { output } = drive(sessionAggregate({ time: 'processing' }), ROWS, [
    { now: 100 },
    row('a', 1, 0),
    { now: 104 },
    row('a', 2, 0),
    { now: 108 },
    { now: 109 },
  ])
  expect(output).toEqual(['+I a 100 109 2 3 @108'])
})

test('timers survive: a session that was far away at the checkpoint closes after the restart', () => {
  const { output, stores } = drive(sessionAggregate({ gapMs: 100 }), ROWS, [
    row('a', 1, 0),
    row('b', 1, 1000),
    { checkpoint: 'restart' },
    row('a', 2, 50), // moves the end past its timer
    at(120),
    { checkpoint: 'restart' },
    at(150),
    at(END_OF_TIME),
    { checkpoint: 'keep' },
  ])
  expect(output).toEqual(['+I a 0 150 2 3 @149', '+I b 1000 1100 1 1 @1099'])
  // Nothing is left but the count of entries.
  expect(stores.entries).toBe(1)
})
