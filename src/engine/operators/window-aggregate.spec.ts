import { describe, expect, test } from 'vitest'
import { DELETE, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, BYTES, TIMESTAMP } from '../../core/type.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { allowed, CHANGES, ROWS, windowAggregate } from '../testing/steps.ts'

function row(k: string, v: number, time: number): Action {
  return { row: [k, v, time], time }
}

function at(watermark: number): Action {
  return { watermark }
}

const hop = { kind: 'hop', slideMs: 5, sizeMs: 10, offsetMs: 0 } as const

describe('on window close', () => {
  test('a window comes out when the watermark reaches its end, not before', () => {
    const step = windowAggregate({})
    const rows = [row('a', 1, 0), row('b', 2, 9), row('a', 3, 5)]
    expect(drive(step, ROWS, [...rows, at(9)]).output).toEqual([])
    expect(drive(step, ROWS, [...rows, at(10)]).output).toEqual(['+I a 0 10 2 4 @9', '+I b 0 10 1 2 @9'])
  })

  test('windows come out by end, then by key, whatever the order of arrival', () => {
    const { output } = drive(windowAggregate({}), ROWS, [
      row('b', 1, 11),
      row('b', 1, 1),
      row('a', 1, 12),
      row('', 1, 2),
      { row: [null, 1, 3], time: 3 },
      at(END_OF_TIME),
    ])
    expect(output).toEqual([
      '+I  0 10 1 1 @9',
      '+I b 0 10 1 1 @9',
      '+I NULL 0 10 1 1 @9',
      '+I a 10 20 1 1 @19',
      '+I b 10 20 1 1 @19',
    ])
  })

  test('a late row within the allowed lateness revises the window, once for each row', () => {
    const { output, context } = drive(windowAggregate({ latePolicy: allowed(5) }), ROWS, [
      row('a', 1, 0),
      at(10),
      row('a', 2, 1), // revises [0,10)
      row('b', 4, 1), // first of its key in a window that has closed
      at(14),
      row('a', 3, 2), // still allowed: 14 < 10 + 5
      at(15),
      row('a', 9, 3), // late
      at(END_OF_TIME),
    ])
    expect(output).toEqual([
      '+I a 0 10 1 1 @9',
      '-U a 0 10 1 1 @9',
      '+U a 0 10 2 3 @9',
      '+I b 0 10 1 4 @9',
      '-U a 0 10 2 3 @9',
      '+U a 0 10 3 6 @9',
    ])
    expect(context.metrics.rowsLate).toBe(1)
    expect(context.metrics.stateEntries).toBe(0)
  })

  test('without retractions a revision is its new row alone', () => {
    const step = windowAggregate({ latePolicy: allowed(5), retractions: false })
    const { output } = drive(step, ROWS, [row('a', 1, 0), at(10), row('a', 2, 1)])
    expect(output).toEqual(['+I a 0 10 1 1 @9', '+U a 0 10 2 3 @9'])
  })
})

describe('final', () => {
  test('one row at window end plus lateness, with all rows that came until then', () => {
    const step = windowAggregate({ emit: { mode: 'final', everyMs: undefined }, latePolicy: allowed(5) })
    const actions = [row('a', 1, 0), at(14), row('a', 2, 9)]
    expect(drive(step, ROWS, actions).output).toEqual([])
    expect(drive(step, ROWS, [...actions, at(15), row('a', 3, 9)]).output).toEqual(['+I a 0 10 2 3 @9'])
  })
})

describe('changes', () => {
  const changes = { mode: 'changes', everyMs: undefined } as const

  test('one change for each group of a batch', () => {
    const { output } = drive(
      windowAggregate({ emit: changes }),
      ROWS,
      [row('a', 1, 0), row('a', 1, 1), row('b', 1, 2), row('a', 1, 3), at(20)],
      { batchRows: 3 },
    )
    expect(output).toEqual(['+I a 0 10 2 2 @9', '+I b 0 10 1 1 @9', '-U a 0 10 2 2 @9', '+U a 0 10 3 3 @9'])
  })

  test('EVERY holds changes back: until the interval is over, the window closes, or a barrier comes', () => {
    const step = windowAggregate({ emit: { mode: 'changes', everyMs: 100 } })
    const first: Action[] = [{ now: 1000 }, row('a', 1, 0), row('a', 2, 1)]
    expect(drive(step, ROWS, first).output).toEqual(['+I a 0 10 1 1 @9'])
    const revised = ['+I a 0 10 1 1 @9', '-U a 0 10 1 1 @9', '+U a 0 10 2 3 @9']
    expect(drive(step, ROWS, [...first, { now: 1099 }]).output).toHaveLength(1)
    expect(drive(step, ROWS, [...first, { now: 1100 }]).output).toEqual(revised)
    expect(drive(step, ROWS, [...first, at(10)]).output).toEqual(revised)
    expect(drive(step, ROWS, [...first, { checkpoint: 'keep' }]).output).toEqual(revised)
  })
})

