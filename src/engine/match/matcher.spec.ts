import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { END_OF_TIME } from '../../core/time.ts'
import { BIGINT, BOOLEAN } from '../../core/type.ts'
import type { Row } from '../../core/value.ts'
import { allOf, call, column, literal } from '../../plan/expression-tree.ts'
import type { Expression } from '../../plan/physical/expression.ts'
import type { AfterMatch, MatchValue, RowPattern } from '../../plan/physical/match-steps.ts'
import { type Action, drive } from '../testing/drive.ts'
import { COUNT, matchRecognize, ROWS, SUM } from '../testing/steps.ts'

/**
 * Matches against an evaluation that has all rows before it and tries every way through the pattern, in the order in
 * which ways are preferred: the first that comes to the end is the match.
 */
interface Mapped {
  readonly row: Row
  readonly time: number
  readonly at: number
  readonly variable: number
}

/** A condition twice: as the plan says it, and as a function of the rows of a match, the tested one last. */
interface Condition {
  readonly expression: (position: (value: MatchValue) => number) => Expression
  readonly holds: (rows: readonly Mapped[]) => boolean
}

const V = 1
const VARIABLES = [0, 1, 2]

function v(mapped: Mapped | undefined): number | undefined {
  return mapped?.row[V] as number | undefined
}

function rowValue(from: 'first' | 'last', variable: number | undefined, offset = 0): MatchValue {
  return { kind: 'row', from, variable, offset, column: V, type: BIGINT }
}

function compare(sign: 'less' | 'greater', left: Expression, right: Expression): Expression {
  return call(sign, [left, right], BOOLEAN)
}

/** Over the last row, by its value alone. */
function threshold(limit: number, sign: 'less' | 'greater'): Condition {
  return {
    expression: (position) =>
      compare(sign, column(position(rowValue('last', undefined)), BIGINT), literal(limit, BIGINT)),
    holds: (rows) => (sign === 'less' ? (v(rows.at(-1)) ?? 0) < limit : (v(rows.at(-1)) ?? 0) > limit),
  }
}

/** Against the row of a variable so many rows back; without one it is not TRUE, or, with `first`, it is. */
function against(variable: number | undefined, offset: number, from: 'first' | 'last', orNull: boolean): Condition {
  return {
    expression: (position) => {
      const other = column(position(rowValue(from, variable, offset)), BIGINT)
      const greater = compare('greater', column(position(rowValue('last', undefined)), BIGINT), other)
      if (!orNull) return greater
      return {
        kind: 'or',
        operands: [{ kind: 'is-null', operand: other, negated: false, type: BOOLEAN }, greater],
        type: BOOLEAN,
      }
    },
    holds: (rows) => {
      const own = rows.filter((one) => variable === undefined || one.variable === variable)
      const other = v(from === 'first' ? own[offset] : own[own.length - 1 - offset])
      return other === undefined ? orNull : (v(rows.at(-1)) as number) > other
    },
  }
}

/** Of a sum, and of how many rows there are. */
function total(variable: number | undefined, limit: number): Condition {
  return {
    expression: (position) =>
      allOf([
        compare('less', column(position({ kind: 'aggregate', variable, call: SUM }), BIGINT), literal(limit, BIGINT)),
        compare(
          'less',
          column(position({ kind: 'aggregate', variable: undefined, call: COUNT }), BIGINT),
          literal(6, BIGINT),
        ),
      ]),
    holds: (rows) => {
      const own = rows.filter((one) => variable === undefined || one.variable === variable)
      return own.length > 0 && own.reduce((sum, one) => sum + (v(one) as number), 0) < limit && rows.length < 6
    },
  }
}

const ANY: Condition = { expression: () => literal(true, BOOLEAN), holds: () => true }

const some = fc.constantFrom(undefined, ...VARIABLES)
const condition: fc.Arbitrary<Condition> = fc.oneof(
  fc.constant(ANY),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.constantFrom('less' as const, 'greater' as const))
    .map((of) => threshold(...of)),
  fc
    .tuple(some, fc.constantFrom(0, 1, 2), fc.constantFrom('first' as const, 'last' as const), fc.boolean())
    .map((of) => against(...of)),
  fc.tuple(some, fc.integer({ min: 0, max: 30 })).map((of) => total(...of)),
)

// ---- patterns ----------------------------------------------------------------------------------------------------

const variable: fc.Arbitrary<RowPattern> = fc
  .constantFrom(...VARIABLES)
  .map((one) => ({ kind: 'variable', variable: one }))

