import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Batch } from '../../src/core/batch.ts'
import { EvaluationError } from '../../src/core/evaluation-error.ts'
import { isValueOf } from '../../src/core/literal.ts'
import { BOOLEAN, type SqlType, STRING } from '../../src/core/type.ts'
import type { Value } from '../../src/core/value.ts'
import {
  compilePredicate,
  compileProjection,
  compileScalar,
  generateProjection,
  generateScalar,
} from '../../src/engine/expression/compile.ts'
import { projectRows, selectRows } from '../../src/engine/expression/rows.ts'
import type { Expression } from '../../src/plan/physical/expression.ts'
import { anyScalarType, COLUMN_TYPES, call, expressionOf, row } from './support/expression-arbitraries.ts'

const context = { nowMs: 1_750_000_000_123.5 }
const rows = fc.array(row, { minLength: 1, maxLength: 5 })
const typed = anyScalarType.chain((type) => fc.tuple(fc.constant(type), expressionOf(type, 4)))

/** Cases of the twin test; the nightly run sets more. */
const RUNS = Number(process.env['PROPERTY_RUNS'] ?? 3_000)

/** Shrinking a case of many columns would go on for minutes; what is small enough by then is shown. */
const BOUNDED = { interruptAfterTimeLimit: 40_000 }

function outcome(evaluate: () => Value): unknown {
  try {
    return { value: evaluate() }
  } catch (error) {
    if (error instanceof EvaluationError) return { reason: error.reason }
    throw error
  }
}

describe('compiled and interpreted expressions', () => {
  test('give the same value or the same error for every row, and a value of their type', () => {
    fc.assert(
      fc.property(typed, rows, ([type, expression], list) => {
        const compiled = compileScalar(expression, 'on')
        const interpreted = compileScalar(expression, 'off')
        for (const one of list) {
          const result = outcome(() => compiled(one, context))
          expect(result).toStrictEqual(outcome(() => interpreted(one, context)))
          const { value } = result as { readonly value?: Value }
          if (value !== undefined) expect(isValueOf(type, value)).toBe(true)
        }
      }),
      { numRuns: RUNS, ...BOUNDED },
    )
  })

  test('as projections keep the same rows, and agree with each row on its own', () => {
    const pairs = fc.array(typed, { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(pairs, rows, (list, values) => {
        const expressions = list.map(([, expression]) => expression)
        const batch = Batch.ofRows(
          values,
          values.map(() => 0),
        )
        const on = projectRows(compileProjection(expressions, COLUMN_TYPES.length, 'on'), batch, context)
        const off = projectRows(compileProjection(expressions, COLUMN_TYPES.length, 'off'), batch, context)
        expect(on).toStrictEqual(off)
        for (const [i, kept] of on.kept.entries()) {
          const alone = expressions.map((one) => compileScalar(one, 'off')(values[kept] as Value[], context))
          expect(on.columns.map((column) => column[i])).toStrictEqual(alone)
        }
        expect(on.kept.length + (on.failed?.length ?? 0)).toBe(values.length)
      }),
      { numRuns: RUNS / 3, ...BOUNDED },
    )
  })

  test('as predicates select the same rows', () => {
    fc.assert(
      fc.property(expressionOf(BOOLEAN, 4), rows, (expression, values) => {
        const batch = Batch.ofRows(
          values,
          values.map(() => 0),
        )
        const results = (['on', 'off'] as const).map((mode) => {
          const selection = new Int32Array(values.length)
          const { count, failed } = selectRows(compilePredicate(expression, mode), batch, context, selection)
          return { selected: [...selection.subarray(0, count)], failed }
        })
        expect(results[0]).toStrictEqual(results[1])
      }),
      { numRuns: RUNS / 3, ...BOUNDED },
    )
  })
})

describe('generated source', () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      "'",
      '"',
      '`',
      '${process.exit()}',
      "'); process.exit(); ('",
      '\u2028\u2029',
      '*/ evil() /*',
      '// evil',
      '__proto__',
      'constructor',
      'prototype',
      'import("fs")',
      '\\u0027',
      '</script>',
      'x'.repeat(10_000),
    ),
    fc.string({ unit: 'binary', minLength: 4, maxLength: 40 }),
    fc.string({ minLength: 4, maxLength: 40 }),
  )

  test('contains nothing of a literal, which comes through as data', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const column: Expression = { kind: 'column', index: 0, type: STRING }
        const of = (value: string): Expression[] => {
          const literal: Expression = { kind: 'literal', value, type: STRING }
          return [literal, call('concat', STRING, column, literal), call('equal', BOOLEAN, column, literal)]
        }
        const expressions = of(text)
        // The source depends on the shape of the expressions only: other text, same source.
        const source = String(generateProjection(expressions)?.source)
        expect(source).toBe(String(generateProjection(of('a'))?.source))
        const batch = Batch.ofRows([[text], [null]], [0, 0])
        const columns = compileProjection(expressions, 1)(batch, context)
        expect(columns).toEqual([
          [text, text],
          [text + text, null],
          [true, null],
        ])
      }),
      { numRuns: 500 },
    )
  })

  test('contains nothing of the names of a struct', () => {
    fc.assert(
      fc.property(hostile, (name) => {
        const struct = (field: string): SqlType => ({ kind: 'struct', fields: [{ name: field, type: STRING }] })
        const of = (field: string): Expression => ({
          kind: 'field',
          operand: { kind: 'column', index: 0, type: struct(field) },
          index: 0,
          type: STRING,
        })
        expect(String(generateScalar(of(name))?.source)).toBe(String(generateScalar(of('a'))?.source))
        expect(compileScalar(of(name))([['value']], context)).toBe('value')
      }),
      { numRuns: 500 },
    )
  })
})