describe('lateness is judged for each window', () => {
  test('a row that its tumbling window has passed by is in a hopping window that is open', () => {
    // Flink's example: 4 arrives when the watermark is at 8.
    const actions = [row('a', 1, 8), at(8), row('a', 1, 4), at(END_OF_TIME)]
    const tumbling = windowAggregate({ window: { kind: 'tumble', sizeMs: 5, offsetMs: 0 } })
    expect(drive(tumbling, ROWS, actions).output).toEqual(['+I a 5 10 1 1 @9'])
    const hopping = drive(windowAggregate({ window: hop }), ROWS, actions)
    expect(hopping.output).toEqual(['+I a 0 10 2 2 @9', '+I a 5 15 1 1 @14'])
    // It was late for [-5,5).
    expect(hopping.context.metrics.rowsLate).toBe(1)
  })

  test('the side output has a row for each window that it is late for', () => {
    const latePolicy = { allowedLatenessMs: 1, into: 'late_rows', columns: [2, 0] }
    const { late, context } = drive(windowAggregate({ window: hop, latePolicy }), ROWS, [at(20), row('a', 1, 8)])
    expect(late).toEqual(['8 a 12 20 0 10 query', '8 a 12 20 5 15 query'])
    expect(context.metrics.rowsLate).toBe(2)
  })
})

describe('cumulating windows', () => {
  const window = { kind: 'cumulate', stepMs: 5, sizeMs: 15, offsetMs: 0 } as const

  test('each holds what came since the common start', () => {
    const { output } = drive(windowAggregate({ window }), ROWS, [
      row('b', 1, 2),
      row('a', 1, 1),
      row('a', 2, 7),
      row('a', 4, 16),
      at(END_OF_TIME),
    ])
    expect(output).toEqual([
      '+I a 0 5 1 1 @4',
      '+I b 0 5 1 1 @4',
      '+I a 0 10 2 3 @9',
      '+I b 0 10 1 1 @9',
      '+I a 0 15 2 3 @14',
      '+I b 0 15 1 1 @14',
      '+I a 15 20 1 4 @19',
      '+I a 15 25 1 4 @24',
      '+I a 15 30 1 4 @29',
    ])
  })

  test('a row that is late for the first window counts in the next', () => {
    const { output, context } = drive(windowAggregate({ window }), ROWS, [
      row('a', 1, 1),
      at(6),
      row('a', 2, 2), // late for [0,5)
      at(END_OF_TIME),
    ])
    expect(output).toEqual(['+I a 0 5 1 1 @4', '+I a 0 10 2 3 @9', '+I a 0 15 2 3 @14'])
    expect(context.metrics.rowsLate).toBe(1)
  })
})

describe('rows that are taken away', () => {
  const minus = (k: string, v: number, time: number, kind: typeof DELETE | typeof UPDATE_BEFORE = DELETE): Action => ({
    row: [k, v, time],
    time,
    kind,
  })

  test('a group without rows does not come out', () => {
    const actions = [row('a', 1, 0), row('b', 2, 1), minus('a', 1, 0), at(10)]
    expect(drive(windowAggregate({}), CHANGES, actions).output).toEqual(['+I b 0 10 1 2 @9'])
    expect(drive(windowAggregate({ window: hop }), CHANGES, actions).output).toEqual([
      '+I b -5 5 1 2 @4',
      '+I b 0 10 1 2 @9',
    ])
  })

  test('a group that was shown and has no rows any more is deleted', () => {
    const step = windowAggregate({ emit: { mode: 'changes', everyMs: undefined } })
    const { output, context } = drive(step, CHANGES, [row('a', 1, 0), minus('a', 1, 0)])
    expect(output).toEqual(['+I a 0 10 1 1 @9', '-D a 0 10 1 1 @9'])
    expect(context.metrics.stateEntries).toBe(0)
  })

  test('an update of the only row of a closed group is one revision', () => {
    const { output } = drive(windowAggregate({ latePolicy: allowed(5) }), CHANGES, [
      row('a', 1, 0),
      at(10),
      minus('a', 1, 0, UPDATE_BEFORE),
      { row: ['a', 5, 0], time: 0, kind: UPDATE_AFTER },
      minus('a', 5, 0),
    ])
    expect(output).toEqual(['+I a 0 10 1 1 @9', '-U a 0 10 1 1 @9', '+U a 0 10 1 5 @9', '-D a 0 10 1 5 @9'])
  })

  test('taking away what never came changes nothing', () => {
    expect(drive(windowAggregate({}), CHANGES, [minus('a', 1, 0), at(10)]).output).toEqual([])
  })
})

