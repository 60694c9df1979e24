import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, STRING, TIMESTAMP } from '../../core/type.ts'
import type { WindowSpec } from '../../plan/physical/nodes.ts'
import { type Action, type DriveOptions, drive, type OperatorStep, schemaOf } from '../testing/drive.ts'
import {
  aggregate,
  allowed,
  deduplicate,
  groupAggregate,
  matchRecognize,
  ROWS,
  sessionAggregate,
  topN,
  windowAggregate,
} from '../testing/steps.ts'
import { windower } from '../window/windower.ts'

/**
 * What no operator's output may depend on: how rows are cut into batches, where it was restarted, what was evicted.
 * And windows, against an evaluation that tries every window for every row.
 */
const WINDOWS: readonly WindowSpec[] = [
  { kind: 'tumble', sizeMs: 10, offsetMs: 0 },
  { kind: 'tumble', sizeMs: 7, offsetMs: -3 },
  { kind: 'hop', slideMs: 5, sizeMs: 10, offsetMs: 0 },
  { kind: 'hop', slideMs: 4, sizeMs: 10, offsetMs: 1 },
  { kind: 'cumulate', stepMs: 5, sizeMs: 20, offsetMs: 2 },
]

const time = fc.integer({ min: -30, max: 60 })
const row: fc.Arbitrary<Action> = fc
  .tuple(fc.constantFrom('a', 'b', 'c', 'd', null, '😀', '\uffff'), fc.integer({ min: -9, max: 9 }), time)
  .map(([k, v, t]) => ({ row: [k, v, t], time: t }))
const script: fc.Arbitrary<Action[]> = fc
  .array(fc.oneof({ weight: 5, arbitrary: row }, { weight: 1, arbitrary: time.map((watermark) => ({ watermark })) }), {
    maxLength: 60,
  })
  .map((actions) => [...actions, { watermark: END_OF_TIME }])

const CUTS: readonly DriveOptions[] = [
  { batchRows: 7 },
  { batchRows: 1024 },
  { restartEvery: 1, entriesMax: 0 },
  { restartEvery: 3, entriesMax: 2 },
  { restartEvery: 5, batchRows: 4, entriesMax: 1 },
]

const once = { mode: 'final', everyMs: undefined } as const
const onClose = { mode: 'on-window-close', everyMs: undefined } as const
const changes = { mode: 'changes', everyMs: undefined } as const
const EXTREMES = { aggregates: [aggregate('min', [1]), aggregate('max', [1])] }

/** Up to four rows: the last is known when the next one comes, or none can. */
const LONGEST = {
  pattern: { kind: 'repeat', part: { kind: 'variable', variable: 0 }, min: 2, max: 4, greedy: true },
} as const

const STABLE: readonly (readonly [string, OperatorStep])[] = [
  ...WINDOWS.flatMap((window, i): (readonly [string, OperatorStep])[] => [
    [`${window.kind} ${i}, final`, windowAggregate({ window, emit: once, latePolicy: allowed(6) })],
    [`${window.kind} ${i}, on close`, windowAggregate({ window, emit: onClose })],
    [`${window.kind} ${i}, on close, late rows allowed`, windowAggregate({ window, latePolicy: allowed(6) })],
  ]),
  ['minimum and maximum', windowAggregate({ window: WINDOWS[2] as WindowSpec, ...EXTREMES })],
  ['session, on close', sessionAggregate({})],
  ['session, on close, late rows allowed', sessionAggregate({ latePolicy: allowed(6) })],
  ['session, final', sessionAggregate({ emit: once, latePolicy: allowed(6) })],
  ['session with a maximum', sessionAggregate({ maxMs: 12, latePolicy: allowed(3) })],
  ['group, final', groupAggregate({ emit: once })],
  ['keep first', deduplicate({ withinMs: 8 })],
  ['keep earliest', deduplicate({ keep: 'earliest' })],
  ['keep last', deduplicate({ keep: 'last' })],
  ['pattern', matchRecognize({ ...LONGEST, afterMatch: { to: 'next-row' } })],
  ['pattern within a time', matchRecognize({ ...LONGEST, withinMs: 15 })],
  [
    'top-n per window',
    topN({
      partitionBy: [0, 2],
      windowEndColumn: 2,
      schema: schemaOf({ k: STRING, v: BIGINT, ts: TIMESTAMP, rank: BIGINT }),
    }),
  ],
]

describe('the same output bytes, however the input is cut', () => {
  test.each(STABLE)('%s', (_, step) => {
    fc.assert(
      fc.property(script, (actions) => {
        const whole = drive(step, ROWS, actions)
        for (const cut of CUTS) {
          const other = drive(step, ROWS, actions, cut)
          expect(other.output, JSON.stringify(cut)).toEqual(whole.output)
          expect(other.context.metrics.rowsLate, JSON.stringify(cut)).toBe(whole.context.metrics.rowsLate)
        }
      }),
      { numRuns: 60 },
    )
  })
})

