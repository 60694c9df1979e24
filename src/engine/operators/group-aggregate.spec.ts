import { describe, expect, test } from 'vitest'
import { DELETE, UPDATE_AFTER, UPDATE_BEFORE } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, STRING } from '../../core/type.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { CHANGES, groupAggregate, ROWS } from '../testing/steps.ts'

function row(k: string, v: number, time = 0): Action {
  return { row: [k, v, time], time }
}

function minus(k: string, v: number, kind: typeof DELETE | typeof UPDATE_BEFORE = DELETE): Action {
  return { row: [k, v, 0], time: 0, kind }
}

const final = { mode: 'final', everyMs: undefined } as const

test('after each batch one change for each group that it changed', () => {
  const { output } = drive(groupAggregate({}), ROWS, [row('a', 1), row('b', 2), row('a', 3), row('a', 4)], {
    batchRows: 3,
  })
  expect(output).toEqual(['+I a 2 4 @0', '+I b 1 2 @0', '-U a 2 4 @0', '+U a 3 8 @0'])
})

test('without retractions an update is its new row alone', () => {
  const { output } = drive(groupAggregate({ retractions: false }), ROWS, [row('a', 1), row('a', 3)])
  expect(output).toEqual(['+I a 1 1 @0', '+U a 2 4 @0'])
})

test('an update takes the event time of the latest row behind it', () => {
  const { output } = drive(groupAggregate({}), ROWS, [row('a', 1, 7), row('a', 1, 5), row('a', 1, 6)], { batchRows: 2 })
  expect(output).toEqual(['+I a 2 2 @7', '-U a 2 2 @6', '+U a 3 3 @6'])
})

describe('rows that are taken away', () => {
  test('a group is deleted with its last row, and may come again', () => {
    const { output, context } = drive(groupAggregate({}), CHANGES, [row('a', 1), minus('a', 1), row('a', 5)])
    expect(output).toEqual(['+I a 1 1 @0', '-D a 1 1 @0', '+I a 1 5 @0'])
    expect(context.metrics.stateEntries).toBe(1)
  })

  test('an update of the only row is an update of the group', () => {
    const { output } = drive(groupAggregate({}), CHANGES, [
      row('a', 1),
      minus('a', 1, UPDATE_BEFORE),
      { row: ['a', 5, 0], time: 0, kind: UPDATE_AFTER },
    ])
    expect(output.at(-1)).toBe('+U a 1 5 @0')
  })

  test('what comes and goes within a batch is not told', () => {
    expect(drive(groupAggregate({}), CHANGES, [row('a', 1), minus('a', 1)], { batchRows: 2 }).output).toEqual([])
  })

  test('taking away from a group that is not there changes nothing', () => {
    expect(drive(groupAggregate({}), CHANGES, [minus('a', 1), row('a', 2)]).output).toEqual(['+I a 1 2 @0'])
  })
})

describe('DISTINCT', () => {
  const step = groupAggregate({
    aggregates: [],
    schema: schemaOf({ k: STRING }, { key: [0], mode: 'retract' }),
  })

  test('a value comes out once', () => {
    const { output } = drive(step, ROWS, [row('a', 1), row('b', 1), row('a', 2)])
    expect(output).toEqual(['+I a @0', '+I b @0'])
  })

  test('and goes with its last row', () => {
    const { output } = drive(step, CHANGES, [row('a', 1), row('a', 2), minus('a', 1), minus('a', 2)])
    expect(output).toEqual(['+I a @0', '-D a @0'])
  })
})

