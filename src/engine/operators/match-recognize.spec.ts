import { describe, expect, test } from 'vitest'
import { Batch } from '../../core/batch.ts'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, BOOLEAN } from '../../core/type.ts'
import { call, column, literal } from '../../plan/expression-tree.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import type { MatchRecognizeStep, MatchValue, RowPattern } from '../../plan/physical/match-steps.ts'
import { MATCH_ROWS_MAX, PARTIAL_MATCHES_MAX } from '../match/matcher.ts'
import { testContext } from '../testing/context.ts'
import { type Action, drive } from '../testing/drive.ts'
import { matchRecognize, ROWS } from '../testing/steps.ts'
import { MatchRecognize, WAITING_ROWS_MAX } from './match-recognize.ts'

const A: RowPattern = { kind: 'variable', variable: 0 }
const B: RowPattern = { kind: 'variable', variable: 1 }
const C: RowPattern = { kind: 'variable', variable: 2 }

function sequence(...parts: RowPattern[]): RowPattern {
  return { kind: 'sequence', parts }
}

function repeat(part: RowPattern, min: number, max?: number, greedy = true): RowPattern {
  return { kind: 'repeat', part, min, max, greedy }
}

/** One of so many of a variable, which are as many states. */
function oneOf(part: RowPattern, count: number): RowPattern {
  return { kind: 'choice', options: new Array<RowPattern>(count).fill(part) }
}

function row(k: string, v: number | null, time: number): Action {
  return { row: [k, v, time], time }
}

/** Rows of key `a` at 0, 1, 2 …, of which all have come. */
function rows(...values: readonly (number | null)[]): Action[] {
  return [...values.map((v, time) => row('a', v, time)), { watermark: END_OF_TIME }]
}

function at(watermark: number): Action {
  return { watermark }
}

const V = { kind: 'row', from: 'last', variable: undefined, offset: 0, column: 1, type: BIGINT } as const

/** Conditions of a, b and c on the value of the row that is tested; undefined: any row. */
function step(
  rest: Partial<MatchRecognizeStep>,
  ...conditions: readonly (Expression | undefined)[]
): MatchRecognizeStep {
  const base = matchRecognize(rest)
  return { ...base, conditions: base.conditions.map((any, i) => conditions[i] ?? any) }
}

// Position 1 of the values of matchRecognize() is the value of the last row, 0 that of the first.
const LAST = column(1, BIGINT)
const FIRST = column(0, BIGINT)

function less(right: number | Expression): Expression {
  return call('less', [LAST, typeof right === 'number' ? literal(right, BIGINT) : right], BOOLEAN)
}

function atLeast(right: number | Expression): Expression {
  return call('greater_equal', [LAST, typeof right === 'number' ? literal(right, BIGINT) : right], BOOLEAN)
}

describe('the preferred way through the pattern', () => {
  test('greedy takes as many rows as it can, and gives back what the rest needs', () => {
    const pattern = sequence(A, repeat(B, 0), C)
    const { output } = drive(step({ pattern }, undefined, undefined, less(5)), ROWS, rows(1, 2, 3, 9, 4, 8))
    expect(output).toEqual(['+I a 1 4 5 @4'])
  })

  test('reluctant as few, and a match is decided at once', () => {
    const pattern = sequence(A, repeat(B, 0, undefined, false), C)
    const { output } = drive(step({ pattern }, undefined, undefined, less(5)), ROWS, rows(1, 2, 3, 9, 4, 8))
    expect(output).toEqual(['+I a 1 2 2 @1', '+I a 3 4 3 @4'])
  })

  test.each([
    [repeat(A, 2, 2), ['+I a 1 1 2 @1', '+I a 1 1 2 @3']],
    [repeat(A, 1, 3), ['+I a 1 1 3 @2', '+I a 1 1 2 @4']],
    [repeat(A, 1, 3, false), [0, 1, 2, 3, 4].map((time) => `+I a 1 1 1 @${time}`)],
    [repeat(A, 2), ['+I a 1 1 5 @4']],
    [repeat(A, 2, undefined, false), ['+I a 1 1 2 @1', '+I a 1 1 2 @3']],
  ])('counted: %j', (pattern, expected) => {
    expect(drive(step({ pattern }), ROWS, rows(1, 1, 1, 1, 1)).output).toEqual(expected)
  })

  test('of a choice the first that comes to an end, even when another came there before', () => {
    const pattern: RowPattern = { kind: 'choice', options: [sequence(A, A, A), A] }
    expect(drive(step({ pattern }), ROWS, rows(1, 2, 3, 4)).output).toEqual(['+I a 1 3 3 @2', '+I a 4 4 1 @3'])
  })

  test('where conditions look back, a way that is preferred and fails does not hide one that does not', () => {
    // c is more than the first b: 3 > 1 of (1 5), and not 3 > 5 of (5), though b+ began with the 5 in the preferred way.
    const firstB: MatchValue = { ...V, from: 'first', variable: 1 }
    const base = matchRecognize({ pattern: sequence(repeat(A, 1), repeat(B, 1), C) })
    const values = [...base.values, firstB]
    const above = call('greater', [LAST, column(3, BIGINT)], BOOLEAN)
    const looking = { ...step(base, undefined, undefined, above), values }
    expect(drive(looking, ROWS, rows(0, 1, 5, 3)).output).toEqual(['+I a 0 3 4 @3'])
  })
})