function repeated(part: fc.Arbitrary<RowPattern>, least: number): fc.Arbitrary<RowPattern> {
  return fc
    .tuple(part, fc.integer({ min: least, max: 2 }), fc.constantFrom(undefined, 0, 1, 2), fc.boolean())
    .map(([one, min, more, greedy]): RowPattern => {
      const max = more === undefined ? undefined : Math.max(1, min + more)
      return { kind: 'repeat', part: one, min, max, greedy }
    })
}

/** `rows` are patterns with at least one row, `any` those that may have none. */
const { rows: pattern } = fc.letrec<{ rows: RowPattern; any: RowPattern }>((tie) => ({
  rows: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    variable,
    fc.tuple(tie('any'), tie('rows'), tie('any')).map((parts): RowPattern => ({ kind: 'sequence', parts })),
    fc.tuple(tie('rows'), tie('rows')).map((options): RowPattern => ({ kind: 'choice', options })),
    repeated(tie('rows'), 1),
  ),
  any: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    tie('rows'),
    repeated(tie('rows'), 0),
    fc.tuple(tie('any'), tie('any')).map((options): RowPattern => ({ kind: 'choice', options })),
  ),
}))

const afterMatch: fc.Arbitrary<AfterMatch> = fc.oneof(
  fc.constantFrom<AfterMatch>({ to: 'past-last-row' }, { to: 'next-row' }),
  fc
    .tuple(fc.constantFrom('first' as const, 'last' as const), fc.constantFrom(...VARIABLES))
    .map(([to, one]) => ({ to, variable: one })),
)

// ---- the reference -----------------------------------------------------------------------------------------------

interface Question {
  readonly pattern: RowPattern
  readonly conditions: readonly Condition[]
  readonly withinMs: number | undefined
  readonly afterMatch: AfterMatch
}

/** Every way through the pattern from the rows so far, the preferred first. */
function* ways(
  of: RowPattern,
  so: readonly Mapped[],
  start: number,
  rows: readonly TimedAction[],
  question: Question,
): Iterable<readonly Mapped[]> {
  switch (of.kind) {
    case 'variable': {
      const at = start + so.length
      const next = rows[at]
      if (
        next === undefined ||
        next.time - (rows[start] as TimedAction).time > (question.withinMs ?? Number.POSITIVE_INFINITY)
      )
        return
      const longer = [...so, { row: next.row, time: next.time, at, variable: of.variable }]
      if ((question.conditions[of.variable] as Condition).holds(longer)) yield longer
      return
    }
    case 'sequence': {
      const [first, ...others] = of.parts
      if (first === undefined) yield so
      else
        for (const one of ways(first, so, start, rows, question))
          yield* ways({ kind: 'sequence', parts: others }, one, start, rows, question)
      return
    }
    case 'choice':
      for (const option of of.options) yield* ways(option, so, start, rows, question)
      return
    case 'repeat': {
      const { part, min, max, greedy } = of
      if (min === 0 && !greedy) yield so
      if (max === undefined || max > 0) {
        const rest: RowPattern = { ...of, min: Math.max(0, min - 1), max: max === undefined ? undefined : max - 1 }
        for (const one of ways(part, so, start, rows, question)) yield* ways(rest, one, start, rows, question)
      }
      if (min === 0 && greedy) yield so
    }
  }
}

type TimedAction = Extract<Action, { row: Row }>

function matchesOf(rows: readonly TimedAction[], question: Question): readonly (readonly Mapped[])[] {
  const matches: (readonly Mapped[])[] = []
  for (let start = 0; start < rows.length; ) {
    const [match] = ways(question.pattern, [], start, rows, question)
    if (match !== undefined) matches.push(match)
    start = match === undefined ? start + 1 : Math.max(start + 1, nextStart(match, start, question.afterMatch))
  }
  return matches
}

function nextStart(match: readonly Mapped[], start: number, after: AfterMatch): number {
  switch (after.to) {
    case 'past-last-row':
      return start + match.length
    case 'next-row':
      return start + 1
    case 'first':
      return match.find((one) => one.variable === after.variable)?.at ?? start + 1
    case 'last':
      return match.findLast((one) => one.variable === after.variable)?.at ?? start + 1
  }
}

/** Rows that are not late, by key, in their order. */
function rowsByKey(actions: readonly Action[]): ReadonlyMap<unknown, readonly TimedAction[]> {
  let watermark = Number.NEGATIVE_INFINITY
  const onTime: TimedAction[] = []
  for (const action of actions) {
    if ('watermark' in action) watermark = Math.max(watermark, action.watermark)
    else if ('row' in action && action.time >= watermark) onTime.push(action)
  }
  return Map.groupBy(
    onTime.sort((a, b) => a.time - b.time),
    ({ row }) => row[0],
  )
}

