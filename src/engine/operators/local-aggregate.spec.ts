import { describe, expect, test } from 'vitest'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, BYTES, STRING, TIMESTAMP } from '../../core/type.ts'
import type { LocalAggregateStep } from '../../plan/physical/nodes.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { COUNT, ROWS, SUM } from '../testing/steps.ts'
import { LOCAL_GROUPS_MAX } from './local-aggregate.ts'

const aggregates = [COUNT, SUM]

function step(rest: Partial<LocalAggregateStep>): LocalAggregateStep {
  return {
    kind: 'local-aggregate',
    id: 'local-aggregate-1',
    version: 1,
    inputs: ['input'],
    schema: schemaOf({ k: STRING, slice_start: TIMESTAMP, partial: BYTES, rows: BIGINT }),
    keys: [0],
    aggregates,
    window: { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
    allowedLatenessMs: 0,
    lateAlone: false,
    ...rest,
  }
}

const WHOLE = step({ window: undefined, schema: schemaOf({ k: STRING, partial: BYTES, rows: BIGINT }) })

function row(k: string, v: number, time: number): Action {
  return { row: [k, v, time], time }
}

/** Lines of `key slice rows @time`; what a partial holds is not for eyes. */
function output(of: LocalAggregateStep, actions: readonly Action[]): readonly string[] {
  return drive(of, ROWS, actions).output.map((line) => line.replace(/ \S+ (\d+ @)/, ' $1'))
}

describe('partials go on', () => {
  const rows = [row('a', 1, 1), row('b', 2, 5), row('a', 3, 9), row('a', 4, 12)]

  test('not before they have to', () => {
    expect(output(step({}), [...rows, { watermark: 9 }])).toEqual([])
  })

  test('before a watermark closes their window: one row a group, at the time of its latest', () => {
    expect(output(step({}), [...rows, { watermark: 10 }])).toEqual(['+I a 0 2 @9', '+I b 0 1 @5'])
  })

  test('before a watermark ends the lateness that is allowed', () => {
    const late = [{ watermark: 10 }, row('a', 1, 3), { watermark: 14 }, { watermark: 15 }] as const
    expect(output(step({ allowedLatenessMs: 5 }), late)).toEqual(['+I a 0 1 @3'])
  })

  test('one by one where each is a revision', () => {
    const late = [{ watermark: 10 }, row('a', 1, 3), row('a', 1, 3)] as const
    expect(output(step({ allowedLatenessMs: 5, lateAlone: true }), late)).toEqual(['+I a 0 1 @3', '+I a 0 1 @3'])
  })

  test('at a barrier, and nothing is left of them', () => {
    const actions = [...rows, { checkpoint: 'restart' }, row('b', 1, 13), { watermark: END_OF_TIME }] as const
    expect(output(step({}), actions)).toEqual(['+I a 0 2 @9', '+I b 0 1 @5', '+I a 10 1 @12', '+I b 10 1 @13'])
  })

  test('at the limit of what is held', () => {
    const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => row(`k${i}`, 1, 1))
    expect(output(WHOLE, rowsOf(LOCAL_GROUPS_MAX - 1))).toHaveLength(0)
    expect(output(WHOLE, [...rowsOf(LOCAL_GROUPS_MAX), row('k0', 1, 1)])).toHaveLength(LOCAL_GROUPS_MAX)
  })
})
