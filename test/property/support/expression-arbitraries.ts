// Random typed expressions, as the binder could have written them, over the columns of COLUMN_TYPES.

import fc from 'fast-check'
import { valueToLiteral } from '../../../src/core/literal.ts'
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DATE,
  DOUBLE,
  decimal,
  INT,
  INTERVAL,
  type SqlType,
  STRING,
  sameType,
  TIMESTAMP,
  typeName,
} from '../../../src/core/type.ts'
import type { CallExpression, Expression } from '../../../src/plan/physical/expression.ts'
import { value } from './value-arbitraries.ts'

const MONEY = decimal(12, 2)
const WIDE = decimal(38, 10)
const STRUCT: SqlType = {
  kind: 'struct',
  fields: [
    { name: 'a', type: BIGINT },
    { name: 'b', type: STRING },
  ],
}

const SCALARS: readonly SqlType[] = [
  INT,
  BIGINT,
  DOUBLE,
  MONEY,
  WIDE,
  STRING,
  BOOLEAN,
  TIMESTAMP,
  INTERVAL,
  DATE,
  BYTES,
]

export const COLUMN_TYPES: readonly SqlType[] = [...SCALARS, ...SCALARS, STRUCT]

export const row = fc.tuple(...COLUMN_TYPES.map(value))

export function call(name: string, type: SqlType, ...args: Expression[]): CallExpression {
  return { kind: 'call', function: name, arguments: args, type }
}

const made = new Map<string, fc.Arbitrary<Expression>>()

/** Each arbitrary is built once: built anew at each use, their number would grow with the power of the depth. */
export function expressionOf(type: SqlType, depth: number): fc.Arbitrary<Expression> {
  const key = `${typeName(type)} ${depth}`
  const known = made.get(key) ?? makeExpression(type, depth)
  made.set(key, known)
  return known
}

function makeExpression(type: SqlType, depth: number): fc.Arbitrary<Expression> {
  const leaves = leafOf(type)
  if (depth <= 0) return leaves
  const inner = (of: SqlType): fc.Arbitrary<Expression> => expressionOf(of, depth - 1)
  return fc.oneof(
    { weight: 2, arbitrary: leaves },
    { weight: 6, arbitrary: fc.oneof(...operationsOf(type, inner)) },
    { weight: 2, arbitrary: fc.oneof(...formsOf(type, inner)) },
  )
}

function leafOf(type: SqlType): fc.Arbitrary<Expression> {
  const columns = COLUMN_TYPES.flatMap((of, index) => (sameType(of, type) ? [index] : []))
  const literal = value(type).map((one): Expression => ({ kind: 'literal', value: valueToLiteral(one), type }))
  if (columns.length === 0) return literal
  const column = fc.constantFrom(...columns).map((index): Expression => ({ kind: 'column', index, type }))
  return fc.oneof({ weight: 3, arbitrary: column }, { weight: 1, arbitrary: literal })
}

type Inner = (type: SqlType) => fc.Arbitrary<Expression>

/** What every type has: CASE, COALESCE, NULLIF, GREATEST, casts from others. */
function formsOf(type: SqlType, inner: Inner): fc.Arbitrary<Expression>[] {
  const condition = inner(BOOLEAN)
  return [
    fc.tuple(fc.array(fc.tuple(condition, inner(type)), { minLength: 1, maxLength: 3 }), inner(type)).map(
      ([branches, otherwise]): Expression => ({
        kind: 'case',
        branches: branches.map(([when, result]) => branchOf(when, result)),
        otherwise,
        type,
      }),
    ),
    fc.array(inner(type), { minLength: 1, maxLength: 3 }).map((args) => call('coalesce', type, ...args)),
    fc.tuple(inner(type), inner(type)).map(([a, b]) => call('nullif', type, a, b)),
    fc.tuple(inner(type), inner(type)).map(([a, b]) => call('greatest', type, a, b)),
    fc
      .constantFrom(...SCALARS)
      .chain((from) => fc.tuple(inner(from), fc.boolean()))
      .map(([operand, safe]): Expression => ({ kind: 'cast', operand, safe, type })),
  ]
}