// ---- the comparison ----------------------------------------------------------------------------------------------

const time = fc.integer({ min: 0, max: 24 })
const script: fc.Arbitrary<Action[]> = fc
  .array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc
          .tuple(fc.constantFrom('a', 'a', 'b'), fc.integer({ min: 0, max: 9 }), time)
          .map(([k, value, t]): Action => ({ row: [k, value, t], time: t })),
      },
      { weight: 1, arbitrary: time.map((watermark): Action => ({ watermark })) },
    ),
    { maxLength: 24 },
  )
  .map((actions) => [...actions, { watermark: END_OF_TIME }])

const question: fc.Arbitrary<Question> = fc.record({
  pattern,
  conditions: fc.tuple(condition, condition, condition),
  withinMs: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
  afterMatch,
})

/** Measures: first and last value, how many rows, and of each variable how many, its sum and its first and last value. */
function stepOf({ conditions, ...rest }: Question) {
  const base = matchRecognize({})
  const values = [...base.values]
  const position = (value: MatchValue): number => {
    const known = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value))
    return known === -1 ? values.push(value) - 1 : known
  }
  const measured = VARIABLES.flatMap((one) => [
    position({ kind: 'aggregate', variable: one, call: COUNT }),
    position({ kind: 'aggregate', variable: one, call: SUM }),
    position(rowValue('first', one)),
    position(rowValue('last', one, 1)),
  ])
  const compiled = conditions.map((one) => one.expression(position))
  const measures = [...base.measures, ...measured.map((index): Expression => ({ kind: 'column', index, type: BIGINT }))]
  const added = measured.map((_, i) => ({ name: `m${i}`, type: BIGINT, nullable: true }))
  const schema = { ...base.schema, fields: [...base.schema.fields, ...added] }
  return matchRecognize({ ...rest, values, conditions: compiled, measures, schema })
}

function lineOf(key: unknown, match: readonly Mapped[]): string {
  const text = (value: number | undefined) => value ?? 'NULL'
  const byVariable = VARIABLES.flatMap((variable) => {
    const own = match.filter((one) => one.variable === variable)
    const sum = own.length === 0 ? undefined : own.reduce((all, one) => all + (v(one) as number), 0)
    return [own.length, text(sum), text(v(own[0])), text(v(own.at(-2)))]
  })
  const all = [v(match[0]), v(match.at(-1)), match.length, ...byVariable]
  return `+I ${key} ${all.join(' ')} @${match.at(-1)?.time}`
}

describe('matches are what an evaluation says that tries every way through the pattern', () => {
  test('of random patterns, conditions and streams', () => {
    fc.assert(
      fc.property(question, script, (asked, actions) => {
        const { output } = drive(stepOf(asked), ROWS, actions, { batchRows: 3 })
        for (const [key, rows] of rowsByKey(actions)) {
          const expected = matchesOf(rows, asked).map((match) => lineOf(key, match))
          expect(output.filter((line) => line.startsWith(`+I ${key} `))).toEqual(expected)
        }
      }),
      { numRuns: 1_000 },
    )
  })

  test('restarted at any place, and with nothing in memory', () => {
    fc.assert(
      fc.property(question, script, fc.integer({ min: 1, max: 4 }), (asked, actions, restartEvery) => {
        const step = stepOf(asked)
        const whole = drive(step, ROWS, actions)
        const { output, context } = drive(step, ROWS, actions, { restartEvery, entriesMax: 0 })
        expect(output).toEqual(whole.output)
        expect(context.metrics.stateEntries).toBe(0)
      }),
      { numRuns: 200 },
    )
  })

  test('the same rows in the same order, wherever the watermark stopped on its way', () => {
    fc.assert(
      fc.property(
        question,
        fc.array(script, { minLength: 1, maxLength: 1 }),
        fc.array(time),
        (asked, [actions = []], stops) => {
          const rows = actions.filter((one) => 'row' in one)
          const step = stepOf(asked)
          const atOnce = drive(step, ROWS, [...rows, { watermark: END_OF_TIME }])
          const marks = stops.sort((a, b) => a - b).map((watermark): Action => ({ watermark }))
          expect(drive(step, ROWS, [...rows, ...marks, { watermark: END_OF_TIME }]).output).toEqual(atOnce.output)
        },
      ),
      { numRuns: 200 },
    )
  })
})
