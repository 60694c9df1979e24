import { SAFE_MAX } from '../../core/exact.ts'
import { TIMESTAMP_MAX } from '../../core/timestamp.ts'
import type { SqlType } from '../../core/type.ts'
import { INT_MAX, INT_MIN } from '../../core/value.ts'
import type { CallExpression } from '../../plan/physical/expression.ts'
import { type Code, code } from './code.ts'

/**
 * Calls that generated code does in place instead of through a function: arithmetic and comparison on numbers. Each
 * tests that the fast way is exact, and leaves the rest (large integers, overflow, NaN) to the function `slow`.
 */

/** An operand: code of a value that is not null there. */
export interface Operand {
  readonly code: Code
  /** True when it is certainly a number, not a bigint. */
  readonly number: boolean
}

/** Statements that assign the result, or one expression. */
export type Inlined =
  | { readonly kind: 'expression'; readonly value: Code }
  | { readonly kind: 'statements'; readonly assign: (result: Code, slow: Code) => Code }

type BinaryOperator = 'add' | 'subtract' | 'multiply'

const OPERATORS: Readonly<Record<BinaryOperator, (a: Code, b: Code) => Code>> = {
  add: (a, b) => code`${a} + ${b}`,
  subtract: (a, b) => code`${a} - ${b}`,
  // Adding 0 makes 0 of -0.
  multiply: (a, b) => code`${a} * ${b} + 0`,
}

const COMPARISONS: Readonly<Record<string, (a: Code, b: Code) => Code>> = {
  equal: (a, b) => code`${a} === ${b}`,
  not_equal: (a, b) => code`${a} !== ${b}`,
  less: (a, b) => code`${a} < ${b}`,
  less_equal: (a, b) => code`${a} <= ${b}`,
  greater: (a, b) => code`${a} > ${b}`,
  greater_equal: (a, b) => code`${a} >= ${b}`,
}

/** How to do a strict call in place; undefined when it has to be a function call. */
export function inlineCall(call: CallExpression, operands: readonly Operand[]): Inlined | undefined {
  const [a, b] = operands
  if (a === undefined || b === undefined || operands.length !== 2) return undefined
  const types = call.arguments.map((argument) => argument.type)
  const [left, right] = types as [SqlType, SqlType]
  const id = call.function
  if (Object.hasOwn(COMPARISONS, id)) return inlineComparison(id, left, right, a, b)
  if (id === 'add' || id === 'subtract' || id === 'multiply') return inlineArithmetic(id, call.type, left, right, a, b)
  if (id === 'divide' && call.type.kind === 'double') {
    return checked(code`${a.code} / ${b.code} + 0`, (result) => code`${result} - ${result} !== 0`, a, b)
  }
  if (id === 'timestamp_add' || id === 'timestamp_subtract') {
    const value = OPERATORS[id === 'timestamp_add' ? 'add' : 'subtract'](a.code, b.code)
    return checked(
      value,
      (result) => code`${result} % 1 !== 0 || ${result} > ${TIMESTAMP_MAX} || ${result} < ${-TIMESTAMP_MAX}`,
      a,
      b,
    )
  }
  return undefined
}

function inlineComparison(id: string, left: SqlType, right: SqlType, a: Operand, b: Operand): Inlined | undefined {
  if (left.kind !== right.kind) return undefined
  const compare = COMPARISONS[id] as (a: Code, b: Code) => Code
  const expression: Inlined = { kind: 'expression', value: compare(a.code, b.code) }
  switch (left.kind) {
    case 'int':
    case 'bigint':
    case 'date':
    case 'time':
    case 'timestamp':
    case 'interval':
    case 'boolean':
      return expression
    case 'decimal':
      return right.kind === 'decimal' && left.scale === right.scale ? expression : undefined
    case 'string':
    case 'json':
      // The order of texts is by code point, which JavaScript's own is not.
      return id === 'equal' || id === 'not_equal' ? expression : undefined
    case 'double':
      // NaN is equal to itself and above all: the difference is NaN only with a NaN (or two equal infinities).
      return checked(compare(a.code, b.code), () => code`${a.code} - ${b.code} !== ${a.code} - ${b.code}`, a, b)
    default:
      return undefined
  }
}

function inlineArithmetic(
  id: BinaryOperator,
  type: SqlType,
  left: SqlType,
  right: SqlType,
  a: Operand,
  b: Operand,
): Inlined | undefined {
  const value = OPERATORS[id](a.code, b.code)
  switch (type.kind) {
    case 'int':
      return checked(value, (result) => code`${result} > ${INT_MAX} || ${result} < ${INT_MIN}`, a, b)
    case 'bigint':
      return checked(value, outside(SAFE_MAX), a, b)
    case 'double':
      return checked(value, (result) => code`${result} - ${result} !== 0`, a, b)
    case 'decimal':
      return sameUnits(id, type, left, right) ? checked(value, outside(decimalLimit(type.precision)), a, b) : undefined
    default:
      return undefined
  }
}

function outside(limit: number): (result: Code) => Code {
  return (result) => code`${result} > ${limit} || ${result} < ${-limit}`
}

/** Beyond 15 digits the limit of safe integers is the lower one. */
function decimalLimit(precision: number): number {
  return precision <= 15 ? 10 ** precision - 1 : SAFE_MAX
}

/** True when the operation on units gives units of the result: no rescaling. */
function sameUnits(id: BinaryOperator, type: SqlType, left: SqlType, right: SqlType): boolean {
  if (type.kind !== 'decimal') return false
  const a = unitScale(left)
  const b = unitScale(right)
  return id === 'multiply' ? a + b === type.scale : a === type.scale && b === type.scale
}

function unitScale(type: SqlType): number {
  return type.kind === 'decimal' ? type.scale : type.kind === 'int' || type.kind === 'bigint' ? 0 : Number.NaN
}

/** Does it in numbers, and asks `slow` where an operand is a bigint or the result does not pass. */
function checked(value: Code, fails: (result: Code) => Code, a: Operand, b: Operand): Inlined {
  const tests = [a, b].filter((operand) => !operand.number).map((operand) => code`typeof ${operand.code} === 'number'`)
  const [first, second] = tests
  return {
    kind: 'statements',
    assign: (result, slow) => {
      const call = code`${result} = ${slow}(${a.code}, ${b.code});`
      const fast = code`${result} = ${value};\nif (${fails(result)}) ${call}`
      if (first === undefined) return fast
      const test = second === undefined ? first : code`${first} && ${second}`
      return code`if (${test}) {\n${fast}\n} else ${call}`
    },
  }
}