describe('AFTER MATCH SKIP', () => {
  // a and b any row, c less than 3.
  const pattern = sequence(A, repeat(B, 1), C)
  const asked = (afterMatch: MatchRecognizeStep['afterMatch']) =>
    drive(step({ pattern, afterMatch }, less(6), atLeast(4), less(3)), ROWS, rows(5, 4, 5, 2, 9, 1)).output

  test('PAST LAST ROW begins behind the match', () => {
    expect(asked({ to: 'past-last-row' })).toEqual(['+I a 5 2 4 @3'])
  })

  test('TO NEXT ROW at its second row', () => {
    expect(asked({ to: 'next-row' })).toEqual(['+I a 5 2 4 @3', '+I a 4 2 3 @3', '+I a 2 1 3 @5'])
  })

  test('TO FIRST and TO LAST at a row of the variable', () => {
    expect(asked({ to: 'first', variable: 1 })).toEqual(['+I a 5 2 4 @3', '+I a 4 2 3 @3', '+I a 2 1 3 @5'])
    expect(asked({ to: 'last', variable: 1 })).toEqual(['+I a 5 2 4 @3', '+I a 2 1 3 @5'])
    expect(asked({ to: 'last', variable: 2 })).toEqual(['+I a 5 2 4 @3', '+I a 2 1 3 @5'])
  })

  test('a variable that is the first row, or has none, skips to the next row', () => {
    expect(asked({ to: 'last', variable: 0 })).toEqual(asked({ to: 'next-row' }))
    const optional = sequence(A, repeat(B, 0, 1), C)
    const afterMatch = { to: 'first', variable: 1 } as const
    const { output } = drive(step({ pattern: optional, afterMatch }, less(9), atLeast(8), less(9)), ROWS, rows(1, 2, 3))
    expect(output).toEqual(['+I a 1 2 2 @1', '+I a 2 3 2 @2'])
  })
})