describe('rows that cannot be counted', () => {
  test('a row without event time and one that overflows go to the dead letter, the others count', () => {
    for (const window of [hop, { kind: 'tumble', sizeMs: 10, offsetMs: 0 } as const]) {
      const { output, failures } = drive(
        windowAggregate({ window }),
        ROWS,
        [
          row('a', 1, 6),
          { row: ['a', 2, null], time: Number.NaN },
          { row: ['a', 2n ** 63n - 1n, 6], time: 6 },
          row('a', 3, 6),
          at(10),
        ],
        { batchRows: 10 },
      )
      expect(output).toEqual(['+I a 0 10 2 4 @9'])
      expect(failures).toHaveLength(2)
      expect(failures[0]).toBe('the event time is NULL: a,2,')
    }
  })
})

describe('processing time', () => {
  test('rows are in the window of the clock, which closes when the clock says so', () => {
    const { output } = drive(windowAggregate({ time: 'processing' }), ROWS, [
      { now: 5 },
      row('a', 1, 999),
      { row: ['a', 1, null], time: Number.NaN },
      { now: 9 },
      { now: 10 },
      row('a', 1, 0),
      { now: 25 },
    ])
    expect(output).toEqual(['+I a 0 10 2 2 @9', '+I a 10 20 1 1 @19'])
  })
})

describe('keys', () => {
  test('none, several, and bytes', () => {
    const rows = [row('a', 1, 0), row('b', 1, 1), row('a', 2, 2), at(10)]
    const none = windowAggregate({
      keys: [],
      schema: schemaOf(
        { window_start: TIMESTAMP, window_end: TIMESTAMP, n: BIGINT, total: BIGINT },
        { mode: 'retract' },
      ),
    })
    expect(drive(none, ROWS, rows).output).toEqual(['+I 0 10 3 4 @9'])
    const two = windowAggregate({
      keys: [1, 0],
      schema: schemaOf(
        {
          v: BIGINT,
          k: ROWS.fields[0]!.type,
          window_start: TIMESTAMP,
          window_end: TIMESTAMP,
          n: BIGINT,
          total: BIGINT,
        },
        { mode: 'retract' },
      ),
    })
    expect(drive(two, ROWS, rows).output).toEqual(['+I 1 a 0 10 1 1 @9', '+I 1 b 0 10 1 1 @9', '+I 2 a 0 10 1 2 @9'])
    const input = schemaOf({ k: BYTES, v: BIGINT, ts: TIMESTAMP })
    const bytes = windowAggregate({
      schema: schemaOf(
        { k: BYTES, window_start: TIMESTAMP, window_end: TIMESTAMP, n: BIGINT, total: BIGINT },
        { mode: 'retract' },
      ),
    })
    const { output } = drive(bytes, input, [
      { row: [Uint8Array.of(2), 1, 0], time: 0 },
      { row: [Uint8Array.of(1, 0), 1, 0], time: 0 },
      { row: [Uint8Array.of(2), 1, 0], time: 0 },
      at(10),
    ])
    expect(output).toEqual(['+I 1,0 0 10 1 1 @9', '+I 2 0 10 2 2 @9'])
  })
})

test('what was not committed does not count after a crash', () => {
  const { output } = drive(windowAggregate({}), ROWS, [
    row('a', 1, 0),
    { checkpoint: 'keep' },
    row('a', 2, 1),
    at(5),
    { checkpoint: 'crash' },
    row('a', 4, 2),
    at(10),
  ])
  expect(output).toEqual(['+I a 0 10 2 5 @9'])
})