const CHANGING: readonly (readonly [string, OperatorStep])[] = [
  ...WINDOWS.map((window, i): readonly [string, OperatorStep] => [
    `${window.kind} ${i}`,
    windowAggregate({ window, emit: changes, latePolicy: allowed(6) }),
  ]),
  ['session', sessionAggregate({ emit: changes, latePolicy: allowed(6) })],
  ['session with a maximum', sessionAggregate({ emit: changes, maxMs: 12 })],
  ['group', groupAggregate({})],
  ['top-n', topN({})],
  ['top-n without rank', topN({ withRank: false })],
]

/** The rows that are left when all changes are applied. Throws when a row is taken away that is not there. */
function outcome(lines: readonly string[]): string[] {
  const rows = new Map<string, number>()
  for (const line of lines) {
    const kind = line.slice(0, 2)
    const content = line.slice(3, line.lastIndexOf(' @'))
    const count = (rows.get(content) ?? 0) + (kind === '+I' || kind === '+U' ? 1 : -1)
    expect(count, line).toBeGreaterThanOrEqual(0)
    if (count === 0) rows.delete(content)
    else rows.set(content, count)
  }
  return [...rows].map(([content, count]) => `${count} × ${content}`).sort()
}

describe('the same outcome of all changes, however the input is cut', () => {
  test.each(CHANGING)('%s', (_, step) => {
    fc.assert(
      fc.property(script, (actions) => {
        const whole = outcome(drive(step, ROWS, actions).output)
        for (const cut of CUTS) {
          expect(outcome(drive(step, ROWS, actions, cut).output), JSON.stringify(cut)).toEqual(whole)
        }
      }),
      { numRuns: 60 },
    )
  })
})

/** Every window of every row, judged by the watermark that the row came behind. */
function naive(window: WindowSpec, latenessMs: number, actions: readonly Action[]): { lines: string[]; late: number } {
  const windows = windower(window)
  const groups = new Map<string, { key: string | null; end: number; n: number; total: number }>()
  let watermark = Number.NEGATIVE_INFINITY
  let late = 0
  for (const action of actions) {
    if ('watermark' in action) watermark = Math.max(watermark, action.watermark)
    if (!('row' in action)) continue
    const [key, v] = action.row as [string | null, number]
    for (let end = windows.firstEnd(action.time); end <= windows.lastEnd(action.time); end += windows.stepMs) {
      if (end + latenessMs <= watermark) {
        late++
        continue
      }
      const id = `${end} ${key}`
      const group = groups.get(id) ?? { key, end, n: 0, total: 0 }
      groups.set(id, { ...group, n: group.n + 1, total: group.total + v })
    }
  }
  const lines = [...groups.values()].map(
    ({ key, end, n, total }) => `+I ${key ?? 'NULL'} ${windows.start(end)} ${end} ${n} ${total} @${end - 1}`,
  )
  return { lines: lines.sort(), late }
}

describe('windows hold what a naive evaluation says', () => {
  test.each(WINDOWS.flatMap((window) => [0, 6].map((latenessMs) => [window, latenessMs] as const)))(
    '%o, allowed lateness %i',
    (window, latenessMs) => {
      fc.assert(
        fc.property(script, (actions) => {
          const step = windowAggregate({ window, emit: once, latePolicy: allowed(latenessMs) })
          const driven = drive(step, ROWS, actions, { batchRows: 5 })
          const expected = naive(window, latenessMs, actions)
          expect([...driven.output].sort()).toEqual(expected.lines)
          expect(driven.context.metrics.rowsLate).toBe(expected.late)
          expect(driven.context.metrics.stateEntries).toBe(0)
        }),
      )
    },
  )

  test('on close, the revised rows are those that final gives', () => {
    for (const window of WINDOWS) {
      fc.assert(
        fc.property(script, (actions) => {
          const revised = outcome(drive(windowAggregate({ window, latePolicy: allowed(6) }), ROWS, actions).output)
          const step = windowAggregate({ window, emit: once, latePolicy: allowed(6) })
          expect(revised).toEqual(outcome(drive(step, ROWS, actions).output))
        }),
        { numRuns: 50 },
      )
    }
  })

  test('sessions without late rows are the runs of rows that follow each other by less than the gap', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        const { output } = drive(sessionAggregate({ emit: once }), ROWS, [...rows, { watermark: END_OF_TIME }])
        const keys = new Map<unknown, [number, number][]>()
        for (const action of rows) {
          if (!('row' in action)) continue
          const [key, v] = action.row as [string | null, number]
          keys.set(key, [...(keys.get(key) ?? []), [action.time, v]])
        }
        const expected: string[] = []
        for (const [key, values] of keys) {
          const sorted = values.sort((a, b) => a[0] - b[0])
          while (sorted.length > 0) {
            const run = [sorted.shift() as [number, number]]
            while (sorted[0] !== undefined && sorted[0][0] < (run.at(-1) as [number, number])[0] + 5) {
              run.push(sorted.shift() as [number, number])
            }
            const end = (run.at(-1) as [number, number])[0] + 5
            const total = run.reduce((sum, [, v]) => sum + v, 0)
            expected.push(
              `+I ${key ?? 'NULL'} ${(run[0] as [number, number])[0]} ${end} ${run.length} ${total} @${end - 1}`,
            )
          }
        }
        expect([...output].sort()).toEqual(expected.sort())
      }),
    )
  })
})