const branchOf = (when: Expression, then: Expression) => ({ when, then })

function binary(names: readonly string[], type: SqlType, a: fc.Arbitrary<Expression>, b = a): fc.Arbitrary<Expression> {
  return fc.tuple(fc.constantFrom(...names), a, b).map(([name, x, y]) => call(name, type, x, y))
}

const ARITHMETIC = ['add', 'subtract', 'multiply', 'divide', 'modulo']
const COMPARISONS = [
  'equal',
  'not_equal',
  'less',
  'less_equal',
  'greater',
  'greater_equal',
  'is_distinct',
  'is_not_distinct',
]

function operationsOf(type: SqlType, inner: Inner): fc.Arbitrary<Expression>[] {
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'double':
    case 'decimal':
      return [
        binary(ARITHMETIC, type, inner(type)),
        fc.tuple(fc.constantFrom('negate', 'abs'), inner(type)).map(([name, a]) => call(name, type, a)),
        ...(type.kind === 'decimal' ? [binary(['multiply', 'divide'], type, inner(MONEY), inner(WIDE))] : []),
        ...(type.kind === 'bigint' ? [fieldOf(0, BIGINT), inner(TIMESTAMP).map((a) => call('epoch_ms', type, a))] : []),
      ]
    case 'string':
      return [
        binary(['concat'], STRING, inner(STRING)),
        fc
          .tuple(fc.constantFrom('upper', 'lower', 'trim', 'reverse'), inner(STRING))
          .map(([name, a]) => call(name, type, a)),
        fc.tuple(inner(STRING), inner(BIGINT), inner(BIGINT)).map((args) => call('substring', type, ...args)),
        fieldOf(1, STRING),
      ]
    case 'boolean':
      return booleansOf(inner)
    case 'timestamp':
      return [
        binary(['timestamp_add', 'timestamp_subtract'], TIMESTAMP, inner(TIMESTAMP), inner(INTERVAL)),
        fc.constant(call('now', TIMESTAMP)),
      ]
    case 'interval':
      return [
        binary(['timestamp_diff'], INTERVAL, inner(TIMESTAMP)),
        binary(['interval_multiply'], INTERVAL, inner(INTERVAL), inner(DOUBLE)),
      ]
    case 'date':
      return [binary(['date_add'], DATE, inner(DATE), inner(INT))]
    default:
      return [leafOf(type)]
  }
}

function fieldOf(index: number, type: SqlType): fc.Arbitrary<Expression> {
  return leafOf(STRUCT).map((operand): Expression => ({ kind: 'field', operand, index, type }))
}

function booleansOf(inner: Inner): fc.Arbitrary<Expression>[] {
  const compared = fc.constantFrom(...SCALARS)
  return [
    compared.chain((of) => binary(COMPARISONS, BOOLEAN, inner(of))),
    fc
      .tuple(fc.constantFrom('and' as const, 'or' as const), fc.array(inner(BOOLEAN), { minLength: 2, maxLength: 4 }))
      .map(([kind, operands]): Expression => ({ kind, operands, type: BOOLEAN })),
    inner(BOOLEAN).map((operand): Expression => ({ kind: 'not', operand, type: BOOLEAN })),
    compared
      .chain((of) => fc.tuple(inner(of), fc.boolean()))
      .map(([operand, negated]): Expression => ({ kind: 'is-null', operand, negated, type: BOOLEAN })),
    compared
      .chain((of) => fc.tuple(inner(of), fc.array(leafOf(of), { minLength: 1, maxLength: 4 })))
      .map(([operand, list]) => call('in', BOOLEAN, operand, ...list)),
    fc.tuple(inner(STRING), likePattern).map(([text, pattern]) => call('like', BOOLEAN, text, pattern)),
  ]
}

const likePattern: fc.Arbitrary<Expression> = fc.oneof(
  leafOf(STRING),
  fc
    .string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\'), maxLength: 6 })
    .map((text): Expression => ({ kind: 'literal', value: text, type: STRING })),
)

export const anyScalarType: fc.Arbitrary<SqlType> = fc.constantFrom(...SCALARS)
