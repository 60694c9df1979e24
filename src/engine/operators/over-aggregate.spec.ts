import { expect, test } from 'vitest'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import { compileAggregates } from '../aggregate/aggregate-set.ts'
import { timedRowsCodec } from '../join/timed-rows.ts'
import { type Action, drive, schemaOf } from '../testing/drive.ts'
import { over, ROWS, SUM } from '../testing/steps.ts'
import { OVER_ROWS_MAX } from './over-aggregate.ts'
import { frameCodec, newFrame } from './over-frame.ts'

const LEAD = over({
  frame: { unit: 'rows', preceding: 0 },
  aggregates: [],
  neighbours: [{ argument: 1, offset: 1 }],
  schema: { ...schemaOf({ k: STRING, v: BIGINT, ts: TIMESTAMP, next: BIGINT }), timeColumn: undefined },
})

function row(k: string, v: number, time: number): Action {
  return { row: [k, v, time], time }
}

/** The greatest BIGINT: another one does not fit into a sum beside it. */
const GREATEST = 9223372036854775807n as unknown as number

test('a row that the sum has no place for is a failed row, and no part of the frames after it', () => {
  const rows = [row('a', GREATEST, 1), row('a', 1, 2), row('a', -2, 3), { watermark: 10 }]
  const { output, failures } = drive(over({}), ROWS, rows)
  expect(output).toEqual(['+I a 9223372036854775807 1 1 9223372036854775807 @1', '+I a -2 3 2 9223372036854775805 @3'])
  expect(failures).toHaveLength(1)
})

test('with a frame that looks ahead a row whose neighbour fails waits for the next one', () => {
  const step = over({ frame: { unit: 'rows', preceding: 0, following: 1 } })
  const script: Action[] = [
    row('a', GREATEST, 1),
    row('a', 1, 2),
    { watermark: 10 },
    row('a', -2, 11),
    { watermark: 20 },
  ]
  for (const options of [{}, { restartEvery: 1, entriesMax: 0 }]) {
    const { output, failures } = drive(step, ROWS, script, options)
    expect(output).toEqual(['+I a 9223372036854775807 1 2 9223372036854775805 @NaN'])
    expect(failures).toHaveLength(1)
  }
})

test('a row that comes out and then fits into no frame is missed by those after it alone', () => {
  const step = over({ frame: { unit: 'rows', preceding: 2, following: -1 } })
  const script: Action[] = [GREATEST, 1, -2, 5].flatMap((v, i) => [row('a', v, i + 1), { watermark: i + 2 }])
  for (const options of [{}, { restartEvery: 1, entriesMax: 0 }]) {
    const { output, failures } = drive(step, ROWS, script, options)
    expect(output).toEqual([
      '+I a 9223372036854775807 1 0 NULL @1',
      '+I a 1 2 1 9223372036854775807 @2',
      '+I a -2 3 1 9223372036854775807 @3',
      '+I a 5 4 2 9223372036854775805 @4',
    ])
    expect(failures).toHaveLength(1)
  }
})

test('a row waits for the one behind it, over restarts, and for the end of the input', () => {
  const script: Action[] = [row('a', 1, 1), row('b', 7, 2), { watermark: 50 }, row('a', 2, 50), { watermark: 99 }]
  const open = drive(LEAD, ROWS, script, { restartEvery: 1, entriesMax: 0 })
  expect(open.output).toEqual(['+I a 1 1 2 @NaN'])
  const ended = drive(LEAD, ROWS, [...script, { watermark: END_OF_TIME }], { restartEvery: 1, entriesMax: 0 })
  expect(ended.output).toEqual(['+I a 1 1 2 @NaN', '+I b 7 2 NULL @NaN', '+I a 2 50 NULL @NaN'])
})

test('a key holds a limited number of rows; one more is a failed row', () => {
  const rows = Array.from({ length: OVER_ROWS_MAX }, (_, i) => row('a', i, i))
  const full = drive(over({}), ROWS, rows, { batchRows: 1000 })
  expect(full.failures).toEqual([])
  const { failures, output } = drive(over({}), ROWS, [...rows, row('a', 0, 1), row('b', 0, 1), { watermark: 2 }], {
    batchRows: 1000,
  })
  expect(failures).toEqual([expect.stringMatching('OVER holds its maximum of 100000 rows for one key')])
  expect(output).toEqual(['+I a 0 0 1 0 @0', '+I a 1 1 2 1 @1', '+I b 0 1 1 0 @1'])
})

test('state of frames from before rows could look ahead is read as it was', () => {
  const aggregates = compileAggregates([SUM], { retractable: true })
  const codec = frameCodec(ROWS, aggregates, { unit: 'rows', preceding: 1 })
  const accumulators = aggregates.create()
  const rows = [1, 2, 3].map((v) => ({ row: ['a', v, v], time: v, matched: false }))
  const bytes = aggregates.encode(accumulators)
  // The first two are in the frame of the second, the third waits; no row is marked.
  const old = Uint8Array.from([2, bytes.length, ...bytes, ...timedRowsCodec(ROWS).encode(rows)])
  expect(codec.decode(old)).toMatchObject({ done: 2, from: 0, to: 2, rows })
  const frame = { ...newFrame(accumulators), done: 2, rows }
  expect(codec.encode({ ...frame, from: 0, to: 2 })).toEqual(old)
  for (const [from, to] of [
    [0, 3],
    [1, 2],
    [1, 3],
    [2, 2],
  ] as const) {
    expect(codec.decode(codec.encode({ ...frame, from, to }))).toMatchObject({ done: 2, from, to })
  }
})