describe('EVERY', () => {
  const step = groupAggregate({ emit: { mode: 'changes', everyMs: 10 } })

  test('the first change goes at once, then one round each interval', () => {
    const { output } = drive(step, ROWS, [
      { now: 100 },
      row('a', 1),
      row('a', 1),
      row('b', 1),
      { now: 109 },
      { now: 110 },
      row('a', 1),
      { now: 120 },
    ])
    expect(output).toEqual(['+I a 1 1 @0', '-U a 1 1 @0', '+U a 2 2 @0', '+I b 1 1 @0', '-U a 2 2 @0', '+U a 3 3 @0'])
  })

  test('a barrier and the end of time let everything out', () => {
    const held: Action[] = [{ now: 100 }, row('a', 1), row('a', 1)]
    expect(drive(step, ROWS, held).output).toHaveLength(1)
    expect(drive(step, ROWS, [...held, { checkpoint: 'keep' }]).output).toHaveLength(3)
    expect(drive(step, ROWS, [...held, { watermark: END_OF_TIME }]).output).toHaveLength(3)
  })
})

describe('final', () => {
  test('each group comes out once, at the end, by key', () => {
    const { output } = drive(groupAggregate({ emit: final }), ROWS, [
      row('b', 1),
      row('a', 1),
      row('b', 2),
      { watermark: 100 },
      { watermark: END_OF_TIME },
    ])
    expect(output).toEqual(['+I a 1 1 @NaN', '+I b 2 3 @NaN'])
  })

  test('without keys there is a row for no input', () => {
    const step = groupAggregate({ emit: final, keys: [], schema: schemaOf({ n: BIGINT, total: BIGINT }) })
    expect(drive(step, ROWS, [{ watermark: END_OF_TIME }]).output).toEqual(['+I 0 NULL @NaN'])
    expect(drive(step, ROWS, [row('a', 2), { watermark: END_OF_TIME }]).output).toEqual(['+I 1 2 @NaN'])
  })
})

describe('TTL', () => {
  test('by event time: a group that the watermark passed by more than the TTL begins anew', () => {
    const step = groupAggregate({ ttlMs: 10 })
    const actions = [row('a', 1, 5), row('a', 1, 3), { watermark: 15 }, row('a', 1, 5)]
    expect(drive(step, ROWS, actions).output.at(-1)).toBe('+U a 3 3 @5')
    const later = [...actions, { watermark: 16 }, row('a', 1, 15)]
    expect(drive(step, ROWS, later).output.at(-1)).toBe('+I a 1 1 @15')
    for (const restartEvery of [1, 2, 3]) {
      expect(drive(step, ROWS, later, { restartEvery, entriesMax: 0 }).output.at(-1)).toBe('+I a 1 1 @15')
    }
  })

  test('groups that are over leave the state', () => {
    const rows = Array.from({ length: 100 }, (_, i) => row(`k${i}`, 1, i))
    const { context, stores } = drive(groupAggregate({ ttlMs: 10 }), ROWS, [
      ...rows,
      { checkpoint: 'restart' },
      { watermark: 1000 },
      { checkpoint: 'keep' },
    ])
    expect(context.metrics.stateEntries).toBe(0)
    expect(stores.entries).toBe(1)
  })

  test('by the clock where rows have no event time', () => {
    const input = schemaOf({ k: STRING, v: BIGINT })
    const untimed = (v: number): Action => ({ row: ['a', v], time: Number.NaN })
    const step = groupAggregate({ ttlMs: 10 })
    const actions: Action[] = [{ now: 100 }, untimed(1), { now: 110 }, untimed(1), { now: 121 }, untimed(1)]
    expect(drive(step, input, actions).output).toEqual([
      '+I a 1 1 @NaN',
      '-U a 1 1 @NaN',
      '+U a 2 2 @NaN',
      '+I a 1 1 @NaN',
    ])
  })
})

test('a row that overflows goes to the dead letter and leaves its group as it was', () => {
  const huge = 2n ** 63n - 1n
  const { output, failures } = drive(
    groupAggregate({}),
    ROWS,
    [row('a', 1), { row: ['a', huge, 0], time: 0 }, { row: ['b', huge, 0], time: 0 }, row('b', 1)],
    { batchRows: 10 },
  )
  expect(output).toEqual(['+I a 1 1 @0', `+I b 1 ${huge} @0`])
  expect(failures).toHaveLength(2)
})