describe('time', () => {
  const pattern = sequence(A, repeat(B, 0), C)
  const timed = step({ pattern, withinMs: 10 }, less(1), undefined, atLeast(9))

  test('the last row is within the time after the first, and not one millisecond later', () => {
    expect(drive(timed, ROWS, [row('a', 0, 0), row('a', 9, 10), at(END_OF_TIME)]).output).toEqual(['+I a 0 9 2 @10'])
    expect(drive(timed, ROWS, [row('a', 0, 0), row('a', 9, 11), at(END_OF_TIME)]).output).toEqual([])
  })

  test('state goes when no row to come can be in time', () => {
    const { context, stores } = drive(timed, ROWS, [
      row('a', 0, 0),
      at(10.5),
      { checkpoint: 'restart' },
      at(11),
      { checkpoint: 'keep' },
    ])
    expect(context.metrics.stateEntries).toBe(0)
    expect(stores.store('operator', 'rows').entries).toBe(1)
    expect(stores.store('operator', 'expiry').entries).toBe(0)
  })

  test('of a long WITHIN up to a second later', () => {
    const long = { ...timed, withinMs: 60_000 }
    const entries = (watermark: number) =>
      drive(long, ROWS, [row('a', 0, 500), at(501), at(watermark)]).context.metrics.stateEntries
    expect(entries(60_999)).toBe(1)
    expect(entries(61_000)).toBe(0)
    const exact = drive(long, ROWS, [row('a', 0, 500), at(60_501), row('a', 9, 60_501), at(60_502)])
    expect(exact.output).toEqual([])
  })

  test('a match that a longer one may replace comes out when that is out of the question', () => {
    const driven = (watermark: number) => drive(timed, ROWS, [row('a', 0, 0), row('a', 9, 4), at(watermark)]).output
    expect(driven(10)).toEqual([])
    expect(driven(11)).toEqual(['+I a 0 9 2 @4'])
  })

  test('rows of one time are in the order in which they came', () => {
    const { output } = drive(step({ pattern: sequence(A, B) }), ROWS, [
      row('a', 2, 5),
      row('a', 1, 5),
      row('a', 7, 4),
      row('a', 3, 5),
      at(6),
    ])
    expect(output).toEqual(['+I a 7 2 2 @5', '+I a 1 3 2 @5'])
  })

  test('a row behind the watermark is late: counted, and sent where late rows go', () => {
    const latePolicy = { allowedLatenessMs: 0, into: 'too_late', columns: [0, 1] }
    const late = drive(step({ pattern: A, latePolicy }), ROWS, [at(5), row('a', 1, 5), row('a', 2, 4), at(6)])
    expect(late.output).toEqual(['+I a 1 1 1 @5'])
    expect(late.late).toEqual(['a 2 1 5 NULL NULL query'])
    expect(late.context.metrics.rowsLate).toBe(1)
  })

  test('the watermark that goes on waits for matches that are not decided, also over a restart', () => {
    const context = testContext()
    const silent = { emit: () => {} }
    const operator = new MatchRecognize(timed, ROWS, { nowMs: 0 })
    operator.open(context)
    const add = (rowOf: readonly (string | number)[]) =>
      operator.onBatch(0, Batch.ofRows([[...rowOf]], [rowOf[2] as number]))
    const advance = (on: MatchRecognize, watermark: number): number => {
      on.onWatermark(watermark, silent)
      return on.outputWatermark(watermark)
    }
    add(['a', 0, 0])
    // Under way: if it comes to a match, that is at the time of a row to come.
    expect(advance(operator, 3)).toBe(3)
    add(['a', 9, 4])
    add(['b', 0, 4])
    add(['b', 9, 6])
    expect(advance(operator, 8)).toBe(4)
    operator.onBarrier()
    context.stores.commit()
    const next = new MatchRecognize(timed, ROWS, { nowMs: 0 })
    next.open(testContext({ stores: context.stores, restoredWatermark: 8 }))
    expect(next.outputWatermark(8)).toBe(4)
    expect(advance(next, 11)).toBe(6)
    expect(advance(next, 15)).toBe(15)
  })
})

describe('rows that cannot be computed', () => {
  const share = call('divide', [literal(12, BIGINT), LAST], BIGINT)

  test('one that no condition can be computed for is told once, and is part of no match', () => {
    const isShare = call('greater', [share, literal(0, BIGINT)], BOOLEAN)
    const failing = step({ pattern: sequence(A, repeat(B, 0), C) }, isShare, isShare, isShare)
    const { output, failures } = drive(failing, ROWS, rows(1, 2, 0, 3, 4), { restartEvery: 1, entriesMax: 0 })
    expect(output).toEqual(['+I a 1 2 2 @1', '+I a 3 4 2 @4'])
    expect(failures).toEqual(['division by zero: a,0,2'])
  })

  test('a match without measures is told by its last row', () => {
    const base = step({ pattern: A })
    const { output, failures } = drive({ ...base, measures: [FIRST, share, LAST] }, ROWS, rows(1, 0, 3))
    expect(output).toEqual(['+I a 1 12 1 @0', '+I a 3 4 3 @2'])
    expect(failures).toEqual(['division by zero: a,0,1'])
  })
})

