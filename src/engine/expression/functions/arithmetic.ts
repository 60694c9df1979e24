import { checkPrecision, divideDecimal, rescale } from '../../../core/decimal.ts'
import { EvaluationError } from '../../../core/evaluation-error.ts'
import {
  addExact,
  checkBigint,
  checkInt,
  divideExact,
  multiplyExact,
  negateExact,
  remainderExact,
  subtractExact,
} from '../../../core/exact.ts'
import type { SqlType } from '../../../core/type.ts'
import type { ExactInteger, Value } from '../../../core/value.ts'
import { type BoundCall, type FunctionTable, strictBy } from '../function.ts'

/**
 * + - * / % and the sign, by type of the result. A result that does not fit its type is an error, never a wrong
 * number; so is a division by zero of any type, as in PostgreSQL.
 */
type Operation = 'add' | 'subtract' | 'multiply' | 'divide' | 'modulo'
type ExactBody = (a: ExactInteger, b: ExactInteger) => ExactInteger
type DoubleBody = (a: number, b: number) => number

const EXACT: Readonly<Record<Operation, ExactBody>> = {
  add: addExact,
  subtract: subtractExact,
  multiply: multiplyExact,
  divide: (a, b) => divideExact(a, nonZero(b)),
  modulo: (a, b) => remainderExact(a, nonZero(b)),
}

const DOUBLE: Readonly<Record<Operation, DoubleBody>> = {
  add: (a, b) => checkDouble(a + b, a, b),
  subtract: (a, b) => checkDouble(a - b, a, b),
  multiply: (a, b) => checkDouble(a * b, a, b),
  divide: (a, b) => checkDouble(a / (nonZero(b) as number), a, b),
  modulo: (a, b) => checkDouble(a % (nonZero(b) as number), a, b),
}

export function nonZero(divisor: ExactInteger): ExactInteger {
  if (divisor === 0) throw new EvaluationError('division by zero')
  return divisor
}

/** -0 becomes 0; an infinity that no operand was is an overflow. */
export function checkDouble(result: number, a: number, b: number): number {
  if (Number.isFinite(result) || Number.isNaN(result)) return result + 0
  if (Number.isFinite(a) && Number.isFinite(b)) throw new EvaluationError('DOUBLE overflow')
  return result
}

/** The value as the integer or decimal type wants it; throws EvaluationError where it does not fit. */
export function fitter(type: SqlType): (value: ExactInteger) => ExactInteger {
  if (type.kind === 'int') return checkInt
  if (type.kind === 'decimal') return (value) => checkPrecision(value, type.precision, type.scale)
  return checkBigint
}

export function scaleOf(type: SqlType | undefined): number {
  return type?.kind === 'decimal' ? type.scale : 0
}

function arithmetic(operation: Operation) {
  return strictBy(({ types, type }: BoundCall) => {
    if (type.kind === 'double') return DOUBLE[operation]
    if (type.kind === 'decimal') return decimalArithmetic(operation, scaleOf(types[0]), scaleOf(types[1]), type)
    const body = EXACT[operation]
    const checked = fitter(type)
    return (a: ExactInteger, b: ExactInteger): Value => checked(body(a, b))
  })
}

function decimalArithmetic(operation: Operation, a: number, b: number, type: SqlType): ExactBody {
  const checked = fitter(type)
  const scale = scaleOf(type)
  switch (operation) {
    case 'multiply':
      return (x, y) => checked(rescale(multiplyExact(x, y), a + b, scale))
    case 'divide':
      return (x, y) => checked(divideDecimal(x, a, nonZero(y), b, scale))
    default: {
      const common = Math.max(a, b)
      const body = EXACT[operation]
      return (x, y) => checked(rescale(body(rescale(x, a, common), rescale(y, b, common)), common, scale))
    }
  }
}

export const ARITHMETIC_FUNCTIONS: FunctionTable = {
  add: arithmetic('add'),
  subtract: arithmetic('subtract'),
  multiply: arithmetic('multiply'),
  divide: arithmetic('divide'),
  modulo: arithmetic('modulo'),
  negate: strictBy(({ type }) => {
    if (type.kind === 'double' || type.kind === 'interval') return (a: number) => 0 - a
    const checked = fitter(type)
    return (a: ExactInteger) => checked(negateExact(a))
  }),
}