describe('limits', () => {
  /** One 0, then ones, then a 9 that ends the match; so many rows in all. */
  const run = (count: number) => [
    row('a', 0, 0),
    ...Array.from({ length: count - 2 }, (_, i) => row('a', 1, i + 1)),
    row('a', 9, count),
    at(END_OF_TIME),
  ]

  test('rows of a match: at the limit it is found, past it given up with a reason', () => {
    const long = step({ pattern: sequence(A, repeat(B, 0, undefined, false), C) }, less(1), undefined, atLeast(9))
    // The last row of a match need not be kept.
    const found = drive(long, ROWS, run(MATCH_ROWS_MAX + 1), { batchRows: 1000 })
    expect(found.output).toEqual([`+I a 0 9 ${MATCH_ROWS_MAX + 1} @${MATCH_ROWS_MAX + 1}`])
    expect(found.failures).toEqual([])
    const { output, failures } = drive(long, ROWS, run(MATCH_ROWS_MAX + 2), { batchRows: 1000 })
    expect(output).toEqual([])
    expect(failures).toEqual([
      `the match that begins here is given up: MATCH_RECOGNIZE keeps ${MATCH_ROWS_MAX} rows of one key: a,0,0`,
    ])
  })

  const forgetful = (first: number, second: number) =>
    step({ pattern: sequence(oneOf(A, first), oneOf(B, second), C) }, less(1), undefined, atLeast(FIRST))

  // Two runs each: one of a, one of b.
  test('partial matches of one begin', () => {
    expect(100 * 500 * 2).toBe(PARTIAL_MATCHES_MAX)
    expect(drive(forgetful(100, 500), ROWS, rows(0, 1, 9)).output).toEqual(['+I a 0 9 3 @2'])
    expect(21 * 2381 * 2).toBe(PARTIAL_MATCHES_MAX + 2)
    const { output, failures } = drive(forgetful(21, 2381), ROWS, rows(0, 1, 9))
    expect(output).toEqual([])
    expect(failures).toEqual([
      'the match that begins here is given up: MATCH_RECOGNIZE follows partial matches of one key up to ' +
        `${PARTIAL_MATCHES_MAX} runs of rows: a,0,0`,
    ])
  })

  test('partial matches of several begins: the first is given up, and the others go on', () => {
    // At the second row: 32 × 1562 of the first, of two runs each, and 32 of the second, of one.
    expect(32 * 1562 * 2 + 32).toBe(PARTIAL_MATCHES_MAX)
    const next = { afterMatch: { to: 'next-row' } } as const
    const fits = drive({ ...forgetful(32, 1562), ...next }, ROWS, rows(0, 0, 9, 9))
    expect(fits.output).toEqual(['+I a 0 9 3 @2', '+I a 0 9 3 @3'])
    expect(fits.failures).toEqual([])
    expect(11 * 4545 * 2 + 11).toBe(PARTIAL_MATCHES_MAX + 1)
    const past = drive({ ...forgetful(11, 4545), ...next }, ROWS, rows(0, 0, 9, 9))
    expect(past.output).toEqual(['+I a 0 9 3 @3'])
    expect(past.failures).toHaveLength(1)
    const [first, second, third, fourth] = rows(0, 0, 9, 9) as [Action, Action, Action, Action]
    const script = [first, second, at(2), { checkpoint: 'restart' } as const, third, fourth, at(END_OF_TIME)]
    const restarted = drive({ ...forgetful(11, 4545), ...next }, ROWS, script)
    expect(restarted.output).toEqual(past.output)
    expect(restarted.failures).toEqual(past.failures)
  })

  test('rows that wait for the watermark', () => {
    const many = Array.from({ length: WAITING_ROWS_MAX }, (_, i) => row('a', 1, i))
    const { output, failures } = drive(
      step({ pattern: A }),
      ROWS,
      [...many, row('a', 2, 7), row('b', 3, 7), at(END_OF_TIME)],
      {
        batchRows: 1000,
      },
    )
    expect(failures).toEqual([
      `MATCH_RECOGNIZE holds its maximum of ${WAITING_ROWS_MAX} rows that wait for one key: a,2,7`,
    ])
    expect(output).toHaveLength(WAITING_ROWS_MAX + 1)
  })
})
